/**
 * From a pool to chips and back: the real proxy hands jobs to the real driver of a chain, which speaks over a line in
 * memory to virtual chips that hash for real. Whatever happens, the proxy agrees with the driver about every share.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger, systemEntropy } from '../../../src-main/base/index.ts'
import { createHeaderHasher, createTailScanner } from '../../../src-main/checker/index.ts'
import { practiceBitaxeGamma, practiceCompacF } from '../../../src-main/drivers/boards/practice.ts'
import { chipProfile } from '../../../src-main/drivers/chips/profiles.ts'
import { ChainSession } from '../../../src-main/drivers/hashing/chain-session.ts'
import { type BoardModel } from '../../../src-main/drivers/model/board.ts'
import { type PowerAuthority } from '../../../src-main/drivers/model/power.ts'
import { type NonceFinder } from '../../../src-main/drivers/simulated/nonce-finder.ts'
import { VirtualChain } from '../../../src-main/drivers/simulated/virtual-chain.ts'
import { type MemoryLink, memoryLinkPair } from '../../../src-main/drivers/transport/memory-link.ts'
import { asTarget, type DeviceWork } from '../../../src-main/mining/index.ts'
import { type DownstreamStatus } from '../../../src-main/proxy/index.ts'
import { type FakePool } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { configOf, type HarnessOptions, ProxyHarness } from '../../support/proxy/proxy-harness.ts'

const STEP_MS = 20
const settle = (): Promise<void> => new Promise((done) => setImmediate(done))

const scanner = createTailScanner()
const finder: NonceFinder = {
  find: (header, firstNonce, count, zeroBits) =>
    scanner.scan(header, targetOfZeroBits(zeroBits), firstNonce, count),
}

function targetOfZeroBits(zeroBits: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0xff)
  for (let bit = 0; bit < zeroBits; bit++) bytes[31 - (bit >> 3)]! &= ~(0x80 >> (bit & 7))
  return asTarget(bytes)
}

/** Grants everything at once. */
class GrantedPower implements PowerAuthority {
  isOn = false
  readonly #chain: VirtualChain

  constructor(chain: VirtualChain) {
    this.#chain = chain
  }

  powerUp(): Promise<void> {
    return this.#switch(true)
  }

  async resetChips(): Promise<void> {
    this.#chain.setReset(false)
    this.#chain.setReset(true)
    await settle()
  }

  setCoreVoltage(): Promise<void> {
    return Promise.resolve()
  }

  setFan(): Promise<void> {
    return Promise.resolve()
  }

  sign(): void {}

  release(): Promise<void> {
    return this.#switch(false)
  }

  onCut(): () => void {
    return () => {}
  }

  async #switch(isOn: boolean): Promise<void> {
    this.isOn = isOn
    this.#chain.setPower(isOn)
    await settle()
  }
}

class Board {
  readonly chain: VirtualChain
  readonly power: GrantedPower
  readonly work: DeviceWork
  readonly session: ChainSession
  readonly host: MemoryLink

  constructor(model: BoardModel, key: string) {
    const { clock, engine } = harness!
    const { chip, chipCount, fixedZeroBits, frequencyMhz, coreVoltageMv, rateRatio } = model
    const profile = chipProfile(chip)
    this.chain = new VirtualChain({
      chip: chip === 'gekko-bm1397' ? 'BM1397' : 'BM1370',
      chipCount,
      clock,
      finder,
      fixedZeroBits,
      rateRatio,
      powered: false,
    })
    this.power = new GrantedPower(this.chain)
    const { host, board } = memoryLinkPair({ hostBaudRate: profile.line.baudRate, boardBaudRate: 115_200 })
    this.host = host
    this.chain.attach(board)
    this.work = engine.connectDevice({
      key,
      name: `${model.name} ${key}`,
      model: model.name,
      nominalHashrateHs: 1,
    })
    this.session = new ChainSession({
      board: model,
      profile,
      link: host,
      power: this.power,
      work: this.work,
      hash: createHeaderHasher(),
      clock,
      entropy: systemEntropy,
      log: silentLogger,
      settings: { frequencyMhz: frequencyMhz.default, coreVoltageMv: coreVoltageMv?.default ?? null },
    })
    this.session.start()
    boards.push(this)
  }

  get status(): DownstreamStatus | undefined {
    return harness!.report().downstreams.upserts.find(({ rigKey }) => rigKey === this.work.rigKey)
  }

  async hashing(): Promise<void> {
    for (let passed = 0; this.session.state.name !== 'hashing'; passed += STEP_MS) {
      if (passed > 120_000) throw new Error(`it does not hash: ${JSON.stringify(this.session.state)}`)
      await pass(STEP_MS)
    }
  }

  async dispose(): Promise<void> {
    let done = false
    void this.session.dispose('the test is over').then(() => (done = true))
    while (!done) await pass(STEP_MS)
    this.chain.stop()
  }
}

let harness: ProxyHarness | undefined
let boards: Board[] = []
afterEach(async () => {
  for (const board of boards) await board.dispose()
  boards = []
  await harness?.stop()
  harness = undefined
})

/** Lets time pass, for sockets too. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    harness!.clock.advance(STEP_MS)
    for (let turn = 0; turn < 3; turn++) await settle()
  }
}

/** Until every share was answered. */
async function settled(): Promise<void> {
  for (let tries = 0; harness!.report().counts.pending > 0; tries++) {
    if (tries > 500) throw new Error('shares wait for ever')
    await pass(100)
    await new Promise((done) => setTimeout(done, 2))
  }
}

async function start(pools: readonly FakePool[], options: HarnessOptions = {}): Promise<void> {
  harness = await ProxyHarness.start(pools, options)
  await harness.untilReady(pools[0]!)
}

describe.each([
  ['a Gamma', practiceBitaxeGamma],
  ['a Compac F', practiceCompacF],
] as const)('%s', (_name, model) => {
  it('earns shares that the pool acknowledges, and not one that is refused', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', difficulty: 1e-5 })
    await start([pool])
    const board = new Board(model, 'one')
    await board.hashing()
    await pass(60_000)
    await settled()
    const { accepted, refused, reasons } = board.work.counts
    expect({ refused, reasons }).toEqual({ refused: 0, reasons: {} })
    expect(accepted).toBeGreaterThan(20)
    expect(pool.acknowledged).toBeGreaterThan(5)
    expect(pool.rejected).toBe(0)
    const { rate, expectedHs } = board.session.view()
    // Of some sixty nonces: four sigmas. The proxy measures the same from shares alone.
    for (const measuredHs of [rate.hashrateHs, board.status!.hashrateHs]) {
      expect(measuredHs / expectedHs).toBeGreaterThan(0.5)
      expect(measuredHs / expectedHs).toBeLessThan(1.6)
    }
    harness!.expectBalanced()
  })

  it('loses nothing to new blocks, switches of pools and unplugging but what those make worthless', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', difficulty: 2e-6, rollableSize: 4 })
    const b = await FakeSv2Pool.start({ name: 'b', difficulty: 1e-6, rollableSize: 16 })
    await start([a, b])
    const board = new Board(model, 'one')
    await board.hashing()
    for (let round = 0; round < 6; round++) {
      await pass(3000)
      if (round % 2 === 0) [a, b][round % 4 === 0 ? 0 : 1]!.newTip()
      else void harness!.engine.activate(round % 4 === 1 ? 'b' : 'a')
    }
    await pass(2000)
    const { job } = board.work
    board.host.unplug()
    await settle()
    expect(board.session.state.name).toBe('gone')
    expect(board.work.job).toBeNull()
    expect(job).not.toBeNull()
    await settled()
    const { reasons } = board.work.counts
    const others = Object.keys(reasons).filter((reason) => reason !== 'stale-share')
    expect(others, JSON.stringify(reasons)).toEqual([])
    expect(a.acknowledged).toBeGreaterThan(0)
    expect(b.acknowledged).toBeGreaterThan(0)
    expect(a.rejected + b.rejected).toBe(0)
    expect(harness!.report().onlineCount).toBe(0)
    harness!.expectBalanced()
    harness!.expectPoolsAgree()
  })
})

describe('a board', () => {
  it('rolls no version bits from its first job of a pool that allows none, and rolls again after', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', difficulty: 2e-6 })
    const b = await FakeSv1Pool.start({ name: 'b', difficulty: 2e-6, versionMask: 0 })
    await start([a, b], {
      configOf: ({ name }) => ({ versionRollingMask: name === 'a' ? 0x1fffe000 : 0 }),
    })
    const board = new Board(practiceBitaxeGamma, 'one')
    await board.hashing()
    for (const id of ['b', 'a']) {
      await pass(4000)
      void harness!.engine.activate(id)
    }
    await pass(4000)
    await settled()
    expect(board.work.counts.reasons).toEqual({})
    expect(b.goodShares).toBeGreaterThan(0)
    expect(a.rejected + b.rejected).toBe(0)
    expect(board.session.view().counts.outsideMask).toBe(0)
  })

  it('rests when there is no pool, and works again when there is', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', difficulty: 1e-5 })
    await start([pool])
    const board = new Board(practiceBitaxeGamma, 'one')
    await board.hashing()
    expect(board.power.isOn).toBe(true)
    harness!.engine.setPools([])
    await pass(40_000)
    expect(board.session.state.name).toBe('waiting-for-work')
    expect(board.power.isOn).toBe(false)
    harness!.engine.setPools([configOf(pool)], 'a')
    await board.hashing()
    await pass(10_000)
    await settled()
    expect(pool.acknowledged).toBeGreaterThan(0)
  })

  it('is told an easier ticket when its pool credits less, so that no share that is paid is kept back', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', difficulty: 1 })
    const b = await FakeSv2Pool.start({ name: 'b', difficulty: 4e-6 })
    await start([a, b])
    const board = new Board(practiceBitaxeGamma, 'one')
    await board.hashing()
    await pass(3000)
    const before = board.session.view().ticket.difficulty!
    expect(before).toBeGreaterThan(4e-6)
    void harness!.engine.activate('b')
    await pass(3000)
    expect(board.session.view().ticket.difficulty).toBeLessThanOrEqual(4e-6)
    const { accepted } = board.work.counts
    await pass(10_000)
    // 255 kH/s at 4e-6: about fifteen a second.
    expect(board.work.counts.accepted - accepted).toBeGreaterThan(75)
    await settled()
    expect(board.work.counts.refused).toBe(0)
  })
})
