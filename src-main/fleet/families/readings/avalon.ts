/**
 * Replies of Avalons as a reading: `version`, `summary`, `pools`, and the long texts of `stats` and `litestats` in their
 * three shapes (`MM ID0` of the large ones and Nanos; `MM ID0:Summary` with `HBinfo` of the Q). Rates in GH/s in the long
 * texts, in MH/s in `summary`. Pure, never throws. Governing document: rig API digest, section 5.8; captures `avalon/*`.
 *
 * Whether it mines is what `SYSTEMSTATU` says: its averages stay high for hours after it stopped.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  ghsToHs,
  isObject,
  lastShareOf,
  listOf,
  macOf,
  maxOf,
  mhsToHs,
  numberOf,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  type FanReading,
  NO_HASHRATES,
  NO_SETTINGS,
  NO_TEMPERATURES,
  poolEntry,
  type PoolReading,
  reading,
  type RigError,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'
import { avalonBoards, avalonChips } from './avalon-boards.ts'
import { avalonErrors, isHeatError } from './avalon-errors.ts'
import { type AvalonKind, avalonKind, avalonModel } from './avalon-models.ts'
import {
  type AvalonModule,
  avalonParts,
  type AvalonTokens,
  tokenNumber,
  tokenNumbers,
} from './avalon-tokens.ts'

/** Parsed replies by command, of the JSON form or of the text form; absent is what failed. */
export interface AvalonReplies {
  readonly version?: unknown
  readonly summary?: unknown
  readonly pools?: unknown
  readonly stats?: unknown
  readonly litestats?: unknown
  /** What `ascset 0,help` lists; null when it has no such list. */
  readonly options?: readonly string[] | null
}

const MAX_FANS = 8
/** How long after its start it may have no rate yet. */
const START_S = 300
/** Work states as firmware counts them in `STATE`. */
const STATES = ['In Init', 'In Work', 'In Idle']

/** @param atMs when the replies arrived, epoch milliseconds */
export function readAvalon(replies: AvalonReplies, atMs: number): RigReading {
  const version = objectOf(at(replies.version, 'VERSION', 0))
  const summary = objectOf(at(replies.summary, 'SUMMARY', 0))
  const modules = avalonModules(replies.stats)
  const lite = avalonModules(replies.litestats)[0]?.tokens ?? new Map<string, string>()
  const [first = { tokens: lite, boards: new Map<number, AvalonTokens>() }] = modules
  const { tokens } = first
  const elapsedS = countOf(summary['Elapsed']) ?? tokenNumber(tokens, 'Elapsed')
  const model = avalonModel(version, textOf(tokens.get('Ver')))
  const speeds = (modules.length === 0 ? [first] : modules).map((one) =>
    ghsToHs(tokenNumber(one.tokens, 'GHSspd')),
  )
  const nowHs = sumOf(speeds) ?? mhsToHs(summary['MHS 1m'] ?? summary['MHS 5s'])
  const errors = modules.flatMap((one) => avalonErrors(one.tokens))
  const state = stateOf(tokens, lite, nowHs, elapsedS, errors)
  const isHashing = state === 'mining' || state === 'tuning'
  const boards = avalonBoards(modules, isHashing, nowHs)
  const pools = readPools(replies.pools, atMs, elapsedS)
  const power = powerOf(modules)
  const rssi = tokenNumber(lite, 'RSSI') ?? tokenNumber(tokens, 'RSSI')
  return reading({
    atMs,
    family: 'avalon',
    make: 'Avalon',
    model,
    firmware: 'Stock',
    firmwareVersion: textOf(version['LVERSION'] ?? version['VERSION']) ?? firmwareIn(tokens),
    apiVersion: textOf(version['API']),
    controlBoard: textOf(version['HWTYPE']),
    mac: macOf(version['MAC']),
    serial: dnaOf(version['DNA']) ?? dnaOf(tokens.get('DNA')),
    state,
    hashrates: {
      ...NO_HASHRATES,
      nowHs,
      minuteHs: mhsToHs(summary['MHS 1m']),
      fiveMinutesHs: mhsToHs(summary['MHS 5m']),
      fifteenMinutesHs: mhsToHs(summary['MHS 15m']),
      averageHs:
        sumOf(modules.map((one) => ghsToHs(tokenNumber(one.tokens, 'GHSavg')))) ?? mhsToHs(summary['MHS av']),
    },
    expectedHs: sumOf(modules.map((one) => positive(ghsToHs(tokenNumber(one.tokens, 'GHSmm'))))),
    boards,
    chips: avalonChips(modules, isHashing),
    fans: modules.flatMap((one) => readFans(one.tokens)),
    temperatures: {
      ...NO_TEMPERATURES,
      ambientC: temperatureOf(tokenNumber(tokens, 'ITemp') ?? tokenNumber(tokens, 'Temp')),
      chipMaxC: maxOf(modules.map((one) => temperatureOf(tokenNumber(one.tokens, 'TMax')))),
      boardMaxC: maxOf(
        modules.flatMap((one) =>
          ['OTemp', 'HBITemp', 'HBOTemp', 'HBTemp'].map((name) =>
            temperatureOf(tokenNumber(one.tokens, name)),
          ),
        ),
      ),
    },
    powerW: power.watts,
    powerSource: power.source,
    settings: settingsOf(tokens, lite, avalonKind(model), isHashing ? power.watts : null),
    minerUptimeS: elapsedS,
    shares: {
      accepted: countOf(summary['Accepted']),
      rejected: countOf(summary['Rejected']),
      stale: countOf(summary['Stale']),
      lastShareAtMs: maxOf(pools.map(({ lastShareAtMs }) => lastShareAtMs)),
      rejectReasons: [],
    },
    bestShare: difficultyOf(summary['Best Share']),
    blocksFound: countOf(summary['Found Blocks']),
    pools,
    locating: locatingOf(tokens),
    errors,
    wifiRssiDbm: rssi === null || rssi >= 0 ? null : rssi,
    hashErrorPercent: tokenNumber(tokens, 'DH'),
    hardwareErrors:
      sumOf(modules.map((one) => tokenNumber(one.tokens, 'HW'))) ?? countOf(summary['Hardware Errors']),
    firmwareOptions: replies.options ?? null,
  })
}

/** The machines in a reply to `stats`, `estats` or `litestats`. */
export function avalonModules(reply: unknown): AvalonModule[] {
  // In the text form a section without a number of its own is named after the first thing in it.
  const headless = Object.entries(objectOf(reply)).filter(([name]) => name.startsWith('MM ID'))
  const items = [...listOf(at(reply, 'STATS')), ...headless.flatMap(([, list]) => listOf(list))]
  return items.flatMap((item) => {
    if (!isObject(item)) return []
    const boards = new Map<number, AvalonTokens>()
    const boardText = textOf(item['HBinfo'])
    for (const [name, tokens] of boardText === null ? [] : avalonParts(boardText)) {
      const number = numberOf(/^HB(\d{1,2})$/.exec(name)?.[1])
      if (number !== null) boards.set(number, tokens)
    }
    return Object.entries(item).flatMap(([name, text]): AvalonModule[] => {
      if (!/^MM ID\d+/.test(name) || typeof text !== 'string') return []
      const parts = avalonParts(text)
      const tokens = parts.get('STATS') ?? parts.values().next().value ?? new Map<string, string>()
      return tokens.size === 0 ? [] : [{ tokens, boards }]
    })
  })
}

function stateOf(
  tokens: AvalonTokens,
  lite: AvalonTokens,
  nowHs: number | null,
  elapsedS: number | null,
  errors: readonly RigError[],
): RigWorkState {
  const number = tokenNumber(tokens, 'STATE') ?? tokenNumber(lite, 'STATE')
  const words = tokens.get('SYSTEMSTATU') ?? (number === null ? '' : (STATES[number] ?? ''))
  const rests = (): RigWorkState => {
    if ((tokenNumber(tokens, 'SoftOFF') ?? 0) !== 0) return 'paused'
    return errors.some(({ code }) => isHeatError(code)) ? 'overheated' : 'stopped'
  }
  if (words.includes('In Idle')) return rests()
  if (words.includes('In Init')) return 'starting'
  if (nowHs !== null && nowHs > 0) return tokenNumber(tokens, 'ADJ') === 0 ? 'tuning' : 'mining'
  if (words.includes('In Work') || words === '') {
    if (elapsedS === null || elapsedS < START_S) return 'starting'
  }
  return rests()
}

function readFans(tokens: AvalonTokens): FanReading[] {
  const duty = tokenNumber(tokens, 'FanR')
  const fans: FanReading[] = []
  for (let number = 1; number <= MAX_FANS; number++) {
    const rpm = countOf(tokenNumber(tokens, `Fan${String(number)}`))
    if (rpm === null) continue
    fans.push({ label: `Fan ${String(number)}`, rpm, dutyPercent: duty, ok: rpm > 0 || duty === 0 })
  }
  return fans
}

interface Power {
  readonly watts: number | null
  readonly source: RigReading['powerSource']
}

/** The last of seven numbers is what the wall gives; where there are six, only what the boards take is known. */
function powerOf(modules: readonly AvalonModule[]): Power {
  const walls = modules.map(({ tokens }) => {
    const supply = tokenNumbers(tokens, 'PS')
    return positive(tokenNumber(tokens, 'WALLPOWER') ?? (supply.length >= 7 ? (supply[6] ?? null) : null))
  })
  const wall = sumOf(walls)
  if (wall !== null) return { watts: wall, source: 'measured' }
  const boards = sumOf(modules.map(({ tokens }) => positive(tokenNumbers(tokens, 'PS')[4] ?? null)))
  return boards === null ? { watts: null, source: null } : { watts: boards, source: 'estimated' }
}

/**
 * The large ones have two modes with names. Those of the home models differ in what they mean from one to the next, so
 * they have numbers, and the one that is set has what it is measured to take.
 */
function settingsOf(
  tokens: AvalonTokens,
  lite: AvalonTokens,
  kind: AvalonKind,
  watts: number | null,
): RigSettings {
  const level = tokenNumber(tokens, 'WORKLEVEL') ?? tokenNumber(lite, 'LEVEL')
  const mode = tokenNumber(tokens, 'WORKMODE') ?? tokenNumber(lite, 'MODE')
  const set = kind === 'nano3' ? (level ?? mode) : mode
  const named =
    kind === 'a'
      ? ['Normal', 'High performance']
      : kind === 'nano3'
        ? ['Low', 'Medium', 'High']
        : ['Mode 0', 'Mode 1', 'Mode 2']
  return {
    ...NO_SETTINGS,
    powerMode: set === null ? null : String(set),
    powerModes:
      set === null
        ? []
        : named.map((label, number) => ({
            id: String(number),
            label: number === set && watts !== null ? `${label} (${String(Math.round(watts))} W now)` : label,
          })),
    powerLimitW: positive(tokenNumber(tokens, 'MPO')),
    frequencyMHz: positive(tokenNumber(tokens, 'Freq')),
    targetC: temperatureOf(tokenNumber(tokens, 'TarT')),
  }
}

/** `Led` is the light that finds a rig; `LED` of the home models is their decoration. */
function locatingOf(tokens: AvalonTokens): boolean | null {
  const led = tokenNumber(tokens, 'Led')
  return led === null ? null : led !== 0
}

function readPools(reply: unknown, atMs: number, elapsedS: number | null): PoolReading[] {
  return listOf(at(reply, 'POOLS')).flatMap((item, index) => {
    const pool = objectOf(item)
    const url = textOf(pool['URL'])
    if (url === null) return []
    const status = textOf(pool['Status'])
    return [
      poolEntry({
        index: numberOf(pool['POOL']) ?? index,
        url: url.includes('://') ? url : `stratum+tcp://${url}`,
        user: textOf(pool['User']) ?? '',
        alive: status === null ? null : status === 'Alive',
        active: booleanOf(pool['Stratum Active']) ?? false,
        accepted: countOf(pool['Accepted']),
        rejected: countOf(pool['Rejected']),
        stale: countOf(pool['Stale']),
        difficulty:
          positive(difficultyOf(pool['Stratum Difficulty'])) ??
          positive(difficultyOf(pool['Work Difficulty'])),
        lastShareAtMs: lastShareOf(pool['Last Share Time'], atMs, elapsedS),
      }),
    ]
  })
}

/** `Ver[1246-83-21072802_4ec6bb0_211fc46]` holds the version behind its last dash. */
function firmwareIn(tokens: AvalonTokens): string | null {
  return textOf(tokens.get('LVer')) ?? textOf(tokens.get('Ver')?.split('-').at(-1))
}

function dnaOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && /^[0-9a-f]{8,}$/i.test(text) && !/^0+$/.test(text) ? text.toLowerCase() : null
}

/** What is 0 where it is not known. */
function positive(value: number | null): number | null {
  return value === null || value <= 0 ? null : value
}
