import { describe, expect, it } from 'vitest'
import { checkRouting, routingConfig, withoutPool } from '../../../src-main/app/routing-config.ts'
import { HeadframeError } from '../../../src-main/base/index.ts'
import { defaultSettings, type RoutingSettings, type Settings } from '../../../src-main/settings/index.ts'

const failover = { enabled: true, returnAfterMinutes: 5 }
const routing = (changes: Partial<RoutingSettings> = {}): RoutingSettings => ({
  rigs: [],
  groups: [],
  split: [],
  failover,
  ...changes,
})
const group = (
  id: string,
  poolId: string | null,
  ...rigKeys: string[]
): RoutingSettings['groups'][number] => ({
  id,
  name: id,
  rigKeys,
  poolId,
})

function settings(...poolIds: string[]): Settings {
  const pool = (id: string): Settings['pools'][number] => ({
    id,
    name: id,
    url: 'stratum+tcp://pool.example.com:3333',
    userIdentity: 'farm',
    enabled: true,
    fallbackUrl: null,
    lines: 'shared',
    namesRigs: false,
    mayMoveTo: 'same-host',
    listens: false,
    solo: false,
    versionRolling: 'bip320',
    knownRollableSize: null,
    secretRef: null,
  })
  return { ...defaultSettings(), pools: poolIds.map(pool) }
}

describe('routing as the proxy is told it', () => {
  it('has rules of single rigs before those of groups, and none for a group without a pool', () => {
    const { rules } = routingConfig(
      routing({
        groups: [group('shed', 'b', 'r1', 'r2'), group('loose', null, 'r9')],
        rigs: [{ rigKey: 'r1', poolId: 'a' }],
      }),
    )
    expect(rules).toEqual([
      { rigKeys: ['r1'], poolId: 'a' },
      { rigKeys: ['r1', 'r2'], poolId: 'b' },
    ])
  })

  it('has a split whose parts make one, also after rounding to hundredths of a percent', () => {
    const parts = [33.33, 33.33, 33.33].map((percent, n) => ({ poolId: `p${n}`, percent }))
    const { split } = routingConfig(routing({ split: parts }))
    expect(split.reduce((sum, { ratio }) => sum + ratio, 0)).toBeCloseTo(1, 12)
  })

  it('has times in milliseconds', () => {
    expect(routingConfig(routing()).failover).toEqual({ enabled: true, returnAfterMs: 300_000 })
  })
})

describe('routing that cannot be carried out', () => {
  it.each<[string, Partial<RoutingSettings>, string]>([
    ['a rig rule for a pool that is gone', { rigs: [{ rigKey: 'r', poolId: 'gone' }] }, 'not in the list'],
    ['a group for a pool that is gone', { groups: [group('g', 'gone')] }, 'not in the list'],
    ['two rules for a rig', { rigs: ['a', 'b'].map((poolId) => ({ rigKey: 'r', poolId })) }, 'two rules'],
    ['two groups of one id', { groups: [group('g', 'a'), group('g', 'b')] }, 'same id'],
    ['a split of 90 %', { split: [{ poolId: 'a', percent: 90 }] }, 'make 90 %'],
    [
      'a pool twice in the split',
      {
        split: [
          { poolId: 'a', percent: 50 },
          { poolId: 'a', percent: 50 },
        ],
      },
      'twice in the split',
    ],
  ])('is refused: %s', (_, changes, words) => {
    let refusal: unknown
    try {
      checkRouting(routing(changes), settings('a', 'b'))
    } catch (error) {
      refusal = error
    }
    expect(refusal).toBeInstanceOf(HeadframeError)
    expect((refusal as HeadframeError).code).toBe('routing/invalid')
    expect((refusal as HeadframeError).message).toContain(words)
  })

  it('takes what is whole', () => {
    const split = [
      { poolId: 'a', percent: 66.67 },
      { poolId: 'b', percent: 33.33 },
    ]
    const whole = routing({ rigs: [{ rigKey: 'r', poolId: 'b' }], groups: [group('g', null, 'r')], split })
    expect(() => checkRouting(whole, settings('a', 'b'))).not.toThrow()
  })
})

it('of a pool that is removed, rules end and its rigs go with the others', () => {
  const before = routing({
    rigs: [
      { rigKey: 'r1', poolId: 'a' },
      { rigKey: 'r2', poolId: 'b' },
    ],
    groups: [group('g', 'a', 'r3')],
    split: [
      { poolId: 'a', percent: 10 },
      { poolId: 'b', percent: 90 },
    ],
  })
  expect(withoutPool(before, 'a')).toEqual({
    rigs: [{ rigKey: 'r2', poolId: 'b' }],
    groups: [group('g', null, 'r3')],
    split: [],
    failover,
  })
})
