import { MessageChannel } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { type ChainOrder, type ChainStatus } from '../../../src-main/app/device-chains.ts'
import { MiningDevices } from '../../../src-main/app/mining-devices.ts'
import { type ServedPower, servePower } from '../../../src-main/app/power-link.ts'
import { HeadframeError, ManualClock, silentLogger, systemEntropy } from '../../../src-main/base/index.ts'
import { createShareChecker } from '../../../src-main/checker/index.ts'
import { BoardPort, findBoardModel, serveMessagePort } from '../../../src-main/drivers/index.ts'
import { ProxyEngine } from '../../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { turn } from '../../support/settled-time.ts'

const MODEL = findBoardModel('practice-compac-f')!
const NAME = 'B1/data'
const ORDER: ChainOrder = {
  id: 'stick',
  model: MODEL,
  dataPort: { kind: 'channel', name: NAME },
  introduction: { key: 'stick', name: 'Stick', model: 'Compac F (USB)' },
  nominalHashrateHs: 1,
  settings: { frequencyMhz: MODEL.frequencyMhz.default, coreVoltageMv: null },
}

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** A proxy that was given no pool: there is a place in it for a device, and no work. */
function idleEngine(clock: ManualClock): ProxyEngine {
  return new ProxyEngine({
    clock,
    entropy: systemEntropy,
    createChecker: createShareChecker,
    userAgent: 'headframe/0.0.0',
    stratum: { host: '127.0.0.1', port: 0 },
    stratumV2: { host: '127.0.0.1', port: 0 },
    authority: generateAuthorityKeyPair(systemEntropy),
    log: silentLogger,
  })
}

function bench(isStarted = true) {
  const clock = new ManualClock()
  const told: ChainStatus[][] = []
  const waits: string[] = []
  const engine = idleEngine(clock)
  const devices = new MiningDevices({
    ...{ clock, entropy: systemEntropy, log: silentLogger },
    engine() {
      if (isStarted) return engine
      throw new HeadframeError('mining/not-started', 'The proxy is not running yet.')
    },
    tell: (status) => void told.push([...status]),
    tellWait: (id, message) => void waits.push(`${id}: ${message}`),
  })
  disposals.push(() => devices.stop())
  // Whatever talks through it stays silent: these devices have no work.
  const socket = new BoardPort(NAME, () => undefined)
  return { clock, told, waits, socket, procedures: devices.procedures }
}

type Bench = ReturnType<typeof bench>

function withPower({ clock, procedures }: Bench): ServedPower {
  const { port1, port2 } = new MessageChannel()
  const served = servePower(port1, clock, () => ({
    powerUp: () => Promise.resolve(),
    resetChips: () => Promise.resolve(),
    setCoreVoltage: () => Promise.resolve(),
    setFan: () => Promise.resolve(),
    sign: () => undefined,
    release: () => Promise.resolve(),
  }))
  procedures.connectPower(port2)
  disposals.push(() => {
    served.stop()
    port1.close()
  })
  return served
}

function withPort({ procedures, socket }: Bench): void {
  const { port1, port2 } = new MessageChannel()
  const unserve = serveMessagePort(port1, socket)
  procedures.addPort({ name: NAME, port: port2 })
  disposals.push(() => {
    unserve()
    port1.close()
  })
}

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100)
    for (let i = 0; i < 5; i++) await turn()
  }
}

describe('devices of the mining thread', () => {
  it('are not started while nobody watches heat and power, and their ports stay free', async () => {
    const it = bench()
    withPort(it)
    await expect(it.procedures.attachDevice(ORDER)).rejects.toMatchObject({ code: 'safety/not-there' })
    await expect(
      it.procedures.identifyDevice({ id: 'stick', dataPort: ORDER.dataPort, coreVoltageMv: null }),
    ).rejects.toMatchObject({ code: 'safety/not-there' })
    await pass(it.clock, 200)
    expect(it.socket.isOpen).toBe(false)
  })

  it('are not started before the proxy is, and their ports stay free', async () => {
    const it = bench(false)
    withPower(it)
    withPort(it)
    await expect(it.procedures.attachDevice(ORDER)).rejects.toMatchObject({ code: 'mining/not-started' })
    await pass(it.clock, 200)
    expect(it.socket.isOpen).toBe(false)
  })

  it('are told of each second, once more when the last has gone, and then no more', async () => {
    const it = bench()
    withPower(it)
    withPort(it)
    await pass(it.clock, 3_000)
    expect(it.told).toEqual([])
    await it.procedures.attachDevice(ORDER)
    await pass(it.clock, 3_000)
    expect(it.told).toHaveLength(3)
    expect(it.told[0]).toMatchObject([{ id: 'stick', chain: { state: 'waiting-for-work' } }])
    await it.procedures.detachDevice({ id: 'stick', reason: 'You stopped it.' })
    await pass(it.clock, 3_000)
    expect(it.told.slice(3)).toEqual([[]])
    expect(it.socket.isOpen).toBe(false)
  })

  it('are opened by the names of their ports, for as long as those are known', async () => {
    const it = bench()
    withPower(it)
    await expect(it.procedures.attachDevice(ORDER)).rejects.toMatchObject({ code: 'port/not-found' })
    withPort(it)
    await it.procedures.attachDevice(ORDER)
    expect(it.socket.isOpen).toBe(true)
    await it.procedures.detachDevice({ id: 'stick', reason: 'It was unplugged.' })
    it.procedures.removePort(NAME)
    await expect(it.procedures.attachDevice(ORDER)).rejects.toMatchObject({ code: 'port/not-found' })
  })

  it('whose port is held by another are waited for, and that is told', async () => {
    const it = bench()
    withPower(it)
    withPort(it)
    const other = await it.socket.open(MODEL_LINE)
    const attached = it.procedures.attachDevice(ORDER)
    await pass(it.clock, 2_500)
    expect(it.waits.length).toBeGreaterThan(0)
    expect(it.waits[0]).toMatch(/^stick: .*in use/)
    await other.close()
    await pass(it.clock, 1_500)
    await attached
    expect(it.socket.isOpen).toBe(true)
  })

  it('are all let go when the thread stops, also one that is about to start', async () => {
    const it = bench()
    withPower(it)
    withPort(it)
    const attached = it.procedures.attachDevice(ORDER)
    await it.procedures.stopDevices(null)
    await attached
    await pass(it.clock, 200)
    expect(it.socket.isOpen).toBe(false)
    expect(it.told).toEqual([])
  })
})

const MODEL_LINE = { baudRate: 115_200, stopBits: 1 } as const
