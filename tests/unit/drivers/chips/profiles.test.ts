import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { epochMs } from '../../../../src-main/drivers/chips/hash-counting.ts'
import { readPllRegister, pllMhz } from '../../../../src-main/drivers/chips/pll.ts'
import { type ChipId, type ChipWork, type NonceReply } from '../../../../src-main/drivers/model/chip.ts'
import { sentFrames } from './asic-vectors.ts'

const ROLLING = ['BM1362', 'BM1366', 'BM1368', 'BM1370'] as const
const ALL = [...ROLLING, 'BM1397'] as const
const MASK = 0x1fffe000

function nonce(bytes: string, idByte: number, rolledBits = 0): NonceReply {
  const raw = fromHex(`aa55${bytes}00${idByte.toString(16).padStart(2, '0')}000080`)
  return { kind: 'nonce', nonce: new DataView(raw.buffer).getUint32(2, true), idByte, rolledBits, raw }
}

const WORK: ChipWork = {
  version: 0x20000000,
  versionMask: MASK,
  prevHash: new Uint8Array(32),
  merkleRoot: new Uint8Array(32),
  ntime: 0,
  nBits: 0,
}

describe('every profile', () => {
  it.each(ALL)('of %s answers to its id, and ramps from its start', (id) => {
    const profile = chipProfile(id)
    expect(profile.id).toBe(id)
    expect(`BM${profile.model!.toString(16)}`).toBe(id)
    expect(profile.setFrequency(profile.startMhz, 1)).not.toBeNull()
    expect(new Set(profile.jobSlots).size).toBe(profile.jobSlots.length)
    expect(profile.ticketDifficulties).toContain(256)
  })

  it.each(ALL)('of %s sends no clock outside its range, and says which it makes inside', (id) => {
    const profile = chipProfile(id)
    const { max } = profile.frequencyMhz
    for (const mhz of [-1, 0, profile.startMhz - 10, max + 1, 1000, 1e9, NaN, Infinity]) {
      expect(profile.setFrequency(mhz, 1), `${mhz}`).toBeNull()
      expect(profile.actualFrequencyMhz(mhz), `${mhz}`).toBeNull()
      expect(profile.ramp(profile.startMhz, mhz), `${mhz}`).toEqual([])
    }
    fc.assert(
      fc.property(fc.double({ min: profile.startMhz, max, noNaN: true }), (mhz) => {
        const frame = sentFrames(profile.setFrequency(mhz, 1)!).find((hex) => hex.startsWith('55aa51090008'))!
        const made = pllMhz(
          readPllRegister(parseInt(frame.slice(12, 20), 16), { postDividersLessOne: id !== 'BM1397' })!,
        )
        expect(made).toBe(profile.actualFrequencyMhz(mhz))
        expect(Math.abs(made - mhz)).toBeLessThanOrEqual(2)
      }),
    )
  })

  it.each(ALL)('of %s makes every clock of every ramp, up and down', (id) => {
    const profile = chipProfile(id)
    const { max } = profile.frequencyMhz
    const clock = fc.double({ min: profile.startMhz, max, noNaN: true })
    fc.assert(
      fc.property(clock, clock, (from, to) => {
        for (const mhz of profile.ramp(from, to)) expect(profile.setFrequency(mhz, 1)).not.toBeNull()
      }),
      { numRuns: 30 },
    )
  })

  it.each(ALL)('of %s resets, clears the line and counts chips before it sets them up', (id) => {
    const ops = chipProfile(id)
      .discover(6)
      .map(({ op }) => op)
    expect(ops[0]).toBe('reset')
    expect(ops[1]).toBe('discard')
    expect(ops.at(-1)).toBe('expect-chips')
    const last = chipProfile(id).discover(6).at(-1)
    expect(last).toMatchObject({ count: 6, model: chipProfile(id).model })
  })

  it.each(ALL)('of %s gives each chip of a chain its address, in order', (id) => {
    const frames = sentFrames(
      chipProfile(id).initialise({
        chipCount: 6,
        frequencyMhz: 400,
        ticketDifficulty: 256,
        versionMask: MASK,
      }),
    )
    const addresses = frames
      .filter((hex) => hex.startsWith('55aa4005'))
      .map((hex) => parseInt(hex.slice(8, 10), 16))
    expect(addresses).toEqual([0, 42, 84, 126, 168, 210])
    expect(frames.indexOf('55aa5305000003')).toBeLessThan(
      frames.findIndex((hex) => hex.startsWith('55aa4005')),
    )
  })
})

describe('chips that roll versions', () => {
  it('name the job and the bits of a share of a Bitaxe Gamma', () => {
    const profile = chipProfile('BM1370')
    const [reply] = profile.createDecoder().push(fromHex('aa554c0352750cd205a29c'))
    if (reply?.kind !== 'nonce') throw new Error('no nonce')
    const [first] = profile.guesses(reply, 0x68)
    expect(first!.slot).toBe(0x68)
    expect(first!.version(WORK)).toBe(0x20b44000)
    expect(profile.origin(reply, 1)).toEqual({ chip: 0, core: 38 })
  })

  it('replace the bits that the pool set inside its mask', () => {
    const [guess] = chipProfile('BM1370').guesses(nonce('00000000', 0xd2, 0x00b44000), 0x68)
    expect(guess!.version({ ...WORK, version: 0x3fffe001 })).toBe(0x20b44001)
  })

  it('fall back to the three jobs before the named one', () => {
    const slots = (id: ChipId, idByte: number, newest: number): number[] =>
      chipProfile(id)
        .guesses(nonce('00000000', idByte), newest)
        .map(({ slot }) => slot)
    expect(slots('BM1370', 0xd2, 0x68)).toEqual([0x68, 0x50, 0x38, 0x20])
    expect(slots('BM1366', 0x6d, 0x68)).toEqual([0x68, 0x60, 0x58, 0x50])
  })

  it('do not fall back from the oldest job to the newest', () => {
    const guesses = chipProfile('BM1366').guesses(nonce('00000000', 0x18), 0x10)
    expect(guesses.map(({ slot }) => slot)).toEqual([0x18])
  })

  it('guess nothing for an id that no job has', () => {
    expect(chipProfile('BM1366').guesses(nonce('00000000', 0x88), 0x08)).toEqual([])
    expect(chipProfile('BM1397').guesses(nonce('00000000', 0x83), 0x08)).toEqual([])
  })

  it('attribute a nonce to a chip only where nonces say so', () => {
    // Captured on a chain of 126 BM1362: address DC.
    expect(chipProfile('BM1362').origin(nonce('6db88ee1', 0x04), 126)).toEqual({ chip: 110, core: 54 })
    expect(chipProfile('BM1370').origin(nonce('6db88ee1', 0x04), 4).chip).toBeNull()
    expect(chipProfile('BM1368').origin(nonce('6db88ee1', 0x04), 4).chip).toBeNull()
    expect(chipProfile('BM1366').origin(nonce('01ffffff', 0x04), 3).chip).toBeNull()
  })

  it('name no core that the chip does not have', () => {
    expect(chipProfile('BM1370').origin(nonce('ffffffff', 0), 1).core).toBe(127)
    expect(chipProfile('BM1368').origin(nonce('ffffffff', 0), 1).core).toBeNull()
  })

  it.each(ROLLING)('%s rests with a hash counting number of 0, and a clock wakes it', (id) => {
    const profile = chipProfile(id)
    expect(sentFrames(profile.idle(1)).map((hex) => hex.slice(0, 20))).toEqual(['55aa5109001000000000'])
    const woken = sentFrames(profile.setFrequency(profile.startMhz, 1)!).find((hex) =>
      hex.startsWith('55aa51090010'),
    )!
    expect(parseInt(woken.slice(12, 20), 16)).toBeGreaterThan(0)
  })

  it('stay on the first rate up to two chips, and change both sides of longer chains', () => {
    const rates = (chipCount: number): number[] =>
      chipProfile('BM1366')
        .initialise({ chipCount, frequencyMhz: 485, ticketDifficulty: 256, versionMask: MASK })
        .flatMap((step) => (step.op === 'host-baud' ? [step.baudRate] : []))
    expect([1, 2, 3].map(rates)).toEqual([[], [], [1_000_000]])
  })

  it.each(ROLLING)('%s is told the mask of the pool last, once it was counted with all of them', (id) => {
    const profile = chipProfile(id)
    const masks = [
      ...profile.discover(1),
      ...profile.initialise({
        chipCount: 1,
        frequencyMhz: 400,
        ticketDifficulty: 256,
        versionMask: 0x00ffe000,
      }),
    ].flatMap((step) => {
      const hex = step.op === 'send' ? toHex(step.bytes) : ''
      return hex.startsWith('55aa510900a4') ? [hex.slice(12, 20)] : []
    })
    expect(masks[0]).toBe('9000ffff')
    expect(masks.at(-1)).toBe('900007ff')
  })

  it.each(ROLLING)('%s gets a new job at the latest after half an epoch', (id) => {
    const profile = chipProfile(id)
    for (const versionMask of [MASK, 0x001fe000, 0x0001e000]) {
      for (const mhz of [100, 400, 600]) {
        const hcn = sentFrames(profile.setFrequency(mhz, 1)!).find((hex) => hex.startsWith('55aa51090010'))!
        const perCore = id === 'BM1362' || id === 'BM1366' ? 8 : 16
        const versions = 2 ** (versionMask.toString(2).match(/1/g)?.length ?? 0)
        const epoch = epochMs(perCore, parseInt(hcn.slice(12, 20), 16), versions)
        const interval = profile.jobIntervalMs(mhz, 1, versionMask)
        expect(interval).toBeGreaterThanOrEqual(10)
        if (interval > 10) expect(interval).toBeLessThanOrEqual(epoch / 2)
      }
    }
    expect(profile.jobIntervalMs(400, 1)).toBe({ BM1366: 2000 }[id as 'BM1366'] ?? 500)
  })
})

describe('BM1397', () => {
  const profile = chipProfile('BM1397')

  it('tries the named midstate, then every midstate of the three jobs before', () => {
    const guesses = profile.guesses(nonce('00000000', 0x1a), 0x18)
    expect(guesses).toHaveLength(13)
    expect(guesses[0]).toMatchObject({ slot: 0x18 })
    expect(guesses[0]!.version(WORK)).toBe(0x20004000)
    expect(guesses.slice(1).map(({ slot }) => slot)).toEqual([
      ...[0x14, 0x14, 0x14, 0x14],
      ...[0x10, 0x10, 0x10, 0x10],
      ...[0x0c, 0x0c, 0x0c, 0x0c],
    ])
    expect(guesses.slice(1, 5).map((guess) => guess.version(WORK))).toEqual([
      0x20000000, 0x20002000, 0x20004000, 0x20006000,
    ])
  })

  it('knows one version where the pool allows no rolling', () => {
    for (const guess of profile.guesses(nonce('00000000', 0x1a), 0x18)) {
      expect(guess.version({ ...WORK, versionMask: 0 })).toBe(0x20000000)
    }
  })

  it('replaces a job after three quarters of what its nonces take', () => {
    expect(profile.jobIntervalMs(450, 1)).toBeCloseTo(27.962, 3)
    expect(profile.jobIntervalMs(450, 1, 0)).toBeCloseTo(27.962 / 4, 3)
    expect(profile.jobIntervalMs(450, 6)).toBeCloseTo(27.962 / 8, 3)
  })

  it('sends the divider and the clock twice', () => {
    expect(sentFrames(profile.setFrequency(450, 1)!)).toEqual([
      '55aa510900700f0f0f0019',
      '55aa510900700f0f0f0019',
      '55aa510900084048022116',
      '55aa510900084048022116',
    ])
  })
})
