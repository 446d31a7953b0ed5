import { describe, expect, it } from 'vitest'
import { activePoolText, hashrateText, rigsText, switchedText } from '../../../src-main/electron/words.ts'
import { pretendOverview } from '../../support/pretend-farm.ts'

describe('words of tray and notifications', () => {
  it.each([
    [0, '0 H/s'],
    [NaN, '0 H/s'],
    [0.5, '0.50 H/s'],
    [999, '999 H/s'],
    [999.7, '1.00 kH/s'],
    [1000, '1.00 kH/s'],
    [9_994_000, '9.99 MH/s'],
    [9_996_000, '10.0 MH/s'],
    [99_960_000_000, '100 GH/s'],
    [1.23e13, '12.3 TH/s'],
    [9.999e17, '1.00 EH/s'],
    [5e23, '500 ZH/s'],
    [5e24, '5000 ZH/s'],
  ])('writes %d hashes a second as %s', (hashrateHs, text) => {
    expect(hashrateText(hashrateHs)).toBe(text)
  })

  it('names the pool, and its trouble if it has any', () => {
    const withState = (state: 'ready' | 'waiting' | 'blocked'): string =>
      activePoolText(
        pretendOverview({
          activePool: {
            id: 'a',
            name: 'North',
            url: 'u',
            protocol: 'stratum-v2',
            state,
            switchedAt: null,
          },
        }),
      )
    expect(withState('ready')).toBe('North')
    expect(withState('waiting')).toBe('North (not reachable, trying again)')
    expect(withState('blocked')).toBe('North (stopped, needs you)')
    expect(activePoolText(pretendOverview())).toBe('No pool chosen')
  })

  it.each([
    [0, 0, 'No rig connected'],
    [1, 1, '1 rig hashing'],
    [4, 4, '4 rigs hashing'],
    [4, 3, '3 of 4 rigs hashing'],
  ])('counts %i rigs, %i of them hashing', (online, hashing, text) => {
    expect(rigsText(pretendOverview({ rigs: { total: 9, online, hashing } }))).toBe(text)
  })

  it.each([
    [0, 0, 'Rigs that connect will work for North.'],
    [1, 0, 'One rig works for North now; no connection was dropped.'],
    [4, 0, '4 rigs work for North now; no connection was dropped.'],
    [4, 1, '4 rigs work for North now; 1 had to reconnect.'],
  ])('tells what a switch of %i rigs did', (total, reconnected, text) => {
    const downstreams = { total, seamless: total - reconnected, setExtranonce: 0, reconnected }
    expect(switchedText('North', { switchedAt: 1, tookMs: 1, downstreams })).toBe(text)
  })
})
