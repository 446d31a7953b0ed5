import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../src-main/base/index.ts'
import { findBoardModel, defaultSettings } from '../../../src-main/drivers/index.ts'
import { DeviceBench } from '../../support/device-bench.ts'
import { within } from '../../support/settled-time.ts'

const REAL_BITAXE = { vendorId: 0xc0de, productId: 0xcafe, manufacturer: 'OSMU', product: 'Bitaxe' }

function busy(pid: number): HeadframeError {
  return new HeadframeError('port/busy', 'It is in use by ModemManager (process 77).', {
    context: { holderPid: pid },
  })
}

const benches: DeviceBench[] = []
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop()
})

function benchOf(...[kind, usb]: Parameters<typeof DeviceBench.of>): DeviceBench {
  const bench = DeviceBench.of(kind, usb)
  benches.push(bench)
  return bench
}

async function hashing(): Promise<DeviceBench> {
  const bench = benchOf('bitaxe-gamma')
  await bench.lookAfter('practice-bitaxe-gamma')
  await within(bench.clock, bench.chains.attach(bench.order('practice-bitaxe-gamma')))
  await bench.until('hashing')
  return bench
}

describe('a device that is to mine', () => {
  it('hashes, tells how it does, and leaves everything off and free when it is let go', async () => {
    const bench = await hashing()
    expect(bench.status).toMatchObject({
      id: bench.key,
      problem: null,
      versionRolling: true,
      chain: { state: 'hashing', chipCount: 1 },
    })
    expect(bench.status!.jobIntervalMs).toBeGreaterThan(0)
    await within(bench.clock, bench.chains.detach(bench.key, 'You stopped it.'))
    expect(bench.status).toBeUndefined()
    expect(bench.works[0]?.leftBecause).toBe('You stopped it.')
    expect(bench.board.view).toMatchObject({
      hashing: false,
      power: { regulatorOn: false, resetHigh: false },
    })
    // Its port is free again.
    await within(bench.clock, bench.chains.attach(bench.order('practice-bitaxe-gamma')))
    await bench.until('hashing')
  })

  it('that is here already is let go first, and started anew', async () => {
    const bench = await hashing()
    const again = bench.order('practice-bitaxe-gamma', { frequencyMhz: 450 })
    await within(bench.clock, bench.chains.attach(again))
    expect(bench.works.map(({ leftBecause }) => leftBecause)).toEqual(['It is set up anew.', null])
    await bench.until('hashing')
    expect(bench.chains.status()).toHaveLength(1)
    expect(bench.status!.chain.frequency.actualMhz).toBe(450)
  })

  it('is not started when its settings are outside its table, and its port stays free', async () => {
    const bench = benchOf('bitaxe-gamma')
    await bench.lookAfter('practice-bitaxe-gamma')
    const wild = bench.order('practice-bitaxe-gamma', { frequencyMhz: 900 })
    await expect(within(bench.clock, bench.chains.attach(wild))).rejects.toMatchObject({
      code: 'board/out-of-range',
    })
    expect(bench.works.map(({ leftBecause }) => leftBecause)).toEqual(['It could not be started.'])
    expect(bench.board.ports.at(-1)?.isOpen).toBe(false)
    expect(bench.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
  })

  it('runs on as it did when it is asked for a clock or a voltage beyond its table', async () => {
    const bench = await hashing()
    const before = bench.board.powerHistory.length
    const { frequencyMhz: min } = bench.order('practice-bitaxe-gamma').settings
    for (const settings of [
      { frequencyMhz: 900, coreVoltageMv: 1150 },
      { frequencyMhz: min, coreVoltageMv: 1500 },
      { frequencyMhz: NaN, coreVoltageMv: 1150 },
    ]) {
      expect(() => bench.chains.retune(bench.key, settings)).toThrow(
        expect.objectContaining({ code: 'board/out-of-range' }),
      )
    }
    await bench.pass(2_000)
    const told = bench.board.powerHistory.slice(before).filter(({ what }) => what === 'core-mv')
    expect(told).toEqual([])
    expect(bench.board.view.clockMhz).toBe(min)
    expect(bench.state).toBe('hashing')
  })

  it('is off within moments when it is stopped in the middle of its start', async () => {
    const bench = benchOf('bitaxe-gamma')
    await bench.lookAfter('practice-bitaxe-gamma')
    await within(bench.clock, bench.chains.attach(bench.order('practice-bitaxe-gamma')))
    await bench.until('ramping')
    const beganMs = bench.clock.monotonicMs()
    await within(bench.clock, bench.chains.stop())
    expect(bench.clock.monotonicMs() - beganMs).toBeLessThan(3_000)
    expect(bench.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
    expect(bench.chains.status()).toEqual([])
  })

  it('is told to retune, restart or resume without harm when it is not here', async () => {
    const bench = benchOf('bitaxe-gamma')
    bench.chains.retune('nobody', { frequencyMhz: 1, coreVoltageMv: null })
    bench.chains.resume('nobody')
    await bench.chains.restart('nobody')
    await bench.chains.detach('nobody', 'It was never here.')
    expect(bench.chains.status()).toEqual([])
  })
})

describe('a data port that another program holds', () => {
  it('is waited for while it is tried for a modem, and who waits is told why', async () => {
    const bench = benchOf('bitaxe-gamma')
    await bench.lookAfter('practice-bitaxe-gamma')
    bench.refuse = { error: busy(77), untilMs: bench.clock.monotonicMs() + 9_500 }
    await within(bench.clock, bench.chains.attach(bench.order('practice-bitaxe-gamma')))
    expect(bench.waits).toHaveLength(10)
    expect(new Set(bench.waits)).toEqual(new Set(['It is in use by ModemManager (process 77).']))
    await bench.until('hashing')
  })

  it('is given up after a while, and the error names who holds it', async () => {
    const bench = benchOf('bitaxe-gamma')
    await bench.lookAfter('practice-bitaxe-gamma')
    bench.refuse = { error: busy(77), untilMs: Infinity }
    await expect(
      within(bench.clock, bench.chains.attach(bench.order('practice-bitaxe-gamma'))),
    ).rejects.toMatchObject({ code: 'port/busy', message: 'It is in use by ModemManager (process 77).' })
    expect(bench.works).toEqual([])
  })

  it('is not waited for any longer once the device is not wanted, and not opened afterwards', async () => {
    const bench = benchOf('bitaxe-gamma')
    await bench.lookAfter('practice-bitaxe-gamma')
    bench.refuse = { error: busy(77), untilMs: Infinity }
    const attached = bench.chains
      .attach(bench.order('practice-bitaxe-gamma'))
      .catch((error: unknown) => error)
    await bench.pass(2_500)
    const beganMs = bench.clock.monotonicMs()
    await within(bench.clock, bench.chains.stop())
    expect(bench.clock.monotonicMs() - beganMs).toBeLessThan(1_100)
    expect(await attached).toMatchObject({ code: 'port/busy' })
    const { opened } = bench
    bench.refuse = null
    await bench.pass(5_000)
    expect(bench.opened).toBe(opened)
    expect(bench.chains.status()).toEqual([])
  })
})

describe('a board of which only the family is known', () => {
  it.each([
    ['bitaxe-gamma', 0x1370, 'bitaxe-gamma'],
    ['bitaxe-supra', 0x1368, 'bitaxe-supra'],
    ['bitaxe-ultra', 0x1366, 'bitaxe-ultra'],
  ] as const)('is asked what its chips are: %s', async (kind, model, boardId) => {
    const bench = benchOf(kind, REAL_BITAXE)
    await bench.lookAfter('bitaxe')
    const dataPort = bench.board.device.ports.at(-1)!
    const found = await within(
      bench.clock,
      bench.chains.identify({ id: bench.key, dataPort, coreVoltageMv: null }),
    )
    expect(found).toEqual({ model, count: 1 })
    // Nothing stays on only because it was asked.
    expect(bench.board.view.power!.resetHigh).toBe(false)
    expect(bench.board.ports.at(-1)?.isOpen).toBe(false)
    expect(
      await within(bench.clock, bench.safety.settle(bench.key, found as { model: number; count: number })),
    ).toEqual({
      kind: 'ready',
      boardId,
    })
  })

  it('whose chips are silent is switched off again, and nobody guesses', async () => {
    const bench = benchOf('bitaxe-gamma', REAL_BITAXE)
    await bench.lookAfter('bitaxe')
    bench.board.inject({ kind: 'mute' })
    const dataPort = bench.board.device.ports.at(-1)!
    expect(
      await within(bench.clock, bench.chains.identify({ id: bench.key, dataPort, coreVoltageMv: null })),
    ).toEqual({ model: null, count: 0 })
    expect(bench.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
  })

  it('that gets no power is not asked, and its port is closed', async () => {
    const bench = benchOf('bitaxe-gamma', REAL_BITAXE)
    await bench.lookAfter('bitaxe')
    const dataPort = bench.board.device.ports.at(-1)!
    await expect(
      within(bench.clock, bench.chains.identify({ id: bench.key, dataPort, coreVoltageMv: 5000 })),
    ).rejects.toMatchObject({ code: 'safety/out-of-range' })
    expect(bench.board.ports.at(-1)?.isOpen).toBe(false)
    expect(bench.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
  })
})

describe('a board that goes on hashing after the program was killed', () => {
  const usual = defaultSettings(findBoardModel('practice-bitaxe-gamma')!)

  it.each([
    ['was to mine', { ...usual, enabled: true }],
    ['was switched off in its settings', { ...usual, enabled: false }],
    ['nobody chose anything for', null],
  ])(
    'is switched off before anything else at the next start, and that is said, if it %s',
    async (_, settings) => {
      const dead = await hashing()
      const next = dead.killed()
      benches.splice(0, 1, next)
      expect(next.board.view).toMatchObject({ hashing: true, power: { regulatorOn: true, resetHigh: true } })
      await next.lookAfter('practice-bitaxe-gamma', settings)
      expect(next.board.view).toMatchObject({
        hashing: false,
        power: { regulatorOn: false, resetHigh: false },
      })
      expect(next.notices).toEqual([expect.stringMatching(/found running.*It has been switched off\.$/)])
      // And from there it starts as any other.
      await within(next.clock, next.chains.attach(next.order('practice-bitaxe-gamma')))
      await next.until('hashing')
    },
  )
})
