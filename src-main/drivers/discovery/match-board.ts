/**
 * What a device is, by its USB identity: the most particular pattern of the boards that we know wins. Strings go before
 * bare numbers, so that a GekkoScience stick is never taken for the bridge chip in it (asic-serial 3.1). Pure; nothing
 * is ever written to a device to find out what it is, unless a person agreed.
 */
import {
  type BoardFamily,
  type BoardModel,
  type BoardPattern,
  boardIdentity,
  type KnownBoard,
  type RecognisedBoard,
} from '../model/board.ts'
import { type AttachedDevice } from '../model/usb.ts'
import { missingDriver } from './missing-driver.ts'

export type DrivenBoard =
  | { readonly kind: 'board'; readonly model: BoardModel }
  /** Its bus and its chips tell which board of the family it is. */
  | { readonly kind: 'family'; readonly family: BoardFamily }

export type BoardMatch =
  | DrivenBoard
  /** It may be one of these, or no miner at all: a person must say so before a byte is written to it. */
  | { readonly kind: 'ask'; readonly candidates: readonly DrivenBoard[] }
  | {
      readonly kind: 'unsupported'
      readonly board: RecognisedBoard
      readonly name: string
      /** A sentence. */
      readonly why: string
    }
  /** A board of ours whose ports are missing. `needed`: sentences, what to do about it on this system. */
  | { readonly kind: 'driver'; readonly name: string; readonly needed: string }
  /** No miner that we know: never touched. */
  | { readonly kind: 'ignored' }

export interface MatchOptions {
  readonly platform: NodeJS.Platform
  /** Id of the board that a person said this device is; null if nobody did. */
  readonly chosenId?: string | null
}

export function matchBoard(
  device: AttachedDevice,
  known: readonly KnownBoard[],
  options: MatchOptions,
): BoardMatch {
  const fits = known.flatMap((board) => bestFit(device, board))
  const [best] = [...fits].sort((a, b) => b.rank - a.rank)
  if (best === undefined) return { kind: 'ignored' }
  const equal = fits.filter(({ rank }) => rank === best.rank)
  const certain = equal.length === 1 && !best.needsConsent && !best.isGuess
  if (certain) return matched(device, best.board, options)

  // Guesses beside a pattern that asks anyway are worth showing: the strings that would tell are what is missing.
  const shown = fits.filter(({ rank, isGuess }) => rank === best.rank || isGuess)
  const candidates = shown.flatMap(({ board }) => driven(board))
  const chosen = shown.find(({ board }) => boardIdentity(board).id === options.chosenId)
  if (chosen !== undefined) return matched(device, chosen.board, options)
  if (candidates.length === 0) {
    const [only] = equal
    return equal.length === 1 && only !== undefined && !only.isGuess
      ? matched(device, only.board, options)
      : { kind: 'ignored' }
  }
  // Without a port there is nothing to ask for yet.
  return device.ports.length === 0 ? { kind: 'ignored' } : { kind: 'ask', candidates }
}

/** How many ports a device will have once its system has made all of them; 0 for what we do not drive. */
export function expectedPorts(
  known: readonly KnownBoard[],
  platform: NodeJS.Platform,
): (device: AttachedDevice) => number {
  return (device) => {
    const complete = { ...device, ports: [0, 1].map((n) => ({ kind: 'tty', path: String(n) }) as const) }
    const match = matchBoard(complete, known, { platform })
    if (match.kind === 'board') return portCount(match.model.ports)
    if (match.kind === 'family') return portCount(match.family.ports)
    return match.kind === 'ask' ? 1 : 0
  }
}

/** Whether anything known has these numbers: what is listed though no driver made a port of it. */
export function concernsBoards(
  known: readonly KnownBoard[],
): (vendorId: number, productId: number) => boolean {
  const ids = new Set(
    known.flatMap((board) =>
      boardIdentity(board).patterns.map((pattern) => `${pattern.vendorId}:${pattern.productId}`),
    ),
  )
  return (vendorId, productId) => ids.has(`${vendorId}:${productId}`)
}

interface Fit {
  readonly board: KnownBoard
  /** Higher is more particular. */
  readonly rank: number
  readonly needsConsent: boolean
  /** The system did not tell the string that would decide. */
  readonly isGuess: boolean
}

function bestFit(device: AttachedDevice, board: KnownBoard): readonly Fit[] {
  const fits = boardIdentity(board).patterns.flatMap((pattern) => fit(device, board, pattern))
  return fits.sort((a, b) => b.rank - a.rank).slice(0, 1)
}

const EXACT_PRODUCT_RANK = 40
const PRODUCT_PREFIX_RANK = 30
const MANUFACTURER_RANK = 5
const NUMBERS_RANK = 10
/** Below bare numbers that match. */
const GUESS_RANK = 1

function fit(device: AttachedDevice, board: KnownBoard, pattern: BoardPattern): readonly Fit[] {
  if (pattern.vendorId !== device.vendorId || pattern.productId !== device.productId) return []
  const product = compareText(device.product, pattern.product)
  const manufacturer = compareText(device.manufacturer, pattern.manufacturer)
  if (product === 'differs' || manufacturer === 'differs') return []
  const needsConsent = pattern.needsConsent ?? false
  if (product === 'unknown' || (product === 'any' && manufacturer === 'unknown')) {
    return [{ board, rank: GUESS_RANK, needsConsent, isGuess: true }]
  }
  if (product === 'any' && needsConsent && isNamedGadget(device)) return []
  const productRank =
    product === 'same' ? EXACT_PRODUCT_RANK : product === 'begins' ? PRODUCT_PREFIX_RANK : NUMBERS_RANK
  const rank = productRank + (manufacturer === 'same' ? MANUFACTURER_RANK : 0)
  return [{ board, rank, needsConsent, isGuess: false }]
}

type TextFit = 'same' | 'begins' | 'any' | 'unknown' | 'differs'

function compareText(text: string | null, pattern: string | undefined): TextFit {
  if (pattern === undefined) return 'any'
  if (text === null || text.trim() === '') return 'unknown'
  const [own, wanted] = [plain(text), plain(pattern)]
  if (wanted.endsWith('*')) return own.startsWith(wanted.slice(0, -1)) ? 'begins' : 'differs'
  return own === wanted ? 'same' : 'differs'
}

/** Some systems write spaces as underscores. */
function plain(text: string): string {
  return text
    .replaceAll(/[\s_]+/g, ' ')
    .trim()
    .toLowerCase()
}

/** Silicon Labs, FTDI, Prolific, NXP: makers of bridge chips that countless gadgets carry. */
const BRIDGE_MAKERS: ReadonlySet<number> = new Set([0x10c4, 0x0403, 0x067b, 0x1fc9])

/** What such chips are called as long as nobody gave them a name. */
const BRIDGE_NAME =
  /usb.?(to|2).?(uart|serial)|(uart|serial).?(bridge|controller)|usb.?(uart|serial)|lpc.*cdc|vcom/i

/** Whether its maker gave a bridge chip a name of its own, and so no board that hides behind an unnamed one. */
function isNamedGadget(device: AttachedDevice): boolean {
  if (device.vendorId === null || !BRIDGE_MAKERS.has(device.vendorId)) return false
  const product = device.product?.trim() ?? ''
  return product !== '' && !BRIDGE_NAME.test(product)
}

function portCount(ports: BoardModel['ports']): number {
  return ports === 'data' ? 1 : 2
}

function driven(board: KnownBoard): readonly DrivenBoard[] {
  if (board.kind === 'model') return [{ kind: 'board', model: board.model }]
  if (board.kind === 'family') return [{ kind: 'family', family: board.family }]
  return []
}

function matched(device: AttachedDevice, board: KnownBoard, options: MatchOptions): BoardMatch {
  if (board.kind === 'recognised') {
    const { name, because } = board.board
    return { kind: 'unsupported', board: board.board, name, why: because }
  }
  const wanted = board.kind === 'model' ? board.model : board.family
  const portsNeeded = portCount(wanted.ports)
  if (device.ports.length < portsNeeded) {
    return { kind: 'driver', name: wanted.name, needed: missingDriver(device, portsNeeded, options.platform) }
  }
  return board.kind === 'model'
    ? { kind: 'board', model: board.model }
    : { kind: 'family', family: board.family }
}
