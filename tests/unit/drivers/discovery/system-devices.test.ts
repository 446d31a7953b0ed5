import { describe, expect, it } from 'vitest'
import { createSystemDevices } from '../../../../src-main/drivers/discovery/system-devices.ts'

describe('the devices of this machine', () => {
  it('are listed, or it is said in words why not', async () => {
    const source = createSystemDevices({ platform: process.platform, concerns: () => false })
    const outcome = await source.list().then(
      (devices) => devices.every(({ ports }) => ports.length > 0),
      (error: unknown) => error,
    )
    if (outcome !== true) expect(outcome).toMatchObject({ code: 'port/list-failed' })
  })
})
