/**
 * Bytes that messages take in either protocol, computed without making them. What differs little from message
 * to message is measured once on what our own encoders write; the rest is arithmetic. The tests hold every
 * function against the encoders. Sizes of Stratum V2 are those on the wire: sealed (Protocol Security,
 * "Encrypted stratum message framing"): 22 bytes for the header, and 16 for each block of payload.
 */
import { sealedPayloadLength, SEALED_HEADER_LENGTH } from '../../sv2/index.ts'
import {
  formatAuthorizeRequest,
  formatConfigureRequest,
  formatConfigureResult,
  formatError,
  formatExtranonceSubscribe,
  formatNotify,
  formatSetDifficulty,
  formatSetExtranonce,
  formatSubmitRequest,
  formatSubscribeRequest,
  formatSubscribeResult,
  formatTrue,
} from '../../sv1/index.ts'
import { BIP320_MASK } from '../../mining/index.ts'
import { type MeteredJob, type MeteredSession } from './traffic-tap.ts'

/** Act 1 and act 2 of the Noise handshake. */
export const HANDSHAKE_UP_BYTES = 64
export const HANDSHAKE_DOWN_BYTES = 234

/** Wire bytes of a frame with so many bytes of payload. */
export function sealedFrameSize(payloadLength: number): number {
  return SEALED_HEADER_LENGTH + sealedPayloadLength(payloadLength)
}

/** The share messages, the two most frequent ones of all. */
export const SUBMIT_STANDARD_SIZE = sealedFrameSize(24)
export const SUBMIT_SUCCESS_SIZE = sealedFrameSize(20)
export const SET_NEW_PREV_HASH_SIZE = sealedFrameSize(48)
export const SET_TARGET_SIZE = sealedFrameSize(36)

export const submitExtendedSize = (extranonceSize: number): number => sealedFrameSize(25 + extranonceSize)
export const submitErrorSize = (code: string): number => sealedFrameSize(9 + textSize(code))
export const setExtranoncePrefixSize = (prefixSize: number): number => sealedFrameSize(5 + prefixSize)

/** NewExtendedMiningJob; a job on a known tip carries its time, one for a new tip waits for SetNewPrevHash. */
export function extendedJobSize({ coinb1Size, coinb2Size, merkleDepth, newTip }: MeteredJob): number {
  return sealedFrameSize((newTip ? 19 : 23) + 32 * merkleDepth + coinb1Size + coinb2Size)
}

/** NewMiningJob: a merkle root instead of coinbase and path. */
export const standardJobSize = (newTip: boolean): number => sealedFrameSize(newTip ? 45 : 49)

/** SetupConnection, its Success, and the opening of a channel: what a session costs before its first job. */
export function openingSizes({ userAgent, user, host, extranonce1Size, extranonce2Size }: MeteredSession): {
  readonly up: { readonly extended: number; readonly standard: number }
  readonly down: { readonly extended: number; readonly standard: number }
} {
  const [vendor = '', ...firmware] = userAgent.split('/')
  const names = textSize(host) + textSize(vendor) + textSize(firmware.join('/'))
  const setUp = HANDSHAKE_UP_BYTES + sealedFrameSize(16 + names)
  const answered = HANDSHAKE_DOWN_BYTES + sealedFrameSize(6)
  const identity = textSize(user)
  return {
    up: {
      extended: setUp + sealedFrameSize(43 + identity),
      standard: setUp + sealedFrameSize(41 + identity),
    },
    down: {
      extended: answered + sealedFrameSize(47 + extranonce1Size),
      standard: answered + sealedFrameSize(45 + extranonce1Size + extranonce2Size),
    },
  }
}

/** Bytes of UTF-8, at most what a STR0_255 holds. */
const textSize = (text: string): number => Math.min(255, Buffer.byteLength(text))

const NOTIFY_SIZE = formatNotify({
  jobId: '',
  prevHash: new Uint8Array(32),
  coinb1: new Uint8Array(0),
  coinb2: new Uint8Array(0),
  merkleBranches: [],
  version: 0,
  nBits: 0,
  ntime: 0,
  cleanJobs: true,
}).length

/** `mining.notify`. @param jobIdSize characters */
export function notifySize(job: MeteredJob, jobIdSize: number): number {
  const { coinb1Size, coinb2Size, merkleDepth, newTip } = job
  const branches = merkleDepth === 0 ? 0 : 67 * merkleDepth - 1
  return NOTIFY_SIZE + jobIdSize + 2 * (coinb1Size + coinb2Size) + branches + (newTip ? 0 : 1)
}

const SUBMIT_SIZE = formatSubmitRequest('', '', '', '', 0, 0, null).length
const VERSION_BITS_SIZE = ',"00000000"'.length
const TRUE_SIZE = formatTrue('').length

/** `mining.submit`. @param userSize bytes of the name as JSON, without quotes */
export function submitLineSize(share: {
  readonly id: number
  readonly userSize: number
  readonly jobIdSize: number
  readonly extranonce2Size: number
  readonly versionRolling: boolean
}): number {
  const { id, userSize, jobIdSize, extranonce2Size, versionRolling } = share
  const bits = versionRolling ? VERSION_BITS_SIZE : 0
  return SUBMIT_SIZE + digitsOf(id) + userSize + jobIdSize + 2 * extranonce2Size + bits
}

/** Replies `true` to the requests from `firstId` on. */
export function trueLinesSize(firstId: number, count: number): number {
  return count * TRUE_SIZE + digitsOfRange(firstId, count)
}

export function errorLineSize(id: number, code: number, message: string): number {
  return formatError(id, code, message).length
}

export const difficultyLineSize = (difficulty: number): number => formatSetDifficulty(difficulty).length

/** `mining.set_extranonce`. */
export function extranonceLineSize(extranonce1Size: number, extranonce2Size: number): number {
  return formatSetExtranonce(new Uint8Array(extranonce1Size), extranonce2Size).length
}

/** Bytes of a user name inside a line. */
export function userNameSize(user: string): number {
  return formatAuthorizeRequest(1, user, '').length - formatAuthorizeRequest(1, '', '').length
}

/** Requests before the first share, so that its id is the next. */
export const SESSION_REQUESTS = 4

/**
 * Lines of a Stratum V1 session before its first job: configure, subscribe, extranonce.subscribe, authorize, and
 * their answers, as we ask a pool and answer a rig.
 */
export function sessionLineSizes({
  userAgent,
  user,
  extranonce1Size,
  extranonce2Size,
}: Omit<MeteredSession, 'host'>): {
  readonly up: number
  readonly down: number
} {
  const wish = {
    versionRollingMask: BIP320_MASK,
    minBitCount: 2,
    minimumDifficulty: null,
    subscribeExtranonce: true,
  }
  const configured = formatConfigureResult(
    {
      kind: 'configure',
      id: '1',
      versionRolling: { mask: BIP320_MASK, minBitCount: 2 },
      minimumDifficulty: null,
      subscribeExtranonce: true,
      info: null,
      unknownExtensions: [],
    },
    { versionRollingMask: BIP320_MASK, minimumDifficulty: false, subscribeExtranonce: true },
  )
  const subscribed = formatSubscribeResult(2, {
    sessionId: null,
    extranonce1: new Uint8Array(extranonce1Size),
    extranonce2Size,
  })
  return {
    up:
      formatConfigureRequest(1, wish).length +
      formatSubscribeRequest(2, userAgent, null).length +
      formatExtranonceSubscribe(3).length +
      formatAuthorizeRequest(4, user, 'x').length,
    down: configured.length + subscribed.length + formatTrue(3).length + formatTrue(4).length,
  }
}

/**
 * What TLS 1.3 adds: 5 bytes of record header, 1 of content type and 16 of authentication for each record, and a
 * line to a record. The handshake is that of our own TLS, with its post-quantum key exchange, and a server that shows
 * two certificates of 1250 bytes each, as public authorities issue them. Measured; `insight-tls` holds it.
 */
export const TLS_RECORD_BYTES = 22
export const TLS_HANDSHAKE_UP_BYTES = 1700
export const TLS_HANDSHAKE_DOWN_BYTES = 4500
export const TLS_CERTIFICATES_BYTES = 2500

/** Decimal digits of a whole number from 0. */
export function digitsOf(value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  return digits
}

/** Digits of `count` numbers from `first` on, together. */
export function digitsOfRange(first: number, count: number): number {
  let total = 0
  let from = first
  let left = count
  while (left > 0) {
    const digits = digitsOf(from)
    const here = Math.min(left, 10 ** digits - from)
    total += here * digits
    from += here
    left -= here
  }
  return total
}
