/** What a session is put together from, and what it tells. */
import { type Clock, type Entropy, HeadframeError, type Logger } from '../../base/index.ts'
import { type DeviceWork, type HashHeader } from '../../mining/index.ts'
import { type BoardModel, type BoardSettings, type Range } from '../model/board.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type ChipProfile } from '../model/chip.ts'
import { type PowerAuthority } from '../model/power.ts'

/** What a session must know of its board. */
export type SessionBoard = Pick<
  BoardModel,
  'name' | 'chipCount' | 'chipCountMax' | 'frequencyMhz' | 'coreVoltageMv' | 'fixedZeroBits' | 'rateRatio'
>

export type ClockSetting = Pick<BoardSettings, 'frequencyMhz' | 'coreVoltageMv'>

export interface ChainSessionParts {
  readonly board: SessionBoard
  readonly profile: ChipProfile
  /** The open data port. The session closes it. */
  readonly link: ByteLink
  readonly power: PowerAuthority
  /** The session leaves it when it ends. */
  readonly work: DeviceWork
  readonly hash: HashHeader
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly settings: ClockSetting
}

/**
 * The last guard before chips and regulator: whoever chose the setting has held it to the board's table already.
 * @throws HeadframeError `board/out-of-range`
 */
export function requireSetting(board: SessionBoard, setting: ClockSetting): void {
  requireWithin(board, board.frequencyMhz, setting.frequencyMhz, 'frequency', 'MHz')
  if (setting.coreVoltageMv === null) return
  if (board.coreVoltageMv === null) {
    throw new HeadframeError(
      'board/out-of-range',
      `The core voltage of ${board.name} cannot be set; leave it as it is.`,
      { context: { board: board.name } },
    )
  }
  requireWithin(board, board.coreVoltageMv, setting.coreVoltageMv, 'core voltage', 'mV')
}

function requireWithin(board: SessionBoard, range: Range, value: number, what: string, unit: string): void {
  // A value that is no number is within no range.
  if (value >= range.min && value <= range.max) return
  throw new HeadframeError(
    'board/out-of-range',
    `${board.name} takes a ${what} from ${range.min} to ${range.max} ${unit}, not ${value}. Choose one within.`,
    { context: { board: board.name, value, min: range.min, max: range.max } },
  )
}
