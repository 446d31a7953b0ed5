import { describe, expect, it } from 'vitest'
import { type RigCommand } from '../../../../src-main/fleet/families/family.ts'
import { type Evidence, judge } from '../../../../src-main/fleet/control/proof.ts'
import { NO_SHARES, poolEntry, reading, type RigReading } from '../../../../src-main/fleet/model/reading.ts'
import { type RigAtProxy } from '../../../../src-main/fleet/rig-access.ts'

const OURS = { url: 'stratum+tcp://192.0.2.250:3333', user: 'attic', password: 'x' }
const OLD = { url: 'stratum+tcp://pool.example.com:3333', user: 'farm.attic', password: 'x' }
const toUs: RigCommand = { kind: 'set-pools', pools: [OURS, OLD] }

const rig = (known: Partial<RigReading> = {}): RigReading =>
  reading({ atMs: 1000, family: 'axeos', firmware: 'AxeOS', state: 'mining', ...known })
const at = (pool: typeof OURS, more: Partial<RigReading> = {}, accepted: number | null = null): RigReading =>
  rig({
    pools: [poolEntry({ index: 0, url: pool.url, user: pool.user, active: true, accepted })],
    ...more,
  })
const seen = (known: Partial<RigAtProxy> = {}): RigAtProxy => ({
  downstreamId: 'd1',
  validShares: 5,
  lastShareAtMs: 900,
  connectedAtMs: 0,
  hashrateHs: 1e12,
  ...known,
})
const evidence = (known: Partial<Evidence>): Evidence => ({
  command: toUs,
  before: rig(),
  wroteAtMs: 1000,
  now: at(OURS),
  wasAway: false,
  proxyBefore: null,
  proxyNow: null,
  towardsHere: true,
  firstThere: null,
  ...known,
})
const verdict = (known: Partial<Evidence>): string => judge(evidence(known)).kind

describe('whether a rig mines here now', () => {
  it('counts shares of the same connection from the write on', () => {
    const proxyBefore = seen()
    expect(verdict({ proxyBefore, proxyNow: seen({ lastShareAtMs: 2000 }) })).toBe('says-so')
    expect(verdict({ proxyBefore, proxyNow: seen({ validShares: 6, lastShareAtMs: 2000 }) })).toBe('proven')
  })

  it('counts shares of a new connection from its beginning, unless they are older than the write', () => {
    const proxyNow = seen({ downstreamId: 'd2', validShares: 1, lastShareAtMs: 2000 })
    expect(verdict({ proxyBefore: seen(), proxyNow })).toBe('proven')
    expect(verdict({ proxyNow: { ...proxyNow, lastShareAtMs: 900 } })).toBe('says-so')
  })

  it('does not take shares here for proof while the rig itself names another pool', () => {
    const proxyNow = seen({ downstreamId: 'd2', lastShareAtMs: 2000 })
    expect(verdict({ now: at(OLD), proxyNow })).toBe('not-yet')
  })

  it('does not take an old entry that is still active for the new list', () => {
    const list = (first: typeof OURS): RigReading =>
      rig({
        pools: [
          poolEntry({ index: 0, url: first.url, user: first.user }),
          poolEntry({ index: 1, url: OLD.url, user: OLD.user, active: true }),
        ],
      })
    const other = { ...OURS, url: 'stratum+tcp://other.example.com:1' }
    expect(verdict({ now: list(other) })).toBe('not-yet')
    // With the new one before it, the old one is where the rig went because the new one does not answer.
    expect(verdict({ now: list(OURS) })).toBe('says-so')
  })

  it('overlooks the entry of the firmware maker, and takes a suffix that firmware adds', () => {
    const now = rig({
      pools: [
        poolEntry({
          index: 9,
          url: 'stratum+tcp://fee.example.com:1',
          user: 'fee',
          active: true,
          devFee: true,
        }),
        poolEntry({ index: 0, url: '192.0.2.250:3333', user: 'attic.0a1b', active: true }),
      ],
    })
    expect(verdict({ now })).toBe('says-so')
  })

  it('expects no share of a rig that does not hash', () => {
    expect(judge(evidence({ now: at(OURS, { state: 'paused' }) }))).toMatchObject({
      kind: 'says-so',
      final: true,
    })
  })
})

describe('whether a rig mines elsewhere now', () => {
  const away: Partial<Evidence> = { command: { kind: 'set-pools', pools: [OLD] }, towardsHere: false }

  it('is seen by its own count since it was there, also where that began anew', () => {
    const firstThere = at(OLD, {}, 50)
    expect(verdict({ ...away, firstThere, now: at(OLD, {}, 50) })).toBe('says-so')
    expect(verdict({ ...away, firstThere, now: at(OLD, {}, 51) })).toBe('proven')
    expect(verdict({ ...away, firstThere, now: at(OLD, {}, 0) })).toBe('says-so')
    expect(verdict({ ...away, firstThere, now: at(OLD, {}, 2) })).toBe('proven')
  })

  it('is seen by the moment of a share where nothing is counted, and by nothing where none is told', () => {
    const share = (lastShareAtMs: number | null) => ({ shares: { ...NO_SHARES, lastShareAtMs } })
    const firstThere = at(OLD, share(500))
    expect(verdict({ ...away, firstThere, now: at(OLD, share(500)) })).toBe('says-so')
    expect(verdict({ ...away, firstThere, now: at(OLD, share(5000)) })).toBe('proven')
    expect(judge(evidence({ ...away, firstThere, now: at(OLD) }))).toMatchObject({
      kind: 'says-so',
      final: true,
    })
  })
})

describe('whether a rig started anew', () => {
  const reboot: RigCommand = { kind: 'reboot' }
  const up = (systemUptimeS: number | null, atMs: number, more: Partial<RigReading> = {}): RigReading =>
    rig({ systemUptimeS, atMs, ...more })

  it.each([
    [3600, 20, 'proven'],
    [3600, 3630, 'not-yet'],
    [3600, 3629, 'not-yet'],
    [10, 36, 'proven'],
  ])('is told by its uptime: %i s before, %i s after 30 s: %s', (before, after, kind) => {
    expect(verdict({ command: reboot, before: up(before, 1000), now: up(after, 31_000) })).toBe(kind)
  })

  it('is told by its absence where it tells no uptime', () => {
    const now = up(null, 31_000)
    expect(verdict({ command: reboot, before: up(null, 0), now })).toBe('not-yet')
    expect(verdict({ command: reboot, before: up(null, 0), now, wasAway: true })).toBe('proven')
  })

  it('is not enough while it does not hash again, unless it did not before', () => {
    const now = up(5, 31_000, { state: 'starting' })
    expect(verdict({ command: reboot, before: up(3600, 0), now })).toBe('says-so')
    const asleep = { state: 'paused' } as const
    expect(verdict({ command: reboot, before: up(3600, 0, asleep), now: up(5, 31_000, asleep) })).toBe(
      'proven',
    )
  })
})

describe('whether a setting took', () => {
  const settings = (known: Partial<RigReading['settings']>): RigReading =>
    rig({ settings: { ...rig().settings, ...known } })

  it.each<[RigCommand, Partial<RigReading['settings']>, string]>([
    [{ kind: 'set-frequency', megahertz: 500 }, { frequencyMHz: 502 }, 'proven'],
    [{ kind: 'set-frequency', megahertz: 500 }, { frequencyMHz: 525 }, 'not-yet'],
    [{ kind: 'set-frequency', megahertz: 500 }, { frequencyMHz: null }, 'says-so'],
    [{ kind: 'set-fan', percent: 70 }, { fanAuto: false, fanPercent: 71 }, 'proven'],
    [{ kind: 'set-fan', percent: 70 }, { fanAuto: true, fanPercent: 70 }, 'not-yet'],
    [{ kind: 'set-fan', percent: null }, { fanAuto: true }, 'proven'],
    [{ kind: 'set-power-mode', mode: 'low' }, { powerMode: 'low' }, 'proven'],
    [{ kind: 'set-power-mode', mode: 'low' }, { powerMode: 'high' }, 'not-yet'],
    [{ kind: 'set-power-limit', watts: 3000 }, { powerLimitW: 2980 }, 'proven'],
  ])('is read back: %o with %o is %s', (command, known, kind) => {
    expect(verdict({ command, now: settings(known) })).toBe(kind)
  })
})
