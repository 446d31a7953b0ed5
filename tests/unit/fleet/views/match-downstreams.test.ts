import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DownstreamSeen } from '../../../../src-main/fleet/ports.ts'
import { hostOf, matchDownstreams, workerOf } from '../../../../src-main/fleet/views/match-downstreams.ts'

let made = 0
const seen = (address: string, name: string, more: Partial<DownstreamSeen> = {}): DownstreamSeen => ({
  id: `d${String(++made)}`,
  name,
  address,
  connectedAtMs: made,
  lastShareAtMs: null,
  hashrateHs: 0,
  validShares: 0,
  ...more,
})
const rig = (id: string, host: string, ...users: string[]) => ({ id, host, users })
const idOf = (map: ReadonlyMap<string, DownstreamSeen>, id: string): string | undefined => map.get(id)?.id

describe('which connection is which rig', () => {
  it('goes by address where a rig has it alone, whatever the names', () => {
    const at7 = seen('192.0.2.7:50000', 'renamed')
    expect(idOf(matchDownstreams([rig('a', '192.0.2.7', 'farm.attic')], [at7]), 'a')).toBe(at7.id)
  })

  it('goes by worker name where several rigs share an address', () => {
    const rigs = [rig('a', '127.0.0.1', 'attic'), rig('b', '127.0.0.1', 'farm.cellar')]
    const [one, two] = [seen('127.0.0.1:1', 'cellar'), seen('127.0.0.1:2', 'x.attic')]
    const map = matchDownstreams(rigs, [one, two])
    expect([idOf(map, 'a'), idOf(map, 'b')]).toEqual([two.id, one.id])
  })

  it('matches nobody where two rigs of one address have one name', () => {
    const rigs = [rig('a', '127.0.0.1', 'attic'), rig('b', '127.0.0.1', 'farm.attic')]
    expect(matchDownstreams(rigs, [seen('127.0.0.1:1', 'attic')]).size).toBe(0)
  })

  it('takes the newest of a rig that connected again', () => {
    const [old, now] = [seen('192.0.2.7:1', 'attic'), seen('192.0.2.7:2', 'attic')]
    expect(idOf(matchDownstreams([rig('a', '192.0.2.7', 'attic')], [now, old]), 'a')).toBe(now.id)
  })

  it('leaves a single rig alone where several connections come from its address and none has its name', () => {
    const map = matchDownstreams(
      [rig('a', '192.0.2.7', 'attic')],
      [seen('192.0.2.7:1', 'x'), seen('192.0.2.7:2', 'y')],
    )
    expect(map.size).toBe(0)
  })

  it('finds a rig that is known by a name of the network by its worker', () => {
    const connection = seen('192.0.2.7:1', 'attic')
    const map = matchDownstreams([rig('a', 'bitaxe.local', 'farm.attic')], [connection])
    expect(idOf(map, 'a')).toBe(connection.id)
  })

  it('knows IPv4 in the clothes of IPv6', () => {
    expect(hostOf('[::ffff:192.0.2.7]:3333')).toBe('192.0.2.7')
    expect(hostOf('[fd00::1]:3333')).toBe('fd00::1')
    expect(hostOf('192.0.2.7:3333')).toBe('192.0.2.7')
    expect(workerOf('farm.attic')).toBe('attic')
  })

  it('gives no connection to two rigs, and none from another numeric address', () => {
    const host = fc.constantFrom('192.0.2.1', '192.0.2.2', '127.0.0.1', 'bitaxe.local')
    const name = fc.constantFrom('a', 'b', 'farm.a', 'farm.b', '')
    fc.assert(
      fc.property(
        fc.array(fc.record({ host, users: fc.array(name, { maxLength: 2 }) }), { maxLength: 6 }),
        fc.array(fc.tuple(fc.constantFrom('192.0.2.1', '192.0.2.2', '127.0.0.1', '192.0.2.9'), name), {
          maxLength: 6,
        }),
        (rigs, connections) => {
          const named = rigs.map((each, i) => ({ id: String(i), ...each }))
          const seenNow = connections.map(([from, as], i) => seen(`${from}:${String(i + 1)}`, as))
          const map = matchDownstreams(named, seenNow)
          const used = [...map.values()].map(({ id }) => id)
          expect(new Set(used).size).toBe(used.length)
          for (const [id, connection] of map) {
            const from = named[Number(id)]?.host ?? ''
            if (from !== 'bitaxe.local') expect(hostOf(connection.address)).toBe(from)
          }
        },
      ),
    )
  })
})
