/**
 * What Innosilicon's SHA-256 machines (T3 line) say: cgminer's RPC for rates and pools, the web service's `getAll` for
 * boards, fans and power. Pure. No recording of one is at hand: names are those that public drivers read.
 * Governing document: rig API digest, section 5.11.
 */
import {
  at,
  countOf,
  listOf,
  macOf,
  maxOf,
  measureOf,
  mhsToHs,
  numberOf,
  objectOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  type FanReading,
  NO_SETTINGS,
  NO_TEMPERATURES,
  reading,
  type RigError,
  type RigReading,
  type RigWorkState,
} from '../../model/reading.ts'
import { latestShare, readCgminerPools, readCgminerSummary } from './plain-cgminer.ts'

/** Parsed replies; undefined where there was none. */
export interface InnosiliconReplies {
  readonly version?: unknown
  readonly summary?: unknown
  readonly stats?: unknown
  readonly pools?: unknown
  readonly getAll?: unknown
  readonly overview?: unknown
  readonly type?: unknown
  readonly getErrorDetail?: unknown
}

const WARM_UP_S = 600

/** Components and words of its error numbers. */
const ERRORS: Readonly<Record<number, readonly [component: string, text: string]>> = {
  21: ['board', 'A hash board is not plugged in or not detected.'],
  22: ['psu', 'The power supply does not answer on its bus.'],
  23: ['board', 'No hash board answers.'],
  24: ['board', 'Some hash boards do not answer.'],
  25: ['board', 'A hash board does not take its frequency.'],
  26: ['board', 'A hash board does not take its voltage.'],
  27: ['board', 'Chips fail their self-test.'],
  28: ['board', 'A hash board answers irregularly.'],
  29: ['psu', 'The power supply does not answer on its bus.'],
  30: ['pool', 'It cannot connect to its pool.'],
  31: ['board', 'Single chips are damaged.'],
  32: ['board', 'It stopped for heat.'],
  33: ['board', 'A hash board is faulty.'],
  34: ['board', 'The data cables are plugged in the wrong order.'],
  35: ['psu', 'The power supply gives no power.'],
  36: ['board', 'A hash board is faulty.'],
  37: ['control', 'Control board and hash boards do not belong together.'],
  40: ['psu', 'The power supply gives irregular power.'],
  41: ['psu', 'The power supply gives irregular power.'],
  42: ['board', 'A hash board is faulty.'],
}
const HEAT = 32

export function innosiliconReading(replies: InnosiliconReplies, atMs: number): RigReading {
  const all = objectOf(at(replies.getAll, 'all'))
  const summary = readCgminerSummary(replies.summary)
  const pools = readCgminerPools(replies.pools, atMs, summary.elapsedS)
  const total = objectOf(all['total_hash'])
  const nowHs = countOf(total['Hash Rate H']) ?? mhsToHs(total['Hash Rate']) ?? summary.hashrates.nowHs
  const boards = boardsOf(replies)
  const powerW =
    measureOf(all['power']) ??
    maxOf(listOf(at(replies.stats, 'STATS')).map((entry) => measureOf(at(entry, 'power'))))
  const code = countOf(at(replies.getErrorDetail, 'code'))
  const version = objectOf(at(replies.version, 'VERSION', 0))
  return reading({
    atMs,
    family: 'innosilicon',
    firmware: 'Stock',
    make: 'Innosilicon',
    model: textOf(at(replies.type, 'type')),
    firmwareVersion: textOf(version['CGMiner']) ?? textOf(version['Miner']),
    apiVersion: textOf(version['API']),
    mac: macOf(all['mac']) ?? macOf(at(replies.overview, 'version', 'ethaddr')),
    state: stateOf(replies, nowHs, summary.elapsedS, code),
    hashrates: { ...summary.hashrates, nowHs },
    boards,
    fans: fansOf(all['fansSpeed']),
    temperatures: { ...NO_TEMPERATURES, chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)) },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    settings: {
      ...NO_SETTINGS,
      powerMode: textOf(at(all['running_mode'], 'level')),
    },
    minerUptimeS: summary.elapsedS,
    shares: { ...summary.shares, lastShareAtMs: latestShare(pools) },
    bestShare: summary.bestShare,
    blocksFound: summary.blocksFound,
    pools,
    errors: code === null || code === 0 ? [] : [errorOf(code)],
    hardwareErrors: summary.hardwareErrors,
  })
}

function stateOf(
  { summary, getAll }: InnosiliconReplies,
  nowHs: number | null,
  elapsedS: number | null,
  code: number | null,
): RigWorkState {
  if (summary === undefined && getAll !== undefined && nowHs === null) return 'miner-down'
  if (nowHs === null || nowHs > 0) return 'mining'
  if (code === HEAT) return 'overheated'
  if (code !== null && code !== 0) return 'error'
  return elapsedS !== null && elapsedS < WARM_UP_S ? 'starting' : 'stopped'
}

/** `stats` knows the chips, `getAll` the rest; each by its own number of the board. */
function boardsOf({ stats, getAll }: InnosiliconReplies): BoardReading[] {
  const chips = new Map<number, unknown>()
  for (const entry of listOf(at(stats, 'STATS'))) {
    const id = countOf(at(entry, 'Chain ID'))
    if (id !== null) chips.set(id, at(entry, 'Num active chips'))
  }
  const chains = new Map<number, unknown>()
  for (const entry of listOf(at(getAll, 'all', 'chain'))) {
    const id = countOf(at(entry, 'ASC'))
    if (id !== null) chains.set(id, entry)
  }
  return [...new Set([...chips.keys(), ...chains.keys()])]
    .sort((a, b) => a - b)
    .map((id, slot) => {
      const chain = objectOf(chains.get(id))
      return board({
        slot,
        label: String(id),
        hashrateHs: countOf(chain['Hash Rate H']) ?? mhsToHs(chain['Hash Rate']),
        chipsWorking: countOf(chips.get(id)),
        chipMinC: temperatureOf(chain['Temp min']),
        chipMaxC: temperatureOf(chain['Temp max']),
      })
    })
}

/** One figure in percent for all fans; how fast they turn it does not say. */
function fansOf(percent: unknown): FanReading[] {
  const dutyPercent = numberOf(percent)
  return dutyPercent === null ? [] : [{ label: 'all', rpm: null, dutyPercent, ok: null }]
}

function errorOf(code: number): RigError {
  const [component, text] = ERRORS[code] ?? [null, `The rig reports error ${String(code)}.`]
  return {
    code: String(code),
    text,
    remedy:
      code === HEAT
        ? 'Check its fans and the air around it.'
        : component === 'pool'
          ? 'Check its pools and the network.'
          : null,
    severity: 'error',
    component,
    sinceMs: null,
  }
}
