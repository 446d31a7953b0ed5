import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { type DeviceRecord, openDeviceFile } from '../../../src-main/settings/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const GAMMA: DeviceRecord = {
  key: 'c0de:cafe:1A2B3C4D',
  name: 'Shelf',
  modelId: 'bitaxe-gamma',
  chosen: null,
  settings: {
    enabled: true,
    frequencyMhz: 525,
    coreVoltageMv: 1150,
    fan: { mode: 'target', chipC: 60, minPermille: 250 },
  },
  cut: { cause: 'too-hot', message: 'The chip reached 76 °C.', atMs: 5, latched: true },
  lastSeenMs: 9,
}

describe('the file of devices', () => {
  it('gives back what was chosen for each device, curve and all', async () => {
    const folder = temporaryDir()
    const curve = {
      mode: 'curve' as const,
      points: [
        { chipC: 40, permille: 200 },
        { chipC: 70, permille: 1000 },
      ],
    }
    const stick = {
      ...GAMMA,
      key: 'stick',
      settings: { ...GAMMA.settings!, coreVoltageMv: null, fan: curve },
    }
    const opened = await openDeviceFile(folder, new ManualClock())
    expect(opened.devices).toEqual([])
    await opened.save([GAMMA, stick])
    expect((await openDeviceFile(folder, new ManualClock())).devices).toEqual([GAMMA, stick])
  })

  it('keeps a file aside that it cannot read, and says so', async () => {
    const folder = temporaryDir()
    const path = join(folder, 'devices.json')
    await writeFile(path, '{"version":1,"devices":[{"key":7}]}')
    const { devices, notices } = await openDeviceFile(folder, new ManualClock())
    expect(devices).toEqual([])
    expect(notices[0]?.title).toContain('What was chosen for USB devices')
    await expect(readFile(path)).rejects.toThrow('ENOENT')
  })
})
