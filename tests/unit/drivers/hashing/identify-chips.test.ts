import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { identifyChips } from '../../../../src-main/drivers/hashing/identify-chips.ts'
import { type Fault, Faults } from '../../../../src-main/drivers/simulated/faults.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import { VirtualChain } from '../../../../src-main/drivers/simulated/virtual-chain.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { within } from '../../../support/settled-time.ts'

const profile = chipProfile('BM1370')

function bench(chip: 'BM1366' | 'BM1368' | 'BM1370', chipCount = 1, powered = true) {
  const clock = new ManualClock()
  const faults = new Faults()
  const chain = new VirtualChain({
    ...{ chip, chipCount, clock, faults, powered },
    finder: plainFinder,
    fixedZeroBits: 10,
  })
  const { host, board } = memoryLinkPair({ hostBaudRate: 115_200 })
  return {
    ...{ clock, faults, chain, host, board },
    attach: () => chain.attach(board),
    ask: () => within(clock, identifyChips({ link: host, profile, clock })),
  }
}

describe('chips on a board that is not known', () => {
  it.each([
    ['BM1366', 0x1366, 1],
    ['BM1368', 0x1368, 1],
    ['BM1370', 0x1370, 1],
    ['BM1368', 0x1368, 6],
  ] as const)('say that they are %s', async (chip, model, count) => {
    const it = bench(chip, count)
    it.attach()
    expect(await it.ask()).toEqual({ model, count })
  })

  it('are asked again when they were too cold to answer at first', async () => {
    const it = bench('BM1370', 1, false)
    it.attach()
    it.clock.after(1_500, () => it.chain.setPower(true))
    expect(await it.ask()).toEqual({ model: 0x1370, count: 1 })
  })

  it('are none if nobody answers, and that is known after some seconds', async () => {
    const it = bench('BM1370', 1, false)
    it.attach()
    expect(await it.ask()).toEqual({ model: null, count: 0 })
    expect(it.clock.monotonicMs()).toBeLessThan(15_000)
  })

  it.each<[string, Fault]>([
    ['noise comes first', { kind: 'start-garbage' }],
    ['every second answer is spoiled', { kind: 'wrong-crc', everyNth: 2 }],
    ['of every second answer a byte is lost', { kind: 'lost-bytes', everyNth: 2 }],
  ])('are understood though %s', async (_, fault) => {
    const it = bench('BM1368')
    it.faults.inject(fault)
    it.attach()
    expect(await it.ask()).toEqual({ model: 0x1368, count: 1 })
  })

  it('that name different models are taken for none', async () => {
    const it = bench('BM1370')
    // Two boards' chips on one line: never seen, and no reason to choose either.
    const frames = [
      [0x13, 0x68, 0, 0, 0, 0],
      [0x13, 0x70, 0, 0, 0, 0],
    ].map((body) => frameOf(body))
    it.board.onBytes(() => {
      for (const frame of frames) void it.board.write(frame)
    })
    expect(await it.ask()).toEqual({ model: null, count: 0 })
  })

  it('cannot be asked on a line that ends meanwhile, and whoever asked is told', async () => {
    const it = bench('BM1370', 1, false)
    it.attach()
    it.clock.after(700, () => it.host.unplug())
    await expect(it.ask()).rejects.toMatchObject({ code: 'port/closed' })
  })
})

/** A register reply with the check sum that makes its residue nothing (asic-serial 2.3). */
function frameOf(body: readonly number[]): Uint8Array {
  for (let sum = 0; sum < 32; sum++) {
    if (residue([...body, sum]) === 0) return Uint8Array.from([0xaa, 0x55, ...body, sum])
  }
  throw new Error('no sum fits')
}

function residue(bytes: readonly number[]): number {
  let crc = 0x1f
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = ((crc >> 4) ^ (byte >> bit)) & 1
      crc = ((crc << 1) & 0x1f) ^ (top === 1 ? 0x05 : 0)
    }
  }
  return crc
}
