/** Money on its way into the ledger: whole, in range, and never a float that grew out of a calculation. Pure. */
import { HeadframeError } from '../../base/index.ts'

/** All bitcoin there will ever be. */
const MAX_SATS = 21e14

/** @throws HeadframeError `history/not-whole-money` unless it is a whole number of sats from 0 to all there are */
export function requireSats(sats: number, what: string): void {
  if (Number.isSafeInteger(sats) && sats >= 0 && sats <= MAX_SATS) return
  throw notWhole(`${what} must be whole sats from 0 to ${MAX_SATS}`, sats)
}

/** The same, where null stands for what is not known. */
export function requireSatsOrNull(sats: number | null, what: string): void {
  if (sats !== null) requireSats(sats, what)
}

/** @throws HeadframeError `history/not-whole-money` unless it is a whole number from 0 that is counted exactly */
export function requireMinor(minor: number, what: string): void {
  if (Number.isSafeInteger(minor) && minor >= 0) return
  throw notWhole(`${what} must be a whole number of minor units (cents) from 0`, minor)
}

function notWhole(what: string, value: number): HeadframeError {
  return new HeadframeError(
    'history/not-whole-money',
    `${what}, and ${String(value)} is not. Nothing was recorded. Please report where it came from.`,
    { context: { value: String(value) } },
  )
}
