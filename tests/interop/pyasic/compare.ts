/**
 * Holds what pyasic says of a rig against what our adapter says of it, field by field, in words that are the same where
 * both mean the same. Pure. What is to be thought of differences is the test's affair.
 */
import { type BoardReading, type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type PyasicReading } from './pyasic.ts'

/** A field of one rig, as both tell it; `-` where one tells nothing. */
export interface Difference {
  readonly rig: string
  readonly field: string
  readonly ours: string
  readonly pyasic: string
}

export interface Comparison {
  readonly rig: string
  readonly kind: string
  /** Names of the fields that were compared. */
  readonly fields: readonly string[]
  readonly differences: readonly Difference[]
}

type Found = Extract<PyasicReading, { found: true }>

const NOTHING = '-'
/** Rates come from windows that end at different moments, and from sums of rounded boards. */
const RATE_RATIO = 0.005
const POWER_RATIO = 0.01
/** pyasic rounds to whole degrees. */
const CHIP_C = 0.6
/** Of several sensors of a board pyasic takes the mean, we take the hottest. */
const BOARD_C = 3
const FAN_RPM = 1
/** Between the two readings; shares come every ten seconds. */
const UPTIME_S = 120
const SHARES = 12

/** pyasic's words for what we call otherwise. */
const SAME_WORDS: Readonly<Record<string, string>> = {
  avalonminer: 'avalon',
  avalon1246: 'a1246',
  avalonqhome: 'q',
  avalonnano3: 'nano3',
  avalonnano3s: 'nano3s',
  hive: 'hiveon',
  marafw: 'marathon',
  'bos+': 'braiinsos',
}

/** @param pyasic nothing but `found` is compared where it found none */
export function compareReadings(rig: string, ours: RigReading, pyasic: PyasicReading): Comparison {
  if (!pyasic.found) {
    const difference = { rig, field: 'found', ours: 'a rig', pyasic: pyasic.error ?? 'nothing' }
    return { rig, kind: NOTHING, fields: ['found'], differences: [difference] }
  }
  const fields = comparedFields(ours, pyasic)
  return {
    rig,
    kind: pyasic.kind,
    fields: fields.map(({ field }) => field),
    differences: fields
      .filter(({ same }) => !same)
      .map(({ field, ours, pyasic }) => ({ rig, field, ours, pyasic })),
  }
}

interface Field {
  readonly field: string
  readonly ours: string
  readonly pyasic: string
  readonly same: boolean
}

function comparedFields(ours: RigReading, theirs: Found): Field[] {
  const { boards } = ours
  const all = boards.length === theirs.boards.length ? boards.map((board, i) => ({ board, i })) : []
  return [
    words('read whole', 'yes', theirs.lacking.length === 0 ? 'yes' : `without ${theirs.lacking.join(', ')}`),
    words('make', ours.make, theirs.make),
    words('model', ours.model, theirs.model),
    words('firmware', ours.firmware, theirs.firmware),
    words('version', ours.firmwareVersion, theirs.firmwareVersion),
    identity('MAC', ours.mac, theirs.mac),
    identity('host name', ours.hostname, theirs.hostname),
    amount('rate', ours.hashrates.nowHs, theirs.hashrateHs, { ratio: RATE_RATIO, format: terahashes }),
    amount('expected rate', ours.expectedHs ?? ours.stickerHs, theirs.expectedHs, {
      ratio: RATE_RATIO,
      format: terahashes,
    }),
    words('boards', String(boards.length), String(theirs.boards.filter(({ missing }) => !missing).length)),
    ...merged(
      'board rate',
      all.map(({ board, i }) =>
        amount('', board.hashrateHs, theirs.boards[i]!.hashrateHs, { ratio: RATE_RATIO, format: terahashes }),
      ),
    ),
    ...merged(
      'chips',
      all.map(({ board, i }) =>
        words('', numberText(board.chipsWorking ?? board.chipsExpected), numberText(theirs.boards[i]!.chips)),
      ),
    ),
    ...merged(
      'board °C',
      all.map(({ board, i }) =>
        amount('', board.boardC, theirs.boards[i]!.boardC, { within: BOARD_C, format: numberText }),
      ),
    ),
    ...merged(
      'chip °C',
      all.map(({ board, i }) => chipTemperature(board, theirs.boards[i]!.chipC)),
    ),
    fans(
      ours.fans.map(({ rpm }) => rpm),
      theirs.fans,
    ),
    amount('power', ours.powerW, theirs.powerW, { ratio: POWER_RATIO, format: watts }),
    ...poolFields(ours, theirs),
    words('mining', String(ours.state === 'mining'), textOf(theirs.isMining)),
    amount('uptime', ours.minerUptimeS ?? ours.systemUptimeS, theirs.uptimeS, {
      within: UPTIME_S,
      format: hours,
    }),
    words('light', textOf(ours.locating), textOf(theirs.locating)),
    words('errors', String(ours.errors.length), String(theirs.errors.length)),
  ]
}

/** Pools of the maker are not the person's; where one tells no pools at all, there is nothing more to compare. */
function poolFields(ours: RigReading, theirs: Found): Field[] {
  const pools = ours.pools.filter(({ devFee }) => !devFee)
  const list = (entries: readonly { readonly url: string | null; readonly user: string | null }[]): string =>
    entries.map(({ url, user }) => `${url ?? NOTHING} ${user ?? NOTHING}`).join('; ') || NOTHING
  const number = (entries: readonly unknown[]): string => `${String(entries.length)} pools`
  if (theirs.pools.length !== pools.length) return [words('pools', number(pools), number(theirs.pools))]
  const active = (entries: readonly { readonly active: boolean | null }[]): string =>
    String(entries.findIndex((entry) => entry.active === true))
  const first = pools[0]
  const theirFirst = theirs.pools[0]
  return [
    words('pools', list(pools), list(theirs.pools)),
    words('active pool', active(pools), active(theirs.pools)),
    amount('accepted', first?.accepted ?? null, theirFirst?.accepted ?? null, {
      within: SHARES,
      format: numberText,
    }),
    amount('rejected', first?.rejected ?? null, theirFirst?.rejected ?? null, {
      within: 0,
      format: numberText,
    }),
  ]
}

function words(field: string, ours: string | null, pyasic: string | null): Field {
  const same = plain(ours) === plain(pyasic)
  return { field, ours: ours ?? NOTHING, pyasic: pyasic === '' ? NOTHING : (pyasic ?? NOTHING), same }
}

/** Which it is matters only where both tell one. */
function identity(field: string, ours: string | null, pyasic: string | null): Field {
  if (ours !== null && pyasic !== null) return words(field, ours, pyasic)
  const told = (text: string | null): string => (text === null ? NOTHING : 'told')
  return { field, ours: told(ours), pyasic: told(pyasic), same: ours === pyasic }
}

/** Whether two names of a make or a model mean the same. The last digit of a Whatsminer's model is of its build. */
export function sameName(one: string | null, other: string | null): boolean {
  const bare = (name: string | null): string => plain(name).replace(/^(m\d+.*v[a-z]?\d+)\d$/, '$10')
  return one !== null && other !== null && bare(one) === bare(other)
}

function plain(text: string | null): string {
  const word = (text ?? '').toLowerCase().replaceAll(/[\s_]/g, '')
  return SAME_WORDS[word] ?? word
}

interface Measure {
  readonly within?: number
  readonly ratio?: number
  readonly format: (value: number | null) => string
}

function amount(
  field: string,
  ours: number | null,
  pyasic: number | null,
  { within = 0, ratio = 0, format }: Measure,
): Field {
  const same =
    ours === null || pyasic === null
      ? ours === pyasic
      : Math.abs(ours - pyasic) <= Math.max(within, ratio * Math.abs(ours))
  return { field, ours: format(ours), pyasic: format(pyasic), same }
}

/** Which of a board's chips it speaks of is pyasic's secret: any of the coolest, the mean and the hottest will do. */
function chipTemperature(board: BoardReading, chipC: number | null): Field {
  const known = [board.chipMinC, board.chipAverageC, board.chipMaxC]
  const told = known.filter((value) => value !== null)
  const same = chipC === null ? told.length === 0 : told.some((value) => Math.abs(value - chipC) <= CHIP_C)
  const range = told.length === 0 ? NOTHING : [...new Set([told[0], told.at(-1)])].join(' to ')
  return { field: '', ours: range, pyasic: numberText(chipC), same }
}

function fans(ours: readonly (number | null)[], pyasic: readonly (number | null)[]): Field {
  const text = (values: readonly (number | null)[]): string => values.map(numberText).join(' ') || NOTHING
  const same =
    ours.length === pyasic.length &&
    ours.every((rpm, i) => amount('', rpm, pyasic[i] ?? null, { within: FAN_RPM, format: numberText }).same)
  return { field: 'fans', ours: text(ours), pyasic: text(pyasic), same }
}

/** One field of all boards, told once where they are alike; none if there are no boards to compare. */
function merged(field: string, each: readonly Field[]): Field[] {
  if (each.length === 0) return []
  const text = (values: readonly string[]): string =>
    new Set(values).size === 1 ? values[0]! : values.join(' ')
  return [
    {
      field,
      ours: text(each.map(({ ours }) => ours)),
      pyasic: text(each.map(({ pyasic }) => pyasic)),
      same: each.every(({ same }) => same),
    },
  ]
}

function terahashes(value: number | null): string {
  return value === null ? NOTHING : `${String(Number((value / 1e12).toPrecision(4)))} TH/s`
}

function watts(value: number | null): string {
  return value === null ? NOTHING : `${String(Math.round(value))} W`
}

function hours(value: number | null): string {
  return value === null ? NOTHING : `${String(Math.floor(value / 3600))} h`
}

function numberText(value: number | null): string {
  return value === null ? NOTHING : String(value)
}

function textOf(value: boolean | null): string | null {
  return value === null ? null : String(value)
}
