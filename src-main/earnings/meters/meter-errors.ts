/** What goes wrong with meters themselves, in sentences. Failures of the way to them are `outside/…`. */
import { HeadframeError } from '../../base/index.ts'

export const METER_ERROR_CODES = [
  /** What was entered cannot be asked. */
  'meters/bad-address',
  /** It answers, and is no meter of this kind. */
  'meters/not-a-meter',
  /** A meter, but without this outlet or phase. */
  'meters/no-such-channel',
  /** The plug or the broker refuses user and password. */
  'meters/wrong-password',
  /** A value that cannot be. */
  'meters/bad-reading',
  /** It measures power that flows back. */
  'meters/backwards',
  /** Nothing came for too long. */
  'meters/silent',
  /** The broker says that the plug is gone. */
  'meters/offline',
  /** The broker is not there. */
  'meters/broker-unreachable',
] as const

export type MeterErrorCode = (typeof METER_ERROR_CODES)[number]

export function meterError(
  code: MeterErrorCode,
  message: string,
  context: Record<string, string | number | boolean | null> = {},
  cause?: unknown,
): HeadframeError {
  return new HeadframeError(code, message, { context, ...(cause === undefined ? {} : { cause }) })
}

export const notAMeter = (what: string): HeadframeError =>
  meterError('meters/not-a-meter', `What answers is no ${what} that measures. Check its address and kind.`)

export const noSuchChannel = (channel: number, known: readonly number[]): HeadframeError =>
  meterError(
    'meters/no-such-channel',
    known.length === 0
      ? `The plug has no channel ${String(channel)} that measures. Check the channel; they count from 0.`
      : `The plug has no channel ${String(channel)} that measures; it has ${known.join(', ')}. Enter one of these.`,
    { channel },
  )

export const wrongMeterPassword = (where: string): HeadframeError =>
  meterError(
    'meters/wrong-password',
    `${where} refuses the user name or password. Enter them as they are set there.`,
  )
