import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import { type ExtranonceSpace, fits } from '../../../../src-main/mining/index.ts'
import { type ExtranonceGrant } from '../../../../src-main/proxy/downstream/downstream.ts'
import { ExtranonceDesk } from '../../../../src-main/proxy/downstream/extranonce-desk.ts'
import { pretendConfig } from '../../../support/proxy/pretend-pools.ts'

const space = (rollableSize: number): ExtranonceSpace => ({ prefix: new Uint8Array(4), rollableSize })
const sizes = ({ layout }: ExtranonceGrant): [number, number] => [
  layout.extranonce1Size,
  layout.extranonce2Size,
]

function deskWith(...rollable: (number | null)[]): ExtranonceDesk {
  const desk = new ExtranonceDesk()
  desk.setPools(rollable.map((knownRollableSize, n) => pretendConfig(`p${n}`, { knownRollableSize })))
  return desk
}

describe('the layout of a rig', () => {
  it('is refused before the first job too where no pool of the list can carry what the rig insists on', () => {
    for (const minimumRollableSize of [16, 65_535]) {
      expect(() => deskWith(8, 4).grant({ rollsVersions: true, minimumRollableSize }, null)).toThrow(
        expect.objectContaining({ code: 'extranonce/no-room' }),
      )
    }
  })

  it('is given in advance where a pool of the list was never connected and may grant as much', () => {
    const request = { rollsVersions: true, minimumRollableSize: 8 }
    expect(sizes(deskWith(null).grant(request, null))).toEqual([4, 8])
    expect(() => deskWith(null).grant({ ...request, minimumRollableSize: 65_535 }, null)).toThrow(
      expect.objectContaining({ code: 'extranonce/no-room' }),
    )
  })

  it('is refused before any pool is known where nothing could ever carry it', () => {
    expect(() => deskWith().grant({ rollsVersions: true, minimumRollableSize: 65_535 }, null)).toThrow(
      expect.objectContaining({ code: 'extranonce/no-room' }),
    )
  })

  it.each([
    [[], [4, 4]],
    [[16], [4, 4]],
    [
      [8, 16],
      [4, 4],
    ],
    [
      [16, 6],
      [2, 4],
    ],
    [
      [8, 4, 16],
      [2, 2],
    ],
    [
      [8, 3],
      [1, 2],
    ],
    [
      [8, 2],
      [1, 1],
    ],
  ])('fits every enabled pool: %j gives %j', (rollable, layout) => {
    expect(sizes(deskWith(...rollable).grant({ rollsVersions: true, minimumRollableSize: 0 }, null))).toEqual(
      layout,
    )
  })

  it('assumes of pools never seen what their kind usually grants', () => {
    expect(sizes(deskWith(null).grant({ rollsVersions: true, minimumRollableSize: 0 }, null))).toEqual([2, 2])
    const desk = new ExtranonceDesk()
    const endpoint = {
      protocol: 'stratum-v2',
      transport: 'tcp',
      host: 'x',
      port: 1,
      path: '',
      authorityKey: null,
    } as const
    desk.setPools([pretendConfig('p', { knownRollableSize: null, endpoint })])
    expect(sizes(desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null))).toEqual([4, 4])
  })

  it('believes what a pool grants more than what it granted before', () => {
    const desk = deskWith(8, 8)
    desk.learn('p1', space(4))
    expect(sizes(desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null))).toEqual([2, 2])
    desk.learn('p1', space(12))
    expect(sizes(desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null))).toEqual([4, 4])
  })

  it('takes no account of disabled pools, nor of those that could not carry the rig at all', () => {
    const desk = new ExtranonceDesk()
    desk.setPools([
      pretendConfig('a', { knownRollableSize: 8 }),
      pretendConfig('b', { knownRollableSize: 4, enabled: false }),
      pretendConfig('c', { knownRollableSize: 1 }),
      pretendConfig('d', { knownRollableSize: 2 }),
    ])
    expect(sizes(desk.grant({ rollsVersions: false, minimumRollableSize: 0 }, null))).toEqual([4, 4])
    expect(sizes(desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null))).toEqual([1, 1])
  })

  it('always fits the pool in use, whatever the list says', () => {
    expect(sizes(deskWith(8).grant({ rollsVersions: true, minimumRollableSize: 0 }, space(4)))).toEqual([
      2, 2,
    ])
  })
})

describe('a pool in use that has no room', () => {
  it.each([
    [true, 1, /only 1 byte of extranonce/],
    [true, 0, /only 0 bytes/],
    [
      false,
      3,
      /only 3 bytes of extranonce, too few for this rig beside others\. Use another pool, or switch on version rolling/,
    ],
  ])('is named to the rig (rolls versions: %s, %d bytes)', (rolls, size, message) => {
    const desk = deskWith(8)
    expect(() => desk.grant({ rollsVersions: rolls, minimumRollableSize: 0 }, space(size))).toThrow(
      expect.objectContaining({
        code: 'extranonce/no-room',
        message: expect.stringMatching(message) as string,
      }),
    )
    expect(desk.tryGrant({ rollsVersions: rolls, minimumRollableSize: 0 }, space(size))).toBeUndefined()
  })

  it('is told apart from one with room for rigs that roll versions', () => {
    const desk = new ExtranonceDesk()
    expect([0, 1, 2, 3, 4, 16].map((size) => desk.carriesRigs(space(size)))).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ])
  })
})

describe('rigs', () => {
  it('never do the same work, whatever pools were known when each of them came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.integer({ min: 2, max: 16 }), rolls: fc.boolean() }), {
          minLength: 2,
          maxLength: 30,
        }),
        fc.integer({ min: 2, max: 16 }),
        (arrivals, rollableSize) => {
          const desk = deskWith(8)
          const fixedParts = new Set<string>()
          const grants: ExtranonceGrant[] = []
          for (const { size, rolls } of arrivals) {
            desk.learn('p0', space(size))
            const grant = desk.tryGrant({ rollsVersions: rolls, minimumRollableSize: 0 }, space(size))
            if (grant && fits(grant.layout, space(rollableSize))) grants.push(grant)
          }
          // In one pool, what is fixed for a rig is not the beginning of what is fixed for another.
          for (const { extranonce1, layout } of grants) {
            const padding = rollableSize - layout.extranonce1Size - layout.extranonce2Size
            fixedParts.add('00'.repeat(padding) + toHex(extranonce1))
          }
          expect(fixedParts.size).toBe(grants.length)
          for (const one of fixedParts) {
            for (const other of fixedParts) expect(one !== other && other.startsWith(one)).toBe(false)
          }
        },
      ),
    )
  })

  it('give their place back', () => {
    const desk = deskWith(2)
    const grants = Array.from({ length: 255 }, () =>
      desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null),
    )
    expect(() => desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null)).toThrow(
      expect.objectContaining({ code: 'extranonce/exhausted' }),
    )
    desk.release(grants[7]!)
    expect(desk.grant({ rollsVersions: true, minimumRollableSize: 0 }, null).extranonce1).toEqual(
      grants[7]!.extranonce1,
    )
  })
})
