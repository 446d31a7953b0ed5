import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fromHex, ManualClock, toHex } from '../../../../src-main/base/index.ts'
import { Faults } from '../../../../src-main/drivers/simulated/faults.ts'
import { type NonceFinder, plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import {
  VirtualChain,
  type VirtualChainOptions,
} from '../../../../src-main/drivers/simulated/virtual-chain.ts'
import { commandSum, jobSum } from '../../../../src-main/drivers/simulated/wire-sums.ts'
import { openVirtualLine, type VirtualLine } from '../../../support/virtual-line.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

/** ESP-Miner's frames for one BM1370, from the fixtures: up to the ramp. */
const GAMMA_SETUP = [
  '55aa510900a49000ffff1c',
  '55aa520500000a',
  '55aa510900a80007000003',
  '55aa51090018f000c10004',
  '55aa5305000003',
  '55aa400500001c',
  '55aa5109003c80008b0012',
  '55aa5109003c8000800c11',
  '55aa51090014000000ff08',
  '55aa51090058000111110d',
  '55aa410900a8000701f015',
  '55aa41090018f000c1000c',
  '55aa4109003c80008b001a',
  '55aa4109003c8000800c19',
  '55aa4109003c800082aa05',
]
const GAMMA_CLOCK_525 = write(0x08, 0x40a80230)
const GAMMA_SWEEP = '55aa51090010000c2fb718'
/** Of a share that a pool accepted: job 68, version 20000000. */
const GAMMA_JOB =
  '55aa2156680100000000043a0217d76854685519a7cb044f88726355919e61a98bcf71a0c28795ea54db8c36414b06ddf5f00000000000000000965201001d3996bca3f4670dfcd4f201c162b96dfd55646b00000020721c'

function write(register: number, value: number, address?: number): string {
  const body = Buffer.alloc(8)
  body.set([address === undefined ? 0x51 : 0x41, 9, address ?? 0, register])
  body.writeUInt32BE(value >>> 0, 4)
  return `55aa${body.toString('hex')}${commandSum(body).toString(16).padStart(2, '0')}`
}

function command(type: number, address: number, register = 0): string {
  const body = Uint8Array.of(type, 5, address, register)
  return `55aa${toHex(body)}${commandSum(body).toString(16).padStart(2, '0')}`
}

function gammaJob(id: number): string {
  const frame = fromHex(GAMMA_JOB)
  frame[4] = id
  const sum = jobSum(frame.subarray(2, 86))
  frame.set([sum >> 8, sum & 0xff], 86)
  return toHex(frame)
}

const clockWith = (): ManualClock => new ManualClock()

function chainWith(clock: ManualClock, options: Partial<VirtualChainOptions> = {}): VirtualChain {
  return new VirtualChain({
    chip: 'BM1370',
    chipCount: 1,
    clock,
    finder: plainFinder,
    fixedZeroBits: 2,
    ...options,
  })
}

interface Nonce {
  readonly nonceBytes: string
  readonly excess: number
  readonly id: number
  readonly field: number
}

function noncesOf(received: string): Nonce[] {
  return (received.match(/.{22}/g) ?? []).map((frame) => {
    const bytes = fromHex(frame)
    expect(frame.slice(0, 4)).toBe('aa55')
    expect(commandSum(bytes.subarray(2))).toBe(0)
    expect(bytes[10]! >> 5).toBe(4)
    return {
      nonceBytes: toHex(bytes.subarray(2, 6)),
      excess: bytes[6]!,
      id: bytes[7]!,
      field: (bytes[8]! << 8) | bytes[9]!,
    }
  })
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** Leading zero bits of a header's hash. */
function zeroBits(header: Uint8Array): number {
  const bits = [...sha256(sha256(header)).reverse()].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.indexOf('1')
}

function gammaHeader(nonce: Nonce): Uint8Array {
  const header = Buffer.from(
    '00000020fd55646bc162b96dfcd4f201a3f4670d1d3996bc96520100000000000000000006ddf5f08c36414b95ea54db71a0c28761a98bcf6355919e044f88725519a7cbd7685468043a021700000000',
    'hex',
  )
  header.writeUInt32LE((0x20000000 | (nonce.field << 13)) >>> 0, 0)
  header.write(nonce.nonceBytes, 76, 'hex')
  return header
}

async function mining(
  options: Partial<VirtualChainOptions> = {},
): Promise<{ clock: ManualClock; chain: VirtualChain; line: VirtualLine }> {
  const clock = clockWith()
  const chain = chainWith(clock, options)
  const line = openVirtualLine((board) => chain.attach(board))
  await line.send(...GAMMA_SETUP, GAMMA_CLOCK_525, GAMMA_SWEEP)
  line.received()
  return { clock, chain, line }
}

async function pass(clock: ManualClock, line: VirtualLine, ms: number): Promise<Nonce[]> {
  clock.advance(ms)
  await line.settle()
  return noncesOf(line.received())
}

describe('virtual chain of chips that roll versions', () => {
  it('answers to its identity as a chip does, in nine bytes before version rolling and in eleven after', async () => {
    const chain = chainWith(clockWith())
    const line = openVirtualLine((board) => chain.attach(board))
    await line.send(command(0x52, 0))
    const short = line.received()
    expect(short).toMatch(/^aa55137000000000..$/)
    expect(commandSum(fromHex(short).subarray(2))).toBe(0)
    await line.send(GAMMA_SETUP[0]!, command(0x52, 0))
    expect(line.received()).toBe('aa55137000000000000010')
  })

  it('reports nonces that truly hash, under the job, version and core that the reply names', async () => {
    const { clock, chain, line } = await mining()
    await line.send(GAMMA_JOB)
    const nonces = await pass(clock, line, 5_000)
    // 1.07 TH/s x 2^-30 for 5 s at a ticket of 256 x 2^-30: about 4.9 nonces.
    expect(nonces.length).toBeGreaterThan(0)
    for (const nonce of nonces) {
      const zeros = zeroBits(gammaHeader(nonce))
      expect(zeros).toBeGreaterThanOrEqual(10)
      expect(nonce.excess).toBe(2 * (zeros - 10))
      expect(nonce.id >> 4).toBe(0x68 >> 3)
      expect(nonce.id & 0xf).toBe(nonce.field & 0xf)
    }
    expect(chain.view.hashes).toBeGreaterThan(4_900)
    expect(chain.view.hashes).toBeLessThan(5_050)
  })

  it('hashes at a rate that follows its clock, and rests at a hash counting number of zero', async () => {
    const { clock, chain, line } = await mining()
    await line.send(GAMMA_JOB)
    expect(chain.view.hashrateHs).toBeCloseTo((525e6 * 2040) / 2 ** 30)
    await line.send(write(0x08, 0x40a00240))
    expect(chain.view.clockMhz).toBe(400)
    expect(chain.view.largestClockStepMhz).toBe(125)
    expect(chain.view.hashrateHs).toBeCloseTo((400e6 * 2040) / 2 ** 30)
    await line.send(write(0x10, 0))
    expect(chain.view.hashing).toBe(false)
    expect(await pass(clock, line, 5_000)).toEqual([])
  })

  it('stays idle until clock, sweep, cores and nonce reports are set up', async () => {
    const needed = [GAMMA_CLOCK_525, GAMMA_SWEEP, '55aa4109003c800082aa05']
    for (const missing of needed) {
      const chain = chainWith(clockWith())
      const line = openVirtualLine((board) => chain.attach(board))
      const frames = [...GAMMA_SETUP, GAMMA_CLOCK_525, GAMMA_SWEEP].filter((frame) => frame !== missing)
      await line.send(...frames, GAMMA_JOB)
      expect(chain.view.jobs).toBe(1)
      expect(chain.view.hashing).toBe(false)
      await line.send(missing)
      expect(chain.view.hashing).toBe(true)
      chain.stop()
    }
  })

  it('takes a job only with its CRC16, and finds the next frame behind a broken one', async () => {
    const { chain, line } = await mining()
    const broken = fromHex(GAMMA_JOB)
    broken[40]! ^= 0x04
    await line.send(broken)
    expect(chain.view).toMatchObject({ jobs: 0, badFrames: 1, hashing: false })
    const lossy = fromHex(GAMMA_JOB).subarray(0, 80)
    await line.send(lossy, GAMMA_JOB)
    await line.send(GAMMA_JOB)
    expect(chain.view.jobs).toBeGreaterThan(0)
    expect(chain.view.hashing).toBe(true)
  })

  it('ignores commands whose check sum is wrong', async () => {
    const { chain, line } = await mining()
    await line.send('55aa520500000b')
    expect(line.received()).toBe('')
    expect(chain.view.badFrames).toBe(1)
  })

  it('reports less the stricter the ticket, and bit by bit where the mask was not reversed', async () => {
    const { clock, chain, line } = await mining({ fixedZeroBits: 0 })
    // Bits 0 to 7 and 15: what 512 becomes if its bits are not reversed within bytes.
    await line.send(write(0x14, 0x000001ff), GAMMA_JOB)
    expect(chain.view.ticketMask).toBe(0x80ff)
    const nonces = await pass(clock, line, 20_000)
    expect(nonces.length).toBeGreaterThan(2)
    for (const nonce of nonces) expect(zeroBits(gammaHeader(nonce))).toBeGreaterThanOrEqual(8)
    expect(nonces.some((nonce) => zeroBits(gammaHeader(nonce)) < 16)).toBe(true)
    await line.send(write(0x14, 0x00000000))
    expect((await pass(clock, line, 1_000)).length).toBeGreaterThan(200)
  })

  it('rolls only the version bits that it was allowed', async () => {
    const { clock, line } = await mining({ fixedZeroBits: 4 })
    await line.send(write(0xa4, 0x90000ff0), write(0x14, 0), GAMMA_JOB)
    const nonces = await pass(clock, line, 2_000)
    expect(nonces.length).toBeGreaterThan(100)
    expect(nonces.every((nonce) => (nonce.field & ~0x0ff0) === 0)).toBe(true)
    expect(new Set(nonces.map((nonce) => nonce.field)).size).toBeGreaterThan(10)
    for (const nonce of nonces) expect(zeroBits(gammaHeader(nonce))).toBeGreaterThanOrEqual(4)
  })

  it('goes on with its job when its versions become fewer in the midst of it', async () => {
    const counts: number[] = []
    const finder: NonceFinder = {
      find: (header, first, count, bits) => {
        counts.push(count)
        return plainFinder.find(header, first, count, bits)
      },
    }
    const { clock, line, chain } = await mining({ fixedZeroBits: 6, finder })
    await line.send(write(0x14, 0), GAMMA_JOB)
    for (const mask of [0x9000ffff, 0x9000000f, 0x90000000, 0x900003ff, 0x90000001]) {
      for (const ms of [250, 330]) {
        await pass(clock, line, ms)
        await line.send(write(0xa4, mask))
        const { hashes } = chain.view
        const nonces = await pass(clock, line, 500)
        expect(chain.view.hashes).toBeGreaterThan(hashes)
        for (const nonce of nonces) expect(zeroBits(gammaHeader(nonce))).toBeGreaterThanOrEqual(6)
      }
    }
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })

  it('begins again when an epoch is over, and reports the same nonces again', async () => {
    const { clock, line } = await mining({ fixedZeroBits: 0 })
    // A sweep of 12500 ticks, 4096 batches: 2.048 s an epoch.
    await line.send(write(0x14, 0), write(0x10, 12_500), GAMMA_JOB)
    const first = await pass(clock, line, 2_000)
    const second = await pass(clock, line, 2_100)
    const seen = new Set(first.map((nonce) => `${nonce.nonceBytes} ${nonce.field}`))
    expect(seen.size).toBe(first.length)
    expect(second.some((nonce) => seen.has(`${nonce.nonceBytes} ${nonce.field}`))).toBe(true)
  })

  it('works on the newest job, and names it', async () => {
    const { clock, line } = await mining({ fixedZeroBits: 6 })
    await line.send(write(0x14, 0x000000f0), gammaJob(0x18))
    expect((await pass(clock, line, 2_000)).every((nonce) => nonce.id >> 4 === 3)).toBe(true)
    await line.send(gammaJob(0x30))
    const later = await pass(clock, line, 2_000)
    expect(later.length).toBeGreaterThan(0)
    expect(later.every((nonce) => nonce.id >> 4 === 6)).toBe(true)
  })

  it('hears nobody while it is in reset or without power, and has forgotten everything after', async () => {
    const { clock, chain, line } = await mining()
    await line.send(GAMMA_JOB)
    chain.setReset(false)
    expect(chain.view.hashing).toBe(false)
    await line.send('55aa520500000a', GAMMA_JOB)
    expect(line.received()).toBe('')
    expect(chain.view.jobs).toBe(1)
    chain.setReset(true)
    await line.send('55aa520500000a')
    expect(line.received()).toMatch(/^aa55137000000000..$/)
    expect(chain.view).toMatchObject({ clockMhz: 0, hashing: false, rolledMask: null })
    chain.setPower(false)
    await line.send('55aa520500000a')
    expect(line.received()).toBe('')
    expect(clock.pending).toBe(0)
  })

  it('goes on hashing when its port is closed, and answers whoever opens it next', async () => {
    const { clock, chain, line } = await mining()
    await line.send(GAMMA_JOB)
    await line.host.close()
    await line.settle()
    expect(chain.line.connected).toBe(false)
    clock.advance(5_000)
    expect(chain.view).toMatchObject({ hashing: true })
    expect(chain.view.nonces).toBeGreaterThan(0)
    const again = openVirtualLine((board) => chain.attach(board))
    await again.send('55aa520500000a')
    expect(again.received()).toBe('aa55137000000000000010')
  })

  it('understands only the rate that its register says', async () => {
    const { chain, line } = await mining()
    await line.send('55aa510900281130020003')
    expect(chain.view.baudRate).toBeCloseTo(1_041_667, 0)
    await line.send('55aa520500000a')
    expect(line.received()).not.toContain('1370')
    await line.host.setBaudRate(1_000_000)
    await line.settle()
    line.received()
    await line.send('55aa520500000a')
    expect(line.received()).toBe('aa55137000000000000010')
    chain.setReset(false)
    chain.setReset(true)
    await line.host.setBaudRate(115_200)
    await line.settle()
    await line.send('55aa520500000a')
    expect(line.received()).toMatch(/^aa551370/)
  })

  it('counts hashes in registers as difficulty 1 of its own', async () => {
    const { clock, line } = await mining({ fixedZeroBits: 2 })
    await line.send(GAMMA_JOB)
    clock.advance(10_000)
    await line.settle()
    line.received()
    await line.send(command(0x52, 0, 0x8c))
    // 997 H/s for 10 s in units of 2^2.
    const value = Number.parseInt(line.received().slice(4, 12), 16)
    expect(value).toBeGreaterThan(2_450)
    expect(value).toBeLessThan(2_500)
  })
})

describe('virtual chain of several chips', () => {
  const chips = 4

  async function addressed(
    options: Partial<VirtualChainOptions> = {},
  ): Promise<{ clock: ManualClock; chain: VirtualChain; line: VirtualLine }> {
    const clock = clockWith()
    const chain = chainWith(clock, { chip: 'BM1366', chipCount: chips, fixedZeroBits: 4, ...options })
    const line = openVirtualLine((board) => chain.attach(board))
    await line.send(GAMMA_SETUP[0]!, command(0x53, 0))
    for (let i = 0; i < chips; i++) await line.send(command(0x40, 64 * i))
    return { clock, chain, line }
  }

  it('gives each address to the first chip that has none', async () => {
    const { chain, line } = await addressed()
    expect(chain.view.addresses).toEqual([0, 64, 128, 192])
    await line.send(command(0x42, 128))
    expect(line.received()).toMatch(/^aa55136600808000/)
    await line.send(command(0x52, 0))
    expect(line.received().match(/aa551366/g)).toHaveLength(4)
  })

  it('lets only the chip that was meant take a write', async () => {
    const { chain, line } = await addressed()
    await line.send(write(0x58, 0x0001f111, 192), write(0x54, 3))
    expect([0, 1, 2, 3].map((i) => chain.register(i, 0x58))).toEqual([0, 0, 0, 0x0001f111])
    expect([0, 1, 2, 3].map((i) => chain.register(i, 0x54))).toEqual([3, 3, 3, 3])
  })

  it('is heard only up to a dead chip', async () => {
    const faults = new Faults()
    faults.inject({ kind: 'dead-chip', chip: 2 })
    const { line } = await addressed({ faults })
    await line.send(command(0x52, 0))
    expect(line.received().match(/aa551366/g)).toHaveLength(2)
  })

  it('lets each chip search nonces of its own, which tell its address and core', async () => {
    const faults = new Faults()
    const { clock, line } = await addressed({ faults })
    await line.send(
      write(0x18, 0xff0fc100),
      write(0x3c, 0x800082aa),
      write(0x14, 0),
      write(0x08, 0x50c20240),
      write(0x10, 0x34ca9),
      GAMMA_JOB,
    )
    line.received()
    const nonces = await pass(clock, line, 500)
    expect(nonces.length).toBeGreaterThan(30)
    const addresses = nonces.map((nonce) => (Number.parseInt(nonce.nonceBytes, 16) >>> 17) & 0xff)
    expect(new Set(addresses.map((address) => Math.floor(address / 64)))).toEqual(new Set([0, 1, 2, 3]))
    for (const nonce of nonces) {
      expect(Number.parseInt(nonce.nonceBytes, 16) >>> 25).toBeLessThan(112)
      expect(nonce.id & 0xf8).toBe(0x68)
      expect(zeroBits(gammaHeader(nonce))).toBeGreaterThanOrEqual(4)
    }
    expect(new Set(nonces.map((nonce) => `${nonce.nonceBytes} ${nonce.field}`)).size).toBe(nonces.length)
    faults.inject({ kind: 'silent-chip', chip: 1 })
    const without = await pass(clock, line, 500)
    expect(without.length).toBeGreaterThan(20)
    expect(without.some((nonce) => ((Number.parseInt(nonce.nonceBytes, 16) >>> 23) & 3) === 1)).toBe(false)
  })
})

describe('virtual BM1397', () => {
  const SETUP = [
    '55aa520500000a',
    '55aa5305000003',
    '55aa400500001c',
    '55aa5109003c8000807410',
    '55aa51090014000000ff08',
    '55aa51090018000061311c',
  ]
  const CLOCK_200 = '55aa5109000840a0022516'
  /** Four slots, only the third filled; its nonce is known (bm1397-midstate2-nonce). */
  const JOB =
    '55aa219618049b044c0a3aae0517a084736450e37161000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000007e027035b1acbaf23ea01a527344faf76ab476d328216118b7760f7b1b22d229000000000000000000000000000000000000000000000000000000000000000076f9'

  it('mines midstates as it is given them, at the rate of its own divider register, and rests when done', async () => {
    const clock = clockWith()
    const searches: { midstate: string; tail: string }[] = []
    const chain = chainWith(clock, {
      chip: 'BM1397',
      fixedZeroBits: 10,
      rateRatio: 52.5 / 67.2,
      finder: {
        find: ({ midstate, tail }) => {
          searches.push({ midstate: [...midstate].join(' '), tail: toHex(tail) })
          return []
        },
      },
    })
    const line = openVirtualLine((board) => chain.attach(board))
    await line.send(...SETUP)
    expect(line.received()).toMatch(/^aa55139718000000../)
    expect(chain.view.baudRate).toBe(1_562_500)
    await line.host.setBaudRate(1_500_000)
    await line.settle()
    await line.send(CLOCK_200, JOB)
    expect(chain.view).toMatchObject({ clockMhz: 200, hashing: true, jobs: 1 })
    expect(chain.view.hashrateHs).toBeCloseTo(25_033, -2)
    clock.advance(1_000)
    // 4 midstates x 2^10 x 168/256.
    expect(chain.view).toMatchObject({ hashing: false })
    expect(chain.view.hashes).toBeGreaterThan(2_600)
    expect(chain.view.hashes).toBeLessThanOrEqual(2_688)
    expect(new Set(searches.map((search) => search.midstate)).size).toBe(2)
    expect(searches[0]!.tail).toBe('50e37161a08473643aae0517')
    chain.stop()
  })
})

describe.skipIf(!hasSharedFixtures)('virtual chain and the transcripts of real bring-ups', () => {
  interface Vector {
    readonly id: string
    readonly input: { readonly chips: number }
    readonly expected: { readonly steps?: readonly (readonly [string, ...unknown[]])[] }
  }
  const vectors = hasSharedFixtures
    ? (JSON.parse(sharedFixture('asic/init-sequences.json')) as { vectors: Vector[] }).vectors
    : []
  const clocks: Record<string, string> = {
    'bm1366-x1': write(0x08, 0x50c20240),
    'bm1368-x1': write(0x08, 0x50c40240),
    'bm1370-x1': GAMMA_CLOCK_525,
    'bm1397-x1': write(0x08, 0x40440221),
  }
  const midstateJob =
    '55aa21362401000000008a9a021769c19a67dfcf622dfbab56148fadf862592173216d4db3dd0f85939b90d0855530ae1c089e96646dcf8d'

  it.each(vectors.filter((vector) => vector.expected.steps !== undefined))(
    '$id brings it to mining',
    async (vector) => {
      const name = vector.id.split('/')[1]!
      const chip = name.includes('compacf') ? 'BM1397' : name.slice(0, 6).toUpperCase()
      const clock = clockWith()
      const chain = chainWith(clock, {
        chip: chip as 'BM1370',
        chipCount: vector.input.chips,
        fixedZeroBits: 2,
      })
      const line = openVirtualLine((board) => chain.attach(board))
      for (const [op, ...args] of vector.expected.steps!) {
        if (op === 'tx') await line.send(args[0] as string)
        else if (op === 'delay-ms') clock.advance(args[0] as number)
        else if (op === 'ramp') await line.send(clocks[name]!)
        else if (op === 'host-baud') await line.host.setBaudRate(args[0] as number)
        else if (op === 'expect-chips') {
          const reply = fromHex(line.received())
          expect(reply).toHaveLength((args[0] as number) * (args[2] as number))
          expect(toHex(reply.subarray(2, 4))).toBe(args[1])
          expect(commandSum(reply.subarray(2))).toBe(0)
        }
      }
      await line.settle()
      line.received()
      await line.send(chip === 'BM1397' ? midstateJob : GAMMA_JOB)
      expect(chain.view).toMatchObject({ hashing: true, jobs: 1, badFrames: 0 })
      chain.stop()
    },
  )
})
