import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Routing } from '@contract'
import { buildBoard } from '@/features/routing/routing-board.ts'
import * as edits from '@/features/routing/routing-edits.ts'
import { addPart, changePart, freeRigs, measuredRatio, removePart } from '@/features/routing/split-parts.ts'
import { createBoardSelection } from '@/features/routing/use-board-selection.ts'
import { pretendPool, pretendRig, pretendRouting } from '../../support/pretend-farm.ts'

const pools = [
  pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready' }),
  pretendPool({ id: 'lode', name: 'Northern Lode', priority: 1 }),
  pretendPool({ id: 'spare', name: 'Spare vein', priority: 2, enabled: false }),
]
const rigs = ['a', 'b', 'c', 'd'].map((id) => pretendRig({ id, poolId: 'ridge', hashrateHs: 1e12 }))
const attic = { id: 'attic', name: 'Attic', rigKeys: ['a', 'b'], poolId: 'lode' }

/** Where each rig stands on the board. */
function places(routing: Routing): Record<string, string | null> {
  return Object.fromEntries(
    buildBoard(routing, rigs, pools).flatMap((column) =>
      column.rows.flatMap((row) => (row.kind === 'rig' ? [[row.rigKey, column.poolId]] : [])),
    ),
  )
}

describe('sending rigs', () => {
  it('gives them a rule of their own, which comes before their group', () => {
    const routing = edits.sendRigs(pretendRouting({ groups: [attic] }), ['a', 'c'], 'ridge')
    expect(routing.rigs).toEqual([
      { rigKey: 'a', poolId: 'ridge' },
      { rigKey: 'c', poolId: 'ridge' },
    ])
    expect(places(routing)).toEqual({ a: 'ridge', b: 'lode', c: 'ridge', d: null })
  })

  it('needs no rule where the group goes anyway', () => {
    const routing = pretendRouting({ groups: [attic], rigs: [{ rigKey: 'a', poolId: 'ridge' }] })
    expect(edits.sendRigs(routing, ['a'], 'lode').rigs).toEqual([])
  })

  it('takes a rig that shall follow out of a group that goes elsewhere, and leaves it in one that follows', () => {
    const following = { id: 'shed', name: 'Shed', rigKeys: ['c'], poolId: null }
    const routing = pretendRouting({
      groups: [attic, following],
      rigs: [{ rigKey: 'c', poolId: 'lode' }],
    })
    const next = edits.sendRigs(routing, ['a', 'c'], null)
    expect(next.groups.map((group) => group.rigKeys)).toEqual([['b'], ['c']])
    expect(places(next)).toEqual({ a: null, b: 'lode', c: null, d: null })
  })
})

describe('groups of rigs', () => {
  it('are made without moving anything', () => {
    const routing = pretendRouting({
      rigs: [
        { rigKey: 'a', poolId: 'lode' },
        { rigKey: 'b', poolId: 'lode' },
      ],
    })
    const same = edits.createGroup(routing, 'Attic', ['a', 'b'])
    expect(same.groups).toEqual([{ id: 'group-1', name: 'Attic', rigKeys: ['a', 'b'], poolId: 'lode' }])
    expect(same.rigs).toEqual([])
    const mixed = edits.createGroup(routing, 'Shed', ['b', 'c'])
    expect(mixed.groups[0]?.poolId).toBeNull()
    for (const next of [same, mixed]) expect(places(next)).toEqual(places(routing))
  })

  it('never share a rig, and get ids of their own', () => {
    let routing = edits.createGroup(pretendRouting(), 'Attic', ['a', 'b'])
    routing = edits.createGroup(routing, 'Shed', ['b', 'c'])
    expect(routing.groups.map((group) => group.rigKeys)).toEqual([['a'], ['b', 'c']])
    routing = edits.createGroup(edits.removeGroup(routing, 'group-1'), 'Barn', ['d'])
    expect(new Set(routing.groups.map((group) => group.id)).size).toBe(2)
  })

  it('take rigs in with all that this means: their own rules and former groups end', () => {
    const routing = pretendRouting({
      groups: [attic, { id: 'shed', name: 'Shed', rigKeys: ['c'], poolId: null }],
      rigs: [{ rigKey: 'd', poolId: 'ridge' }],
    })
    const next = edits.addToGroup(routing, 'attic', ['c', 'd'])
    expect(places(next)).toEqual({ a: 'lode', b: 'lode', c: 'lode', d: 'lode' })
    expect(next.groups[1]?.rigKeys).toEqual([])
    expect(edits.leaveGroups(next, ['a', 'd']).groups[0]?.rigKeys).toEqual(['b', 'c'])
  })

  it('go to a pool together, except for rigs with rules of their own', () => {
    const routing = pretendRouting({
      groups: [{ ...attic, poolId: null }],
      rigs: [{ rigKey: 'a', poolId: 'ridge' }],
    })
    expect(places(edits.sendGroup(routing, 'attic', 'lode'))).toEqual({
      a: 'ridge',
      b: 'lode',
      c: null,
      d: null,
    })
    expect(places(edits.dropOwnRules(edits.sendGroup(routing, 'attic', 'lode'), ['a'])).a).toBe('lode')
  })
})

describe('the board', () => {
  it('has a column for those that follow, one per pool that can take work, and none for an idle one that is off', () => {
    expect(buildBoard(pretendRouting(), rigs, pools).map((column) => column.poolId)).toEqual([
      null,
      'ridge',
      'lode',
    ])
    const ruled = pretendRouting({ rigs: [{ rigKey: 'a', poolId: 'spare' }] })
    expect(buildBoard(ruled, rigs, pools).map((column) => column.poolId)).toContain('spare')
  })

  it('says which rigs do not work for the pool they should', () => {
    const [, , lode] = buildBoard(pretendRouting({ groups: [attic] }), rigs, pools)
    expect(lode?.rows.map((row) => (row.kind === 'rig' ? row.astray : row.group.name))).toEqual([
      'Attic',
      'Copper Ridge',
      'Copper Ridge',
    ])
    const [follow] = buildBoard(pretendRouting(), [pretendRig({ id: 'x', poolId: null })], pools)
    expect(follow?.rows[0]).toMatchObject({ astray: 'no pool yet' })
  })

  it('takes any pool of the split for the right one, and says which it is', () => {
    const routing = pretendRouting({
      split: [
        { poolId: 'ridge', percent: 50 },
        { poolId: 'lode', percent: 50 },
      ],
    })
    const moved = rigs.map((rig) => (rig.rigKey === 'a' ? { ...rig, poolId: 'lode' } : rig))
    const [follow] = buildBoard(routing, moved, pools)
    expect(follow?.rows[0]).toMatchObject({ rigKey: 'a', astray: null, worksFor: 'Northern Lode' })
  })

  it('keeps the place of rigs that are away, and forgets rules for pools that are gone', () => {
    const routing = pretendRouting({
      rigs: [
        { rigKey: 'away', poolId: 'lode' },
        { rigKey: 'a', poolId: 'gone' },
      ],
    })
    const board = buildBoard(routing, rigs, pools)
    expect(board[2]?.rows).toMatchObject([{ rigKey: 'away', rig: null, name: 'away' }])
    expect(places(routing).a).toBeNull()
  })

  it('sorts the way people count, groups first, and shows what is looked for', () => {
    const named = ['rig-10', 'rig-2', 'barn-1'].map((name) => pretendRig({ id: name, poolId: 'ridge' }))
    const routing = pretendRouting({ groups: [{ id: 'g', name: 'G', rigKeys: ['rig-10'], poolId: null }] })
    const keys = (filter?: string): string[] =>
      buildBoard(routing, named, pools, filter)[0]!.rows.map((row) => row.key)
    expect(keys()).toEqual(['group:g', 'rig-10', 'barn-1', 'rig-2'])
    expect(keys('RIG')).toEqual(['group:g', 'rig-10', 'rig-2'])
    expect(keys('barn')).toEqual(['barn-1'])
  })
})

describe('a split of the hashrate', () => {
  const total = (parts: readonly { percent: number }[]): number =>
    parts.reduce((sum, part) => sum + part.percent, 0)

  it('adds up to 100 whatever is moved, added or taken out, and no part vanishes', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('change' as const),
        at: fc.nat(9),
        percent: fc.double({ min: -50, max: 150 }),
      }),
      fc.record({ kind: fc.constant('add' as const) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.nat(9) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let parts = addPart([], 'p0')
        let next = 1
        for (const each of steps) {
          if (each.kind === 'add' && parts.length < 10) parts = addPart(parts, `p${next++}`)
          else if (each.kind === 'remove' && parts.length > 1)
            parts = removePart(parts, parts[each.at % parts.length]!.poolId)
          else if (each.kind === 'change')
            parts = changePart(parts, parts[each.at % parts.length]!.poolId, each.percent)
          expect(total(parts)).toBe(100)
          expect(parts.every((part) => Number.isInteger(part.percent) && part.percent >= 1)).toBe(true)
        }
      }),
    )
  })

  it('gives what was asked for to the one, and keeps the proportion of the others', () => {
    const parts = [
      { poolId: 'a', percent: 60 },
      { poolId: 'b', percent: 30 },
      { poolId: 'c', percent: 10 },
    ]
    const changed = changePart(parts, 'a', 20)
    expect(changed.map((part) => part.percent)).toEqual([20, 60, 20])
    expect(addPart(addPart([], 'a'), 'b').map((part) => part.percent)).toEqual([90, 10])
  })

  it('is about rigs without a rule, and measures what they do', () => {
    const routing = pretendRouting({ groups: [attic], rigs: [{ rigKey: 'c', poolId: 'lode' }] })
    const moved = [...rigs, pretendRig({ id: 'e', poolId: 'lode', hashrateHs: 3e12 })]
    const free = freeRigs(routing, moved)
    expect(free.map((rig) => rig.rigKey)).toEqual(['d', 'e'])
    expect(measuredRatio(free, 'lode')).toBe(0.75)
    expect(measuredRatio([], 'lode')).toBeNull()
  })
})

describe('the choice of rigs', () => {
  it('is made and unmade one by one or together, and forgets rigs that are gone', () => {
    const selection = createBoardSelection()
    selection.toggle('a')
    selection.toggleAll(['a', 'b'])
    expect(selection.list.value).toEqual(['a', 'b'])
    selection.toggleAll(['a', 'b'])
    expect(selection.list.value).toEqual([])
    selection.add(['c', 'd'])
    selection.keepOnly(new Set(['d']))
    expect(selection.list.value).toEqual(['d'])
  })
})
