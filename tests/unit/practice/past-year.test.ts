import { describe, expect, it } from 'vitest'
import { pastLedger } from '../../../src-main/practice/past-ledger.ts'
import { type PastMachine, pastYear, type PastYearOptions } from '../../../src-main/practice/past-year.ts'

const DAY_MS = 86_400_000
const TO_MS = Date.UTC(2026, 10, 22)

const MACHINE: PastMachine = {
  rigId: 'rig-a',
  rigKey: 'garage',
  name: 'Garage',
  hashrateHs: 1.2e12,
  shareHashrateHs: 1.2e12,
  powerW: 18,
  chipC: 60,
  fanRpm: 4000,
  frequencyMHz: 525,
}

function steps(changes: Partial<PastYearOptions> = {}) {
  return [
    ...pastYear({
      machines: [MACHINE],
      poolIds: ['a', 'b'],
      fromMs: TO_MS - 60 * DAY_MS,
      toMs: TO_MS,
      seed: 7,
      ...changes,
    }),
  ]
}

describe('a year that the practice farm never had', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(steps()).toEqual(steps())
    expect(steps({ seed: 8 })).not.toEqual(steps())
  })

  it('has rising moments before now, in whole numbers', () => {
    const all = steps()
    expect(all.length).toBeGreaterThan(30 * 288)
    expect(all.every(({ atMs }, index) => atMs < TO_MS && atMs > (all[index - 1]?.atMs ?? 0))).toBe(true)
    const values = all.flatMap(({ samples }) => samples.flatMap((sample) => Object.values(sample.values)))
    expect(values.every((value) => value === null || Number.isSafeInteger(value))).toBe(true)
  })

  it('keeps the identity of shares, and counts nothing while Headframe was off', () => {
    for (const { shares, samples, coveredMs } of steps({ fromMs: TO_MS - 365 * DAY_MS })) {
      for (const delta of shares) {
        expect(delta.submitted).toBe(delta.valid + delta.stale + delta.duplicate + delta.invalid)
        expect(delta.acknowledged + delta.rejected + delta.lost).toBeLessThanOrEqual(delta.valid)
      }
      if (coveredMs === 0) expect([...shares, ...samples]).toEqual([])
    }
  })

  it('has machines that fail, and the work that their rate amounts to', () => {
    const all = steps({ fromMs: TO_MS - 365 * DAY_MS })
    expect(all.some(({ samples }) => samples.some(({ values }) => values.reachable_ms === 0))).toBe(true)
    const coveredMs = all.reduce((sum, step) => sum + step.coveredMs, 0)
    const work = all.flatMap(({ shares }) => shares).reduce((sum, delta) => sum + delta.workDifficulty, 0)
    const rate = (work * 2 ** 32 * 1000) / coveredMs
    expect(rate).toBeGreaterThan(0.9 * MACHINE.shareHashrateHs)
    expect(rate).toBeLessThan(1.1 * MACHINE.shareHashrateHs)
  })

  it('gives no samples of a machine that only the proxy knows, and no shares of one that mines elsewhere', () => {
    const all = steps({
      machines: [
        { ...MACHINE, rigId: null },
        { ...MACHINE, rigKey: null, rigId: 'rig-b' },
      ],
    })
    const keys = new Set(all.flatMap(({ samples }) => samples.map(({ source }) => source.key)))
    expect([...keys]).toEqual(['rig-b'])
    expect(new Set(all.flatMap(({ shares }) => shares.map(({ rigKey }) => rigKey)))).toEqual(
      new Set(['garage']),
    )
  })
})

describe('the world outside in that year', () => {
  const ledger = pastLedger({
    fromMs: TO_MS - 365 * DAY_MS,
    toMs: TO_MS,
    seed: 3,
    networkDifficulty: 2e6,
    height: 900_000,
    currency: 'EUR',
    minorPerBtc: 6_000_000,
    accountId: 'account-1',
    satsPerDay: 20_000,
  })

  it('has a price for every day and a retarget every fortnight, in whole units', () => {
    expect(ledger.prices).toHaveLength(365)
    expect(ledger.facts.length).toBeGreaterThan(24)
    expect(ledger.prices.every(({ closeMinor }) => Number.isSafeInteger(closeMinor) && closeMinor > 0)).toBe(
      true,
    )
    expect(ledger.facts.every(({ difficulty }) => difficulty > 0)).toBe(true)
  })

  it('pays out what was earned, a week at a time', () => {
    const earned = ledger.accountDays.reduce((sum, { earnedSats }) => sum + earnedSats, 0)
    const paid = ledger.payouts.reduce((sum, { sats }) => sum + sats, 0)
    expect(ledger.payouts.length).toBe(52)
    expect(paid).toBeLessThanOrEqual(earned)
    expect(paid).toBeGreaterThan(earned * 0.95)
    expect(new Set(ledger.payouts.map(({ reference }) => reference)).size).toBe(52)
  })
})
