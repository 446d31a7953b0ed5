/** Profiles and the runner against virtual chips, which read every byte for themselves. */
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../../src-main/base/index.ts'
import { bm1384 } from '../../../../../src-main/drivers/chips/gekko/bm1384.ts'
import { bm1397Stick } from '../../../../../src-main/drivers/chips/gekko/bm1397-stick.ts'
import {
  applyDetection,
  beginDetection,
  type DetectionInput,
} from '../../../../../src-main/drivers/chips/icarus/detection.ts'
import { antminerU } from '../../../../../src-main/drivers/chips/icarus/antminer-u.ts'
import { icarus } from '../../../../../src-main/drivers/chips/icarus/icarus.ts'
import { type MemoryLink, memoryLinkPair } from '../../../../../src-main/drivers/index.ts'
import {
  type ChainSettings,
  type ChipProfile,
  type ChipWork,
  type NonceReply,
} from '../../../../../src-main/drivers/model/chip.ts'
import { type Sequence } from '../../../../../src-main/drivers/model/sequence.ts'
import { ReplyReader } from '../../../../../src-main/drivers/sequence/reply-reader.ts'
import { runSequence, type SequenceOutcome } from '../../../../../src-main/drivers/sequence/run-sequence.ts'
import { plainFinder } from '../../../../../src-main/drivers/simulated/nonce-finder.ts'
import { VirtualBm1384 } from '../../../../../src-main/drivers/simulated/virtual-bm1384.ts'
import { VirtualChain } from '../../../../../src-main/drivers/simulated/virtual-chain.ts'
import { VirtualIcarus } from '../../../../../src-main/drivers/simulated/virtual-icarus.ts'
import { encodeHeader, hashHeader } from '../../../../../src-main/mining/index.ts'

const ZERO_BITS = 10
const MASK = 0x1fffe000

const work: ChipWork = {
  version: 0x20000000,
  versionMask: MASK,
  prevHash: new Uint8Array(32).fill(7),
  merkleRoot: new Uint8Array(32).fill(9),
  ntime: 1_700_000_000,
  nBits: 0x1d00ffff,
}

interface Bench {
  readonly clock: ManualClock
  readonly host: MemoryLink
  readonly nonces: readonly NonceReply[]
  run(sequence: Sequence): Promise<SequenceOutcome>
  /** Lets time pass, in pieces small enough for work to flow. */
  pass(ms: number): Promise<void>
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

function benchFor(profile: ChipProfile, attach: (board: MemoryLink, clock: ManualClock) => void): Bench {
  const clock = new ManualClock()
  const { baudRate, stopBits } = profile.line
  const { host, board } = memoryLinkPair({ hostBaudRate: baudRate, stopBits })
  attach(board, clock)
  const replies = new ReplyReader(host, profile.createDecoder(), clock)
  const nonces: NonceReply[] = []
  replies.onReply((reply) => {
    if (reply.kind === 'nonce') nonces.push(reply)
  })
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(Math.min(10, ms - passed))
      await settle()
    }
  }
  return {
    clock,
    host,
    nonces,
    pass,
    async run(sequence) {
      let isDone = false
      const running = runSequence(sequence, { line: host, replies, clock }).finally(() => (isDone = true))
      running.catch(() => undefined)
      for (let turn = 0; turn < 20_000 && !isDone; turn++) await pass(10)
      return running
    },
  }
}

function settingsOf(chipCount: number, ticketDifficulty = 1): ChainSettings {
  return { chipCount, frequencyMhz: 200, ticketDifficulty, versionMask: MASK }
}

function zeroBits(hash: Uint8Array): number {
  let bits = 0
  for (let i = 31; i >= 0; i--) {
    const byte = hash[i] ?? 0
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}

/**
 * Job after job, each for as long as the profile says or a little more. A virtual chip has a range of 2^10 hashes, so that
 * not every job holds a nonce.
 * @returns zero bits of each nonce, under the best of the profile's guesses
 */
async function hash(
  bench: Bench,
  profile: ChipProfile,
  of: ChipWork,
  jobs: number,
  settings: ChainSettings,
): Promise<number[]> {
  const sent = new Map<number, ChipWork>()
  const found: number[] = []
  for (let job = 0; job < jobs; job++) {
    const slot = profile.jobSlots[job % profile.jobSlots.length] ?? 0
    const next = { ...of, ntime: of.ntime + job }
    const before = bench.nonces.length
    sent.set(slot, next)
    await bench.host.write(profile.encodeJob(slot, next, settings))
    await bench.pass(profile.jobIntervalMs(settings.frequencyMhz, settings.chipCount) + 100)
    for (const reply of bench.nonces.slice(before)) {
      const { nonce } = reply
      const tried = profile.guesses(reply, slot).map((guess) => {
        const its = sent.get(guess.slot)
        return its ? zeroBits(hashHeader(encodeHeader({ ...its, version: guess.version(its), nonce }))) : 0
      })
      found.push(Math.max(...tried))
    }
  }
  return found
}

describe('Compac F', () => {
  function stick(chipCount = 1): { bench: Bench; chain: () => VirtualChain } {
    let chain: VirtualChain | undefined
    const bench = benchFor(bm1397Stick, (board, clock) => {
      chain = new VirtualChain({
        chip: 'BM1397',
        chipCount,
        clock,
        finder: plainFinder,
        fixedZeroBits: ZERO_BITS,
      })
      chain.attach(board)
    })
    return {
      bench,
      chain: () => {
        if (chain === undefined) throw new Error('it was attached')
        return chain
      },
    }
  }

  it('is counted, brought up to 1.5 Mbaud and hashes nonces that are some', async () => {
    const { bench, chain } = stick()
    const found = await bench.run(bm1397Stick.discover(1))
    expect(found.chips).toEqual([{ model: 0x1397, address: 0 }])
    await bench.run(bm1397Stick.initialise(settingsOf(1, 4)))
    for (const mhz of bm1397Stick.ramp(bm1397Stick.startMhz, 200)) {
      await bench.run(bm1397Stick.setFrequency(mhz, 1) ?? [])
    }
    expect(chain().view).toMatchObject({ clockMhz: 200, ticketMask: 3, badFrames: 0 })
    expect(chain().view.largestClockStepMhz).toBeLessThanOrEqual(5)
    expect(chain().view.baudRate).toBeCloseTo(1_562_500, 0)
    const zeros = await hash(bench, bm1397Stick, work, 30, settingsOf(1, 4))
    expect(zeros.length).toBeGreaterThan(5)
    expect(Math.min(...zeros)).toBeGreaterThanOrEqual(ZERO_BITS + 2)
    chain().stop()
  })

  it('is found again at the rate of an earlier run, where nobody can reset it', async () => {
    const { bench, chain } = stick()
    await bench.run(bm1397Stick.discover(1))
    await bench.run(bm1397Stick.initialise(settingsOf(1)))
    await bench.host.setBaudRate(115_200)
    const found = await bench.run(bm1397Stick.discover(1))
    expect(found.chips).toHaveLength(1)
    await bench.run(bm1397Stick.initialise(settingsOf(1)))
    const zeros = await hash(bench, bm1397Stick, work, 10, settingsOf(1))
    expect(zeros.length).toBeGreaterThan(0)
    expect(Math.min(...zeros)).toBeGreaterThanOrEqual(ZERO_BITS)
    chain().stop()
  })

  it('counts the six chips of an R909', async () => {
    const { bench, chain } = stick(6)
    expect((await bench.run(bm1397Stick.discover(6))).chips).toHaveLength(6)
    await bench.run(bm1397Stick.initialise(settingsOf(6)))
    expect(chain().view.addresses).toEqual([0, 42, 84, 126, 168, 210])
    chain().stop()
  })
})

describe('2Pac', () => {
  it('is counted, opens its cores, takes its ticket with the work and hashes', async () => {
    let chips: VirtualBm1384 | undefined
    const bench = benchFor(bm1384, (board, clock) => {
      chips = new VirtualBm1384({ chipCount: 2, clock, finder: plainFinder, fixedZeroBits: ZERO_BITS })
      chips.attach(board)
    })
    expect((await bench.run(bm1384.discover(2))).chips.map(({ model }) => model)).toEqual([0x1384, 0x1384])
    await bench.run(bm1384.initialise(settingsOf(2, 4)))
    expect(chips?.view).toMatchObject({ addresses: [0, 128], clockMhz: 100, openCores: 55 })
    await bench.run(bm1384.setFrequency(200, 2) ?? [])
    expect(chips?.view.clockMhz).toBe(200)
    const busy = bench.nonces.filter((reply) => bm1384.isBusyWork(reply))
    expect(busy.length).toBe(bench.nonces.length)
    expect(busy.length).toBeGreaterThan(0)
    const zeros = await hash(bench, bm1384, { ...work, versionMask: 0 }, 40, settingsOf(2, 2))
    expect(zeros.length).toBeGreaterThan(5)
    expect(Math.min(...zeros)).toBeGreaterThanOrEqual(ZERO_BITS + 1)
    chips?.stop()
  })
})

describe('Icarus devices', () => {
  async function detect(family: 'icarus' | 'antminer-u'): Promise<unknown> {
    const clock = new ManualClock()
    const { host, board } = memoryLinkPair({ hostBaudRate: 115_200 })
    const device = new VirtualIcarus({
      family,
      clock,
      finder: plainFinder,
      fixedZeroBits: ZERO_BITS,
      hashrateHs: 336e6,
    })
    device.attach(board)
    let move = beginDetection({ u3: null })
    const inputs: DetectionInput[] = []
    host.onBytes((bytes) => inputs.push({ kind: 'bytes', bytes }))
    for (let turn = 0; turn < 10 && move.state.phase !== 'found'; turn++) {
      for (const step of move.send) if (step.op === 'send') await host.write(step.bytes)
      await settle()
      const input = inputs.shift() ?? { kind: 'timeout' }
      move = applyDetection(move.state, input)
    }
    device.stop()
    return move.state
  }

  it('are told apart by what they answer to the golden work', async () => {
    expect(await detect('icarus')).toEqual({
      phase: 'found',
      family: { kind: 'icarus', replyLength: 4, division: { engines: 1, nonceMask: 0xffffffff } },
    })
    expect(await detect('antminer-u')).toEqual({
      phase: 'found',
      family: { kind: 'antminer', replyLength: 5, u3: false },
    })
  })

  it.each([
    { profile: icarus, family: 'icarus' as const },
    { profile: antminerU, family: 'antminer-u' as const },
  ])('hash nonces that are some: $family', async ({ profile, family }) => {
    let device: VirtualIcarus | undefined
    const bench = benchFor(profile, (board, clock) => {
      device = new VirtualIcarus({ family, clock, finder: plainFinder, fixedZeroBits: 5, hashrateHs: 1.6e9 })
      device.attach(board)
    })
    await bench.run([...profile.discover(1), ...profile.initialise(settingsOf(1))])
    const zeros = await hash(bench, profile, { ...work, versionMask: 0 }, 10, settingsOf(1))
    expect(zeros.length).toBeGreaterThan(0)
    expect(Math.min(...zeros)).toBeGreaterThanOrEqual(5)
    device?.stop()
  })
})
