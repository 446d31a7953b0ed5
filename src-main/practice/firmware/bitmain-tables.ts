/**
 * What Bitmain's miner program answers on its RPC, from the state of the machine: identity, rates, pools and the two shapes
 * of `stats`. Shared by the practice firmwares of Bitmain and of those who build on it.
 * Governing document: rig API digest, sections 2.1, 2.2 and 5.1; captures `antminer/*`.
 */
import { rounded, roundedText } from './figures.ts'
import { type RigBody } from './rig-body.ts'

export interface BitmainProgram {
  readonly body: RigBody
  /** `bmminer 1.0.0`. */
  readonly description: string
  /** `VERSION[0]` without `API`. */
  readonly version: Readonly<Record<string, string>>
  /** Where the flat table has chains and fans: how many places it lists, and at which the first is used. */
  readonly places: {
    readonly chains: number
    readonly firstChain: number
    readonly fans: number
    readonly usedFans: readonly number[]
  }
  /** Whether `"new_api":true` gets the list of chains. */
  readonly hasNewApi: boolean
  /** Added to the flat table's first and second entry. */
  readonly extra?: {
    readonly first?: () => Readonly<Record<string, unknown>>
    readonly second?: () => Readonly<Record<string, unknown>>
  }
}

type Reply = Record<string, unknown>

/** Said in place of an answer while the miner program is gone (rig API digest, section 2.2). */
export const MINER_GONE = 'Socket connect failed: Connection refused\n'

const READS = ['version', 'summary', 'pools', 'stats', 'devs'] as const
type Read = (typeof READS)[number]

/** Answers one request on port 4028, as text that ends in NUL. */
export function answerBitmainRpc(program: BitmainProgram, request: string): string {
  const { body } = program
  if (body.miner === 'starting') return MINER_GONE
  const asked = parseRequest(request)
  if (asked === null) return 'STATUS=E,Code=14,Msg=Invalid command,Description=cgminer 1.0.0|\0'
  const commands = asked.command.split('+')
  const reply =
    commands.length > 1
      ? { ...Object.fromEntries(commands.map((command) => [command, [one(program, command, false)]])), id: 1 }
      : one(program, asked.command, asked.newApi)
  return `${JSON.stringify(reply)}\0`
}

function parseRequest(request: string): { command: string; newApi: boolean } | null {
  try {
    const parsed = JSON.parse(request) as { command?: unknown; new_api?: unknown }
    return typeof parsed.command === 'string'
      ? { command: parsed.command, newApi: parsed.new_api === true }
      : null
  } catch {
    return null
  }
}

function one(program: BitmainProgram, command: string, newApi: boolean): Reply {
  const read = READS.find((known) => known === command)
  if (read !== undefined) return answers[read](program, newApi && program.hasNewApi)
  const denied = /^(config|devdetails|addpool|switchpool|enablepool|disablepool|removepool|restart|quit)$/
  return denied.test(command)
    ? { STATUS: [status(program, 'E', 45, `Access denied to '${command}' command`)], id: 1 }
    : { STATUS: [status(program, 'E', 14, 'Invalid command')], id: 1 }
}

const answers: Readonly<Record<Read, (program: BitmainProgram, newApi: boolean) => Reply>> = {
  version: (program) => ({
    STATUS: [status(program, 'S', 22, 'BMMiner versions')],
    VERSION: [{ API: '3.1', ...program.version }],
    id: 1,
  }),
  summary: (program) => {
    const { body } = program
    const counts = body.measures.counts()
    return {
      STATUS: [status(program, 'S', 11, 'Summary')],
      SUMMARY: [
        {
          Elapsed: body.minerUptimeS,
          'GHS 5s': roundedText(rateGhs(body), 3),
          'GHS av': rateGhs(body),
          'GHS 30m': rateGhs(body),
          'Found Blocks': 0,
          Getwork: 1,
          Accepted: counts.accepted,
          Rejected: counts.rejected,
          'Hardware Errors': hardwareErrors(body),
          Utility: 5,
          Discarded: 0,
          Stale: counts.stale,
          'Get Failures': 0,
          'Remote Failures': 0,
          'Best Share': Math.round(counts.bestDifficulty),
          'Device Hardware%': 0.0004,
          'Device Rejected%': 0,
          'Pool Rejected%': 0,
          'Pool Stale%%': 0,
        },
      ],
      id: 1,
    }
  },
  pools: (program) => ({
    STATUS: [status(program, 'S', 7, `${String(program.body.pools.length)} Pool(s)`)],
    POOLS: program.body.pools.map((pool, index) => poolEntry(program.body, pool, index)),
    id: 1,
  }),
  stats: (program, newApi) => (newApi ? chainedStats(program) : flatStats(program)),
  // Its rates are all 0 on these machines (capture antminer/s19-stock).
  devs: (program) => ({
    STATUS: [status(program, 'S', 9, '1 ASC(s)')],
    DEVS: [{ ASC: 0, Name: 'BTM_SOC', ID: 0, Enabled: 'Y', Status: 'Alive', 'MHS av': 0, 'MHS 5s': 0 }],
    id: 1,
  }),
}

function status({ body, description }: BitmainProgram, letter: string, code: number, message: string): Reply {
  return {
    STATUS: letter,
    When: Math.floor(body.clock.nowMs() / 1000),
    Code: code,
    Msg: message,
    Description: description,
  }
}

function poolEntry(body: RigBody, pool: RigBody['pools'][number], index: number): Reply {
  const counts = body.measures.counts()
  const isActive = index === body.activePool && body.miner === 'running' && body.measures.poolAlive()
  return {
    POOL: index,
    URL: pool.url,
    Status: isActive || (pool.url !== '' && index !== body.activePool) ? 'Alive' : 'Dead',
    Priority: index,
    Quota: 1,
    'Long Poll': 'N',
    Getworks: 1,
    Accepted: isActive ? counts.accepted : 0,
    Rejected: isActive ? counts.rejected : 0,
    Discarded: 0,
    Stale: isActive ? counts.stale : 0,
    'Get Failures': 0,
    'Remote Failures': 0,
    User: pool.user,
    'Last Share Time': isActive ? timeAgo(body, counts.lastShareAtMs) : '0',
    Diff: isActive ? shortDifficulty(counts.difficulty) : '',
    'Diff1 Shares': 0,
    'Difficulty Accepted': isActive ? counts.accepted * counts.difficulty : 0,
    'Difficulty Rejected': 0,
    'Difficulty Stale': 0,
    'Last Share Difficulty': isActive ? counts.difficulty : 0,
    'Has Stratum': true,
    'Stratum Active': isActive,
    'Stratum URL': isActive ? pool.url.replace(/^.*:\/\//, '').replace(/:\d+$/, '') : '',
    'Has GBT': false,
    'Best Share': isActive ? counts.bestDifficulty : 0,
    'Pool Rejected%': 0,
    'Pool Stale%%': 0,
  }
}

/** `0:00:05` ago, `0` for never. */
export function timeAgo(body: RigBody, atMs: number | null): string {
  if (atMs === null) return '0'
  const seconds = Math.max(0, Math.floor((body.clock.nowMs() - atMs) / 1000))
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${String(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** `65.5K`. */
export function shortDifficulty(difficulty: number): string {
  for (const [size, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const) {
    if (difficulty >= size) return `${String(Number((difficulty / size).toPrecision(3)))}${letter}`
  }
  return String(difficulty)
}

const rateGhs = (body: RigBody): number => rounded(body.measures.hashrateHs() / 1e9, 3)
const hardwareErrors = (body: RigBody): number =>
  Math.floor((body.hashErrorPercent / 100) * body.measures.counts().accepted)

/** Four sensors around a value; at rest they are 0. */
function sensors(body: RigBody, centreC: number): number[] {
  if (body.miner !== 'running') return [0, 0, 0, 0]
  return [centreC, centreC - 3, centreC - 6, centreC - 1].map((degrees) => Math.max(1, Math.round(degrees)))
}

function flatStats(program: BitmainProgram): Reply {
  const { body, places, extra } = program
  const { boardCount, chipsPerBoard } = body.blueprint
  const table: Reply = {
    STATS: 0,
    ID: 'BTM_SOC0',
    Elapsed: body.minerUptimeS,
    Calls: 0,
    Wait: 0,
    Max: 0,
    Min: 99999999,
    'GHS 5s': rateGhs(body),
    'GHS av': rateGhs(body),
    rate_30m: rateGhs(body),
    Mode: 2,
    miner_count: boardCount,
    frequency: String(body.frequencyMHz),
    fan_num: places.usedFans.length,
  }
  for (let n = 1; n <= places.fans; n++)
    table[`fan${String(n)}`] = places.usedFans.includes(n) ? body.fanRpm : 0
  for (let n = 1; n <= places.chains; n++) {
    const slot = n - places.firstChain
    const isUsed = slot >= 0 && slot < boardCount
    const chips = isUsed ? sensors(body, body.chipC) : [0, 0, 0, 0]
    const pcb = isUsed ? sensors(body, body.chipC - 12) : [0, 0, 0, 0]
    const number = String(n)
    table[`temp${number}`] = Math.max(...pcb)
    table[`temp2_${number}`] = Math.max(...chips)
    table[`temp_pcb${number}`] = pcb.join('-')
    table[`temp_chip${number}`] = chips.join('-')
    table[`freq${number}`] = isUsed ? body.frequencyMHz : 0
    table[`chain_acn${number}`] = isUsed ? chipsPerBoard : 0
    table[`chain_acs${number}`] = isUsed ? acsText(chipsPerBoard) : ''
    table[`chain_hw${number}`] = isUsed ? Math.floor(hardwareErrors(body) / boardCount) : 0
    table[`chain_rate${number}`] = isUsed ? roundedText(rateGhs(body) / boardCount, 2) : ''
  }
  return {
    STATUS: [status(program, 'S', 70, 'BMMiner stats')],
    STATS: [
      { ...program.version, ...extra?.first?.() },
      {
        ...table,
        total_rateideal: rounded(body.expectedHs / 1e9, 3),
        rate_unit: 'GH',
        total_freqavg: body.frequencyMHz,
        total_acn: boardCount * chipsPerBoard,
        'total rate': rateGhs(body),
        no_matching_work: hardwareErrors(body),
        miner_version: program.version.Miner,
        ...extra?.second?.(),
      },
    ],
    id: 1,
  }
}

function acsText(chips: number): string {
  return Array.from({ length: chips }, (_, index) => (index % 3 === 0 ? ' o' : 'o')).join('')
}

/** The list of chains, which the CGI has too. */
export function chainedStats(program: BitmainProgram): Reply {
  const { body, version } = program
  const { boardCount, chipsPerBoard, serial } = body.blueprint
  const rate = rateGhs(body)
  const idealGhs = rounded(body.expectedHs / 1e9, 3)
  return {
    STATUS: {
      STATUS: 'S',
      when: Math.floor(body.clock.nowMs() / 1000),
      Msg: 'stats',
      api_version: '1.0.0',
    },
    INFO: { miner_version: version.Miner, CompileTime: version.CompileTime, type: version.Type },
    STATS: [
      {
        elapsed: body.minerUptimeS,
        rate_5s: rate,
        rate_30m: rate,
        rate_avg: rate,
        rate_ideal: idealGhs,
        rate_unit: 'GH/s',
        chain_num: boardCount,
        fan_num: body.blueprint.fanCount,
        fan: Array.from({ length: body.blueprint.fanCount }, () => body.fanRpm),
        hwp_total: 0.0001,
        'miner-mode': Number(body.powerMode === '' ? '0' : body.powerMode),
        'freq-level': 100,
        chain: Array.from({ length: boardCount }, (_, index) => ({
          index,
          freq_avg: body.frequencyMHz,
          rate_ideal: idealGhs / boardCount,
          rate_real: rate / boardCount,
          asic_num: chipsPerBoard,
          temp_pic: sensors(body, body.chipC - 18),
          temp_pcb: sensors(body, body.chipC - 12),
          temp_chip: sensors(body, body.chipC),
          hw: Math.floor(hardwareErrors(body) / boardCount),
          eeprom_loaded: true,
          sn: `${serial}B${String(index)}`,
          hwp: 0.0001,
        })),
      },
    ],
  }
}

/** `summary.cgi`: rates and complaints. */
export function webSummary({ body, version }: BitmainProgram, complaints: readonly Reply[]): Reply {
  const rate = rateGhs(body)
  return {
    STATUS: {
      STATUS: 'S',
      when: Math.floor(body.clock.nowMs() / 1000),
      Msg: 'summary',
      api_version: '1.0.0',
    },
    INFO: { miner_version: version.Miner, CompileTime: version.CompileTime, type: version.Type },
    SUMMARY: [
      {
        elapsed: body.minerUptimeS,
        rate_5s: rate,
        rate_30m: rate,
        rate_avg: rate,
        rate_ideal: rounded(body.expectedHs / 1e9, 3),
        rate_unit: 'GH/s',
        hw_all: hardwareErrors(body),
        bestshare: Math.round(body.measures.counts().bestDifficulty),
        status: complaints,
      },
    ],
  }
}
