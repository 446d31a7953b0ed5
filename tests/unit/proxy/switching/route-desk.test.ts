import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteDesk, type RouteView } from '../../../../src-main/proxy/switching/route-desk.ts'
import { DEFAULT_ROUTING } from '../../../../src-main/proxy/switching/routing.ts'

const view = (defaultId: string | null, ...usable: readonly string[]): RouteView => ({
  defaultId,
  isUsable: (poolId) => usable.includes(poolId),
})

describe('a route', () => {
  const desk = new RouteDesk({
    ...DEFAULT_ROUTING,
    rules: [
      { poolId: 'b', rigKeys: ['one', 'two'] },
      { poolId: 'c', rigKeys: ['two', 'three'] },
    ],
  })
  const routeOf = (rigKey: string, seen: RouteView): string | null =>
    desk.route(desk.wishOf(rigKey), null, seen)

  it('is that of the first rule that names the rig, else the pool in use', () => {
    const all = view('a', 'a', 'b', 'c')
    expect(['one', 'two', 'three', 'four'].map((rigKey) => routeOf(rigKey, all))).toEqual([
      'b',
      'b',
      'c',
      'a',
    ])
  })

  it('leads to the pool in use while its own cannot be relied on', () => {
    expect(routeOf('one', view('a', 'a', 'c'))).toBe('a')
    expect(routeOf('three', view('a', 'a', 'c'))).toBe('c')
    expect(routeOf('four', view(null, 'b'))).toBeNull()
  })
})

describe('a split', () => {
  const desk = new RouteDesk({
    ...DEFAULT_ROUTING,
    rules: [{ poolId: 'c', rigKeys: ['one'] }],
    split: [
      { poolId: 'a', ratio: 0.5 },
      { poolId: 'b', ratio: 0.3 },
      { poolId: 'c', ratio: 0.2 },
      { poolId: 'd', ratio: 0 },
    ],
  })

  it('is for rigs without a rule, wherever they were assigned', () => {
    const all = view('a', 'a', 'b', 'c')
    expect(desk.wishOf('one')).toEqual({ kind: 'rule', poolId: 'c' })
    expect(desk.route(desk.wishOf('two'), 'b', all)).toBe('b')
    expect(desk.route(desk.wishOf('two'), null, all)).toBe('a')
    expect(desk.splitPoolIds).toEqual(['a', 'b', 'c'])
  })

  it('raises the parts of the pools that are left when one fails', () => {
    expect(desk.usableSplit(view('a', 'a', 'b', 'c'))).toHaveLength(3)
    expect(desk.usableSplit(view('a', 'a', 'b'))).toEqual([
      { poolId: 'a', ratio: 0.625 },
      { poolId: 'b', ratio: 0.37499999999999994 },
    ])
    expect(desk.usableSplit(view('z'))).toEqual([])
    expect(desk.route({ kind: 'split' }, 'c', view('z', 'a', 'b'))).toBe('z')
  })
})

describe('any routing', () => {
  it('never sends a rig to a pool that cannot be relied on, unless it is the one in use', () => {
    const id = fc.constantFrom<string[]>('a', 'b', 'c', 'd')
    fc.assert(
      fc.property(
        fc.array(fc.record({ poolId: id, rigKeys: fc.array(fc.constantFrom('1', '2', '3')) })),
        fc.array(fc.record({ poolId: id, ratio: fc.double({ min: 0, max: 1, noNaN: true }) })),
        fc.array(id),
        fc.option(id),
        fc.option(id),
        (rules, split, usable, defaultId, assigned) => {
          const desk = new RouteDesk({ ...DEFAULT_ROUTING, rules, split })
          for (const rigKey of ['1', '2', '3', '4']) {
            const poolId = desk.route(desk.wishOf(rigKey), assigned, view(defaultId, ...usable))
            expect(poolId === defaultId || usable.includes(poolId!)).toBe(true)
          }
          const sum = desk
            .usableSplit(view(defaultId, ...usable))
            .reduce((total, { ratio }) => total + ratio, 0)
          expect(sum === 0 || Math.abs(sum - 1) < 1e-9).toBe(true)
        },
      ),
    )
  })
})
