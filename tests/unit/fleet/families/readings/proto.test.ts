import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { type ProtoReplies, readProto } from '../../../../../src-main/fleet/families/readings/proto.ts'

const AT_MS = 1_780_000_000_000
const read = (replies: ProtoReplies) => {
  const reading = readProto({ system: { 'system-info': { model: 'Rig' } }, ...replies }, AT_MS)
  if (reading === null) throw new Error('no Proto Rig')
  return reading
}
const inState = (status: unknown) => read({ mining: { 'mining-status': { status } } })

describe('a Proto Rig', () => {
  it('is nothing that answers otherwise', () => {
    expect(readProto({ system: { hello: 1 }, mining: [] }, AT_MS)).toBeNull()
  })

  it.each([
    ['Mining', 'mining'],
    ['DegradedMining', 'mining'],
    ['PoweringOn', 'starting'],
    ['Stopped', 'paused'],
    ['Curtailed', 'paused'],
    ['NoPools', 'stopped'],
    ['Error', 'error'],
    ['SomethingNew', 'error'],
    [undefined, 'starting'],
  ])('that says %s is %s', (status, state) => {
    expect(inState(status).state).toBe(state)
  })

  it('explains states that want something of a person', () => {
    expect(inState('DegradedMining').errors).toMatchObject([{ code: 'DegradedMining', severity: 'warning' }])
    expect(inState('Curtailed').errors).toMatchObject([{ severity: 'info' }])
    expect(inState('Mining').errors).toEqual([])
  })

  it('puts pools in the order of their priority, keys into their URLs, and work to the first that is active', () => {
    const pools = [
      { id: 0, priority: 2, url: 'stratum+tcp://c:1', user: 'x', status: 'Dead' },
      {
        id: 1,
        priority: 1,
        url: 'stratum2+tcp://b:2',
        v2_authority_pubkey: '9k',
        user: 'x',
        status: 'Active',
      },
      {
        id: 2,
        priority: 0,
        url: 'stratum+tcp://a:3',
        user: 'x',
        status: 'Idle',
        last_share_time: 1_779_999_990,
      },
    ]
    expect(read({ pools: { pools } }).pools.map(({ url, alive, active }) => [url, alive, active])).toEqual([
      ['stratum+tcp://a:3', null, false],
      ['stratum2+tcp://b:2/9k', true, true],
      ['stratum+tcp://c:1', false, false],
    ])
    expect(read({ pools: { pools } }).shares.lastShareAtMs).toBe(1_779_999_990_000)
  })

  it('reads fans, and takes a driven one without turns for broken', () => {
    const fans = [
      { slot: 1, rpm: 4000, percentage: 50 },
      { slot: 2, rpm: 0, percentage: 50 },
      { slot: 3, rpm: 0, percentage: 0 },
    ]
    const reading = read({
      cooling: { 'cooling-status': { fan_mode: 'Manual', speed_percentage: 50, fans } },
    })
    expect(reading.fans.map(({ label, ok }) => [label, ok])).toEqual([
      ['Fan 1', true],
      ['Fan 2', false],
      ['Fan 3', null],
    ])
    expect(reading.settings).toMatchObject({ fanAuto: false, fanPercent: 50 })
  })

  it('never throws, whatever is answered', () => {
    const replies = fc.record({
      mining: fc.jsonValue({ maxDepth: 4 }),
      telemetry: fc.oneof(
        fc.jsonValue({ maxDepth: 4 }),
        fc.record({ hashboards: fc.jsonValue({ maxDepth: 4 }) }),
      ),
      pools: fc.oneof(fc.jsonValue(), fc.record({ pools: fc.jsonValue({ maxDepth: 3 }) })),
      cooling: fc.jsonValue(),
      errors: fc.jsonValue(),
      target: fc.jsonValue(),
    })
    fc.assert(fc.property(replies, (each) => read(each).family === 'proto'))
  })
})
