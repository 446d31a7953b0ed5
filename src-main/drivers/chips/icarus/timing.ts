/**
 * How fast Icarus devices scan, and what follows: none of them says that it has finished, so the host must bring new work
 * before the nonces are used up. (Serial ASIC digest 3.5.)
 */

const NONCES = 2 ** 32

/** New work goes out so long before the range is scanned. */
const BEFORE_THE_END_MS = 150

/** Hashes per second of devices with a fixed clock. */
export const FIXED_RATES_HS = {
  icarus: 1 / 2.6316e-9,
  lancelot: 1 / 2.5e-9,
  'block-erupter': 1 / 2.9761e-9,
  cairnsmore: 1 / 2.7e-9,
} as const

/** Hashes per clock of AntMiner U1 and U2: 0.125e-6 seconds per hash and MHz. */
export const ANTMINER_U1_HASHES_PER_CLOCK = 8

/** Hashes per clock of an AntMiner U3: 0.0032e-6 seconds per hash and MHz. */
export const ANTMINER_U3_HASHES_PER_CLOCK = 312.5

/** A device that finds nothing valid for so many full ranges is stuck: reset its bridge. */
export const STUCK_AFTER_RANGES = 30

/** So long after a reset a device that still finds nothing is given up, milliseconds. */
export const GIVE_UP_AFTER_RESET_MS = 60_000

/** Time to scan all nonces, milliseconds. */
export function fullRangeMs(hashrateHs: number): number {
  return (NONCES / hashrateHs) * 1000
}

/** When work must be replaced, milliseconds after it was sent: the range less 150 ms, never less than half of it. */
export function workLastsMs(hashrateHs: number): number {
  const range = fullRangeMs(hashrateHs)
  return Math.max(range - BEFORE_THE_END_MS, range / 2)
}
