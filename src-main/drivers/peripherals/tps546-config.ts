/**
 * What a TPS546 is told before it may supply chips, per class of board, as data. asic-serial 6.3 [src: ESP-Miner
 * vcore.c, TPS546.c]. A wrong loop scale or limit destroys chips: nothing here is adjustable, and a board whose class
 * is not known gets none of it. There is no command that stores anything in the part, and none may be added: it can
 * leave the regulator unusable for good.
 */

export interface Tps546Config {
  /** How many chips' voltages the output is the sum of. */
  readonly voltageDomains: number
  readonly phase: number
  readonly stackConfig: number
  readonly syncConfig: number
  readonly vinOnV: number
  readonly vinOffV: number
  readonly vinOverFaultV: number
  /** Null: not written; on 5 V boards the part warns for ever then. */
  readonly vinUnderWarnV: number | null
  readonly voutScaleLoop: number
  readonly voutCommandV: number
  readonly voutMaxV: number
  readonly voutMinV: number
  readonly ioutWarnA: number
  readonly ioutFaultA: number
  /** Five bytes; null leaves the part's own. */
  readonly compensation: readonly number[] | null
}

/** Ultra 207, Supra 402 and 403, Gamma 600 to 603. */
export const TPS546_SINGLE_CHIP: Tps546Config = {
  voltageDomains: 1,
  phase: 0x00,
  stackConfig: 0x0000,
  syncConfig: 0x10,
  vinOnV: 4.8,
  vinOffV: 4.5,
  vinOverFaultV: 6.5,
  vinUnderWarnV: null,
  voutScaleLoop: 0.25,
  voutCommandV: 1.2,
  voutMaxV: 2,
  voutMinV: 1,
  ioutWarnA: 25,
  ioutFaultA: 30,
  compensation: null,
}

/** Two regulators in step, on 12 V. */
export const TPS546_GAMMA_TURBO: Tps546Config = {
  ...TPS546_SINGLE_CHIP,
  phase: 0xff,
  stackConfig: 0x0001,
  syncConfig: 0xd0,
  vinOnV: 11,
  vinOffV: 10.5,
  vinOverFaultV: 14.8,
  vinUnderWarnV: 11,
  voutMaxV: 3,
  ioutWarnA: 50,
  ioutFaultA: 55,
  compensation: [0x12, 0x34, 0x42, 0x21, 0x04],
}

/** Three domains in a row, on 12 V: Ultra Hex and Supra Hex. */
export const TPS546_HEX: Tps546Config = {
  ...TPS546_SINGLE_CHIP,
  voltageDomains: 3,
  vinOnV: 11.5,
  vinOffV: 11,
  vinOverFaultV: 14.8,
  vinUnderWarnV: 11,
  voutScaleLoop: 0.125,
  voutCommandV: 3.6,
  voutMaxV: 4.5,
  voutMinV: 2.5,
}

/** One register and its value. `checked`: read back within 5 %, because chips depend on it. */
export interface Tps546Setting {
  readonly register: number
  readonly name: string
  readonly value:
    | { readonly kind: 'byte'; readonly byte: number }
    | { readonly kind: 'word'; readonly word: number }
    /** With the finest exponent; `whole`: with exponent 0. */
    | { readonly kind: 'linear11'; readonly number: number; readonly whole: boolean }
    /** Volts, or a ratio of what was set. */
    | { readonly kind: 'linear16'; readonly number: number }
    | { readonly kind: 'block'; readonly bytes: readonly number[] }
  readonly checked: boolean
}

/** Everything but OPERATION and ON_OFF_CONFIG, in the order in which it is written while the output is off. */
export function tps546Settings(config: Tps546Config): readonly Tps546Setting[] {
  const underWarn = config.vinUnderWarnV
  return [
    word(0xec, 'STACK_CONFIG', config.stackConfig),
    byte(0xe4, 'SYNC_CONFIG', config.syncConfig),
    byte(0x04, 'PHASE', config.phase),
    whole(0x33, 'FREQUENCY_SWITCH', 650),
    ...(config.compensation === null ? [] : [block(0xb1, 'COMPENSATION_CONFIG', config.compensation)]),
    ...(underWarn === null ? [] : [linear11(0x58, 'VIN_UV_WARN_LIMIT', underWarn)]),
    linear11(0x35, 'VIN_ON', config.vinOnV),
    linear11(0x36, 'VIN_OFF', config.vinOffV),
    checked(linear11(0x55, 'VIN_OV_FAULT_LIMIT', config.vinOverFaultV)),
    byte(0x56, 'VIN_OV_FAULT_RESPONSE', 0xb7),
    checked(linear11(0x29, 'VOUT_SCALE_LOOP', config.voutScaleLoop)),
    checked(linear16(0x21, 'VOUT_COMMAND', config.voutCommandV)),
    checked(linear16(0x24, 'VOUT_MAX', config.voutMaxV)),
    checked(linear16(0x2b, 'VOUT_MIN', config.voutMinV)),
    checked(linear16(0x40, 'VOUT_OV_FAULT_LIMIT', 1.25)),
    linear16(0x42, 'VOUT_OV_WARN_LIMIT', 1.16),
    linear16(0x25, 'VOUT_MARGIN_HIGH', 1.1),
    linear16(0x26, 'VOUT_MARGIN_LOW', 0.9),
    linear16(0x43, 'VOUT_UV_WARN_LIMIT', 0.9),
    linear16(0x44, 'VOUT_UV_FAULT_LIMIT', 0.75),
    linear11(0x4a, 'IOUT_OC_WARN_LIMIT', config.ioutWarnA),
    checked(linear11(0x46, 'IOUT_OC_FAULT_LIMIT', config.ioutFaultA)),
    // Shuts down and does not try again by itself.
    byte(0x47, 'IOUT_OC_FAULT_RESPONSE', 0xc0),
    whole(0x51, 'OT_WARN_LIMIT', 105),
    checked(whole(0x4f, 'OT_FAULT_LIMIT', 145)),
    byte(0x50, 'OT_FAULT_RESPONSE', 0xff),
    whole(0x60, 'TON_DELAY', 0),
    whole(0x61, 'TON_RISE', 3),
    whole(0x62, 'TON_MAX_FAULT_LIMIT', 0),
    byte(0x63, 'TON_MAX_FAULT_RESPONSE', 0x3b),
    whole(0x64, 'TOFF_DELAY', 0),
    whole(0x65, 'TOFF_FALL', 0),
    word(0xee, 'PIN_DETECT_OVERRIDE', 0xffff),
  ]
}

function byte(register: number, name: string, value: number): Tps546Setting {
  return { register, name, value: { kind: 'byte', byte: value }, checked: false }
}

function word(register: number, name: string, value: number): Tps546Setting {
  return { register, name, value: { kind: 'word', word: value }, checked: false }
}

function linear11(register: number, name: string, value: number): Tps546Setting {
  return { register, name, value: { kind: 'linear11', number: value, whole: false }, checked: false }
}

function whole(register: number, name: string, value: number): Tps546Setting {
  return { register, name, value: { kind: 'linear11', number: value, whole: true }, checked: false }
}

function linear16(register: number, name: string, value: number): Tps546Setting {
  return { register, name, value: { kind: 'linear16', number: value }, checked: false }
}

function block(register: number, name: string, bytes: readonly number[]): Tps546Setting {
  return { register, name, value: { kind: 'block', bytes }, checked: false }
}

function checked(setting: Tps546Setting): Tps546Setting {
  return { ...setting, checked: true }
}
