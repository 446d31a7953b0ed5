import { describe, expect, it } from 'vitest'
import { HeadframeError, toHex } from '../../../../src-main/base/index.ts'
import { type DeviceJob, hashHeader, meetsTarget, encodeHeader } from '../../../../src-main/mining/index.ts'
import { deviceJob, targetOfZeroBits } from '../../../support/hashing/device-jobs.ts'
import { nonceFrame, plainChip } from '../../../support/hashing/plain-chip.ts'
import { SessionBench, settle } from '../../../support/hashing/session-bench.ts'

const SHARE_BITS = 12
const job = (fields: Partial<DeviceJob> = {}): DeviceJob =>
  deviceJob({ target: targetOfZeroBits(SHARE_BITS), ...fields })
/** At 200 MHz the chip promises 47 H/s: one nonce of 8 zero bits each 5 s. */
const slowChip = plainChip

async function hashing(options: ConstructorParameters<typeof SessionBench>[0] = {}): Promise<SessionBench> {
  const bench = new SessionBench({ job: job(), profile: slowChip, ...options })
  await bench.hash()
  return bench
}

describe('a session of one board', () => {
  it('asks for no power and says nothing before there is a job', async () => {
    const bench = new SessionBench()
    await bench.pass(5000)
    expect(bench.session.state.name).toBe('waiting-for-work')
    expect(bench.power.asked).toEqual([])
    expect(bench.power.signs).toEqual([])
    expect(bench.chain.heard).toEqual([])
    bench.work.give(job())
    await bench.hash()
    expect(bench.stateNames).toEqual([
      'waiting-for-work',
      'powering',
      'counting',
      'configuring',
      'ramping',
      'hashing',
    ])
  })

  it('powers, counts, sets up and ramps in this order, and never jumps', async () => {
    const bench = await hashing()
    expect(bench.power.asked).toEqual(['power up 1200'])
    expect(bench.chain.heard.slice(0, 5)).toEqual(['who', 'configure', 'ticket', 'mask', 'frequency'])
    expect(bench.chain.heard.indexOf('job')).toBeGreaterThan(bench.chain.heard.lastIndexOf('frequency'))
    const clocks = bench.chain.frequenciesMhz
    expect(clocks[0]).toBe(50)
    expect(clocks.at(-1)).toBe(200)
    for (let i = 1; i < clocks.length; i++)
      expect(Math.abs(clocks[i]! - clocks[i - 1]!)).toBeLessThanOrEqual(25)
  })

  it('signs that it lives every half second from before power comes on', async () => {
    const bench = await hashing()
    const before = bench.power.signs.length
    await bench.pass(10_000)
    expect(bench.power.signs.length - before).toBe(20)
    expect(bench.power.signs[0]).toEqual({ hashing: false, sinceNonceMs: null })
    await bench.report(SHARE_BITS)
    await bench.pass(1000)
    expect(bench.power.signs.at(-1)?.hashing).toBe(true)
    expect(bench.power.signs.at(-1)?.sinceNonceMs).toBeGreaterThan(0)
  })

  it('gives a new job at each interval, none of them twice', async () => {
    const bench = await hashing()
    const before = bench.chain.jobs.length
    await bench.pass(5000)
    expect(bench.chain.jobs.length - before).toBe(10)
    expect(new Set(bench.chain.jobs.map(({ header76 }) => toHex(header76))).size).toBe(
      bench.chain.jobs.length,
    )
  })

  it('gives a new job at once when the proxy has one', async () => {
    const bench = await hashing()
    await bench.pass(100)
    const next = job({ ntime: 1_800_000_000 })
    bench.work.give(next)
    await settle()
    expect(bench.chain.newestJob?.header76[68]).toBe(next.ntime & 0xff)
    const timing = bench.session.view().jobs
    expect(timing?.latestMs).toBe(0)
  })

  it('offers a share with the version that the chip rolled, and it hashes to what it says', async () => {
    const bench = await hashing()
    const { nonce } = bench.chain.find(bench.chain.newestJob!, SHARE_BITS)
    bench.chain.say(nonceFrame(nonce, bench.chain.newestJob!.slot))
    await settle()
    expect(bench.work.shares).toHaveLength(1)
    const [share] = bench.work.shares
    const given = bench.work.job!
    const header = encodeHeader({
      ...given,
      ...share!,
      merkleRoot: given.merkleRoot(share!.extranonce2),
    })
    expect(meetsTarget(hashHeader(header), given.target)).toBe(true)
  })

  it('offers a share of an older job, until a clean one makes all older jobs worthless', async () => {
    const bench = await hashing()
    const old = bench.chain.newestJob!
    const first = bench.chain.find(old, SHARE_BITS)
    const second = bench.chain.find(old, SHARE_BITS, first.nonce + 1)
    bench.work.give(job())
    await settle()
    bench.chain.say(first.frame)
    await settle()
    expect(bench.work.shares).toHaveLength(1)
    bench.work.give(job({ cleanJobs: true }))
    await settle()
    bench.chain.say(second.frame)
    await settle()
    expect(bench.work.shares).toHaveLength(1)
    expect(bench.session.view().counts.stale).toBe(1)
  })

  it('tells the proxy what it delivers and what its chips report at least', async () => {
    const bench = await hashing()
    const expected = 200e6 * 4 * 2 ** -24
    expect(bench.work.nominalHs).toEqual([expected])
    expect(bench.work.leastDifficulties).toEqual([2 ** -24])
    expect(bench.session.view()).toMatchObject({
      expectedHs: expected,
      ticket: { chipDifficulty: 1, difficulty: 2 ** -24 },
    })
  })

  it('lowers the ticket when shares become easier, and raises it when they may be rarer', async () => {
    const fast = { ...plainChip, hashesPerClock: 1000 }
    const bench = await hashing({ profile: fast })
    // 11.9 kH/s: 46 nonces of 8 zero bits a second. The share target allows 4 more bits, the rate would ask for 5.
    expect(bench.session.view().ticket.chipDifficulty).toBe(16)
    bench.work.give(job({ target: targetOfZeroBits(9) }))
    await bench.pass(100)
    expect(bench.chain.tickets.at(-1)).toBe(2)
    bench.work.give(job({ target: targetOfZeroBits(20) }))
    await bench.pass(100)
    expect(bench.chain.tickets.at(-1)).toBe(64)
    expect(bench.work.leastDifficulties.at(-1)).toBe(64 * 2 ** -24)
  })

  it('takes version bits from chips before the first job that does not allow them, and gives others after', async () => {
    const bench = await hashing()
    const heardFor = async (versionRollingMask: number): Promise<string[]> => {
      bench.chain.heard.length = 0
      bench.work.give(job({ versionRollingMask }))
      await settle()
      return bench.chain.heard.filter((what) => what === 'mask' || what === 'job')
    }
    expect(await heardFor(0x00ffe000)).toEqual(['mask', 'job'])
    expect(await heardFor(0x1fffe000)).toEqual(['job', 'mask'])
    expect(await heardFor(0x1fffe000)).toEqual(['job'])
    expect(await heardFor(0x00ffe000)).toEqual(['mask', 'job'])
    expect(await heardFor(0x1f000000)).toEqual(['mask', 'job', 'mask'])
    expect(bench.session.view().counts.outsideMask).toBe(0)
  })

  it('tells the mask again when chips roll bits outside of it, and offers no such share', async () => {
    const bench = await hashing({ job: job({ versionRollingMask: 0 }) })
    bench.chain.heard.length = 0
    const sent = bench.chain.newestJob!
    const rolled = sent.header76.slice()
    rolled[1]! |= 0x20
    const { nonce } = bench.chain.find({ ...sent, header76: rolled }, SHARE_BITS)
    bench.chain.say(nonceFrame(nonce, sent.slot, 1))
    await settle()
    expect(bench.work.shares).toEqual([])
    expect(bench.chain.heard).toContain('mask')
    expect(bench.session.view().counts.outsideMask).toBe(1)
  })

  it('stops when told, chips first and power after, and starts again when told', async () => {
    const bench = await hashing()
    await bench.session.stop('You stopped it.')
    expect(bench.chain.heard.at(-1)).toBe('idle')
    expect(bench.power.asked.at(-1)).toBe('release')
    expect(bench.session.view()).toMatchObject({ state: 'stopped', doing: 'Stopped: You stopped it.' })
    const jobs = bench.chain.jobs.length
    await bench.pass(5000)
    expect(bench.chain.jobs).toHaveLength(jobs)
    bench.session.resume()
    await bench.until(() => bench.session.state.name === 'hashing')
  })

  it('goes off and waits when there is no job any more', async () => {
    const bench = await hashing()
    bench.work.job = null
    await bench.pass(1500)
    expect(bench.session.state.name).toBe('waiting-for-work')
    expect(bench.power.isOn).toBe(false)
    expect(bench.chain.heard.at(-1)).toBe('idle')
    bench.work.give(job())
    await bench.until(() => bench.session.state.name === 'hashing')
  })

  it('ends for good when disposed: idle, unpowered, out of the proxy, port closed, no timer left', async () => {
    const bench = await hashing()
    await bench.session.dispose('Headframe ends.')
    expect(bench.chain.heard.at(-1)).toBe('idle')
    expect(bench.power.isOn).toBe(false)
    expect(bench.work.leftBecause).toBe('Headframe ends.')
    expect(bench.host.end?.kind).toBe('closed')
    expect(bench.session.state.name).toBe('gone')
    expect(bench.clock.pending).toBe(0)
  })
})

describe('a retune', () => {
  it('raises voltage before clock, step by step, while jobs go on', async () => {
    const bench = await hashing()
    bench.chain.heard.length = 0
    bench.chain.frequenciesMhz.length = 0
    bench.session.retune({ frequencyMhz: 300, coreVoltageMv: 1250 })
    await settle()
    expect(bench.power.asked.at(-1)).toBe('voltage 1250')
    expect(bench.session.view()).toMatchObject({ state: 'retuning' })
    await bench.pass(1000)
    expect(bench.session.state.name).toBe('hashing')
    expect(bench.chain.frequenciesMhz).toEqual([225, 250, 275, 300])
    expect(bench.chain.heard).toContain('job')
    expect(bench.session.view()).toMatchObject({
      frequency: { actualMhz: 300, targetMhz: 300 },
      coreVoltage: { setMv: 1250 },
    })
    expect(bench.work.nominalHs.at(-1)).toBe(300e6 * 4 * 2 ** -24)
  })

  it('lowers clock before voltage', async () => {
    const bench = await hashing()
    bench.session.retune({ frequencyMhz: 100, coreVoltageMv: 1000 })
    await bench.pass(350)
    expect(bench.power.asked).not.toContain('voltage 1000')
    await bench.pass(500)
    expect(bench.chain.frequenciesMhz.at(-1)).toBe(100)
    expect(bench.power.asked.at(-1)).toBe('voltage 1000')
  })

  it('follows the last of several settings', async () => {
    const bench = await hashing()
    bench.session.retune({ frequencyMhz: 300, coreVoltageMv: 1200 })
    await bench.pass(200)
    bench.session.retune({ frequencyMhz: 150, coreVoltageMv: 1200 })
    await bench.pass(3000)
    expect(bench.session.state.name).toBe('hashing')
    expect(bench.chain.frequenciesMhz.at(-1)).toBe(150)
  })

  it('made while the clock is being raised is followed once chips hash', async () => {
    const bench = new SessionBench({ job: job() })
    await bench.until(() => bench.session.state.name === 'ramping')
    bench.session.retune({ frequencyMhz: 250, coreVoltageMv: 1250 })
    await bench.pass(5000)
    expect(bench.chain.frequenciesMhz.at(-1)).toBe(250)
    expect(bench.power.asked.at(-1)).toBe('voltage 1250')
  })

  it.each([
    { frequencyMhz: 301, coreVoltageMv: 1200 },
    { frequencyMhz: 99, coreVoltageMv: 1200 },
    { frequencyMhz: 200, coreVoltageMv: 1301 },
    { frequencyMhz: 200, coreVoltageMv: 999 },
    { frequencyMhz: Number.NaN, coreVoltageMv: 1200 },
    { frequencyMhz: 200, coreVoltageMv: Number.POSITIVE_INFINITY },
  ])('to $frequencyMhz MHz and $coreVoltageMv mV is refused, and nothing is sent', async (setting) => {
    const bench = await hashing()
    const asked = bench.power.asked.length
    expect(() => bench.session.retune(setting)).toThrowError(
      expect.objectContaining({ code: 'board/out-of-range' }),
    )
    await bench.pass(2000)
    expect(bench.power.asked).toHaveLength(asked)
    expect(bench.chain.frequenciesMhz.at(-1)).toBe(200)
  })

  it('of a voltage that cannot be set is refused, and so is a session with settings out of range', async () => {
    const bench = await hashing({
      board: { coreVoltageMv: null },
      settings: { frequencyMhz: 200, coreVoltageMv: null },
    })
    expect(() => bench.session.retune({ frequencyMhz: 200, coreVoltageMv: 1200 })).toThrowError(
      HeadframeError,
    )
    expect(() => new SessionBench({ settings: { frequencyMhz: 400, coreVoltageMv: 1200 } })).toThrowError(
      expect.objectContaining({ code: 'board/out-of-range' }),
    )
  })
})

describe('when power is taken away', () => {
  it('tells the chips to be idle at once, and starts again when the pause is over', async () => {
    const bench = await hashing()
    bench.power.cut()
    await settle()
    expect(bench.chain.heard.at(-1)).toBe('idle')
    expect(bench.session.state.name).toBe('cut')
    expect(bench.session.view()).toMatchObject({
      cut: { cause: 'too-hot' },
      doing: 'Power was taken away: The chip is at 80 C. It is started again when that has passed.',
    })
    await bench.pass(29_000)
    expect(bench.session.state.name).toBe('cut')
    await bench.pass(10_000)
    expect(bench.session.state.name).toBe('hashing')
  })

  it('for a person to acknowledge, it stays off until then', async () => {
    const bench = await hashing()
    bench.power.cut({ latched: true })
    await bench.pass(120_000, 500)
    expect(bench.session.state.name).toBe('cut')
    bench.session.resume()
    await bench.until(() => bench.session.state.name === 'hashing')
  })

  it('while it is being set up, nothing more is sent but that', async () => {
    const bench = new SessionBench({ job: job() })
    await bench.until(() => bench.session.state.name === 'ramping')
    bench.chain.heard.length = 0
    bench.power.cut({ latched: true })
    await bench.pass(5000)
    expect(bench.chain.heard).toEqual(['idle'])
  })

  it('keeps trying, with pauses, while the owner of power refuses', async () => {
    const refusal = new HeadframeError('safety/too-hot', 'The chip is still at 70 C.')
    const bench = new SessionBench({ job: job(), prepare: ({ power }) => (power.refusal = refusal) })
    await bench.pass(500)
    expect(bench.session.view()).toMatchObject({ state: 'recovering' })
    expect(bench.session.view().doing).toContain('The chip is still at 70 C.')
    await bench.pass(30_000)
    bench.power.refusal = null
    await bench.until(() => bench.session.state.name === 'hashing')
    expect(bench.chain.heard.slice(0, bench.chain.heard.indexOf('who'))).toEqual(Array(5).fill('idle'))
  })

  it('gives up waiting for an owner of power that never answers', async () => {
    const bench = new SessionBench({ job: job(), prepare: ({ power }) => (power.isSilent = true) })
    await bench.pass(31_000)
    await bench.until(() => bench.session.state.name === 'recovering')
    expect(bench.chain.heard).toEqual(['idle'])
  })
})
