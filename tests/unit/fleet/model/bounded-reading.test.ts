import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rigDetail } from '../../../../src-preload/contract/index.ts'
import { boundedReading } from '../../../../src-main/fleet/model/bounded-reading.ts'
import { board, poolEntry, reading, type RigReading } from '../../../../src-main/fleet/model/reading.ts'
import { ScriptedFleet } from '../../../support/scripted-fleet.ts'

const said = (known: Partial<RigReading>): RigReading =>
  reading({ atMs: 1_700_000_000_000, family: 'axeos', firmware: 'AxeOS', state: 'mining', ...known })

describe('a reading that says too much', () => {
  it('keeps what a rig can mean', () => {
    const whole = said({
      hostname: 'attic',
      powerW: 3250,
      boards: [board({ slot: 2, label: '2', chipMaxC: 71.5 })],
      pools: [poolEntry({ index: 0, url: 'stratum+tcp://pool.example:3333', user: 'farm.attic' })],
      settings: { ...said({}).settings, powerLimitRangeW: { min: 1000, max: 4000 } },
    })
    expect(boundedReading(whole)).toEqual(whole)
  })

  it('has no text of megabytes and no list of thousands', () => {
    const bounded = boundedReading(
      said({
        hostname: 'x'.repeat(1_000_000),
        pools: Array.from({ length: 10_000 }, (_, index) =>
          poolEntry({ index, url: 'u'.repeat(1000), user: '' }),
        ),
      }),
    )
    expect(bounded.hostname).toHaveLength(500)
    expect(bounded.pools).toHaveLength(128)
    expect(JSON.stringify(bounded).length).toBeLessThan(200_000)
  })

  it('has no number beyond all measure', () => {
    const bounded = boundedReading(
      said({
        powerW: Infinity,
        expectedHs: 1e300,
        bestShare: NaN,
        shares: { ...said({}).shares, accepted: 1e20 },
        boards: [
          board({ slot: 1e300, label: 'a' }),
          board({ slot: 0.5, label: 'b' }),
          board({ slot: 1, label: 'c' }),
        ],
        settings: { ...said({}).settings, powerLimitRangeW: { min: 0, max: Infinity } },
      }),
    )
    expect(bounded).toMatchObject({ powerW: null, expectedHs: null, bestShare: null })
    expect(bounded.shares.accepted).toBeNull()
    expect(bounded.boards.map(({ label }) => label)).toEqual(['c'])
    expect(bounded.settings.powerLimitRangeW).toBeNull()
  })

  it('does not keep the list of all rigs from being shown, whatever one of them says', async () => {
    const farm = new ScriptedFleet()
    await farm.fleet.start()
    const [id = ''] = await farm.populate(1)
    const number = fc.oneof(fc.double(), fc.constantFrom(1e308, -1e308, Infinity, NaN, 1e-320, -5, 2 ** 60))
    const odd = fc.record({
      powerW: number,
      expectedHs: number,
      minerUptimeS: number,
      bestShare: number,
      blocksFound: number,
      nowHs: number,
      accepted: number,
      slot: number,
      index: number,
      text: fc.string({ maxLength: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(odd, async (values) => {
        const { nowHs, accepted, slot, index, text, ...rest } = values
        farm.rigAt('192.0.2.1').partial = {
          failed: [],
          without: {
            ...rest,
            model: text,
            hashrates: { ...said({}).hashrates, nowHs },
            shares: {
              accepted,
              rejected: accepted,
              stale: accepted,
              lastShareAtMs: accepted,
              rejectReasons: [{ reason: text, count: accepted }],
            },
            boards: [board({ slot, label: text, chipMaxC: nowHs })],
            chips: [
              {
                boardSlot: slot,
                index,
                hashrateHs: nowHs,
                temperatureC: null,
                frequencyMHz: null,
                voltageV: null,
                errors: accepted,
                working: null,
              },
            ],
            fans: [{ label: text, rpm: nowHs, dutyPercent: accepted, ok: null }],
            pools: [{ ...poolEntry({ index, url: text, user: text }), accepted, lastShareAtMs: accepted }],
            errors: [
              { code: text, text, remedy: null, severity: 'error', component: null, sinceMs: accepted },
            ],
          },
        }
        await farm.fleet.refresh(id)
        const checked = rigDetail.safeParse(farm.fleet.detail(id))
        expect(checked.error?.issues ?? []).toEqual([])
      }),
    )
    await farm.fleet.stop()
  })
})
