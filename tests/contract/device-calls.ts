/** What `ports.test.ts` asks of devices over every port. */
import { expect } from 'vitest'
import { type FakeCore } from '../support/fake-core.ts'
import { pretendDevice } from '../support/pretend-device-values.ts'
import { type Client } from './ports.ts'

const { id } = pretendDevice()

async function statusOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 200,
    (error: unknown) => (error as { status?: unknown }).status,
  )
}

export const DEVICE_ANSWERS: Record<string, (client: Client, core: FakeCore) => Promise<void>> = {
  'devices.list': async (client) => {
    const [gamma, unknown] = await client.devices.list()
    expect(gamma).toMatchObject({ id, state: 'hashing', readings: { chipC: 58.5 } })
    expect(unknown).toMatchObject({ model: null, candidates: [{ id: 'block-erupter' }, {}] })
  },
  'devices.access': async (client) =>
    expect(await client.devices.access()).toMatchObject({ platform: 'linux', rule: { installed: false } }),
  'devices.stopAll': async (client, core) => {
    expect(await client.devices.stopAll()).toBeUndefined()
    expect(core.callsOf('stopAll')).toEqual([null])
  },
  'devices.get': async (client) => {
    expect(await client.devices.get({ id })).toMatchObject({ device: { id }, chips: [{ health: 'ok' }] })
    expect(await statusOf(client.devices.get({ id: 'nowhere' }))).toBe(404)
  },
  'devices.update': async (client, core) => {
    const fan = { mode: 'fixed' as const, percent: 80 }
    expect(await client.devices.update({ id, frequencyMhz: 500, fan })).toMatchObject({ id })
    expect(core.callsOf('updateDevice')).toEqual([{ id, frequencyMhz: 500, fan }])
    expect(await statusOf(client.devices.update({ id, fan: { mode: 'fixed', percent: 130 } }))).toBe(400)
  },
  'devices.choose': async (client, core) => {
    await client.devices.choose({ id, modelId: 'block-erupter' })
    await client.devices.choose({ id, modelId: null })
    expect(core.callsOf('choose')).toEqual([
      { id, modelId: 'block-erupter' },
      { id, modelId: null },
    ])
  },
  'devices.act': async (client, core) => {
    expect(await client.devices.act({ id, action: 'acknowledge' })).toMatchObject({ id })
    expect(core.callsOf('actDevice')).toEqual([{ id, action: 'acknowledge' }])
  },
  'devices.forget': async (client) => {
    expect(await client.devices.forget({ id })).toBeUndefined()
    expect(await statusOf(client.devices.forget({ id }))).toBe(404)
  },
  'devices.tune': async (client, core) => {
    expect(await client.devices.tune({ id, goal: 'quiet' })).toMatchObject({ id, state: 'running' })
    expect(core.callsOf('tune')).toMatchObject([{ id, goal: 'quiet', maxChipC: 65, stepSeconds: 90 }])
  },
  'devices.fault': async (client, core) => {
    expect(await client.devices.fault({ id, fault: 'overheat' })).toBeUndefined()
    expect(core.callsOf('fault')).toEqual([{ id, fault: 'overheat' }])
  },
}
