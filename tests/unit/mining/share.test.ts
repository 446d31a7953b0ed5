import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asBlockHash,
  asTarget,
  bigintToTarget,
  checkNtime,
  checkShareShape,
  difficultyOfTarget,
  hashHeader,
  headerOfShare,
  judge,
  MAX_TARGET,
  meetsTarget,
  pinTargets,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { jobOf, rollable, shareVectors, targetOf } from '../../support/mining-vectors.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const job = jobOf(shareVectors[1]!)
const hashAt = (value: bigint): ReturnType<typeof asBlockHash> => asBlockHash(bigintToTarget(value))

describe('judged share', () => {
  it.each(shareVectors)('of the reference with nonce $nonce is judged as there', (vector) => {
    const target = targetOf(vector.targetHex)
    const own = jobOf(vector)
    const hash = hashHeader(
      headerOfShare(own, { rollable, ntime: vector.ntime, nonce: vector.nonce, version: own.version }),
    )
    const verdict = judge(pinTargets(own, target), hash, false, false)
    if (vector.meetsTarget) {
      expect(verdict).toMatchObject({
        kind: 'valid',
        difficulty: difficultyOfTarget(target),
        meetsUpstream: true,
        block: vector.block,
      })
    } else expect(verdict).toEqual({ kind: 'rejected', reason: 'difficulty-too-low' })
  })

  it('is valid when its hash equals the target, upstream and network likewise', () => {
    const target = 1n << 220n
    const own = { ...job, target: bigintToTarget(target) }
    const targets = pinTargets(own, bigintToTarget(target))
    expect(judge(targets, hashAt(target), false, false)).toMatchObject({ kind: 'valid', meetsUpstream: true })
    expect(judge(targets, hashAt(target + 1n), false, false)).toEqual({
      kind: 'rejected',
      reason: 'difficulty-too-low',
    })
    expect(judge({ ...targets, network: targets.upstream }, hashAt(target), false, false)).toMatchObject({
      block: true,
    })
  })

  it('is refused as stale or duplicate whatever its hash, stale first', () => {
    fc.assert(
      fc.property(bytes32, fc.boolean(), (hash, duplicate) => {
        const targets = pinTargets(job, MAX_TARGET)
        expect(judge(targets, asBlockHash(hash), duplicate, true)).toEqual({
          kind: 'rejected',
          reason: 'stale-share',
        })
        expect(judge(targets, asBlockHash(hash), true, false)).toEqual({
          kind: 'rejected',
          reason: 'duplicate-share',
        })
      }),
    )
  })

  it('that only weighs here is not for the pool', () => {
    const own = { ...job, target: targetOfDifficulty(1000) }
    const targets = pinTargets(own, targetOfDifficulty(8), 8)
    const between = asBlockHash(targetOfDifficulty(100))
    const verdict = judge(targets, between, false, false)
    expect(verdict).toMatchObject({ kind: 'valid', difficulty: 8, meetsUpstream: false, block: false })
    expect(verdict.kind === 'valid' && verdict.hashDifficulty).toBeCloseTo(100, 9)
  })

  it('that the pool or the network takes is never refused for a higher difficulty of ours', () => {
    const own = { ...job, target: targetOfDifficulty(100) }
    const targets = { ...pinTargets(own, targetOfDifficulty(1000), 1000), network: targetOfDifficulty(2) }
    expect(judge(targets, asBlockHash(targetOfDifficulty(500)), false, false)).toMatchObject({
      kind: 'valid',
      difficulty: difficultyOfTarget(own.target),
      meetsUpstream: true,
    })
    expect(judge(targets, asBlockHash(targetOfDifficulty(50)), false, false)).toMatchObject({
      kind: 'valid',
      difficulty: difficultyOfTarget(targets.network),
      meetsUpstream: false,
      block: true,
    })
  })

  it('is valid exactly when it meets a target, and worth no more than its hash', () => {
    fc.assert(
      fc.property(bytes32, bytes32, bytes32, bytes32, (hash, downstream, upstream, network) => {
        const own = { ...job, target: asTarget(upstream) }
        const targets = { ...pinTargets(own, asTarget(downstream)), network: asTarget(network) }
        const blockHash = asBlockHash(hash)
        const verdict = judge(targets, blockHash, false, false)
        const met = [targets.downstream, targets.upstream, targets.network].map((target) =>
          meetsTarget(blockHash, target),
        )
        expect(verdict.kind === 'valid').toBe(met.includes(true))
        if (verdict.kind !== 'valid') return
        expect([verdict.meetsUpstream, verdict.block]).toEqual([met[1], met[2]])
        expect(verdict.difficulty).toBeLessThanOrEqual(verdict.hashDifficulty * (1 + 1e-14))
      }),
    )
  })

  it('knows the network target of its job, and none for nonsense', () => {
    expect(pinTargets(job, MAX_TARGET).network).toEqual(bigintToTarget(0xd7c0n << BigInt(8 * (0x1b - 3))))
    const nonsense = { ...job, tip: { ...job.tip, nBits: 0 } }
    expect(judge(pinTargets(nonsense, MAX_TARGET), hashAt(1n), false, false)).toMatchObject({ block: false })
  })
})

describe('shape of a share', () => {
  const good = { rollableSize: 8, ntime: job.ntime, nonce: 0, version: job.version }
  const at = job.receivedAtMs

  it('is fine for the job as it was sent', () => {
    expect(checkShareShape(job, good, at)).toBeUndefined()
    expect(checkShareShape(job, { ...good, version: 0x3fffe000, nonce: 0xffffffff }, at)).toBeUndefined()
  })

  it.each([
    ['bad-extranonce-size', { rollableSize: 7 }],
    ['bad-extranonce-size', { rollableSize: 9 }],
    ['invalid-non-rollable-version-bit', { version: 0x20000001 }],
    ['invalid-non-rollable-version-bit', { version: 0x60000000 }],
    ['invalid-share', { ntime: job.tip.minNtime - 1 }],
    ['invalid-share', { ntime: job.ntime + 7201 }],
    ['invalid-share', { ntime: -1 }],
    ['invalid-share', { ntime: 2 ** 32 }],
    ['invalid-share', { ntime: job.ntime + 0.5 }],
    ['invalid-share', { ntime: Number.NaN }],
    ['invalid-share', { nonce: 2 ** 32 }],
    ['invalid-share', { version: -1 }],
  ])('is refused as %s for %o', (reason, change) => {
    expect(checkShareShape(job, { ...good, ...change }, at)).toBe(reason)
  })

  it('allows no version rolling where the pool allows none', () => {
    const fixed = { ...job, versionRollingMask: 0 }
    expect(checkShareShape(fixed, good, at)).toBeUndefined()
    expect(checkShareShape(fixed, { ...good, version: 0x20002000 }, at)).toBe('version-rolling-not-allowed')
  })

  it('lets header time advance with the clock, and bear two hours beyond', () => {
    expect(checkNtime(job, job.ntime + 7200, at)).toBe(true)
    expect(checkNtime(job, job.ntime + 7260, at + 59_000)).toBe(false)
    expect(checkNtime(job, job.ntime + 7260, at + 60_000)).toBe(true)
    expect(checkNtime(job, job.ntime + 10, at + 5000, 0)).toBe(false)
    expect(checkNtime(job, job.ntime + 5, at + 5000, 0)).toBe(true)
  })

  it('does not narrow when the clock was set back, and starts at the minimum of the tip, not of the job', () => {
    expect(checkNtime(job, job.ntime + 7200, at - 3_600_000)).toBe(true)
    const later = { ...job, ntime: job.ntime + 30 }
    expect(checkNtime(later, job.tip.minNtime, at)).toBe(true)
  })
})
