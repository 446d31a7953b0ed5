/** Judges who answered when all chips were asked for their identity (asic-serial 5.12). Pure. */
import { HeadframeError } from '../../base/index.ts'
import { type ChipReply } from '../model/chip.ts'

/** A chip that said who it is. */
export interface FoundChip {
  /** For instance 0x1370. */
  readonly model: number
  /** 0 before it was given one. */
  readonly address: number
}

const CHIP_ID_REGISTER = 0x00

/** The chip that a reply names, or null if it is no identity reply. */
export function identityOf(reply: ChipReply): FoundChip | null {
  if (reply.kind !== 'register' || reply.register !== CHIP_ID_REGISTER) return null
  return { model: reply.value >>> 16, address: reply.address }
}

/**
 * @param count chips that the board has
 * @throws HeadframeError `chip/none-answered`, `chip/wrong-model`, `chip/too-few`, `chip/too-many`: all but the wrong
 *   model may pass when asked again after a reset, which is up to the caller
 */
export function requireChips(found: readonly FoundChip[], count: number, model: number): void {
  if (found.length === 0) {
    throw new HeadframeError(
      'chip/none-answered',
      `No ${nameOf(model)} chip answered. Unplug the board, wait ten seconds and plug it in again; if it stays ` +
        `silent, check its power supply and its cable.`,
      { context: { expected: count, answered: 0 } },
    )
  }
  const stranger = found.find((chip) => chip.model !== model)
  if (stranger !== undefined) {
    throw new HeadframeError(
      'chip/wrong-model',
      `The board answers with ${nameOf(stranger.model)}, but it is set up as one with ${nameOf(model)}. ` +
        `Choose the board that it is; nothing was started.`,
      { context: { expected: nameOf(model), answered: nameOf(stranger.model) } },
    )
  }
  if (found.length < count) {
    throw new HeadframeError(
      'chip/too-few',
      `${found.length} of ${count} chips answered. Everything behind the first dead chip of a chain is silent: ` +
        `plug the board in again, and if the number stays the same, chip ${found.length + 1} needs repair.`,
      { context: { expected: count, answered: found.length } },
    )
  }
  if (found.length > count) {
    throw new HeadframeError(
      'chip/too-many',
      `${found.length} chips answered where the board has ${count}: replies of an earlier run were still on the ` +
        `line, or another board was chosen. Plug it in again, and check which board it is.`,
      { context: { expected: count, answered: found.length } },
    )
  }
}

function nameOf(model: number): string {
  return `BM${model.toString(16).padStart(4, '0').toUpperCase()}`
}
