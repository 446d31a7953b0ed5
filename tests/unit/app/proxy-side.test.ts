import { describe, expect, it } from 'vitest'
import { type Downstream } from '../../../src-preload/contract/index.ts'
import { proxySide } from '../../../src-main/app/proxy-side.ts'

const NOTHING = {
  submitted: 0,
  valid: 0,
  stale: 0,
  duplicate: 0,
  invalid: 0,
  acknowledged: 0,
  rejected: 0,
  pending: 0,
  lost: 0,
  weak: 0,
}

function goodSharesOf(
  shares: Partial<Downstream['shares']>,
  changes: Partial<Downstream> = {},
): number | undefined {
  const connection = { id: 'd1', name: 'attic', shares: { ...NOTHING, ...shares }, ...changes } as Downstream
  const side = proxySide({
    downstreams: () => [connection],
    listeners: () => ({ stratum: null, stratumV2: null, stratumWs: null }),
    list: { all: [] } as never,
    secrets: { get: () => Promise.resolve(undefined) } as never,
  })
  return side.downstreams()[0]?.validShares
}

describe('what the fleet sees of a connection', () => {
  it('counts shares below what the pool asks for, since they prove that the rig works here', () => {
    expect(goodSharesOf({ submitted: 1, valid: 1, weak: 3 })).toBe(4)
  })

  it('leaves out devices on our own ports, which are no rigs of the network', () => {
    expect(goodSharesOf({ valid: 1 }, { protocol: 'device' })).toBeUndefined()
  })

  it('counts none that prove nothing', () => {
    expect(goodSharesOf({ submitted: 6, stale: 1, duplicate: 2, invalid: 3 })).toBe(0)
  })
})
