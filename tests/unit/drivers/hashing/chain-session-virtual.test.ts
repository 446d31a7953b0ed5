import { describe, expect, it } from 'vitest'
import { type Entropy, ManualClock, silentLogger, toHex } from '../../../../src-main/base/index.ts'
import { findBoardModel } from '../../../../src-main/drivers/boards/models.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { ChainSession } from '../../../../src-main/drivers/hashing/chain-session.ts'
import { type BoardModel } from '../../../../src-main/drivers/model/board.ts'
import { type ByteLink } from '../../../../src-main/drivers/model/byte-link.ts'
import { type Faults } from '../../../../src-main/drivers/simulated/faults.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import { VirtualBm1384 } from '../../../../src-main/drivers/simulated/virtual-bm1384.ts'
import { VirtualChain } from '../../../../src-main/drivers/simulated/virtual-chain.ts'
import { VirtualIcarus } from '../../../../src-main/drivers/simulated/virtual-icarus.ts'
import { type MemoryLink, memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { encodeHeader, hashHeader, meetsTarget } from '../../../../src-main/mining/index.ts'
import { deviceJob, KeptWork, targetOfZeroBits } from '../../../support/hashing/device-jobs.ts'
import { KeptPower, settle } from '../../../support/hashing/session-bench.ts'

interface VirtualChips {
  readonly faults: Faults
  attach(link: ByteLink): void
  setPower(powered: boolean): void
  setReset?(released: boolean): void
  stop(): void
}

type MakeChips = (clock: ManualClock, board: BoardModel) => VirtualChips

const bm13xx =
  (chip: 'BM1362' | 'BM1366' | 'BM1368' | 'BM1370' | 'BM1397'): MakeChips =>
  (clock, { chipCount, fixedZeroBits }) =>
    new VirtualChain({
      chip,
      chipCount,
      clock,
      finder: plainFinder,
      fixedZeroBits,
      powered: false,
    })

/** The same luck each time. */
const everySame: Entropy = (length) => new Uint8Array(length).fill(0x5a)

/** Chips that share no code with what drives them: whatever one side has wrong, the other does not understand. */
class VirtualBench {
  readonly clock = new ManualClock()
  readonly chips: VirtualChips
  readonly work: KeptWork
  readonly session: ChainSession
  readonly board: BoardModel
  readonly host: MemoryLink

  constructor(id: string, fixedZeroBits: number, makeChips: MakeChips, shareBits: number, chipCount = 1) {
    const { clock } = this
    const model = findBoardModel(id)!
    this.board = { ...model, fixedZeroBits, chipCount: Math.max(model.chipCount, chipCount) }
    const chips = makeChips(clock, this.board)
    this.chips = chips
    const profile = chipProfile(this.board.chip)
    const { host, board } = memoryLinkPair({ hostBaudRate: profile.line.baudRate })
    this.host = host
    chips.attach(board)
    this.work = new KeptWork(deviceJob({ target: targetOfZeroBits(shareBits) }))
    this.session = new ChainSession({
      board: this.board,
      profile,
      link: host,
      power: new ChipPower(chips),
      work: this.work,
      hash: hashHeader,
      clock,
      entropy: everySame,
      log: silentLogger,
      settings: {
        frequencyMhz: this.board.frequencyMhz.default,
        coreVoltageMv: this.board.coreVoltageMv?.default ?? null,
      },
    })
    this.session.start()
  }

  async pass(seconds: number): Promise<void> {
    // Six BM1397 are done with a job in four milliseconds.
    const stepMs = this.board.chip === 'gekko-bm1397' ? 2 : 10
    for (let passedMs = 0; passedMs < 1000 * seconds; passedMs += stepMs) {
      this.clock.advance(stepMs)
      await settle()
    }
  }

  async hash(): Promise<void> {
    for (let i = 0; this.session.state.name !== 'hashing'; i++) {
      if (i > 60) throw new Error(this.session.view().doing)
      await this.pass(1)
    }
  }

  async end(): Promise<void> {
    const ended = this.session.dispose('The test is over.')
    await this.pass(1)
    await ended
    this.chips.stop()
  }

  /** Shares whose header, rebuilt the plain way, does not meet their target. */
  wrongShares(): number {
    const job = this.work.job!
    const wrong = this.work.shares.filter((share) => {
      const merkleRoot = job.merkleRoot(share.extranonce2)
      return !meetsTarget(hashHeader(encodeHeader({ ...job, ...share, merkleRoot })), job.target)
    })
    return wrong.length
  }
}

class ChipPower extends KeptPower {
  readonly #chips: VirtualChips

  constructor(chips: VirtualChips) {
    super()
    this.#chips = chips
  }

  override async powerUp(coreVoltageMv: number | null): Promise<void> {
    await super.powerUp(coreVoltageMv)
    this.#chips.setPower(true)
  }

  override async resetChips(): Promise<void> {
    await super.resetChips()
    this.#chips.setReset?.(false)
    this.#chips.setReset?.(true)
  }

  override async release(): Promise<void> {
    await super.release()
    this.#chips.setPower(false)
  }
}

/** With fixed zero bits that leave each some thousand hashes a second, and how many more make a share. */
const BOARDS: readonly (readonly [string, number, number, MakeChips])[] = [
  ['bitaxe-gamma', 3, 10, bm13xx('BM1370')],
  ['bitaxe-supra', 4, 10, bm13xx('BM1368')],
  ['bitaxe-ultra', 4, 10, bm13xx('BM1366')],
  ['bitaxe-max', 5, 10, bm13xx('BM1397')],
  ['gekko-compac-f', 6, 10, bm13xx('BM1397')],
  ['gekko-r909', 4, 10, bm13xx('BM1397')],
  [
    'gekko-2pac',
    10,
    2,
    (clock, { chipCount, fixedZeroBits }) =>
      new VirtualBm1384({ chipCount, clock, finder: plainFinder, fixedZeroBits }),
  ],
  [
    'block-erupter',
    8,
    0,
    (clock, { fixedZeroBits }) =>
      new VirtualIcarus({ family: 'icarus', clock, finder: plainFinder, fixedZeroBits, hashrateHs: 336e6 }),
  ],
  [
    'antminer-u1-u2',
    8,
    2,
    (clock, { fixedZeroBits }) =>
      new VirtualIcarus({
        family: 'antminer-u',
        clock,
        finder: plainFinder,
        fixedZeroBits,
        hashrateHs: 1.6e9,
      }),
  ],
]

/** Where forty seconds are too few nonces, or more hashes than a test should take. */
const SECONDS: Readonly<Record<string, number>> = { 'block-erupter': 300, 'gekko-r909': 15 }

describe('a session drives virtual chips', () => {
  it.each(BOARDS)(
    'of %s at the rate that their clock promises, with good shares only',
    async (id, fixedZeroBits, shareBits, makeChips) => {
      const bench = new VirtualBench(id, fixedZeroBits, makeChips, fixedZeroBits + shareBits)
      await bench.hash()
      await bench.pass(SECONDS[id] ?? 40)
      const view = bench.session.view()
      expect(view.state).toBe('hashing')
      expect(view.counts).toMatchObject({ hardwareErrors: 0, duplicates: 0, outsideMask: 0, belowTicket: 0 })
      expect(view.rate.isSettling).toBe(false)
      const ratio = view.rate.hashrateHs / view.expectedHs
      expect(Math.abs(ratio - 1)).toBeLessThan(4 * view.rate.sigmaRatio!)
      expect(view.health).toEqual({ verdict: 'good', reasons: [] })
      expect(bench.work.shares.length).toBeGreaterThan(0)
      expect(bench.wrongShares()).toBe(0)
      await bench.end()
    },
  )

  it('through lost bytes, wrong check sums, repeats and old ids, with good shares only', async () => {
    const bench = new VirtualBench('bitaxe-gamma', 2, bm13xx('BM1370'), 8)
    await bench.hash()
    bench.chips.faults.inject({ kind: 'lost-bytes', everyNth: 5 })
    bench.chips.faults.inject({ kind: 'wrong-crc', everyNth: 7 })
    bench.chips.faults.inject({ kind: 'repeated-nonce', everyNth: 6 })
    bench.chips.faults.inject({ kind: 'old-job-id', everyNth: 11 })
    await bench.pass(120)
    const { counts, line } = bench.session.view()
    expect(counts.duplicates).toBeGreaterThan(5)
    expect(line.badFrames).toBeGreaterThan(5)
    expect(counts.nonces).toBeGreaterThan(20)
    expect(bench.wrongShares()).toBe(0)
    const headers = bench.work.shares.map(
      (share) => `${toHex(share.extranonce2)} ${share.nonce} ${share.version}`,
    )
    expect(new Set(headers).size).toBe(headers.length)
    await bench.end()
  })

  it('and starts them anew when they hang, once power was off', async () => {
    const bench = new VirtualBench('bitaxe-gamma', 2, bm13xx('BM1370'), 8)
    await bench.hash()
    await bench.pass(10)
    bench.chips.faults.inject({ kind: 'mute' })
    await bench.pass(40)
    expect(bench.session.view().recovery.reasons.at(-1)?.message).toContain('silent')
    bench.chips.faults.clear()
    await bench.hash()
    const before = bench.session.view().counts.nonces
    await bench.pass(20)
    expect(bench.session.view().counts.nonces).toBeGreaterThan(before)
    await bench.end()
  })

  it('and notices a chip of a chain that finds nothing', async () => {
    const bench = new VirtualBench('bitaxe-ultra', 4, bm13xx('BM1366'), 8, 3)
    bench.chips.faults.inject({ kind: 'silent-chip', chip: 1 })
    await bench.hash()
    await bench.pass(30)
    const { chips, health } = bench.session.view()
    expect(chips.map(({ chip, nonces }) => [chip, nonces > 0])).toEqual([
      [0, true],
      [1, false],
      [2, true],
    ])
    expect(health.verdict).toBe('poor')
    expect(health.reasons.join(' ')).toContain('Chip 2 of 3 found nothing')
    await bench.end()
  })
})
