import { describe, expect, it } from 'vitest'
import { type DeviceJob } from '../../../../src-main/mining/index.ts'
import { deviceJob, targetOfZeroBits } from '../../../support/hashing/device-jobs.ts'
import { nonceFrame, plainChip } from '../../../support/hashing/plain-chip.ts'
import { SessionBench, type SessionBenchOptions, settle } from '../../../support/hashing/session-bench.ts'

const SHARE_BITS = 12
const job = (fields: Partial<DeviceJob> = {}): DeviceJob =>
  deviceJob({ target: targetOfZeroBits(SHARE_BITS), ...fields })

async function hashing(options: SessionBenchOptions = {}): Promise<SessionBench> {
  const bench = new SessionBench({ job: job(), ...options })
  await bench.hash()
  return bench
}

const STATES = [
  'powering',
  'counting',
  'configuring',
  'ramping',
  'hashing',
  'retuning',
  'recovering',
] as const

/** Brings a session to a state, whatever that takes. */
async function at(name: (typeof STATES)[number]): Promise<SessionBench> {
  const bench = new SessionBench({
    job: job(),
    prepare: ({ power }) => (power.isSilent = name === 'powering'),
  })
  if (name === 'counting' || name === 'recovering') bench.chain.isMute = true
  if (name === 'retuning') {
    await bench.hash()
    bench.session.retune({ frequencyMhz: 300, coreVoltageMv: 1200 })
  }
  await bench.until(() => bench.session.state.name === name)
  return bench
}

describe('an unplugged board', () => {
  it.each(STATES)('is gone at once while %s, and nothing is left behind', async (name) => {
    const bench = await at(name)
    bench.boardEnd.unplug('The board was unplugged.')
    expect(bench.session.state.name).toBe('gone')
    expect(bench.work.leftBecause).toBe('The board was unplugged.')
    bench.power.isSilent = false
    await bench.pass(40_000, 200)
    expect(bench.session.view()).toMatchObject({ state: 'gone', doing: 'Gone: The board was unplugged.' })
    expect(bench.power.asked.filter((what) => what.startsWith('power up'))).toHaveLength(1)
    expect(bench.clock.pending).toBe(0)
    expect(bench.stateNames.at(-1)).toBe('gone')
  })

  it('that was gone before it began is never powered', async () => {
    const bench = new SessionBench()
    bench.boardEnd.unplug()
    bench.work.give(job())
    await bench.pass(2000)
    expect(bench.power.asked).toEqual([])
  })
})

describe('chips that do not answer', () => {
  it('are asked five times, half a second apart, then again after power was off for ever longer', async () => {
    const bench = new SessionBench({ job: job() })
    bench.chain.isMute = true
    await bench.until(() => bench.session.state.name === 'recovering')
    expect(bench.chain.heard.filter((what) => what === 'who')).toHaveLength(5)
    expect(bench.session.view().doing).toMatch(/^Switched off for a moment .* No BM1234 chip answered/)
    const pauses: number[] = []
    for (let i = 0; i < 6; i++) {
      await bench.until(() => bench.session.state.name === 'recovering')
      const retryAtMs = bench.session.view().recovery.retryAtMs!
      pauses.push(Math.round((retryAtMs - bench.clock.nowMs()) / 1000))
      await bench.until(() => bench.session.state.name !== 'recovering')
    }
    expect(pauses).toEqual([1, 2, 5, 10, 30, 30])
    expect(bench.session.view().recovery).toMatchObject({ attempts: 6 })
    expect(bench.power.asked.filter((what) => what === 'release')).toHaveLength(6)
  })

  it('at first, being cold, are found at a later try', async () => {
    const bench = new SessionBench({ job: job() })
    bench.chain.isMute = true
    await bench.until(() => bench.chain.heard.length === 3)
    bench.chain.isMute = false
    await bench.hash()
    expect(bench.session.view().recovery.attempts).toBe(0)
    expect(bench.states.filter(({ name }) => name === 'counting')).toHaveLength(4)
  })

  it('in full number are said to be missing', async () => {
    const bench = new SessionBench({ job: job(), board: { chipCount: 3 }, chips: 2 })
    await bench.until(() => bench.session.state.name === 'recovering')
    expect(bench.session.view().recovery.reasons[0]?.message).toMatch(/^2 of 3 chips answered/)
  })

  it('in full number are used as they are where the board may have fewer', async () => {
    const bench = await hashing({ board: { chipCount: 1, chipCountMax: 4 }, chips: 2 })
    expect(bench.session.view().chipCount).toBe(2)
    expect(bench.work.nominalHs).toEqual([2 * 200e6 * 4 * 2 ** -24])
  })

  it('of another model are left alone, with power off, until a person looks', async () => {
    const bench = new SessionBench({ job: job() })
    bench.chain.model = 0x1366
    await bench.pass(60_000, 100)
    expect(bench.session.view().state).toBe('stopped')
    expect(bench.session.view().doing).toContain('The board answers with BM1366')
    expect(bench.chain.heard).toEqual(['who', 'idle'])
    expect(bench.power.isOn).toBe(false)
  })
})

describe('chips that fall silent', () => {
  it('are reset with power off, after half a minute or twenty times the usual', async () => {
    const fast = { ...plainChip, hashesPerClock: 100 }
    const bench = await hashing({ profile: fast })
    bench.chain.isMute = true
    await bench.pass(29_500, 100)
    expect(bench.session.state.name).toBe('hashing')
    await bench.until(() => bench.session.state.name === 'recovering', 1500)
    expect(bench.session.view().recovery.reasons[0]?.message).toBe('The chips have been silent for 30 s.')
    expect(bench.power.asked.at(-1)).toBe('release')
    bench.chain.isMute = false
    await bench.hash()
  })

  it('are given the time that their rate needs', async () => {
    const slow = { ...plainChip, hashesPerClock: 1 }
    const bench = await hashing({ profile: slow })
    // 11.9 H/s: a nonce of 8 zero bits every 21 s.
    await bench.pass(400_000, 500)
    expect(bench.session.state.name).toBe('hashing')
    await bench.pass(40_000, 500)
    expect(bench.stateNames).toContain('recovering')
  })
})

describe('a rate that is too low', () => {
  /** 400 nonces at half the rate that the clock promises. */
  async function runSlowly(bench: SessionBench): Promise<void> {
    await bench.hash()
    for (let i = 0, nonce = 0; bench.session.state.name === 'hashing'; i++) {
      if (i > 500) throw new Error('it was not reset')
      nonce = (await bench.report(1, nonce)) + 1
      await bench.pass(2000 * bench.session.view().expectedIntervalS!, 100)
    }
    await bench.until(() => bench.session.state.name === 'recovering')
    bench.chain.jobs.length = 0
  }

  it('costs two steps of the clock, and the third time in a row for good', async () => {
    // Chips that report every second hash, one each tenth of a second at 200 MHz.
    const bench = new SessionBench({
      job: job({ target: targetOfZeroBits(20) }),
      profile: { ...plainChip, hashesPerClock: 214.75, ticketDifficulties: [] },
      board: { fixedZeroBits: 1 },
    })
    await runSlowly(bench)
    expect(bench.session.view().recovery.reasons[0]?.message).toMatch(
      /^The chips hash at \d+ % of what their clock promises\. From now on it runs at 175 MHz\.$/,
    )
    await runSlowly(bench)
    expect(bench.session.view().frequency).toMatchObject({ targetMhz: 150, chosenMhz: 200, ceilingMhz: null })
    await runSlowly(bench)
    expect(bench.session.view().frequency).toMatchObject({ targetMhz: 125, ceilingMhz: 125 })
    expect(bench.session.view().events.at(-1)?.text).toContain('three times in a row')
    bench.session.retune({ frequencyMhz: 250, coreVoltageMv: 1200 })
    expect(bench.session.view().frequency.targetMhz).toBe(125)
    bench.session.resume()
    expect(bench.session.view().frequency).toMatchObject({ targetMhz: 250, ceilingMhz: null })
  })
})

describe('bad bytes', () => {
  it('at start-up are skipped and counted', async () => {
    const bench = new SessionBench({ job: job() })
    bench.chain.say(Uint8Array.from({ length: 500 }, (_, i) => (i * 151) & 0xff))
    await bench.hash()
    bench.chain.say(Uint8Array.from([0, 1, 2, 3]))
    await bench.report(SHARE_BITS)
    expect(bench.work.shares).toHaveLength(1)
    expect(bench.session.view().line.skippedBytes).toBeGreaterThanOrEqual(4)
  })

  it('cut anywhere make the same shares', async () => {
    let turn = 0
    const bench = await hashing({ chunkBytes: () => 1 + (turn++ % 4) })
    await bench.report(SHARE_BITS)
    expect(bench.work.shares).toHaveLength(1)
  })

  it('with a wrong check sum are no share, and the next reply is one', async () => {
    const bench = await hashing()
    const { nonce, frame } = bench.chain.find(bench.chain.newestJob!, SHARE_BITS)
    const bad = frame.slice()
    bad[8]! ^= 1
    bench.chain.say(bad)
    await settle()
    expect(bench.work.shares).toEqual([])
    expect(bench.session.view().line.badFrames).toBeGreaterThan(0)
    bench.chain.say(bench.chain.find(bench.chain.newestJob!, SHARE_BITS, nonce + 1).frame)
    await settle()
    expect(bench.work.shares).toHaveLength(1)
  })

  it('that were lost cost that reply and no other', async () => {
    const bench = await hashing()
    const first = bench.chain.find(bench.chain.newestJob!, SHARE_BITS)
    const second = bench.chain.find(bench.chain.newestJob!, SHARE_BITS, first.nonce + 1)
    const third = bench.chain.find(bench.chain.newestJob!, SHARE_BITS, second.nonce + 1)
    bench.chain.say(first.frame.slice(0, 6))
    bench.chain.say(second.frame)
    bench.chain.say(third.frame)
    await settle()
    const nonces = bench.work.shares.map(({ nonce }) => nonce)
    expect(nonces).not.toContain(first.nonce)
    expect(nonces).toContain(third.nonce)
  })

  it('that name a job long overwritten are a hardware error or foreign, never a share', async () => {
    const bench = await hashing()
    const { frame } = bench.chain.find(bench.chain.newestJob!, SHARE_BITS)
    await bench.pass(4 * 500)
    bench.chain.say(frame)
    bench.chain.say(nonceFrame(12345, 0xf8))
    await settle()
    expect(bench.work.shares).toEqual([])
    expect(bench.session.view().counts).toMatchObject({ hardwareErrors: 1, foreign: 1 })
  })

  it('said twice are one share and a duplicate', async () => {
    const bench = await hashing()
    const nonce = await bench.report(SHARE_BITS)
    await bench.report(SHARE_BITS)
    expect(bench.work.shares.map((share) => share.nonce)).toEqual([nonce])
    expect(bench.session.view().counts.duplicates).toBe(1)
  })
})

describe('a port', () => {
  it('that takes no bytes any more is given up, with power off', async () => {
    const bench = await hashing()
    bench.host.write = () => new Promise(() => undefined)
    await bench.pass(6000)
    expect(bench.stateNames).toContain('recovering')
    expect(bench.session.view().recovery.reasons[0]?.message).toMatch(/took no bytes for 3 s/)
    expect(bench.power.asked).toContain('release')
  })

  it('that refuses to write while it is open is tried anew', async () => {
    const bench = await hashing()
    const { write } = bench.host
    bench.host.write = () => Promise.reject(new Error('The system says no.'))
    await bench.pass(800)
    expect(bench.session.view().recovery.reasons[0]?.message).toBe('The system says no.')
    bench.host.write = write
    await bench.hash()
  })
})

describe('a lost ticket', () => {
  it('is written again when chips report what they should keep to themselves', async () => {
    const fast = { ...plainChip, hashesPerClock: 1000 }
    const bench = await hashing({ profile: fast })
    expect(bench.session.view().ticket.chipDifficulty).toBe(16)
    await bench.pass(8 * 500)
    const before = bench.chain.tickets.length
    let nonce = 0
    for (let i = 0; i < 6; i++) {
      const found = bench.chain.find(bench.chain.newestJob!, 8, nonce, 11)
      nonce = found.nonce + 1
      bench.chain.say(found.frame)
      await settle()
    }
    expect(bench.chain.tickets.slice(before)).toEqual([16])
    expect(bench.session.view().counts.belowTicket).toBe(6)
    expect(bench.session.view().events.at(-1)?.text).toContain('more nonces')
  })
})
