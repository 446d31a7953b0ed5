import { describe, expect, it } from 'vitest'
import { namedRigs } from '../../../src-main/app/named-rigs.ts'
import { type Downstream } from '../../../src-preload/contract/index.ts'
import { fakeRig } from '../../support/fake-fleet.ts'

const downstream = (id: string, rigKey: string, name = rigKey): Downstream =>
  ({ id, rigKey, name }) as Partial<Downstream> as Downstream

const nothing = (): undefined => undefined

describe('every machine once', () => {
  it('is a rig with the key that the proxy knows it by, or one that only the proxy knows', () => {
    const rigs = [
      fakeRig({ id: 'a', name: 'Attic', downstreamId: 'd1' }),
      fakeRig({ id: 'b', name: 'Barn', downstreamId: null }),
      fakeRig({ id: 'c', name: 'Cellar', downstreamId: 'gone' }),
    ]
    expect(namedRigs(rigs, [downstream('d1', 'k1'), downstream('d2', 'k2', 'Stick')], nothing)).toEqual([
      { rigId: 'a', rigKey: 'k1', name: 'Attic' },
      { rigId: 'b', rigKey: null, name: 'Barn' },
      { rigId: 'c', rigKey: null, name: 'Cellar' },
      { rigId: null, rigKey: 'k2', name: 'Stick' },
    ])
  })

  it('is not two for two connections of one key', () => {
    const both = [downstream('d1', 'shared'), downstream('d2', 'shared')]
    expect(namedRigs([], both, nothing).map(({ rigKey }) => rigKey)).toEqual(['shared'])
    const rigs = [fakeRig({ id: 'a', downstreamId: 'd1' })]
    expect(namedRigs(rigs, both, nothing).map(({ rigId, rigKey }) => [rigId, rigKey])).toEqual([
      ['a', 'shared'],
    ])
  })

  it('keeps the key that it had last while nobody else is connected by it', () => {
    const rigs = [fakeRig({ id: 'a', downstreamId: null }), fakeRig({ id: 'b', downstreamId: 'd1' })]
    const keys = (downstreams: Downstream[]) =>
      namedRigs(rigs, downstreams, () => 'shared').map(({ rigId, rigKey }) => [rigId, rigKey])
    expect(keys([])).toEqual([
      ['a', 'shared'],
      ['b', null],
    ])
    expect(keys([downstream('d1', 'shared')])).toEqual([
      ['a', null],
      ['b', 'shared'],
    ])
  })
})
