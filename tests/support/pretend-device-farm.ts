/** A handful of devices in every state, for looking at their screens. Nothing here is random between two runs. */
import type { Device, DeviceDetail } from '../../src-preload/contract/index.ts'
import { pretendDevice, pretendDeviceDetail, pretendUnknownDevice } from './pretend-device-values.ts'
import type { PretendDevices } from './pretend-devices.ts'

const gekkoUsb = (serialNumber: string, product: string): Device['usb'] => ({
  vendorId: '0403',
  productId: '6015',
  manufacturer: 'GekkoScience',
  product,
  serialNumber,
  ports: [`/dev/ttyUSB${serialNumber.slice(-1)}`],
})
const IDLE = {
  hashrateHs: null,
  hashrateErrorRatio: null,
  frequencyMhz: null,
} as const

function compacF(serialNumber: string, changes: Partial<Device> = {}): Device {
  return pretendDevice({
    id: `0403:6015:${serialNumber}`,
    name: `Compac F ${serialNumber.slice(-4)}`,
    model: {
      id: 'compac-f',
      name: 'GekkoScience Compac F',
      maker: 'GekkoScience',
      chip: 'BM1397',
      chipCount: 1,
      notes: ['It gets hot: use a fan and a hub that gives 2 A.'],
    },
    usb: gekkoUsb(serialNumber, 'Compac F Bitcoin Miner'),
    doing: 'Hashing at 400 MHz.',
    hashrateHs: 2.68e11,
    hashrateErrorRatio: 0.09,
    expectedHashrateHs: 2.69e11,
    frequencyMhz: 400,
    readings: null,
    nonces: 412,
    shares: { accepted: 31, refused: 1 },
    settings: { enabled: true, frequencyMhz: 400, coreVoltageMv: null, fan: null },
    limits: {
      frequencyMhz: { min: 200, max: 600, step: 6.25, default: 400 },
      coreVoltageMv: null,
      fanMinPercent: null,
      stopsOnFanStall: false,
      chipWarnC: 70,
      chipTripC: 80,
      regulatorTripC: null,
      maxPowerW: null,
      canCutPower: false,
      measuresHeat: false,
    },
    ...changes,
  })
}

/** @param now epoch milliseconds @param more plain boards beside the ones in odd states */
export function pretendDeviceFarm(now: number, more = 0): Device[] {
  const base = pretendDevice()
  const gamma = (serial: string, changes: Partial<Device> = {}): Device =>
    pretendDevice({
      id: `c0de:cafe:${serial}`,
      name: `Bitaxe Gamma ${serial.slice(-4)}`,
      usb: { ...base.usb, serialNumber: serial },
      doing: 'Hashing at 525 MHz.',
      since: now - 4_200_000,
      readings: base.readings === null ? null : { ...base.readings, at: now },
      ...changes,
    })
  return [
    gamma('1A2B3C4D'),
    gamma('5E6F7081', {
      state: 'cut',
      doing: 'The chip was at 76.5 °C, above 75 °C. The board was switched off.',
      since: now - 65_000,
      ...IDLE,
      readings: base.readings && {
        ...base.readings,
        at: now,
        chipC: 71.8,
        powerW: 1.1,
        fanPercent: 100,
        fanRpm: 6900,
      },
      hardwareErrors: 34,
      cut: {
        cause: 'too-hot',
        message: 'The chip was at 76.5 °C, above 75 °C. The board was switched off.',
        at: now - 65_000,
        mustAcknowledge: true,
      },
    }),
    gamma('90A1B2C3', {
      name: 'Desk heater',
      state: 'starting',
      doing: 'Raising the clock from 387.5 MHz to 525 MHz.',
      since: now - 6000,
      progress: 0.72,
      hashrateHs: null,
      nonces: 0,
      hardwareErrors: 0,
      shares: { accepted: 0, refused: 0 },
    }),
    gamma('D4E5F607', {
      state: 'stopped',
      doing: 'Stopped. It stays off until you start it.',
      ...IDLE,
      readings: base.readings && {
        ...base.readings,
        at: now,
        chipC: 24.1,
        powerW: 0.9,
        fanPercent: 25,
        fanRpm: 1700,
        coreVoltageMv: 0,
      },
      nonces: 0,
      hardwareErrors: 0,
      shares: { accepted: 0, refused: 0 },
      settings: base.settings && { ...base.settings, enabled: false },
      downstreamId: null,
    }),
    compacF('10012341', { since: now - 900_000 }),
    compacF('10012342', {
      state: 'hashing',
      doing: 'Hashing at 400 MHz.',
      since: now - 20_000,
      hashrateHs: null,
      nonces: 4,
      hardwareErrors: 0,
      shares: { accepted: 0, refused: 0 },
    }),
    compacF('10012343', {
      name: 'R909 2343',
      model: {
        id: 'r909',
        name: 'GekkoScience R909',
        maker: 'GekkoScience',
        chip: 'BM1397',
        chipCount: 6,
        notes: [],
      },
      hashrateHs: 1.12e12,
      expectedHashrateHs: 1.6e12,
      hashrateErrorRatio: 0.04,
      nonces: 5210,
      hardwareErrors: 260,
      shares: { accepted: 96, refused: 2 },
      since: now - 7_900_000,
    }),
    compacF('10012344', {
      state: 'blocked',
      doing:
        'Another program holds /dev/ttyUSB4: cgminer (process 4321). Close it; this is tried again every second.',
      problem: {
        code: 'port/busy',
        message:
          'Another program holds /dev/ttyUSB4: cgminer (process 4321). Close it; this is tried again every second.',
      },
      ...IDLE,
      nonces: 0,
      settings: null,
      limits: null,
      since: now - 30_000,
    }),
    {
      ...pretendUnknownDevice(),
      doing: 'Nothing is sent to it until you say what it is.',
      since: now - 12_000,
    },
    pretendDevice({
      id: '0403:6014:usb-3',
      name: 'GekkoScience NewPac',
      model: {
        id: 'newpac',
        name: 'GekkoScience NewPac',
        maker: 'GekkoScience',
        chip: '',
        chipCount: 0,
        notes: [],
      },
      usb: { ...gekkoUsb('usb-3', 'NewPac Bitcoin Miner'), ports: [] },
      state: 'driver',
      doing:
        'The system gives it no serial port. On Windows it has the WinUSB driver of another miner: give it the FTDI serial driver back.',
      ...IDLE,
      readings: null,
      expectedHashrateHs: null,
      nonces: 0,
      hardwareErrors: 0,
      shares: { accepted: 0, refused: 0 },
      settings: null,
      limits: null,
      downstreamId: null,
    }),
    gamma('77778888', {
      name: 'Old workshop Gamma',
      state: 'gone',
      doing: 'Unplugged. It mines again by itself when it is plugged in.',
      since: now - 86_400_000,
      ...IDLE,
      readings: null,
      downstreamId: null,
    }),
    ...Array.from({ length: more }, (_, index) => gamma(`A${String(1000 + index)}`)),
  ]
}

/** What a page shows of one of them. */
export function pretendFarmDetail(device: Device, now: number): DeviceDetail {
  const count = device.model?.chipCount ?? 0
  const isHashing = device.state === 'hashing'
  const health = (index: number): DeviceDetail['chips'][number]['health'] =>
    device.hashrateHs === null
      ? 'settling'
      : count === 1
        ? 'ok'
        : ((['ok', 'ok', 'weak', 'ok', 'errors', 'silent'] as const)[index % 6] ?? 'ok')
  const ratio = { ok: 0.98, weak: 0.71, errors: 0.86, silent: 0, settling: null } as const
  return pretendDeviceDetail(device, {
    chips: isHashing
      ? Array.from({ length: count }, (_, index) => ({
          index,
          health: health(index),
          nonces: Math.round((device.nonces / count) * (ratio[health(index)] ?? 1)),
          hardwareErrors: health(index) === 'errors' ? device.hardwareErrors - 8 : index,
          hashrateHs:
            device.hashrateHs === null ? null : (device.hashrateHs / count) * (ratio[health(index)] ?? 1),
          expectedRatio: ratio[health(index)],
          lastNonceAt: health(index) === 'silent' ? now - 640_000 : now - 900 - 300 * index,
        }))
      : [],
    unattributedNonces: count > 1 ? 14 : 0,
    health: isHashing
      ? count > 1
        ? {
            tone: 'warning',
            reasons: ['Chip 6 has been silent for ten minutes', '70 % of the expected rate'],
          }
        : { tone: 'good', reasons: ['98 % of the expected rate'] }
      : {
          tone: device.cut === null ? 'unknown' : 'error',
          reasons: device.cut === null ? [] : [device.cut.message],
        },
    events: [
      ...(device.cut === null
        ? []
        : [{ at: device.cut.at, tone: 'error' as const, text: device.cut.message }]),
      { at: now - 3_980_000, tone: 'good', text: 'Hashing at 525 MHz.' },
      { at: now - 3_990_000, tone: 'info', text: 'Raising the clock from 50 MHz to 525 MHz.' },
      { at: now - 3_996_000, tone: 'info', text: 'One chip answered: BM1370.' },
      { at: now - 4_000_000, tone: 'info', text: 'Plugged in: /dev/ttyACM0 and /dev/ttyACM1.' },
    ],
    recent:
      device.limits === null
        ? []
        : Array.from({ length: 60 }, (_, index) => ({
            at: now - (60 - index) * 10_000,
            chipC: device.limits?.measuresHeat === true ? 57 + 2 * Math.sin(index / 9) : null,
            powerW: device.limits?.measuresHeat === true ? 17.5 + 0.4 * Math.cos(index / 5) : null,
            hashrateHs:
              (device.hashrateHs ?? device.expectedHashrateHs ?? 0) * (1 + 0.04 * Math.sin(index * 1.7)),
            fanPercent: device.limits?.measuresHeat === true ? 58 + 6 * Math.sin(index / 9) : null,
          })),
  })
}

/** Lets readings tick, as the core does about every second: one message for all. */
export function stepDevices(devices: PretendDevices, now: number): void {
  const changed = devices.list.all.flatMap((device) => {
    if (device.state !== 'hashing') return []
    const wobble = Math.sin(now / 7000 + device.id.length)
    return {
      ...device,
      nonces: device.nonces + 2,
      hashrateHs: device.hashrateHs === null ? null : device.hashrateHs * (1 + 0.002 * wobble),
      readings: device.readings && {
        ...device.readings,
        at: now,
        chipC: 58.5 + wobble,
        fanRpm: Math.round(4210 + 90 * wobble),
        powerW: 17.6 + 0.3 * wobble,
      },
    }
  })
  devices.list.change(changed)
  for (const device of changed) {
    const detail = devices.detail(device.id)
    if (detail.readers.readers > 0) detail.set({ ...detail.value, device })
  }
}
