/**
 * What Avalons report as wrong, in words: the error word of the power supply by its bits, as the maker's manual of the A10
 * explains them, and the words of boards and fans, of which only their being there is known. Pure.
 * Governing document: rig API digest, section 5.8.
 */
import { type RigError } from '../../model/reading.ts'
import { type AvalonTokens, tokenNumber, tokenNumbers } from './avalon-tokens.ts'

interface Bit {
  readonly bit: number
  readonly text: string
  readonly remedy: string
}

const HOT = 'Let cooler air reach the power supply and clean its fan.'
const LOAD = 'Use a lower work mode. If it comes back, replace the power supply.'

const POWER_SUPPLY: readonly Bit[] = [
  { bit: 1, text: 'The mains voltage is too low', remedy: 'Measure the mains at the socket under load.' },
  { bit: 2, text: 'The power supply is too hot', remedy: HOT },
  { bit: 4, text: 'The power supply is too hot', remedy: HOT },
  { bit: 8, text: 'The power supply is too hot', remedy: HOT },
  {
    bit: 16,
    text: 'The power supply draws too much from the mains',
    remedy: 'Check plugs and cables for heat, then use a lower work mode.',
  },
  { bit: 32, text: 'The output voltage of the power supply is too low', remedy: LOAD },
  { bit: 64, text: 'The output current of the power supply is too high', remedy: LOAD },
  { bit: 128, text: 'The power supply cannot measure its current', remedy: LOAD },
  { bit: 256, text: 'The first output of the power supply carries too much current', remedy: LOAD },
  { bit: 512, text: 'The second output of the power supply carries too much current', remedy: LOAD },
  { bit: 1024, text: 'The third output of the power supply carries too much current', remedy: LOAD },
  {
    bit: 2048,
    text: 'The fan of the power supply fails',
    remedy: 'Clean that fan; replace the supply if it does not turn.',
  },
]

/** Boards of rigs that work well report this one, also in the maker's own manual. */
const HARMLESS_BOARD_WORD = 512

/** Whether this says that the power supply is too hot. */
export function isHeatError(code: string): boolean {
  return code === 'PS 2' || code === 'PS 4' || code === 'PS 8'
}

/** The errors among the tokens of one machine. */
export function avalonErrors(tokens: AvalonTokens): RigError[] {
  const errors: RigError[] = []
  const word = tokenNumber(tokens, 'PS') ?? 0
  for (const { bit, text, remedy } of POWER_SUPPLY) {
    if (Math.floor(word / bit) % 2 === 1) {
      errors.push({
        code: `PS ${String(bit)}`,
        text,
        remedy,
        severity: 'error',
        component: 'psu',
        sinceMs: null,
      })
    }
  }
  for (const [slot, value] of tokenNumbers(tokens, 'ECHU').entries()) {
    if (value === null || value === 0) continue
    errors.push({
      code: `ECHU ${String(value)}`,
      text: `Board ${String(slot)} reports the error word ${String(value)}`,
      remedy: 'Compare its rate and temperature with the other boards. Reboot if it falls behind.',
      severity: value === HARMLESS_BOARD_WORD ? 'info' : 'warning',
      component: `board ${String(slot)}`,
      sinceMs: null,
    })
  }
  const controller = tokenNumber(tokens, 'ECMM') ?? 0
  if (controller !== 0) {
    errors.push({
      code: `ECMM ${String(controller)}`,
      text: `The controller reports the error word ${String(controller)}`,
      remedy: 'Reboot it. If the word stays, show it to the maker.',
      severity: 'warning',
      component: 'control',
      sinceMs: null,
    })
  }
  const fan = tokenNumber(tokens, 'FanErr') ?? 0
  if (fan !== 0) {
    errors.push({
      code: `FanErr ${String(fan)}`,
      text: 'A fan does not turn as it should',
      remedy: 'Look for something in the fans and reseat their plugs.',
      severity: 'error',
      component: 'fan',
      sinceMs: null,
    })
  }
  return errors
}
