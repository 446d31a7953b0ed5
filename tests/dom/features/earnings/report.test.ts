import { describe, expect, it } from 'vitest'
import { pass } from '../../mount-app.ts'
import { bareFarm, button, choose, farm, press, textOf, useScreen } from './kit.ts'

const DAY = 86_400_000
const screen = useScreen()

describe('the earnings of a stretch', () => {
  it('asks for the month of the settings’ time zone, and shows sums that are those of the core', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    expect(core.callsOf('earnings.report').at(-1)).toEqual({
      from: Date.UTC(2026, 9, 31, 23),
      to: Date.UTC(2026, 10, 30, 23),
      bucket: 'day',
    })
    const { totals } = core.earnings.report({
      from: Date.UTC(2026, 9, 31, 23),
      to: Date.UTC(2026, 10, 30, 23),
      bucket: 'day',
    })
    expect(app.text('earnings-title')).toBe('November 2026')
    expect(app.text('total-cost')).toBe(`€${(totals.costMinor! / 100).toFixed(2)}`)
    expect(app.text('total-profit')).toBe(`+€${(totals.profitMinor! / 100).toFixed(2)}`)
  })

  it('pages back and forth, and not past now', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    expect(app.get('earnings-forth')).toHaveProperty('disabled', true)
    await app.click(app.get('earnings-back'))
    expect(app.text('earnings-title')).toBe('October 2026')
    expect(core.callsOf('earnings.report').at(-1)).toMatchObject({ from: Date.UTC(2026, 8, 30, 22) })
    await app.click(app.get('earnings-forth'))
    expect(app.text('earnings-title')).toBe('November 2026')
  })

  it('cuts days, weeks and years as they should be cut', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    for (const [label, bucket, length] of [
      ['Day', 'hour', DAY],
      ['Week', 'day', 7 * DAY],
      ['Year', 'month', 365 * DAY],
    ] as const) {
      await app.click(button(app.get('earnings-period'), label))
      const asked = core.callsOf('earnings.report').at(-1) as { from: number; to: number; bucket: string }
      expect([asked.bucket, asked.to - asked.from]).toEqual([bucket, length])
    }
    await app.click(button(app.get('earnings-bucket'), 'by day'))
    expect(core.callsOf('earnings.report').at(-1)).toMatchObject({ bucket: 'day' })
  })

  it('shows sats or the currency, and keeps the choice', async () => {
    const app = await screen.open(farm(), '/earnings')
    expect(app.text('total-expected')).toContain('€')
    await app.click(button(app.get('earnings-unit'), 'sats'))
    expect(app.text('total-expected')).toMatch(/^[\d,]+ sats$/)
    expect(localStorage.getItem('headframe.earnings.unit')).toBe('sats')
  })

  it('tells by keyboard what is known of a bucket, and looks into it', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    const chart = app.get('earnings-chart')
    await press(chart, 'End')
    expect(app.text('earnings-tip')).toContain('Sun, 22 Nov 2026')
    expect(app.text('earnings-tip')).toContain('Still running.')
    for (let i = 0; i < 9; i++) await press(chart, 'ArrowLeft')
    expect(app.text('earnings-tip')).toMatch(
      /Fri, 13 Nov 2026.*% covered\.\s*Headframe was not running all of the time/,
    )
    await press(chart, 'Enter')
    expect(core.callsOf('earnings.report').at(-1)).toMatchObject({
      bucket: 'hour',
      from: Date.UTC(2026, 10, 12, 23),
    })
    expect(app.text('earnings-title')).toBe('Fri, 13 Nov 2026')
    await press(app.get('earnings-chart'), 'Escape')
    expect(app.find('earnings-tip')).toBeNull()
  })

  it('says of a day without a price that it has none, in the tip and in the table', async () => {
    const app = await screen.open(farm(), '/earnings')
    await app.click(app.get('earnings-back'))
    await app.click(button(app.get('earnings-shape'), 'Table'))
    const row = [...app.get('earnings-table').querySelectorAll('tr')].find((each) =>
      textOf(each).includes('20 Oct 2026'),
    )!
    expect(textOf(row)).toContain('No price')
    expect(textOf(row.querySelectorAll('td')[0]!)).toBe('–')
  })

  it('draws a source only while it is wanted', async () => {
    const app = await screen.open(farm(), '/earnings')
    const drawn = (): (string | null)[] =>
      [...app.get('earnings-chart').querySelectorAll('[data-series]')].map((path) =>
        path.getAttribute('data-series'),
      )
    expect(drawn()).toEqual(['expected', 'reported', 'received', 'solo'])
    await app.click(app.get('legend-received'))
    expect(drawn()).toEqual(['expected', 'reported', 'solo'])
    expect(app.get('legend-received').getAttribute('aria-pressed')).toBe('false')
  })

  it('sorts where it came from', async () => {
    const app = await screen.open(farm(), '/earnings')
    const names = (): string[] =>
      [...app.get('earnings-breakdown').querySelectorAll('[data-breakdown] th')].map((each) => textOf(each))
    expect(names()[0]).toContain('Copper Ridge')
    await app.click(app.get('breakdown-sort-name'))
    await app.click(app.get('breakdown-sort-name'))
    expect(names()[0]).toContain('Solo at home')
    await app.click(button(app.get('breakdown-by'), 'By rig'))
    expect(names()).toHaveLength(6)
    expect(textOf(app.get('earnings-breakdown'))).toContain('from its data sheet')
  })

  it('shows the formula with the numbers of each pool, and says what is assumed', async () => {
    const app = await screen.open(farm(), '/earnings')
    expect(app.text('formula-northern')).toContain('scheme and fee assumed')
    expect(app.text('formula-braidpool')).not.toContain('assumed')
    expect(app.text('formula-braidpool')).toMatch(/÷\d+ T.*×\(3.125 BTC \+ 0.0214 BTC\).*×98 %.*=[\d,]+ sats/)
    expect(app.text('formula-solo')).toContain('no income before a block')
  })

  it('says from which price power is paid for, beside the price as it is known', async () => {
    const app = await screen.open(farm(), '/earnings')
    expect(app.text('break-even-price')).toMatch(/^€\d\d,\d{3}$/)
    expect(app.text('earnings-break-even')).toContain('read 5 min ago')
  })

  it('looks at one rig alone', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    await choose(app, 'earnings-whose', 'group:heating')
    expect(core.callsOf('earnings.report').at(-1)).toMatchObject({ group: 'heating' })
  })
})

describe('what is missing', () => {
  it('asks for tariff and price first, says that nobody was asked, and shows sats meanwhile', async () => {
    const app = await screen.open(bareFarm(), '/earnings')
    expect(app.text('first-step-tariff')).toContain('What does your power cost?')
    expect(app.text('first-step-price')).toContain('Nobody outside is asked for anything before you choose.')
    expect(app.text('total-expected')).toMatch(/sats$/)
    expect(app.text('total-profit')).toBe('–')
    expect(app.text('earnings-totals')).toContain('needs tariff and price')
    expect(app.find('earnings-unit')).toBeNull()
    expect(app.find('earnings-loss')).toBeNull()
  })

  it('says so where nothing was counted', async () => {
    const app = await screen.open(farm({ earnings: { days: 0 } }), '/earnings')
    expect(app.pageText()).toContain('Nothing was counted in this time')
    expect(app.find('earnings-chart')).toBeNull()
  })

  it('shows what the core says when it cannot, and the answer once it can', async () => {
    const core = farm()
    core.answerNext('earnings.report', () => new Error('The history cannot be read now. Check the disk.'))
    const app = await screen.open(core, '/earnings')
    expect(app.pageText()).toContain('The history cannot be read now. Check the disk.')
    await app.click(button(document, 'Try again'))
    expect(app.find('earnings-chart')).not.toBeNull()
  })

  it('keeps the last figures, marked as old, when they cannot be renewed', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    core.answerNext('earnings.report', () => new Error('The history is being restored.'))
    // It falls silent, and comes back.
    await pass(6000)
    core.tick()
    await pass(1200)
    expect(app.text('earnings-old')).toBe(
      'The history is being restored. What is shown is what was known last.',
    )
    expect(app.get('total-expected').closest('.stale')).not.toBeNull()
  })
})

describe('tables for bookkeeping', () => {
  it('are saved under the name that the core gives, for the stretch that is shown', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    const saved: string[] = []
    const click = HTMLAnchorElement.prototype.click
    HTMLAnchorElement.prototype.click = function (this: HTMLAnchorElement) {
      if (this.download === '') click.call(this)
      else saved.push(this.download)
    }
    await app.click(app.get('earnings-csv'))
    await app.click(app.get('earnings-csv-payouts'))
    await pass(50)
    HTMLAnchorElement.prototype.click = click
    expect(saved).toEqual(['headframe-payouts.csv'])
    expect(core.callsOf('earnings.csv')).toEqual([
      { kind: 'payouts', from: Date.UTC(2026, 9, 31, 23), to: Date.UTC(2026, 10, 30, 23) },
    ])
  })

  it('say why when they cannot be made', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings')
    core.answerNext('earnings.csv', () => new Error('There are no days in this time.'))
    await app.click(app.get('earnings-csv'))
    await app.click(app.get('earnings-csv-days'))
    await pass(300)
    expect(app.pageText()).toContain('There are no days in this time.')
  })
})
