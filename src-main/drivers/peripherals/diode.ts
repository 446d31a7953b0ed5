/** Temperatures of a diode inside a chip as the EMC210x report them: 11 bits signed, an eighth of a degree each. */
import { plausibleC } from './kinds.ts'

/** asic-serial 6.3 [src: ESP-Miner EMC2101.h]. */
const DIODE_OPEN = 0x3f8
const DIODE_SHORT = 0x3ff
/** All bits set: what an absent part's lines float to. */
const FLOATING = 0x7ff
/** What an EMC2103 says of a diode with a fault. */
const DIODE_FAULT_2103 = 0x400

export type DiodeReading =
  | { readonly kind: 'celsius'; readonly celsius: number }
  | { readonly kind: 'fault'; readonly fault: 'diode-open' | 'diode-short' | 'no-reading' }

/** @param high integer degrees, signed @param low the fraction in its upper three bits */
export function decodeDiode(high: number, low: number): DiodeReading {
  const raw = ((high << 8) | low) >> 5
  if (raw === DIODE_OPEN) return { kind: 'fault', fault: 'diode-open' }
  if (raw === DIODE_SHORT) return { kind: 'fault', fault: 'diode-short' }
  if (raw === FLOATING || raw === DIODE_FAULT_2103) return { kind: 'fault', fault: 'no-reading' }
  return { kind: 'celsius', celsius: (raw >= 0x400 ? raw - 0x800 : raw) / 8 }
}

/** The reading with the board's offset, or null if there is none or no chip can have it. */
export function diodeC(high: number, low: number, offsetC: number): number | null {
  const reading = decodeDiode(high, low)
  if (reading.kind === 'fault' || plausibleC(reading.celsius) === null) return null
  return plausibleC(reading.celsius + offsetC)
}
