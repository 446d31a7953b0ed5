import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../../src-main/base/index.ts'
import { gekkoA1 } from '../../../../../src-main/drivers/chips/gekko/a1.ts'
import { gekkoA2 } from '../../../../../src-main/drivers/chips/gekko/a2.ts'
import { bm1384, bm1384HashCount } from '../../../../../src-main/drivers/chips/gekko/bm1384.ts'
import { bm1387 } from '../../../../../src-main/drivers/chips/gekko/bm1387.ts'
import { bm1387SetBaud, bm1387OpenGate } from '../../../../../src-main/drivers/chips/gekko/bm1387-commands.ts'
import { bm1397Stick } from '../../../../../src-main/drivers/chips/gekko/bm1397-stick.ts'
import { crc5 } from '../../../../../src-main/drivers/chips/crc.ts'
import { versionOfMidstate } from '../../../../../src-main/drivers/chips/job.ts'
import { chipProfile } from '../../../../../src-main/drivers/chips/profiles.ts'
import {
  type ChainSettings,
  type ChipProfile,
  type ChipWork,
  type NonceReply,
} from '../../../../../src-main/drivers/model/chip.ts'
import { type Sequence } from '../../../../../src-main/drivers/model/sequence.ts'

const MASK = 0x1fffe000
const work: ChipWork = {
  version: 0x20000000,
  versionMask: MASK,
  prevHash: new Uint8Array(32).fill(1),
  merkleRoot: new Uint8Array(32).fill(2),
  ntime: 1_700_000_000,
  nBits: 0x1d00ffff,
}
const settings: ChainSettings = { chipCount: 2, frequencyMhz: 200, ticketDifficulty: 16, versionMask: MASK }

function frames(sequence: Sequence | null): string[] {
  return (sequence ?? []).flatMap((step) => (step.op === 'send' ? [toHex(step.bytes)] : []))
}

function nonce(idByte: number, raw = '00000000'): NonceReply {
  return { kind: 'nonce', nonce: 0, raw: fromHex(raw), idByte, rolledBits: 0 }
}

const ALL: readonly ChipProfile[] = [bm1384, bm1387, bm1397Stick, gekkoA1, gekkoA2]

describe.each(ALL)('the profile $id', (profile) => {
  it('is the one of its id', () => {
    expect(chipProfile(profile.id)).toBe(profile)
  })

  it('makes no clock outside its range, and never one above what was asked', () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 2000 }), (mhz) => {
        const actual = profile.actualFrequencyMhz(mhz)
        expect(profile.setFrequency(mhz, 1) === null).toBe(actual === null)
        if (mhz < profile.frequencyMhz.min || mhz > profile.frequencyMhz.max) expect(actual).toBeNull()
        if (actual === null) return
        expect(actual).toBeLessThanOrEqual(mhz)
        expect(actual).toBeGreaterThan(mhz - 12.5)
      }),
    )
  })

  it('makes every clock of a ramp, and of its own steps', () => {
    const { min, max, step } = profile.frequencyMhz
    for (let mhz = min; mhz <= max; mhz += step) expect(profile.setFrequency(mhz, 1)).not.toBeNull()
    const ramp = profile.ramp(profile.startMhz, 300)
    expect(ramp.at(-1)).toBe(300)
    expect(ramp.every((mhz) => profile.setFrequency(mhz, 1) !== null)).toBe(true)
  })

  it('asks for its chips before anything else, once they could be heard', () => {
    const sequence = profile.discover(2)
    expect(sequence.at(-1)).toEqual({
      op: 'expect-chips',
      count: 2,
      model: profile.model,
      withinMs: 1000,
    })
    expect(sequence.some((step) => step.op === 'discard')).toBe(true)
  })

  it('replaces jobs before the nonces of the fastest clock are used up', () => {
    const { max } = profile.frequencyMhz
    const rate = profile.hashesPerClock * max * 1e6
    const versions = { none: 1, midstates: 4, chip: 65536 }[profile.rolling]
    expect(profile.jobIntervalMs(max, 1, MASK)).toBeLessThan((versions * 2 ** 32 * 1000) / rate)
    expect(profile.jobIntervalMs(max, 1, MASK)).toBeGreaterThan(0)
  })
})

describe('BM1384', () => {
  it('is told ticket, sweep and job with each piece of work', () => {
    const frame = bm1384.encodeJob(0x15, work, settings)
    expect(frame[39]).toBe(15)
    expect(toHex(frame.subarray(40, 44))).toBe('7fffffff')
    expect(frame[51]).toBe(0x15)
    expect(bm1384HashCount(1)).toBe(0xffffffff)
  })

  it('never has a ticket that its byte cannot hold', () => {
    expect(bm1384.ticketDifficulties.at(-1)).toBe(256)
    expect(bm1384.encodeJob(0x10, work, { ...settings, ticketDifficulty: 256 })[39]).toBe(255)
    expect(bm1384.encodeJob(0x10, work, { ...settings, ticketDifficulty: 4096 })[39]).toBe(255)
  })

  it('gives chips their addresses, then a clock, then 56 empty frames to open their cores', () => {
    const sent = frames(bm1384.initialise(settings))
    expect(sent.slice(0, 4).map((frame) => frame.slice(0, 6))).toEqual([
      '850000',
      '010000',
      '018000',
      '820783',
    ])
    const opening = sent.slice(5)
    expect(opening).toHaveLength(56)
    expect(opening[1]).toBe(`${'00'.repeat(51)}01${'00'.repeat(12)}`)
  })

  it('tells chips by the first byte of a nonce', () => {
    const chips = ['00000000', '7fffffff', '80000000', 'ffffffff'].map(
      (raw) => bm1384.origin(nonce(0x10, raw), 2).chip,
    )
    expect(chips).toEqual([0, 0, 1, 1])
  })
})

describe('BM1387', () => {
  it('has midstates named by the distance of ids', () => {
    const guesses = bm1387.guesses(nonce(0x42), 0x42)
    expect(guesses.map(({ slot }) => slot)).toEqual([0x42, 0x41, 0x40, 0x3f])
    expect(guesses.map((guess) => guess.version(work))).toEqual(
      [0, 1, 2, 3].map((index) => versionOfMidstate(work, index)),
    )
  })

  it('names no job that cannot be: ids end at 7f, where three more are midstates of the last', () => {
    expect(bm1387.guesses(nonce(0x82), 0x7f).map(({ slot }) => slot)).toEqual([0x7f])
    expect(bm1387.guesses(nonce(0x83), 0x7f)).toEqual([])
    expect(bm1387.guesses(nonce(0x11), 0x11).map(({ slot }) => slot)).toEqual([0x11, 0x10])
    expect(bm1387.guesses(nonce(0x05), 0x10)).toEqual([])
  })

  it('has a job of four midstates, and of one where the pool allows no rolling', () => {
    const four = bm1387.encodeJob(0x10, work, settings)
    expect([four.length, four[0], four[1], four[3]]).toEqual([150, 0x21, 150, 4])
    const one = bm1387.encodeJob(0x10, { ...work, versionMask: 0 }, settings)
    expect([one.length, one[1], one[3]]).toEqual([54, 54, 1])
  })

  it('has a right check sum for every divider, where drivers that OR into old sums do not', () => {
    for (let divider = 0; divider < 0x80; divider++) {
      for (const frame of [bm1387SetBaud(divider), bm1387OpenGate(divider)]) {
        expect(frame[8]).toBe(crc5(frame, 0, 8))
      }
    }
    expect(toHex(bm1387SetBaud(0x1a))).toMatch(/^5809001c00201a00/)
  })

  it('raises the rate of both sides before it opens 115 cores', () => {
    const sequence = bm1387.initialise(settings)
    const at = sequence.findIndex((step) => step.op === 'host-baud')
    expect(sequence[at]).toEqual({ op: 'host-baud', baudRate: 1_500_000 })
    expect(frames(sequence.slice(0, at)).at(-1)).toBe('5809001c002001001b')
    expect(frames(sequence.slice(at)).filter((frame) => frame.startsWith('21'))).toHaveLength(115)
  })

  it('brings chips back from the fast rate before it counts them', () => {
    const sequence = bm1387.discover(2)
    const rates = sequence.flatMap((step) => (step.op === 'host-baud' ? [step.baudRate] : []))
    expect(rates).toEqual([1_500_000, 115_200])
    expect(frames(sequence).at(-1)).toBe('5405000019')
  })
})

describe('BM1397 on a stick', () => {
  it('has ids from 10 to 7c whose low bits are the midstate', () => {
    const [guess] = bm1397Stick.guesses(nonce(0x7e), 0x7c)
    expect(guess?.slot).toBe(0x7c)
    expect(guess?.version(work)).toBe(versionOfMidstate(work, 2))
    expect(bm1397Stick.guesses(nonce(0x00), 0x7c)).toEqual([])
  })

  it('tells the chips of an R909 by the second byte of a nonce, in groups of 64', () => {
    const chipOf = (byte: number): number | null => {
      const raw = Uint8Array.of(0xaa, 0x55, 0, byte, 0, 0, 0, 0x10, 0x80)
      return bm1397Stick.origin({ ...nonce(0x10), raw }, 6).chip
    }
    expect([0, 10, 11, 52, 53, 63, 64, 128 + 21].map(chipOf)).toEqual([0, 0, 1, 4, 5, 5, 0, 2])
    expect(bm1397Stick.origin(nonce(0x10), 1).chip).toBe(0)
    expect(bm1397Stick.origin(nonce(0x10), 3).chip).toBeNull()
  })

  it('writes divider and clock twice each', () => {
    expect(frames(bm1397Stick.setFrequency(450, 1)).slice(0, 4)).toEqual([
      '55aa510900700f0f0f0019',
      '55aa510900700f0f0f0019',
      '55aa5109000840b402150b',
      '55aa5109000840b402150b',
    ])
  })
})

describe('A1 and A2', () => {
  it.each([gekkoA1, gekkoA2])(
    '$id sets a clock by divider and word, once each, then its sweep',
    (profile) => {
      const sweep = profile === gekkoA1 ? '12c9' : '0f25'
      const sent = frames(profile.setFrequency(300, 1))
      expect(sent.slice(0, 2)).toEqual(['55aa510900700f0f0f0019', '55aa51090008407802400b'])
      expect(sent[2]).toMatch(new RegExp(`^55aa510900100000${sweep}`))
      expect(frames(profile.setFrequency(500, 1))[1]).toBe('55aa510900084064014002')
    },
  )

  it('A1 sets cores up before the clock, and enables rolling before chips are counted and again at the end', () => {
    expect(frames(gekkoA1.discover(1))).toEqual(['55aa510900a49000ffff1c', '55aa520500000a'])
    const registers = frames(gekkoA1.initialise(settings)).map((frame) => frame.slice(4, 12))
    // prettier-ignore
    expect(registers).toEqual([
      '53050000', '40050000', '40058000',
      '5109003c', '5109003c', '51090014', '51090054', '51090058',
      '410900a8', '41090018', '4109003c', '4109003c', '4109003c',
      '410980a8', '41098018', '4109803c', '4109803c', '4109803c',
      '51090070', '51090008', '51090010', '510900a4',
    ])
  })

  it('A2 writes a midstate code of 0, everywhere', () => {
    expect(frames(gekkoA2.discover(1))[0]).toMatch(/^55aa510900a48000ffff/)
    expect(frames(gekkoA2.setVersionMask(MASK))[0]).toMatch(/^55aa510900a48000ffff/)
    expect(frames(gekkoA2.initialise(settings)).at(-1)).toMatch(/^55aa510900a48000ffff/)
  })

  it('A2 strengthens the clock of each chip, the last first, and sets up cores after the clock', () => {
    const sent = frames(gekkoA2.initialise(settings))
    expect(
      sent.filter((frame) => /^55aa4109..580001f111/.test(frame)).map((frame) => frame.slice(8, 10)),
    ).toEqual(['80', '00'])
    const order = ['55aa51090008', '55aa510900685aa55aa5', '55aa510900100000', '55aa510900a8000701f0']
    const places = order.map((start) => sent.findIndex((frame) => frame.startsWith(start)))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places).not.toContain(-1)
    expect(sent.some((frame) => frame.startsWith('55aa530518'))).toBe(false)
  })

  it('have job frames and ids of their own', () => {
    expect(toHex(gekkoA1.encodeJob(0x10, work, settings).subarray(2, 6))).toBe('21361001')
    expect(toHex(gekkoA2.encodeJob(0x18, work, settings).subarray(2, 6))).toBe('21ff1800')
    expect(gekkoA2.guesses(nonce(0x92), 0x60).map(({ slot }) => slot)).toEqual([0x48, 0x30, 0x18, 0x78])
    expect(gekkoA1.guesses(nonce(0x13), 0x10).map(({ slot }) => slot)).toEqual([0x10, 0x78, 0x70, 0x68])
  })

  it('A2 is given a new job twice in an epoch, as far as the line can carry them', () => {
    expect(gekkoA2.jobIntervalMs(300, 1, MASK)).toBeCloseTo(317.6, 1)
    expect(gekkoA2.jobIntervalMs(300, 1, 0)).toBe(10)
  })
})
