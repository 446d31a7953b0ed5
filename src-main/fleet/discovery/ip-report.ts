/**
 * The IP-report buttons on big rigs: pressed, they broadcast who and where they are. Parsers are pure; a source opens one
 * UDP port while a search listens. What is heard is hearsay, identified like every other address. A firewall may keep
 * reports away, Windows' own among them. Governing document: rig API digest, section 1.3.
 */
import { createSocket } from 'node:dgram'
import { err, errorText, HeadframeError, ok, systemErrorCode } from '../../base/index.ts'
import { parseAddress } from '../../net/index.ts'
import { realMac } from '../model/identity.ts'
import { type Candidate, type CandidateSource } from './candidate.ts'

export const ANTMINER_REPORT_PORT = 14_235
export const WHATSMINER_REPORT_PORT = 8_888
/** Reports are some dozens of bytes; what is longer is something else. */
const MAX_REPORT_BYTES = 512

/** `ip,mac`, as Antminers send it. @returns null for anything else */
export function parseAntminerReport(datagram: Uint8Array): Candidate | null {
  const match = /^\s*([\d.]{7,15})\s*,\s*([0-9a-f:.-]{12,17})\s*$/i.exec(reportText(datagram))
  return match === null ? null : candidateOf(match[1], match[2])
}

/** Text with `IP:` and `MAC:` in it, as Whatsminers send it. @returns null for anything else */
export function parseWhatsminerReport(datagram: Uint8Array): Candidate | null {
  const text = reportText(datagram)
  const mac = /MAC:\s*((?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2})/i.exec(text)?.[1]
  return mac === undefined ? null : candidateOf(/(?:^|[^a-z])IP:\s*([\d.]{7,15})/i.exec(text)?.[1], mac)
}

export interface ReportSourceOptions {
  /** The family's own if absent; 0 picks a free one. */
  readonly port?: number
  /** All addresses of this machine if absent. */
  readonly host?: string
  /** Called with the port once it is open. */
  readonly onOpen?: (port: number) => void
}

export function antminerReports(options: ReportSourceOptions = {}): CandidateSource {
  return reports('Antminer', parseAntminerReport, { port: ANTMINER_REPORT_PORT, ...options })
}

export function whatsminerReports(options: ReportSourceOptions = {}): CandidateSource {
  return reports('Whatsminer', parseWhatsminerReport, { port: WHATSMINER_REPORT_PORT, ...options })
}

function reports(
  whose: string,
  parse: (datagram: Uint8Array) => Candidate | null,
  { port, host = '0.0.0.0', onOpen }: ReportSourceOptions & { readonly port: number },
): CandidateSource {
  return {
    open: (onCandidate) =>
      new Promise((resolve) => {
        const socket = createSocket('udp4')
        let closed: Promise<void> | null = null
        const close = (): Promise<void> => (closed ??= new Promise((gone) => socket.close(() => gone())))
        const refuse = (error: unknown): void => {
          void close()
          resolve(err(refusal(whose, port, error)))
        }
        socket.once('error', refuse)
        socket.bind({ address: host, port, exclusive: true }, () => {
          socket.removeListener('error', refuse)
          // Whatever happens to it later, a search goes on without.
          socket.on('error', () => void close())
          socket.on('message', (datagram) => {
            const candidate = parse(datagram)
            if (candidate !== null) onCandidate(candidate)
          })
          onOpen?.(socket.address().port)
          resolve(ok({ stop: close }))
        })
      }),
  }
}

function refusal(whose: string, port: number, cause: unknown): HeadframeError {
  const isTaken = systemErrorCode(cause) === 'EADDRINUSE'
  return new HeadframeError(
    isTaken ? 'scan/port-taken' : 'scan/cannot-listen',
    isTaken
      ? `UDP port ${String(port)}, where ${whose} reports arrive, is held by another program. Close other tools for miners and try again; everything else was searched.`
      : `Reports of ${whose} cannot be received (UDP port ${String(port)}): ${errorText(cause)}. Everything else was searched.`,
    { context: { port }, cause },
  )
}

/** Some end in NUL bytes. */
function reportText(datagram: Uint8Array): string {
  if (datagram.length > MAX_REPORT_BYTES) return ''
  return new TextDecoder().decode(datagram).replace(/\0+$/, '')
}

function candidateOf(host: string | undefined, mac: string | undefined): Candidate | null {
  if (host === undefined || parseAddress(host)?.length !== 4) return null
  const real = realMac(mac ?? null)
  return real === null ? null : { address: { host, port: null }, mac: real }
}
