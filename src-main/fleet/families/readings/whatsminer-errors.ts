/**
 * What the numbers mean that Whatsminers give for what is wrong, and what to do about each; the same on every generation.
 * A number is taken apart into type, sub and value (rig API digest, section 5.7); the value mostly names a slot, a fan or a
 * pool, counted from 0. Pure; a table and the little that reads it. Not here: the shapes in which firmware lists its
 * numbers (`whatsminer-error-list.ts`).
 */
import { type ErrorSeverity, type RigError } from '../../model/reading.ts'

const INPUT_LOW =
  'Measure the mains at the socket under load. Use a circuit with thicker or shorter cable, or a lower power mode.'
const INPUT_HIGH = 'Measure the mains at the socket: it is above what the power supply takes.'
const INPUT_CURRENT =
  'Check plugs and cables for heat, and that the circuit can carry the rig. Lower the power mode if it happens again.'
const COOL_PSU = 'Let cooler air reach the power supply, clean its fan, then restart the rig.'
const PSU_FAN = 'Clean the fan of the power supply; replace the supply if it does not turn.'
const PSU_RESTART = 'Take the rig off the mains for a minute. If it comes back, replace the power supply.'
const PSU_LOAD = 'Use a lower power mode. If it comes back, test with another power supply.'
const PSU_CABLE =
  'Reseat the data cable between power supply and control board; then try another power supply.'
const PSU_MATCH = 'Fit the power supply this model was built with, or firmware that knows this one.'
const RESEAT =
  'Switch off, reseat the cables of this board, swap it with another slot: if the fault moves, the board is bad.'
const BOARD_REPAIR = 'Restart once. If it comes back, have the board repaired.'
const MATCH_BOARDS = 'The boards do not belong together: use boards of one model and bin.'
const COOLING =
  'Check that fans turn, air paths are clean and heat sinks are tight; lower the power mode meanwhile.'
const FIRMWARE = 'Update the firmware with one made for this model.'
const REFLASH =
  'Something in the firmware is not the maker’s. Flash the maker’s firmware anew and change the password.'
const LABEL = 'Data that the factory writes is missing or wrong; mining may go on. Ask the maker if it stops.'
const FAN_SWAP =
  'Look for something in the fan, reseat its plug; swap it with the other to see whether the fault moves.'

interface Row {
  readonly text: string
  readonly remedy: string
  readonly severity: ErrorSeverity
}

type Area = 'fan' | 'psu' | 'board' | 'chip' | 'pool' | 'control' | 'environment' | 'rig'

const ROWS = new Map<string, Row & { readonly area: Area }>()

/**
 * @param key `type:sub:value`; `n` stands for any, `3-5` for several values
 * @param text `{n}` is the value, `{s}` the sub
 */
function row(key: string, area: Area, text: string, remedy: string, severity: ErrorSeverity = 'error'): void {
  const [type = '', sub = '', values = ''] = key.split(':')
  const [from = '', to] = values.split('-')
  if (to === undefined) ROWS.set(key, { text, remedy, severity, area })
  else {
    for (let value = Number(from); value <= Number(to); value++) {
      ROWS.set(`${type}:${sub}:${String(value)}`, { text, remedy, severity, area })
    }
  }
}

/* 1: fans. */
row('1:0:0', 'rig', 'A fan is not known to the firmware', FAN_SWAP)
for (const [value, name] of [
  ['0', 'intake'],
  ['1', 'exhaust'],
] as const) {
  row(`1:1:${value}`, 'fan', `The ${name} fan does not turn as it should`, FAN_SWAP)
  row(`1:2:${value}`, 'fan', `The ${name} fan is more than 2,000 rpm off`, FAN_SWAP)
  row(`1:3:${value}`, 'fan', `The ${name} fan is more than 3,000 rpm off`, FAN_SWAP)
}
row(
  '1:4:0',
  'rig',
  'The fans turn too fast',
  'Check for hot intake air and dust; too much is asked of the fans.',
  'warning',
)

/* 2, 9, 87: power supply. */
row('2:0:0', 'psu', 'No power supply found', PSU_CABLE)
row('2:0:1', 'psu', 'The power supply is not the one the firmware expects', PSU_MATCH)
row('2:0:2', 'psu', 'The output voltage of the power supply is wrong', PSU_RESTART)
row('2:0:3', 'psu', 'The power supply protects itself: the air is too hot', COOL_PSU)
row('2:0:4', 'psu', 'The power supply limits its current: the air is too hot', COOL_PSU)
row('2:0:5', 'psu', 'The current of the power supply is wrong', PSU_LOAD)
row('2:0:6', 'psu', 'The mains voltage is too low', INPUT_LOW)
row('2:0:7', 'psu', 'The power supply protects itself: the mains are bad', INPUT_LOW)
row('2:0:8', 'psu', 'The power supply gives the wrong power', PSU_RESTART)
row('2:0:9', 'psu', 'The output voltage has drifted', PSU_RESTART)
row('2:1:0', 'psu', 'The power supply reports a fault', PSU_RESTART)
row(
  '2:1:1',
  'psu',
  'The output current is wrong',
  'Reboot the rig. If it comes back, replace the power supply.',
)
row('2:1:2', 'psu', 'The output voltage is at the end of its range', PSU_LOAD)
row('2:1:3', 'psu', 'Mains voltage and current do not fit the output', INPUT_LOW)
row('2:1:4', 'psu', 'The input power does not change when it should', PSU_RESTART)
row('2:1:5', 'psu', 'The output voltage could not be set', PSU_CABLE)
row('2:1:6', 'psu', 'The measured power has not changed for long', PSU_CABLE)
row('2:1:7', 'psu', 'The power supply could not be switched on', PSU_CABLE)
row(
  '2:1:8',
  'psu',
  'The mains are below 230 V, too low for high power',
  'Use normal or low power, or a circuit of 230 V or more.',
)
row('2:1:9', 'psu', 'The mains current is wrong', INPUT_CURRENT)
row('2:3:3-5', 'psu', 'The output of the power supply is too hot; it protects itself', COOL_PSU)
row('2:3:6-8', 'psu', 'The output current is too high; the supply protects itself', PSU_LOAD)
row('2:3:9', 'psu', 'The output voltage is too high; the supply protects itself', PSU_RESTART)
row('2:4:0', 'psu', 'The output voltage is too low; the supply protects itself', PSU_LOAD)
row('2:4:1', 'psu', 'The outputs of the power supply carry unequal current', PSU_RESTART)
row('2:4:3-5', 'psu', 'The input of the power supply is too hot; it protects itself', COOL_PSU)
row('2:4:6-7', 'psu', 'The mains voltage is too high; the supply protects itself', INPUT_HIGH)
row('2:4:8-9', 'psu', 'The mains current is too high; the supply protects itself', INPUT_CURRENT)
row('2:5:0-1', 'psu', 'The mains voltage is too low; the supply protects itself', INPUT_LOW)
row('2:5:3-4', 'psu', 'The fan of the power supply fails', PSU_FAN)
row('2:5:5-6', 'psu', 'Too much power is drawn; the supply protects itself', PSU_LOAD)
row('2:5:7', 'psu', 'Too much current in the first stage of the supply', INPUT_CURRENT)
row('2:6:3', 'psu', 'The power supply answers now and then only', PSU_CABLE, 'warning')
row('2:6:4', 'psu', 'The power supply does not answer', PSU_CABLE)
row('2:6:5-6', 'psu', 'The power supply reports a fault without a name', PSU_RESTART)
row('2:6:7', 'psu', 'The watchdog of the power supply switched off', PSU_RESTART)
row('2:6:8', 'psu', 'The output current is too high; the supply protects itself', PSU_LOAD)
row('2:6:9', 'psu', 'The mains current is too high; the supply protects itself', INPUT_CURRENT)
row('2:7:0', 'psu', 'The mains voltage is too high; the supply protects itself', INPUT_HIGH)
row('2:7:1', 'psu', 'The mains voltage is too low; the supply protects itself', INPUT_LOW)
row('2:7:2', 'psu', 'The power supply gives more than it should', PSU_LOAD, 'warning')
row('2:7:3', 'psu', 'The power supply takes more than it should', PSU_LOAD, 'warning')
row('2:7:4', 'psu', 'The fan of the power supply is weak', PSU_FAN, 'warning')
row('2:7:5', 'psu', 'The power supply is getting hot', COOL_PSU, 'warning')
row('2:7:6-9', 'psu', 'The power supply reports a fault without a name', PSU_RESTART)
row('2:8:0', 'psu', 'The power supply reports a fault without a name', PSU_RESTART)
for (let bit = 0; bit < 16; bit++) {
  const code = 81 + bit
  const word = bit < 8 ? '1' : '2'
  const text = `The power supply sets bit ${String(bit % 8)} of its maker’s status ${word}`
  row(`2:${String(Math.floor(code / 10))}:${String(code % 10)}`, 'psu', text, PSU_RESTART)
}
row('9:0:0', 'psu', 'The output rate of the power supply is wrong', PSU_RESTART)
row('9:0:1', 'psu', 'The power drawn does not fit the hashrate', PSU_LOAD)
row('9:0:2', 'psu', 'The output rate of the power supply is wrong', PSU_RESTART)
row('87:0:0', 'psu', 'The power supply does not belong to this model', PSU_MATCH)

/* 3, 6: temperature. */
row('3:0:n', 'board', 'Board {n}: no temperature sensor found', RESEAT)
row('3:2:n', 'board', 'Board {n}: its temperature cannot be read', RESEAT)
row(
  '3:2:9',
  'control',
  'The temperature sensor of the control board does not answer',
  'Restart; replace the control board if it stays.',
)
row('3:5:n', 'board', 'Board {n} is too hot and protects itself', COOLING)
row('3:6:0-3', 'board', 'Board {n} is too hot', COOLING)
row(
  '3:7:0',
  'environment',
  'The air temperature jumps',
  'Keep warm exhaust air and drafts away from the intake.',
  'warning',
)
row('3:8:0', 'environment', 'No humidity sensor found', 'Reseat its plug on the control board.', 'warning')
row(
  '3:8:1-2',
  'environment',
  'The humidity cannot be read',
  'Reseat the sensor’s plug on the control board.',
  'warning',
)
row(
  '3:8:3',
  'environment',
  'The air is too humid; the rig protects itself',
  'Dry the room before you start it again.',
)
row('6:0:0', 'environment', 'The air is too hot', 'Bring cooler air to the intake or lower the power mode.')
row(
  '6:1:0',
  'environment',
  'The air is too hot for high power',
  'Use normal power or bring cooler air to the intake.',
  'warning',
)

/* 4: what a board says of itself. */
row('4:0:0', 'rig', 'The memory chip of a board cannot be understood', RESEAT)
row('4:1:n', 'board', 'Board {n}: its memory chip is missing', RESEAT)
row('4:2:n', 'board', 'Board {n}: its memory chip cannot be read', RESEAT)
row('4:3:n', 'board', 'Board {n}: its chips are of another bin', MATCH_BOARDS)
row('4:4:n', 'board', 'Board {n}: its memory chip names another number of chips', MATCH_BOARDS)
row('4:5:n', 'board', 'Board {n}: talking to its memory chip fails', RESEAT)

/* 5: boards. */
row('5:0:0', 'rig', 'A board reports a fault without a name', BOARD_REPAIR)
row('5:1:n', 'board', 'Board {n} is of another model', MATCH_BOARDS)
row('5:2:n', 'board', 'Board {n} is of another bin', MATCH_BOARDS)
row('5:3:n', 'board', 'Board {n} is not found', RESEAT)
row('5:4:n', 'board', 'Board {n}: chips cannot be counted', RESEAT)
row('5:5:n', 'board', 'Board {n} has bad chips', BOARD_REPAIR)
row('5:6:n', 'board', 'Board {n}: its chips share the voltage unequally', BOARD_REPAIR)
row('5:7:n', 'board', 'Board {n}: talking to its chips fails', RESEAT)
row('5:8:n', 'board', 'Board {n} could not be reset', RESEAT)
row('5:9:n', 'board', 'Board {n} does not reach its frequency', BOARD_REPAIR)

/* 7, 8: control board. */
row('7:0:0', 'control', 'The MAC address is not valid', 'Have the control board set up anew by the maker.')
row('7:0:1', 'control', 'The control board does not know these chips', FIRMWARE)
row('7:1:0', 'control', 'The control board restarted by itself', PSU_RESTART, 'warning')
row('7:1:1', 'control', 'The control board restarted by itself and runs slower since', FIRMWARE, 'warning')
row('7:1:2', 'control', 'The control board restarted by itself', PSU_RESTART, 'warning')
row(
  '7:1:3',
  'control',
  'The network is not steady; its clock was set anew',
  'Check network cable and switch.',
  'warning',
)
row(
  '7:1:4',
  'control',
  'The control board reports a fault without a name',
  'Restart; update the firmware if it stays.',
)
row('7:2:n', 'board', 'Board {n}: data to the control board arrives damaged', RESEAT)
row('8:0:0', 'control', 'The mining program on the rig was changed', REFLASH)
row('8:0:1', 'control', 'The system monitor on the rig was changed', REFLASH)
row('8:0:2', 'control', 'The remote service on the rig was changed', REFLASH)
row('8:1:0', 'rig', 'The board serial numbers do not fit a rig changed from air to liquid', LABEL, 'warning')

/* 20, 23, 80, 85: pools and rate. */
row('20:0:0', 'pool', 'No pool is set', 'Set a pool.')
row('20:1:0', 'pool', 'All pools are switched off', 'Switch one on or set it anew.')
row(
  '20:2:n',
  'pool',
  'Pool {n} cannot be reached',
  'Check its address, and that this network reaches it.',
  'warning',
)
row(
  '20:3:0',
  'pool',
  'The pool rejects many shares',
  'Check network and user name; a hot or overclocked board does it too.',
  'warning',
)
row('20:4:0', 'pool', 'The pool does not offer version rolling', 'Use a pool that offers it.', 'warning')
row('21:1:n', 'board', 'Board {n} fails a step of the factory test', BOARD_REPAIR)
row('23:1:0', 'rig', 'The hashrate is too low', COOLING, 'warning')
row('23:2:0', 'rig', 'The hashrate is too low', COOLING, 'warning')
row('23:3:0', 'rig', 'Too much hashrate is lost', COOLING, 'warning')
row('23:4:0', 'rig', 'Too much hashrate is lost', COOLING, 'warning')
row('23:5:0', 'rig', 'Hashrate is lost', COOLING, 'warning')

/* 50, 51: chips of a board together. */
row('50:1:n', 'board', 'Board {n}: the voltage of its chips is too low', BOARD_REPAIR)
row('50:2:n', 'board', 'Board {n}: the voltage of its chips has changed', BOARD_REPAIR, 'warning')
row('50:3:n', 'board', 'Board {n}: its chips differ too much in temperature', COOLING)
row('50:4:n', 'board', 'Board {n}: its hottest chip is far hotter than the rest', COOLING)
row('50:5:n', 'board', 'Board {n} stopped: its chips are too hot', COOLING)
row(
  '50:7:n',
  'board',
  'Board {n}: the coolant flows too slowly or too fast',
  'Check pump, valves and filter of the loop.',
)
row(
  '50:8:0',
  'rig',
  'The chip temperatures could not be calibrated',
  'Set the rig back to its factory settings.',
)
row('50:9:n', 'board', 'Board {n}: its calibrated chip temperatures do not fit', COOLING, 'warning')
row('51:1:n', 'board', 'Board {n} takes too long to reach its frequency', BOARD_REPAIR)
row('51:2:n', 'board', 'Board {n}: too many damaged messages', RESEAT)
row(
  '51:3:n',
  'board',
  'Board {n} is not steady',
  'Lower the power mode; have the board repaired if it stays.',
)
row('51:7:n', 'board', 'Board {n} takes too long to reach its frequency', BOARD_REPAIR)

/* 52 to 56: one chip. */
row('52:n:n', 'chip', 'Board {s}, chip {n}: wrong results', BOARD_REPAIR, 'warning')
row('53:n:n', 'chip', 'Board {s}, chip {n}: too few results', BOARD_REPAIR, 'warning')
row('54:n:n', 'chip', 'Board {s}, chip {n}: too hot', COOLING, 'warning')
row('55:n:n', 'chip', 'Board {s}, chip {n} was reset', BOARD_REPAIR, 'warning')
row('56:n:n', 'chip', 'Board {s}, chip {n}: no results', BOARD_REPAIR, 'warning')

/* 80 to 99: tool, versions, what the factory wrote. */
row('80:0:0', 'rig', 'The tool that set it up is too old', 'Use a newer WhatsMinerTool.', 'warning')
row('80:1:0', 'rig', 'The frequency is below what the model should have', COOLING, 'warning')
row('80:2:0', 'rig', 'The hashrate is below what the model should have', COOLING, 'warning')
row('80:3:5', 'environment', 'The air is too hot', 'Bring cooler air to the intake.', 'warning')
row('81:0:0', 'rig', 'The chip data is wrong', LABEL)
row('82:0:0', 'psu', 'The version of the power supply is wrong', PSU_MATCH)
row('82:1:0', 'rig', 'The model is wrong', FIRMWARE)
row('82:2:0', 'control', 'The version data is wrong', FIRMWARE)
row('83:0:0', 'rig', 'The performance level is missing', LABEL, 'warning')
row('84:0:0', 'control', 'The firmware is too old', FIRMWARE)
row('84:1:0', 'control', 'The software version is wrong', FIRMWARE)
row('85:n:0', 'rig', 'The hashrate misses performance level {s}', COOLING, 'warning')
row('85:n:1', 'rig', 'The power misses performance level {s}', COOLING, 'warning')
row('85:n:2', 'rig', 'A fan speed misses performance level {s}', FAN_SWAP, 'warning')
row('85:n:3', 'rig', 'A fan speed misses performance level {s}', FAN_SWAP, 'warning')
row('85:n:4', 'rig', 'The voltage misses performance level {s}', PSU_LOAD, 'warning')
row('86:0:0', 'rig', 'The serial number of the product is missing', LABEL, 'warning')
row('86:1:0', 'rig', 'The product type is missing', LABEL, 'warning')
row('86:2:0', 'rig', 'The serial number of the rig is missing', LABEL, 'warning')
row('86:2:1', 'rig', 'The serial number of the rig has the wrong length', LABEL, 'warning')
row('86:3:0', 'psu', 'The serial number of the power supply is missing', LABEL, 'warning')
row('86:3:1', 'psu', 'The serial number of the power supply is wrong', LABEL, 'warning')
row('86:3:2', 'rig', 'The serial number of the rig is wrong', LABEL, 'warning')
row('86:4:0', 'psu', 'The model of the power supply is missing', LABEL, 'warning')
row('86:4:1', 'psu', 'The model name of the power supply is wrong', PSU_MATCH, 'warning')
row('86:4:2', 'psu', 'The output voltage of this model of power supply does not fit', PSU_MATCH)
row('86:4:3', 'psu', 'The power of this model of power supply does not fit', PSU_MATCH)
row('86:4:4', 'psu', 'The model name of the power supply cannot be read', LABEL, 'warning')
row('86:5:0', 'rig', 'The boards are built in another way than the model says', MATCH_BOARDS)
row('86:6:0', 'rig', 'The kind of cooling does not fit the model', FIRMWARE)
row('86:7:0', 'rig', 'The serial number of a board is missing', LABEL, 'warning')
row(
  '90:0:0',
  'control',
  'The mining program ended by itself',
  'Restart; update the firmware if it comes back.',
)
row(
  '90:1:0',
  'control',
  'The mining program ended by itself',
  'Restart; update the firmware if it comes back.',
)
row('99:9:9', 'rig', 'The rig reports a fault without a name', 'Restart; ask the maker if it comes back.')

/* 1000 and up: somebody else's software on it. */
row('1000:0:0', 'control', 'The security library of the firmware is damaged', REFLASH)
row('1000:0:1', 'control', 'A signature in the firmware is not the maker’s', REFLASH)
row('1000:0:2', 'control', 'Start-up files in the firmware are not the maker’s', REFLASH)
row('1000:0:3', 'control', 'Part of the firmware is not the maker’s', REFLASH)
row('1001:0:0', 'control', 'The mining program was removed by the security check', REFLASH)
row('1100:0:0', 'control', 'A file that does not belong there was found', REFLASH)
row('1100:0:1', 'control', 'A virus was found and removed', REFLASH)

/** How many numbers and patterns the table has. */
export const WHATSMINER_ERROR_ROWS: number = ROWS.size

interface CodeParts {
  readonly type: number
  readonly sub: number
  readonly value: number
}

/**
 * A number taken apart. Six digits that do not begin with 1 are two of type, one of board, three of chip; all others end in
 * one digit of sub and one of value.
 * @returns null below 100
 */
export function splitWhatsminerCode(code: number): CodeParts | null {
  if (!Number.isSafeInteger(code) || code < 100) return null
  if (code >= 200_000 && code <= 999_999) {
    return { type: Math.floor(code / 10_000), sub: Math.floor(code / 1000) % 10, value: code % 1000 }
  }
  return { type: Math.floor(code / 100), sub: Math.floor(code / 10) % 10, value: code % 10 }
}

/**
 * What a number means, in plain words.
 * @param code as the rig spells it; also text that is no number
 * @param sinceMs when the rig says it began, epoch milliseconds
 * @param reason the rig's own words, shown where the table has none
 */
export function whatsminerError(
  code: string,
  sinceMs: number | null = null,
  reason: string | null = null,
): RigError {
  const parts = /^\d{1,9}$/.test(code) ? splitWhatsminerCode(Number(code)) : null
  const known = parts === null ? null : find(parts)
  if (parts === null || known === null) {
    return {
      code,
      text: reason ?? `Whatsminer error ${code}, which no table explains`,
      remedy: null,
      severity: 'error',
      component: null,
      sinceMs,
    }
  }
  return {
    code,
    text: known.text.replace('{s}', String(parts.sub)).replace('{n}', String(parts.value)),
    remedy: known.remedy,
    severity: known.severity,
    component: componentOf(known.area, parts),
    sinceMs,
  }
}

/** Whether this number says that it stopped, or will, for heat. */
export function isHeatError(code: string): boolean {
  return /^(?:20[34]|23[345]|24[345]|35\d|36[0-3]|600|505\d)$/.test(code)
}

function find({ type, sub, value }: CodeParts): (Row & { readonly area: Area }) | null {
  const [t, s, v] = [String(type), String(sub), String(value)]
  return (
    ROWS.get(`${t}:${s}:${v}`) ??
    ROWS.get(`${t}:${s}:n`) ??
    ROWS.get(`${t}:n:${v}`) ??
    ROWS.get(`${t}:n:n`) ??
    null
  )
}

function componentOf(area: Area, { type, sub, value }: CodeParts): string | null {
  switch (area) {
    case 'fan':
    case 'board':
      return `${area} ${String(value)}`
    case 'chip':
      return `board ${String(sub)} chip ${String(value)}`
    case 'pool':
      return type === 20 && sub === 2 ? `pool ${String(value)}` : 'pool'
    case 'rig':
      return null
    default:
      return area
  }
}
