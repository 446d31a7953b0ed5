/** What ePIC's firmware on a practice rig tells. Governing document: rig API digest, section 5.5. */
import { type RigBody } from './rig-body.ts'

/** What only this firmware knows. */
export interface EpicState {
  uniqueId: boolean
  splitEnabled: boolean
  splits: readonly unknown[]
  tuning: boolean
  algorithm: string
  /** TH/s, or W for `PowerTune`. */
  target: number
  minThrottle: number
  throttleStep: number
  shutdownC: number
  criticalC: number
  targetC: number
  idleSpeed: number
  lastError: string | null
}

/** Sockets for fans on its controller. */
const FAN_SOCKETS = 12
const BOARD_BELOW_CHIP_C = 8

interface TuningWay {
  readonly algorithm: string
  readonly name: string
  readonly min: number
  readonly max: number
}

export function epicCapabilities({ blueprint }: RigBody): Record<string, unknown> & {
  readonly PerpetualTune: readonly TuningWay[]
} {
  const { make, model, serial, boardCount, chipsPerBoard, nameplateHs, nameplateW } = blueprint
  const ths = nameplateHs / 1e12
  return {
    'Board Serial Numbers': Array.from({ length: boardCount }, (_, index) => `${serial}B${String(index)}`),
    'Chip Type': 'BM1366',
    Coins: ['BTC'],
    'Control Board Version': { cpuHardware: 'STM32 (Device Tree Support)', cpuSerial: serial },
    'Default Clock': blueprint.frequencyMHz,
    'Default Hashrate': ths,
    'Default Voltage': blueprint.coreVoltageMv,
    'Max HBs': boardCount,
    Model: `${make === 'Antminer' ? 'AntMiner' : make} ${model}`,
    'Model Subtype': 'BHB56801',
    'Performance Estimator': { 'Chip Count': chipsPerBoard, 'Hashes Per Second Per Chip': 894 },
    PerpetualTune: [
      { algorithm: 'VoltageOptimizer', name: 'Voltage Optimizer', min: ths * 0.4, max: ths * 1.5 },
      { algorithm: 'ChipTune', name: 'Chip Tune', min: ths * 0.4, max: ths * 1.5 },
      { algorithm: 'BoardTune', name: 'Board Tune', min: ths * 0.4, max: ths * 1.5 },
      { algorithm: 'PowerTune', name: 'Power Tune', min: nameplateW * 0.4, max: nameplateW * 1.2 },
    ],
  }
}

export function epicSummary(body: RigBody, state: EpicState): Record<string, unknown> {
  const { blueprint, measures, miner } = body
  const { accepted, rejected, difficulty, lastShareAtMs } = measures.counts()
  const running = miner === 'running'
  const boards = Array.from({ length: blueprint.boardCount }, (_, index) => index)
  const mhs = measures.hashrateHs() / 1e6
  const expectedMhs = body.expectedHs / 1e6
  const pool = body.pool
  return {
    Fans: {
      'Fan Mode':
        body.fanPercent === null
          ? { Auto: { 'Idle Speed': state.idleSpeed, 'Target Temperature': state.targetC } }
          : { Manual: body.fanPercent },
      'Fans Speed': body.fanDutyPercent,
    },
    'Fans Rpm': Object.fromEntries(
      Array.from({ length: FAN_SOCKETS }, (_, index) => [
        `Fans Speed ${String(index + 1)}`,
        index < blueprint.fanCount ? body.fanRpm : null,
      ]),
    ),
    HBStatus: boards.map((Index) => ({ Detected: true, Enabled: true, Index })),
    HBs: running
      ? boards.map((Index) => ({
          'Core Clock Avg': body.frequencyMHz,
          // Rate, percent of what is expected, percent of errors.
          Hashrate: [
            mhs / boards.length,
            expectedMhs === 0 ? 0 : (mhs / expectedMhs) * 100,
            body.hashErrorPercent,
          ],
          Index,
          'Input Voltage': body.coreVoltageMv / 1000,
          Temperature: body.chipC - BOARD_BELOW_CHIP_C,
        }))
      : [],
    Hostname: blueprint.name,
    HwConfig: { 'Boards Target Clock': boards.map((Index) => ({ Data: body.frequencyMHz, Index })) },
    'Last License Error': null,
    Mining: { Algorithm: 'SHA-256', Coin: 'BTC' },
    Misc: {
      'Critical Temp': state.criticalC,
      'Locate Miner State': body.locating,
      'Shutdown Temp': state.shutdownC,
    },
    'OS Type': 'umcOS',
    PerpetualTune: {
      Algorithm: {
        [state.algorithm]: {
          'Min Throttle Target': state.minThrottle,
          Optimized: running,
          Target: state.target,
          'Throttle Step': state.throttleStep,
          'Throttle Target': null,
          Unit: state.algorithm === 'PowerTune' ? 'W' : 'TH/s',
        },
      },
      Running: state.tuning,
    },
    'Power Supply Stats': {
      'Input Current': 0,
      'Input Power': body.powerW,
      'Input Voltage': 0,
      'Output Voltage': body.coreVoltageMv / 1000,
      'Target Voltage': body.coreVoltageMv,
    },
    Session: {
      Accepted: accepted,
      'Active HBs': running ? boards.length : 0,
      'Average MHs': mhs,
      Difficulty: difficulty,
      'Last Accepted Share Timestamp': lastShareAtMs === null ? 0 : Math.floor(lastShareAtMs / 1000),
      Rejected: rejected,
      Submitted: accepted + rejected,
      Uptime: body.minerUptimeS,
    },
    Software: `PowerPlay-BMS v${blueprint.firmwareVersion}`,
    Status: {
      'Last Command': null,
      'Last Command Result': null,
      'Last Error': state.lastError,
      'Operating State': miner === 'running' ? 'Mining' : miner === 'starting' ? 'Initializing' : 'Idling',
    },
    Stratum: {
      'Average Latency': 0.02,
      'Config Id': body.activePool,
      'Current Pool': pool?.url.replace(/^[a-z0-9+]+:\/\//, '') ?? null,
      'Current User': pool?.user ?? null,
      IsPoolConnected: running && measures.poolAlive(),
      'Worker Unique Id': state.uniqueId,
      'Worker Unique Id Variant': 'IpAddress',
    },
    StratumConfigs: body.pools.map(({ url, user, password }) => ({ login: user, password, pool: url })),
  }
}

/** One entry for each board, with a value for each chip (two sensors for `temps`). */
export function epicPerBoard(
  body: RigBody,
  path: 'temps' | 'temps/chip' | 'voltages' | 'hashrate' | 'clocks',
): object[] {
  const { boardCount, chipsPerBoard } = body.blueprint
  const chipMhs = body.measures.hashrateHs() / 1e6 / (boardCount * chipsPerBoard)
  const each = (chip: number): unknown => {
    switch (path) {
      case 'temps/chip':
        return Math.round((body.chipC - (chip % 4)) * 10) / 10
      case 'voltages':
        return body.coreVoltageMv / chipsPerBoard
      case 'hashrate':
        return [chipMhs, 100, 0]
      default:
        return body.frequencyMHz
    }
  }
  return Array.from({ length: boardCount }, (_, Index) => ({
    Data:
      path === 'temps'
        ? [body.chipC - 2 * BOARD_BELOW_CHIP_C, body.chipC - BOARD_BELOW_CHIP_C]
        : Array.from({ length: chipsPerBoard }, (_entry, chip) => each(chip)),
    Index,
    Total: 0,
  }))
}
