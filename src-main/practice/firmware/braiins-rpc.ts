/**
 * The RPC of Braiins OS on a practice rig: it only tells, and `pause` and `resume` work. Rates in MH/s.
 * Governing document: rig API digest, sections 2 and 5.2.
 */
import { type BraiinsMachine } from './braiins-machine.ts'
import { answerJoined, envelope, readCommand } from './cgminer-tables.ts'

/** Code, message, members. */
type Told = readonly [number, string, Readonly<Record<string, unknown>>]

/** @param software as `BOSer boser-openwrt 0.1.0-11012d53` */
export function answerBraiinsRpc(machine: BraiinsMachine, software: string, request: string): string {
  const program = { body: machine.body, description: software }
  const asked = readCommand(request)
  return answerJoined(asked?.command ?? '', (command) => {
    const told = tell(machine, software, command)
    if (told === null) return envelope(program, ['E', 14, 'Invalid command'])
    const [code, message, members] = told
    return envelope(program, ['S', code, message], members)
  })
}

function tell(machine: BraiinsMachine, software: string, command: string): Told | null {
  const { body, boardIds, modelName } = machine
  const { blueprint } = body
  const name = software.split(' ', 1)[0] ?? ''
  switch (command) {
    case 'version':
      return [22, `${name} versions`, { VERSION: [{ API: '3.7', [name]: software.slice(name.length + 1) }] }]
    case 'summary':
      return [11, 'Summary', { SUMMARY: [summaryOf(machine)] }]
    case 'devs':
      return [9, `${String(boardIds.length)} ASC(s)`, { DEVS: devsOf(machine) }]
    case 'devdetails':
      return [
        69,
        'Device Details',
        {
          DEVDETAILS: boardIds.map((ID, index) => ({
            DEVDETAILS: index,
            ID,
            Name: '',
            Chips: blueprint.chipsPerBoard,
            Cores: blueprint.chipsPerBoard * 100,
            Frequency: body.frequencyMHz,
            Model: modelName,
            Voltage: body.coreVoltageMv / 1000,
          })),
        },
      ]
    case 'temps':
      return [
        201,
        `${String(boardIds.length)} Temp(s)`,
        {
          TEMPS: boardIds.map((ID, index) => ({ TEMP: index, ID, Board: body.chipC - 15, Chip: body.chipC })),
        },
      ]
    case 'fans':
      return [
        202,
        `${String(blueprint.fanCount)} Fan(s)`,
        {
          FANS: Array.from({ length: blueprint.fanCount }, (_, ID) => ({
            FAN: ID,
            ID,
            RPM: body.fanRpm,
            Speed: body.fanDutyPercent,
          })),
        },
      ]
    case 'pools':
      return [7, 'Pool(s)', { POOLS: poolsOf(machine) }]
    case 'tunerstatus':
      return [204, 'Tuner Status', { TUNERSTATUS: [tunerOf(machine)] }]
    case 'tempctrl':
      return [
        200,
        'Temperature control',
        { TEMPCTRL: [{ Mode: 'Automatic', Target: 75, Hot: 90, Dangerous: 100 }] },
      ]
    case 'pause':
      body.pause()
      return [205, 'Pause', { PAUSE: [true] }]
    case 'resume':
      body.resume()
      return [206, 'Resume', { RESUME: [true] }]
    default:
      return null
  }
}

function rates(mhs: number): Record<string, number> {
  return Object.fromEntries(['5s', '1m', '5m', '15m', '24h', 'av'].map((window) => [`MHS ${window}`, mhs]))
}

function summaryOf({ body }: BraiinsMachine): Record<string, unknown> {
  const { accepted, rejected, stale, bestDifficulty, difficulty } = body.measures.counts()
  return {
    Accepted: accepted,
    'Best Share': Math.round(bestDifficulty),
    'Difficulty Accepted': accepted * difficulty,
    Elapsed: body.minerUptimeS,
    'Found Blocks': 0,
    'Hardware Errors': 0,
    ...rates(body.measures.hashrateHs() / 1e6),
    Rejected: rejected,
    Stale: stale,
  }
}

function devsOf({ body, boardIds }: BraiinsMachine): Record<string, unknown>[] {
  const mhs = body.measures.hashrateHs() / 1e6 / boardIds.length
  return boardIds.map((ID, ASC) => ({
    ASC,
    ID,
    Enabled: 'Y',
    'Hardware Errors': 0,
    ...rates(mhs),
    'Nominal MHS': body.expectedHs / 1e6 / boardIds.length,
    Status: 'Alive',
    Temperature: 0,
  }))
}

function poolsOf({ body, groups, activePool }: BraiinsMachine): Record<string, unknown>[] {
  const { accepted, rejected, stale, difficulty, lastShareAtMs } = body.measures.counts()
  return groups
    .flatMap(({ pools }) => pools)
    .map((pool, POOL) => {
      const isActive = pool === activePool
      return {
        POOL,
        URL: pool.url,
        User: pool.user,
        Status: !isActive || body.measures.poolAlive() ? 'Alive' : 'Dead',
        Priority: POOL,
        'Stratum Active': isActive && body.miner === 'running',
        'Stratum Difficulty': difficulty,
        Accepted: isActive ? accepted : 0,
        Rejected: isActive ? rejected : 0,
        Stale: isActive ? stale : 0,
        'Get Failures': 0,
        'Remote Failures': 0,
        'Last Share Time': isActive && lastShareAtMs !== null ? Math.floor(lastShareAtMs / 1000) : 0,
      }
    })
}

function tunerOf({ body, boardIds, powerTargetW }: BraiinsMachine): Record<string, unknown> {
  const watts = Math.round(body.powerW)
  return {
    ApproximateChainPowerConsumption: watts,
    ApproximateMinerPowerConsumption: watts,
    DynamicPowerScaling: 'Disabled',
    PowerLimit: powerTargetW,
    TunerChainStatus: boardIds.map((HashchainIndex) => ({ HashchainIndex, Status: 'Stable' })),
    TunerRunning: true,
  }
}
