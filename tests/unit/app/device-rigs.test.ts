import { describe, expect, it } from 'vitest'
import { type DeviceLife, deviceRig, deviceRigDetail } from '../../../src-main/app/device-rigs.ts'
import { rig, rigDetail } from '../../../src-preload/contract/index.ts'
import {
  pretendDevice,
  pretendDeviceDetail,
  pretendUnknownDevice,
} from '../../support/pretend-device-values.ts'

const LIFE: DeviceLife = {
  addedAt: 1,
  readAt: 2,
  hashingS: 60,
  lastNonceAt: 3,
  bestDifficulty: 18_400,
  poolUrl: 'Copper Ridge',
  chipFrequencies: [],
}

describe('a device among the rigs', () => {
  it('is a rig in the words of the contract, with its measured power and what it delivers', () => {
    const device = pretendDevice()
    const found = deviceRig(device, LIFE)!
    expect(rig.parse(found)).toEqual(found)
    expect(found).toMatchObject({
      id: device.id,
      family: 'usb',
      state: 'mining',
      powerW: 17.6,
      powerSource: 'measured',
      hashrateHs: 1.05e12,
      efficiencyJTh: 17.6 / 1.05,
      address: '/dev/ttyACM0',
    })
    const detail = deviceRigDetail(found, pretendDeviceDetail(device), LIFE)
    expect(rigDetail.parse(detail)).toEqual(detail)
    expect(detail.boards).toMatchObject([{ frequencyMHz: 525, voltageV: 1.148, chipsWorking: 1 }])
    expect(detail.fans).toEqual([{ label: 'Fan', rpm: 4210, dutyPercent: 62, ok: true }])
  })

  it('delivers nothing while it does not hash, and says why', () => {
    const cut = {
      cause: 'too-hot' as const,
      message: 'The chip reached 76 °C.',
      at: 5,
      mustAcknowledge: true,
    }
    const found = deviceRig(pretendDevice({ state: 'cut', cut }), LIFE)!
    expect(found).toMatchObject({ state: 'overheated', hashrateHs: 0, errors: { first: cut.message } })
    expect(deviceRig(pretendDevice({ state: 'gone' }), LIFE)).toMatchObject({ state: 'unreachable' })
  })

  it('says of everything that rigs on the network are told where it is told to this one', () => {
    const { capabilities } = deviceRig(pretendDevice(), LIFE)!
    expect(Object.values(capabilities).every(({ offered, because }) => !offered && because !== '')).toBe(true)
  })

  it('is none while nobody knows what it is', () => {
    expect(deviceRig(pretendUnknownDevice(), LIFE)).toBeNull()
  })
})
