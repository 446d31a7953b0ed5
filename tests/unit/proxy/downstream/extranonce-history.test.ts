import { describe, expect, it } from 'vitest'
import {
  type DownstreamHost,
  type ExtranonceGrant,
} from '../../../../src-main/proxy/downstream/downstream.ts'
import {
  ExtranonceHistory,
  zeroExtranonce2,
} from '../../../../src-main/proxy/downstream/extranonce-history.ts'
import { type Rig } from '../../../../src-main/proxy/downstream/rig.ts'

const grant = (byte: number): ExtranonceGrant => ({
  extranonce1: new Uint8Array([byte, byte]),
  layout: { extranonce1Size: 2, extranonce2Size: 4 },
})

function history(): { history: ExtranonceHistory; rig: Rig; released: number[] } {
  const released: number[] = []
  const host = {
    releaseExtranonce: ({ extranonce1 }: ExtranonceGrant) => void released.push(extranonce1[0]!),
  } as DownstreamHost
  const rig = { extranonce1: null, layout: null, changed: false } as unknown as Rig
  return { history: new ExtranonceHistory(rig, host), rig, released }
}

describe('the extranonces of a rig', () => {
  it('are those that were in force for an issue', () => {
    const { history: kept, rig } = history()
    expect([kept.latest, kept.rigBytes, kept.at(5)]).toEqual([undefined, 0, undefined])
    kept.use(grant(1), 0)
    kept.use(grant(2), 10)
    expect([kept.at(9), kept.at(10), kept.latest].map((one) => one?.extranonce1[0])).toEqual([1, 2, 2])
    expect([kept.rigBytes, rig.extranonce1, rig.changed]).toEqual([6, grant(2).extranonce1, true])
  })

  it('are given back when there are too many, and at the end', () => {
    const { history: kept, released } = history()
    for (let n = 1; n <= 4; n++) kept.use(grant(n), 10 * n)
    expect([released, kept.at(15)]).toEqual([[1], undefined])
    kept.release()
    kept.release()
    expect(released).toEqual([1, 2, 3, 4])
  })

  it('leave zeros where nothing is rolled, the same for all', () => {
    expect(zeroExtranonce2(grant(1))).toEqual(new Uint8Array(4))
    expect(zeroExtranonce2(grant(1))).toBe(zeroExtranonce2(grant(2)))
  })
})
