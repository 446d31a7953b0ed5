/** Devices as the core tells of them, made up. */
import type { Device, DeviceAccess, DeviceDetail, Tuning } from '../../src-preload/contract/index.ts'

export function pretendDevice(changes: Partial<Device> = {}): Device {
  return {
    id: 'c0de:cafe:1A2B3C4D',
    name: 'Bitaxe Gamma 3C4D',
    model: {
      id: 'bitaxe-gamma',
      name: 'Bitaxe Gamma',
      maker: 'Bitaxe',
      chip: 'BM1370',
      chipCount: 1,
      notes: ['Use an A-to-C cable: many boards do not show up on C-to-C cables.'],
    },
    candidates: [],
    usb: {
      vendorId: 'c0de',
      productId: 'cafe',
      manufacturer: 'OSMU',
      product: 'Bitaxe',
      serialNumber: '1A2B3C4D',
      ports: ['/dev/ttyACM0', '/dev/ttyACM1'],
    },
    state: 'hashing',
    doing: 'Hashing at 525 MHz',
    problem: null,
    since: 1_760_000_000_000,
    progress: null,
    hashrateHs: 1.05e12,
    hashrateErrorRatio: 0.06,
    expectedHashrateHs: 1.07e12,
    frequencyMhz: 525,
    readings: {
      at: 1_760_000_600_000,
      chipC: 58.5,
      regulatorC: 62,
      inputVoltageMv: 5080,
      coreVoltageMv: 1148,
      currentMa: 15_200,
      powerW: 17.6,
      fanRpm: 4210,
      fanPercent: 62,
    },
    nonces: 640,
    hardwareErrors: 1,
    shares: { accepted: 58, refused: 0 },
    settings: {
      enabled: true,
      frequencyMhz: 525,
      coreVoltageMv: 1150,
      fan: { mode: 'target', chipC: 60, minPercent: 25 },
    },
    limits: {
      frequencyMhz: { min: 400, max: 625, step: 6.25, default: 525 },
      coreVoltageMv: { min: 1000, max: 1250, step: 10, default: 1150 },
      fanMinPercent: 25,
      stopsOnFanStall: true,
      chipWarnC: 70,
      chipTripC: 75,
      regulatorTripC: 100,
      maxPowerW: 40,
      canCutPower: true,
      measuresHeat: true,
    },
    cut: null,
    downstreamId: 'r1',
    ...changes,
  }
}

/** Of a device that was plugged in and that nobody knows. */
export function pretendUnknownDevice(): Device {
  return pretendDevice({
    id: '10c4:ea60:0001',
    name: 'USB device 10c4:ea60',
    model: null,
    candidates: [
      { id: 'block-erupter', name: 'Block Erupter' },
      { id: 'antminer-u2', name: 'AntMiner U2' },
    ],
    usb: {
      vendorId: '10c4',
      productId: 'ea60',
      manufacturer: 'Silicon Labs',
      product: 'CP2102 USB to UART Bridge Controller',
      serialNumber: '0001',
      ports: ['/dev/ttyUSB0'],
    },
    state: 'ask',
    doing: 'Waiting for you to say what it is',
    hashrateHs: null,
    hashrateErrorRatio: null,
    expectedHashrateHs: null,
    frequencyMhz: null,
    readings: null,
    nonces: 0,
    hardwareErrors: 0,
    shares: { accepted: 0, refused: 0 },
    settings: null,
    limits: null,
    downstreamId: null,
  })
}

export function pretendDeviceDetail(device: Device, changes: Partial<DeviceDetail> = {}): DeviceDetail {
  const at = device.readings?.at ?? device.since
  return {
    device,
    chips: Array.from({ length: device.model?.chipCount ?? 0 }, (_, index) => ({
      index,
      health: 'ok' as const,
      nonces: device.nonces,
      hardwareErrors: device.hardwareErrors,
      hashrateHs: device.hashrateHs,
      expectedRatio: 0.98,
      lastNonceAt: at - 800,
    })),
    unattributedNonces: 0,
    work:
      device.state === 'hashing'
        ? {
            poolName: 'Copper Ridge',
            ticketDifficulty: 256,
            shareDifficulty: 2048,
            jobIntervalMs: 500,
            jobsSent: 1180,
            versionRolling: true,
            lastNonceAt: at - 800,
            bestDifficulty: 18_400,
          }
        : null,
    counts: {
      shares: 58,
      nearMisses: 582,
      hardwareErrors: device.hardwareErrors,
      duplicates: 0,
      stale: 1,
      foreign: 0,
      skippedBytes: 0,
      badFrames: 0,
    },
    health: { tone: 'good', reasons: ['98 % of the expected rate'] },
    events: [{ at, tone: 'good', text: 'Hashing at 525 MHz' }],
    recent: Array.from({ length: 60 }, (_, index) => ({
      at: at - (60 - index) * 10_000,
      chipC: 57 + Math.sin(index / 6),
      powerW: 17.5,
      hashrateHs: device.hashrateHs,
      fanPercent: 60,
    })),
    ...changes,
  }
}

export function pretendAccess(changes: Partial<DeviceAccess> = {}): DeviceAccess {
  return {
    platform: 'linux',
    allowed: false,
    rule: {
      fileName: '70-headframe.rules',
      text: 'SUBSYSTEM=="tty", ATTRS{idVendor}=="c0de", TAG+="uaccess"\n',
      installed: false,
      commands: ['sudo cp 70-headframe.rules /etc/udev/rules.d/', 'sudo udevadm control --reload'],
    },
    notes: [{ title: 'Plug it in again', text: 'A rule counts for what is plugged in after it.' }],
    ...changes,
  }
}

export function pretendDeviceTuning(id: string): Tuning {
  return {
    id,
    state: 'running',
    goal: 'efficiency',
    startedAt: 1_760_000_000_000,
    endedAt: null,
    before: { frequencyMHz: 525, coreVoltageMv: 1150 },
    best: null,
    trials: [],
    message: 'Watching 525 MHz at 1150 mV',
  }
}
