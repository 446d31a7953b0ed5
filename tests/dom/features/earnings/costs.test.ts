import { describe, expect, it } from 'vitest'
import { pretendFleetRigs } from '../../../support/pretend-fleet-rigs.ts'
import { type PRETEND_TARIFF } from '../../../support/pretend-earnings-values.ts'
import { pass, START } from '../../mount-app.ts'
import { bareFarm, button, choose, farm, textOf, useScreen, write } from './kit.ts'

const screen = useScreen()

describe('tariffs', () => {
  it('are entered as one price, and cost appears', async () => {
    const core = bareFarm()
    const app = await screen.open(core, '/earnings/costs')
    expect(app.text('tariff')).toContain('What does your power cost?')
    await app.click(app.get('tariff-add'))
    await app.click(app.get('tariff-save'))
    expect(app.text('tariff-editor')).toContain('Enter a price such as 0.28')
    expect(core.callsOf('money.update')).toEqual([])
    await write(app, 'tariff-price', '0,2845')
    await write(app, 'tariff-standing', '0.31')
    await app.click(app.get('tariff-save'))
    expect(core.callsOf('money.update')).toEqual([
      {
        tariffs: [
          {
            validFrom: '2026-11-22',
            name: '',
            standingMicrosPerDay: 310_000,
            rates: { kind: 'flat', microsPerKwh: 284_500 },
          },
        ],
      },
    ])
    expect(app.text('tariff-2026-11-22')).toContain('€0.2845 per kWhat all times, €0.31 a day besides')
  })

  it('draw the week that they make, and mark hours without a price and with two', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/costs')
    const marks = (): string[] =>
      [...document.querySelectorAll<HTMLElement>('[data-testid="week-grid"]')].map(
        ({ dataset }) => `${dataset['none']}/${dataset['two']}`,
      )
    expect(marks()).toEqual(['0/0', '0/0'])
    await app.click(app.get('tariff-edit-2026-01-01'))
    await pass(300)
    await write(app, 'period-2-from', '22')
    await app.click(app.get('period-3-day-5'))
    await pass(300)
    // From 21 to 22 on five evenings there is no price; the weekend's own now covers what Friday has.
    expect(marks()[0]).toMatch(/^4\/2\d$/)
    expect(app.text('tariff-problems')).toContain('Winter, Monday 21:00: no price.')
    expect(app.text('tariff-problems')).toContain('more')
  })

  it('with gaps cannot be saved before each hour has a price', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/costs')
    await app.click(app.get('tariff-edit-2026-01-01'))
    await pass(300)
    await write(app, 'period-2-from', '22:00')
    expect(app.text('tariff-editor')).toContain('every hour needs one price')
    expect(app.get('tariff-save').hasAttribute('disabled')).toBe(true)
    await write(app, 'period-2-from', '21:00')
    await pass(300)
    expect(app.get('tariff-save').hasAttribute('disabled')).toBe(false)
    await app.click(app.get('tariff-save'))
    const sent = core.callsOf('money.update').at(-1) as { tariffs: (typeof PRETEND_TARIFF)[] }
    expect(sent.tariffs.map(({ validFrom }) => validFrom)).toEqual(['2025-03-01', '2026-01-01'])
  })

  it('keep those of before, and say from and until when each holds', async () => {
    const app = await screen.open(farm(), '/earnings/costs')
    expect(app.text('tariff-2025-03-01')).toContain('until 1 Jan 2026')
    expect(app.text('tariff-2026-01-01')).toMatch(/now.*from 1 Jan 2026/)
  })

  it('are removed, and brought back', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/costs')
    await app.click(app.get('tariff-remove-2025-03-01'))
    await pass(300)
    expect(app.find('tariff-2025-03-01')).toBeNull()
    await app.click(button(document, 'Undo'))
    await pass(300)
    expect(app.find('tariff-2025-03-01')).not.toBeNull()
  })

  it('stay in the editor with the core’s words when they are refused', async () => {
    const core = bareFarm()
    const app = await screen.open(core, '/earnings/costs')
    await app.click(app.get('tariff-add'))
    await write(app, 'tariff-price', '0.3')
    core.answerNext('money.update', () => new Error('The settings file cannot be written. Check the disk.'))
    await app.click(app.get('tariff-save'))
    expect(app.text('tariff-problem')).toBe('The settings file cannot be written. Check the disk.')
  })
})

describe('smart plugs', () => {
  it('show watts of now, and the last known as old', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/costs')
    expect(app.text('meter-meter-1')).toContain('3,641 W')
    expect(app.get('meter-meter-1').querySelector('.stale')).toBeNull()
    expect(app.get('meter-meter-2').querySelector('.stale')?.textContent).toBe('94.8 W')
    core.earnings.meters.change([{ ...core.earnings.meters.find('meter-1')!, powerW: 3702.4 }])
    await pass(50)
    expect(app.text('meter-meter-1')).toContain('3,702 W')
  })

  it('are tried without being stored, and ask for what their kind needs', async () => {
    const rigs = pretendFleetRigs(3, START)
    const core = farm({ fleet: { rigs } })
    const app = await screen.open(core, '/earnings/costs')
    await app.click(app.get('meter-add'))
    await choose(app, 'meter-kind', 'mqtt-json')
    await app.click(app.get('meter-test'))
    expect(app.text('meter-form')).toContain('Say where the watts are')
    await write(app, 'meter-name', 'Bench')
    await write(app, 'meter-address', 'mqtt://192.0.2.8')
    await write(app, 'meter-topic', 'tele/bench/SENSOR')
    await write(app, 'meter-power-path', 'ENERGY.Power')
    await app.click(app.get(`meter-rig-${rigs[1]!.id}`))
    await app.click(app.get('meter-test'))
    expect(app.text('meter-check')).toContain('3,641 W, 812.4 kWh so far')
    expect(core.callsOf('meters.create')).toEqual([])
    await app.click(app.get('meter-save'))
    expect(core.callsOf('meters.create')).toMatchObject([
      { kind: 'mqtt-json', powerPath: 'ENERGY.Power', rigIds: [rigs[1]!.id] },
    ])
    expect(app.text('meter-meter-3')).toContain(`On it: ${rigs[1]!.name}`)
  })
})

describe('power, rig by rig', () => {
  it('explains the ranking, and stores a figure only once it is there', async () => {
    const rigs = pretendFleetRigs(2, START)
    const core = farm({ fleet: { rigs } })
    const app = await screen.open(core, '/earnings/costs')
    expect(textOf(app.get('power').querySelector('ol'))).toMatch(
      /1By a plug.*2Measured by the rig.*3Estimated.*4From its data sheet/,
    )
    const id = rigs[0]!.id
    await choose(app, `power-choice-${id}`, 'entered')
    expect(core.callsOf('money.update')).toEqual([])
    await write(app, `power-watts-${id}`, '1450')
    expect(core.callsOf('money.update')).toEqual([
      {
        rigPower: expect.arrayContaining([{ rigId: id, source: 'entered', watts: 1450, joulesPerTh: null }]),
      },
    ])
    await choose(app, `power-choice-${id}`, 'best')
    expect(core.callsOf('money.update').at(-1)).toEqual({
      rigPower: expect.not.arrayContaining([expect.objectContaining({ rigId: id })]),
    })
  })
})
