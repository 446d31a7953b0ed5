/**
 * Events of LuxOS in plain words. They last as long as their cause does. Pure. Codes and what to do about them as the maker
 * lists them (docs.luxor.tech, events), in our own words.
 */
import { at, listOf, numberOf, textOf } from '../../model/lenient.ts'
import { type ErrorSeverity, type RigError } from '../../model/reading.ts'

interface EventMeaning {
  readonly severity: ErrorSeverity
  readonly text: string
  readonly remedy: string | null
}

const error = (text: string, remedy: string | null): EventMeaning => ({ severity: 'error', text, remedy })
const warning = (text: string, remedy: string | null): EventMeaning => ({ severity: 'warning', text, remedy })
const info = (text: string): EventMeaning => ({ severity: 'info', text, remedy: null })

const RESEAT = 'Switch the rig off and reseat the cables of that board. If it stays so, it needs repair.'
const COOLER =
  'Give the rig more and cooler air, choose a lower profile, or switch its thermal management (ATM) on.'

const EVENTS: Readonly<Record<string, EventMeaning>> = {
  BAD_DOMAIN: error('Chips of a board do not work', 'Restart the board. If it stays so, it needs repair.'),
  BOARD_ASIC_ENUMERATION_FAILURE: error(
    'Not all chips of a board answer',
    `${RESEAT} If all boards say so, look at the power supply.`,
  ),
  BOARD_ASIC_INIT_FAILURE: error(
    'The chips of a board do not start',
    'Restart the board. If it stays so, the board is probably damaged.',
  ),
  BOARD_CRITICAL_PIC_FAILURE: error('The controller chip of a board does not answer', RESEAT),
  BOARD_CRITICAL_SENSOR_FAILURE: error(
    'No temperature sensor on the hot side of a board works, so it stays off',
    'The sensors of that board need repair.',
  ),
  BOARD_HIGH_TEMPERATURE: warning('A board is hotter than the limit set for it', COOLER),
  BOARD_NOT_DETECTED: error('A board was removed, or its cable is loose', RESEAT),
  BOARD_NOT_ENOUGH_SENSORS_FAILURE: error('Too few temperature sensors of a board work', RESEAT),
  BOARD_OVERTEMP_SHUTDOWN: error('A board was switched off because it was too hot', COOLER),
  CANT_READ_PSU_PROTOCOL: warning(
    'It cannot talk to its power supply',
    'Check the cable to the power supply.',
  ),
  CANT_READ_PSU_TYPE: warning(
    'It does not know its power supply',
    'Check that this power supply belongs to this model.',
  ),
  FAN_FAILURE: error('A fan does not turn', 'Check that it is plugged in and free, or replace it.'),
  FAN_PANIC: error(
    'It stopped because too few fans turn',
    'Check that all fans are plugged in and free, and replace those that stand still.',
  ),
  I2C_ERROR: warning('It lost contact with a part for a moment', 'If it comes again, reseat the cables.'),
  IDLE: info('It waits: it is idle until it is woken'),
  INCOMPATIBLE_PIC: error('Boards of different kinds are mixed', 'Use boards of one kind in one rig.'),
  INVALID_MINER_MODEL: error('Its firmware does not know this model', 'Install the firmware for this model.'),
  MINER_TUNED: info('Its tuning is done'),
  MINER_TUNING: info('It is tuning itself'),
  NO_ACTIVE_POOLS: error('None of its pools answers', 'Check its pools and its network.'),
  NO_BOARDS: error('It finds no board', 'Check the cables of all boards, and the power supply.'),
  NOPIC_PROTECTION: error(
    'It stopped to protect boards that cannot be switched off one by one',
    'Find the board that failed first among the other events, then restart the rig.',
  ),
  NOPIC_SHUTDOWN: error('A board was switched off for protection', RESEAT),
  OVERTEMP_PROTECTION: error('It stopped because it was too hot', COOLER),
  PSU_PANIC: error(
    'It stopped because of its power supply',
    'Check mains and cables. If it comes again, replace the power supply.',
  ),
  REBOOT_NOT_HASHING: warning('A board is being restarted because it did not hash', RESEAT),
  REBOOT_SYSINIT: info('A board is starting, which takes up to five minutes'),
  REBOOT_USER: info('A board is being restarted by a person'),
  SHUTDOWN_USER: info('A board was switched off by a person'),
  SLEEP: info('It sleeps until it is woken'),
}

/** Of `events`: `{EVENTS: [{Code, Description, Target, ID, CreatedAt}]}`. */
export function readLuxosEvents(reply: unknown, atMs: number): RigError[] {
  return listOf(at(reply, 'EVENTS')).flatMap((event): RigError[] => {
    const code = textOf(at(event, 'Code'))
    if (code === null) return []
    const meaning = EVENTS[code] ?? guess(code)
    const sinceMs = Date.parse(textOf(at(event, 'CreatedAt')) ?? '')
    return [
      {
        code,
        ...meaning,
        text: meaning.text === '' ? (textOf(at(event, 'Description')) ?? code) : meaning.text,
        component: componentOf(event),
        sinceMs: Number.isFinite(sinceMs) ? Math.min(sinceMs, atMs) : null,
      },
    ]
  })
}

/** A code of a newer release. */
function guess(code: string): EventMeaning {
  return /FAILURE|PANIC|SHUTDOWN|PROTECTION/.test(code) ? error('', null) : warning('', null)
}

/** `BOARD` and 0 is `board 0`; the rig as a whole is null. */
function componentOf(event: unknown): string | null {
  const target = textOf(at(event, 'Target'))?.toLowerCase() ?? null
  if (target === null || target === 'miner') return null
  const index = numberOf(at(event, 'ID'))
  return index === null ? target : `${target} ${String(index)}`
}
