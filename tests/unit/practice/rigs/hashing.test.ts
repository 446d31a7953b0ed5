import { describe, expect, it } from 'vitest'
import { type Clock, concatBytes, ManualClock } from '../../../../src-main/base/index.ts'
import { asTarget, hashHeader, meetsTarget, targetOfDifficulty } from '../../../../src-main/mining/index.ts'
import { HashingLoop, type HashingReport } from '../../../../src-main/practice/rigs/hashing.ts'
import { HeaderWalk, type RigWork } from '../../../../src-main/practice/rigs/rig-work.ts'

const work = (key: number, difficulty = 1e-6): RigWork => ({
  key,
  coinb1: new Uint8Array(60).fill(key),
  extranonce1: Uint8Array.of(0xaa, 0xbb),
  coinb2: new Uint8Array(40),
  extranonce2Size: 2,
  merkleBranches: [],
  prevHash: new Uint8Array(32),
  version: 0x20000000,
  versionMask: 0x1fffe000,
  nBits: 0x1d00ffff,
  ntime: 1_750_000_000,
  target: targetOfDifficulty(difficulty),
})

function bench() {
  const clock = new ManualClock()
  const reports: HashingReport[] = []
  const loop = new HashingLoop(clock, (report) => reports.push(report))
  const finds = () => reports.flatMap((report) => report.finds)
  const hashesOf = (rig: number): number =>
    reports
      .flatMap(({ hashes }) => hashes)
      .filter((each) => each.rig === rig)
      .reduce((sum, { count }) => sum + count, 0)
  return { clock, loop, reports, finds, hashesOf }
}

describe('the hashing of practice rigs', () => {
  it('keeps each rig at its own rate', () => {
    const { clock, loop, hashesOf } = bench()
    loop.command({ kind: 'work', rig: 0, work: work(1, 1), hashrateHs: 20_000 })
    loop.command({ kind: 'work', rig: 1, work: work(2, 1), hashrateHs: 160_000 })
    clock.advance(10_000)
    expect(hashesOf(0)).toBe(200_000)
    expect(hashesOf(1)).toBe(1_600_000)
    loop.stop()
  })

  it('finds what meets the target, about as much as chance has it, and each header once', () => {
    const { clock, loop, finds } = bench()
    const given = work(1)
    loop.command({ kind: 'work', rig: 0, work: given, hashrateHs: 100_000 })
    clock.advance(10_000)
    loop.stop()
    // A million hashes at 4295 to a share: 233, with a sigma of 15.
    expect(finds().length).toBeGreaterThan(150)
    expect(finds().length).toBeLessThan(320)
    const walk = new HeaderWalk(given)
    const headers = new Map(
      Array.from({ length: 50 }, () => walk.next()).map((each) => [
        `${each.version}/${each.extranonce2.join()}`,
        each.header76,
      ]),
    )
    const seen = new Set<string>()
    for (const { version, extranonce2, nonce, key } of finds()) {
      const header76 = headers.get(`${version}/${extranonce2.join()}`)!
      const tail = new Uint8Array(4)
      new DataView(tail.buffer).setUint32(0, nonce, true)
      expect(meetsTarget(hashHeader(concatBytes(header76, tail)), asTarget(given.target))).toBe(true)
      expect(key).toBe(1)
      seen.add(`${version}/${extranonce2.join()}/${nonce}`)
    }
    expect(seen.size).toBe(finds().length)
    expect(new Set(finds().map(({ version }) => version)).size).toBeGreaterThan(1)
    expect(new Set(finds().map(({ extranonce2 }) => extranonce2.join())).size).toBeGreaterThan(1)
  })

  it('leaves old work when new work comes', () => {
    const { clock, loop, finds } = bench()
    loop.command({ kind: 'work', rig: 0, work: work(1), hashrateHs: 50_000 })
    clock.advance(2_000)
    const before = finds().length
    loop.command({ kind: 'work', rig: 0, work: work(2), hashrateHs: 50_000 })
    clock.advance(2_000)
    expect(
      new Set(
        finds()
          .slice(before)
          .map(({ key }) => key),
      ),
    ).toEqual(new Set([2]))
    loop.stop()
  })

  it('rolls no more than a new mask allows', () => {
    const { clock, loop, finds } = bench()
    loop.command({ kind: 'work', rig: 0, work: work(1), hashrateHs: 500_000 })
    loop.command({ kind: 'version-mask', rig: 0, mask: 0 })
    loop.command({ kind: 'version-mask', rig: 9, mask: 0 })
    clock.advance(2_000)
    expect(new Set(finds().map(({ version }) => version))).toEqual(new Set([0x20000000]))
    loop.stop()
  })

  it('reports at once what it finds, and otherwise once a second', () => {
    const { clock, loop, reports } = bench()
    loop.command({ kind: 'work', rig: 0, work: work(1, 1), hashrateHs: 1_000 })
    clock.advance(5_000)
    expect(reports).toHaveLength(5)
    loop.command({ kind: 'work', rig: 0, work: work(2, 1e-9), hashrateHs: 1_000 })
    clock.advance(100)
    expect(reports).toHaveLength(6)
    expect(reports[5]!.finds.length).toBeGreaterThan(5)
    loop.stop()
  })

  it('rests without a timer while no rig has work', () => {
    const { clock, loop, hashesOf } = bench()
    expect(clock.pending).toBe(0)
    loop.command({ kind: 'work', rig: 0, work: work(1), hashrateHs: 1_000 })
    expect(clock.pending).toBe(1)
    loop.command({ kind: 'idle', rig: 0 })
    expect(clock.pending).toBe(0)
    clock.advance(5_000)
    expect(hashesOf(0)).toBe(0)
  })

  it('does not make up for an hour that the machine slept', () => {
    let nowMs = 0
    let turn = (): void => {}
    const clock: Clock = {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      after: () => ({ cancel() {} }),
      every: (_period, run) => {
        turn = run
        return { cancel() {} }
      },
    }
    let hashes = 0
    const loop = new HashingLoop(clock, (report) => {
      for (const { count } of report.hashes) hashes += count
    })
    loop.command({ kind: 'work', rig: 0, work: work(1, 1), hashrateHs: 100_000 })
    nowMs = 3_600_000
    turn()
    expect(hashes).toBe(50_000)
  })
})
