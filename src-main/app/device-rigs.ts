/**
 * Devices on this machine's own ports as rigs among rigs: so that they are listed, named, counted into history and
 * earnings like any other. What can be told them is on the page of devices, and their rig says so. Pure.
 */
import {
  type Device,
  type DeviceDetail,
  type Rig,
  rigAction,
  type RigCapability,
  type RigDetail,
  type RigState,
} from '../../src-preload/contract/index.ts'

/** What is known of a device beside its view. */
export interface DeviceLife {
  /** Epoch milliseconds when it was plugged in for the first time since the start. */
  readonly addedAt: number
  /** Of its newest readings or nonces; null before. */
  readonly readAt: number | null
  /** Since it hashes, seconds; null while it does not. */
  readonly hashingS: number | null
  readonly lastNonceAt: number | null
  readonly bestDifficulty: number | null
  readonly poolUrl: string | null
  readonly chipFrequencies: readonly (number | null)[]
}

const ELSEWHERE: RigCapability = {
  offered: false,
  because: 'It hangs on a port of this machine: tell it on the page of USB devices.',
}
const CAPABILITIES = Object.fromEntries(
  rigAction.options.map((action) => [action, ELSEWHERE]),
) as Rig['capabilities']

export const DEVICE_FAMILY = 'usb'

/** Null for what is no miner, or what nobody has said to be one. */
export function deviceRig(device: Device, life: DeviceLife): Rig | null {
  const { model, readings, settings } = device
  if (model === null || settings === null) return null
  const isHashing = device.state === 'hashing'
  const efficiencyJTh =
    readings?.powerW != null && device.hashrateHs !== null && device.hashrateHs > 0
      ? readings.powerW / (device.hashrateHs / 1e12)
      : null
  return {
    id: device.id,
    name: device.name,
    namedByPerson: false,
    address: device.usb.ports[0] ?? 'USB',
    mac: null,
    serial: device.usb.serialNumber,
    hostname: null,
    family: DEVICE_FAMILY,
    familyName: 'USB device',
    make: model.maker,
    model: model.name,
    firmware: null,
    firmwareVersion: null,
    state: stateOf(device),
    freshness: life.readAt === null ? 'never' : 'live',
    readAt: life.readAt,
    addedAt: life.addedAt,
    hashrateHs: isHashing ? device.hashrateHs : 0,
    expectedHs: device.expectedHashrateHs,
    effectiveHs: null,
    chipMaxC: readings?.chipC ?? null,
    boardMaxC: null,
    fanRpm: readings?.fanRpm ?? null,
    fanPercent: readings?.fanPercent ?? null,
    powerW: readings?.powerW ?? null,
    powerSource: readings?.powerW == null ? null : 'measured',
    efficiencyJTh,
    uptimeS: life.hashingS,
    accepted: device.shares.accepted,
    rejected: device.shares.refused,
    lastShareAt: life.lastNonceAt,
    bestShare: life.bestDifficulty,
    pool: life.poolUrl === null ? null : { url: life.poolUrl, user: device.name, alive: true },
    minesHere: true,
    managedBy: null,
    locating: null,
    errors: errorsOf(device),
    group: null,
    place: { room: '', shelf: '' },
    notes: '',
    downstreamId: device.downstreamId,
    login: 'not-needed',
    problem:
      device.problem === null
        ? null
        : { code: device.problem.code, message: device.problem.message, at: device.since },
    busy: null,
    capabilities: CAPABILITIES,
    canRestorePools: false,
  }
}

export function deviceRigDetail(
  rig: Rig,
  { device, chips, counts }: DeviceDetail,
  life: DeviceLife,
): RigDetail {
  const { readings, settings } = device
  const unknown = {
    nowHs: null,
    minuteHs: null,
    fifteenMinutesHs: null,
    hourHs: null,
    dayHs: null,
    averageHs: null,
  }
  return {
    rig,
    apiVersion: null,
    controlBoard: null,
    hashrates: { ...unknown, fiveMinutesHs: device.hashrateHs },
    stickerHs: null,
    boards: [
      {
        slot: 0,
        label: device.model?.name ?? device.name,
        serial: device.usb.serialNumber,
        hashrateHs: device.hashrateHs,
        expectedHs: device.expectedHashrateHs,
        chipsWorking: chips.filter(({ health }) => health !== 'silent').length,
        chipsExpected: device.model?.chipCount ?? null,
        boardC: null,
        chipMinC: null,
        chipAverageC: readings?.chipC ?? null,
        chipMaxC: readings?.chipC ?? null,
        inletC: null,
        outletC: null,
        frequencyMHz: device.frequencyMhz,
        voltageV: readings?.coreVoltageMv == null ? null : readings.coreVoltageMv / 1000,
        hardwareErrors: counts.hardwareErrors,
        active: device.state === 'hashing',
        missing: device.state === 'gone',
      },
    ],
    chips: chips.map((chip) => ({
      boardSlot: 0,
      index: chip.index,
      hashrateHs: chip.hashrateHs,
      temperatureC: chips.length === 1 ? (readings?.chipC ?? null) : null,
      frequencyMHz: life.chipFrequencies[chip.index] ?? device.frequencyMhz,
      voltageV: null,
      errors: chip.hardwareErrors,
      working: chip.health === 'settling' ? null : chip.health !== 'silent',
    })),
    fans:
      readings?.fanRpm == null
        ? []
        : [{ label: 'Fan', rpm: readings.fanRpm, dutyPercent: readings.fanPercent, ok: readings.fanRpm > 0 }],
    psuFans: [],
    temperatures: {
      ambientC: null,
      chipMaxC: readings?.chipC ?? null,
      boardMaxC: null,
      regulatorC: readings?.regulatorC ?? null,
      waterInC: null,
      waterOutC: null,
    },
    inputVoltageV: readings?.inputVoltageMv == null ? null : readings.inputVoltageMv / 1000,
    inputCurrentA: readings?.currentMa == null ? null : readings.currentMa / 1000,
    settings: {
      powerMode: null,
      powerModes: [],
      powerLimitW: null,
      powerLimitRangeW: null,
      frequencyMHz: settings?.frequencyMhz ?? null,
      frequencyOptionsMHz: [],
      coreVoltageMv: settings?.coreVoltageMv ?? null,
      coreVoltageOptionsMv: [],
      fanAuto: settings?.fan == null ? null : settings.fan.mode !== 'fixed',
      fanPercent: settings?.fan?.mode === 'fixed' ? settings.fan.percent : null,
      targetC: settings?.fan?.mode === 'target' ? settings.fan.chipC : null,
    },
    systemUptimeS: null,
    minerUptimeS: life.hashingS,
    stale: counts.stale,
    rejectReasons: [],
    bestSession: life.bestDifficulty,
    blocksFound: null,
    pools: [],
    errors: [],
    wifiRssiDbm: null,
    hashErrorPercent: errorPercent(counts.hardwareErrors, device.nonces),
    hardwareErrors: counts.hardwareErrors,
    unread: [],
    credentials: {
      from: 'none',
      username: null,
      neededFor: 'nothing',
      factoryUsername: null,
      refused: false,
    },
  }
}

function stateOf({ state, cut }: Device): RigState {
  switch (state) {
    case 'hashing':
      return 'mining'
    case 'starting':
    case 'waiting':
    case 'recovering':
      return 'starting'
    case 'cut':
      return cut?.cause === 'too-hot' || cut?.cause === 'regulator-too-hot' ? 'overheated' : 'error'
    case 'stopped':
      return 'stopped'
    case 'gone':
      return 'unreachable'
    case 'ask':
    case 'driver':
    case 'blocked':
    case 'unsupported':
      return 'error'
  }
}

function errorsOf({ cut, problem }: Device): Rig['errors'] {
  const first = cut?.message ?? problem?.message ?? null
  return first === null ? { count: 0, worst: null, first: null } : { count: 1, worst: 'error', first }
}

/** Of all results; null before there are enough to say. */
function errorPercent(errors: number, nonces: number): number | null {
  const all = errors + nonces
  return all < 20 ? null : (errors / all) * 100
}
