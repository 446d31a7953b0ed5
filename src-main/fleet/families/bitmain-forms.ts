/**
 * What is written to Bitmain's web pages: always the configuration as it was read, with what changes put into it. Pure.
 * Three pool places always; unused ones are empty. Governing document: rig API digest, section 5.1.
 */
import { booleanOf, listOf, type LooseObject, numberOf, objectOf, textOf } from '../model/lenient.ts'
import { type PoolTarget } from './family.ts'
import { notSupported } from './offer.ts'

export const POOL_PLACES = 3

/** A pool as the configuration has it. */
export interface PagePool {
  readonly url: string
  readonly user: string
  readonly pass: string
}

/** What changes; what is absent stays. */
export interface ConfigurationChange {
  readonly pools?: readonly PagePool[]
  /** `bitmain-work-mode`: 0 normal, 1 asleep, 2 high, 3 low. */
  readonly mode?: string
  /** Percent, or null for automatic. */
  readonly fanPercent?: number | null
}

/** The three places as they are. */
export function poolsOf(configuration: unknown): PagePool[] {
  const pools = listOf(objectOf(configuration).pools)
  return places(
    pools.map((entry) => {
      const pool = objectOf(entry)
      return { url: textOf(pool.url) ?? '', user: textOf(pool.user) ?? '', pass: textOf(pool.pass) ?? '' }
    }),
  )
}

export function pagePools(pools: readonly PoolTarget[]): PagePool[] {
  return places(pools.map(({ url, user, password }) => ({ url, user, pass: password })))
}

function places(pools: readonly PagePool[]): PagePool[] {
  return Array.from({ length: POOL_PLACES }, (_, index) => pools[index] ?? { url: '', user: '', pass: '' })
}

/** What the form of firmware before July 2023 must hold, with the factory's values. */
const FACTORY: LooseObject = {
  'bitmain-fan-ctrl': false,
  'bitmain-fan-pwm': '100',
  'miner-mode': 0,
  'freq-level': '100',
}

/**
 * The JSON for the pages of S19 and later: everything that was read, with the two names that differ between reading and
 * writing put beside it.
 * @param wantsWhole firmware before July 2023: what was not read is filled in, for whatever is missing it resets
 */
export function configurationJson(
  configuration: unknown,
  change: ConfigurationChange,
  wantsWhole: boolean,
): Record<string, unknown> {
  const read = objectOf(configuration)
  const mode = change.mode ?? textOf(read['bitmain-work-mode']) ?? textOf(read['miner-mode'])
  const level = read['freq-level'] ?? read['bitmain-freq-level']
  const json: Record<string, unknown> = {
    ...(wantsWhole ? FACTORY : {}),
    ...read,
    ...(mode === null ? {} : { 'miner-mode': numberOf(mode) ?? mode }),
    ...(level === undefined ? {} : { 'freq-level': level }),
    pools: change.pools ?? poolsOf(configuration),
  }
  if (change.mode !== undefined && read['bitmain-work-mode'] !== undefined) {
    // Both names hold the same, lest the old value be taken from the one that is echoed.
    json['bitmain-work-mode'] = change.mode
  }
  if (change.fanPercent !== undefined) {
    json['bitmain-fan-ctrl'] = change.fanPercent !== null
    if (change.fanPercent !== null) json['bitmain-fan-pwm'] = String(Math.round(change.fanPercent))
  }
  return json
}

/* ---- The old pages ---- */

/** The fields in the order in which the receiving script takes them: it goes by their place, not by their name. */
const FIELDS = [
  '_ant_pool1url',
  '_ant_pool1user',
  '_ant_pool1pw',
  '_ant_pool2url',
  '_ant_pool2user',
  '_ant_pool2pw',
  '_ant_pool3url',
  '_ant_pool3user',
  '_ant_pool3pw',
  '_ant_nobeeper',
  '_ant_notempoverctrl',
  '_ant_fan_customize_switch',
  '_ant_fan_customize_value',
  '_ant_freq',
]

/**
 * The order of fields as the script in the page `minerConfiguration.cgi` has it; null if it is not to be found there.
 * Models and versions differ in what comes after the frequency.
 */
export function fieldOrder(page: string): string[] | null {
  const [, list] = /data\s*:\s*\{([^{}]*_ant_pool1url[^{}]*)\}/.exec(page) ?? []
  const names = [...(list ?? '').matchAll(/["']?(_ant_\w+)["']?\s*:/g)].map(([, name = '']) => name)
  return names.length >= FIELDS.length ? names : null
}

/**
 * The text of the form for the pages of S9 and S17, and of Hiveon.
 * @param order of the page, see `fieldOrder`; null for the usual one
 * @throws HeadframeError `rig/not-supported` for what the receiving script cannot take
 */
export function configurationForm(
  configuration: unknown,
  change: ConfigurationChange,
  order: readonly string[] | null,
): string {
  const read = objectOf(configuration)
  const pools = change.pools ?? poolsOf(configuration)
  const isManual = booleanOf(read['bitmain-fan-ctrl']) ?? false
  const fanPercent =
    change.fanPercent === undefined
      ? isManual
        ? (textOf(read['bitmain-fan-pwm']) ?? '')
        : null
      : change.fanPercent === null
        ? null
        : String(Math.round(change.fanPercent))
  const values: Record<string, string> = {
    _ant_nobeeper: flag(read['bitmain-nobeeper']),
    _ant_notempoverctrl: flag(read['bitmain-notempoverctrl']),
    _ant_fan_customize_switch: String(fanPercent !== null),
    _ant_fan_customize_value: fanPercent ?? '',
    _ant_freq: textOf(read['bitmain-freq']) ?? '',
    _ant_voltage: textOf(read['bitmain-voltage']) ?? '',
    _ant_asic_boost: flag(read['bitmain-close-asic-boost']),
    _ant_low_vol_freq: textOf(read['bitmain-close-low-vol-freq']) ?? 'true',
    _ant_economic_mode: flag(read['bitmain-economic-mode']),
    _ant_multi_level: textOf(read['bitmain-ex-hashrate']) ?? textOf(read['bitmain-low-vol']) ?? '1',
    _ant_force_tuning: 'false',
    _ant_work_mode: textOf(read['bitmain-work-mode']) ?? '',
  }
  for (const [index, { url, user, pass }] of pools.entries()) {
    const n = String(index + 1)
    values[`_ant_pool${n}url`] = url
    values[`_ant_pool${n}user`] = user
    values[`_ant_pool${n}pw`] = pass
  }
  return (order ?? usualOrder(read)).map((name) => `${name}=${encodeField(values[name] ?? '')}`).join('&')
}

function usualOrder(read: LooseObject): string[] {
  if (read['bitmain-voltage'] === undefined) return FIELDS
  const withVoltage = [...FIELDS, '_ant_voltage']
  return read['bitmain-work-mode'] === undefined ? withVoltage : [...withVoltage, '_ant_work_mode']
}

function flag(value: unknown): string {
  return String(booleanOf(value) ?? false)
}

/** The script undoes the encoding of a fixed list of characters and puts the rest into its file as it came. */
function encodeField(value: string): string {
  if (/[^\x20-\x7e]|["\\`*]/.test(value)) {
    throw notSupported(
      `The old web page of this rig cannot take the text "${value}": only plain letters, digits and signs without quotation marks and backslashes. Choose another user name or password at the pool.`,
    )
  }
  return encodeURIComponent(value).replaceAll('%20', '+')
}
