import { describe, expect, it, vi } from 'vitest'
import { pretendPractice } from '../../../support/pretend-farm.ts'
import { pass } from '../../mount-app.ts'
import { bareFarm, button, choose, farm, textOf, useScreen, write } from './kit.ts'

const screen = useScreen()

describe('sources and privacy', () => {
  it('says that nobody is asked, lists everybody who could be, and begins only when one is chosen', async () => {
    const core = bareFarm()
    const app = await screen.open(core, '/earnings/sources')
    expect(app.text('requests-headline')).toMatch(/^Nobody outside is asked for anything\./)
    expect(
      [...document.querySelectorAll<HTMLElement>('[data-testid^="request-"]')].map(
        ({ dataset }) => dataset['on'],
      ),
    ).toEqual(['false', 'false', 'false', 'false'])
    expect(app.find('source-price-test')).toBeNull()
    await choose(app, 'source-price-choice', 'kraken')
    expect(core.callsOf('money.update')).toEqual([{ priceSource: 'kraken' }])
    expect(app.get('request-price').dataset['on']).toBe('true')
    expect(app.text('requests-headline')).toContain('leave')
  })

  it('tells of each request what the others learn, how often, and what came of the last', async () => {
    const app = await screen.open(farm(), '/earnings/sources')
    expect(app.text('request-price')).toMatch(
      /on.*Your internet address.*every 10 minutes.*4 min ago.*Answered in 210 ms/,
    )
    expect(app.text('request-facts')).toContain('on, fails')
    expect(app.text('request-payouts')).toMatch(/^off.*never asked$/)
  })

  it('asks a source once on demand, and shows each step', async () => {
    const core = farm()
    core.earnings.checkResult = {
      ok: false,
      steps: [{ step: 'Ask for the price', ok: false, detail: 'It did not answer within 10 s.' }],
    }
    const app = await screen.open(core, '/earnings/sources')
    await app.click(app.get('source-price-test'))
    await pass(50)
    expect(core.callsOf('money.check')).toEqual([{ what: 'price' }])
    expect(app.text('source-price')).toContain('It did not answer within 10 s.')
  })

  it('keeps a stored password without showing it, and forgets it only when told', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/sources')
    await write(app, 'node-url', 'http://192.0.2.6:8332')
    await app.click(app.get('node-save'))
    expect(core.callsOf('money.update').at(-1)).toEqual({
      node: { url: 'http://192.0.2.6:8332', user: 'headframe', cookieFile: '' },
    })
    await write(app, 'node-password', 'hush')
    await app.click(app.get('node-save'))
    expect(core.callsOf('money.update').at(-1)).toMatchObject({ node: { password: 'hush' } })
    expect(app.get('node-password').querySelector('input')?.value).toBe('')
  })

  it('does not store a time zone that does not exist', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/sources')
    await write(app, 'time-zone', 'Mars/Olympus')
    expect(app.text('calendar')).toContain('There is no such time zone')
    expect(app.get('calendar-save')).toHaveProperty('disabled', true)
  })

  it('marks terms as assumed until somebody enters them', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/sources')
    expect(app.text('terms-northern')).toContain('assumed')
    await write(app, 'terms-fee-northern', '1.5')
    const sent = core.callsOf('money.update').at(-1) as { poolTerms: unknown[] }
    expect(sent.poolTerms).toContainEqual({
      poolId: 'northern',
      scheme: 'PPLNS',
      feePpm: 15_000,
      assumed: false,
    })
    expect(app.text('terms-northern')).not.toContain('assumed')
    expect(app.text('terms-spare')).toContain('not counted before this is known')
  })

  it('shows the core’s words when a choice is refused, and what holds still', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/sources')
    core.answerNext('money.update', () => new Error('Coinbase has no price in EUR. Choose another source.'))
    await choose(app, 'source-price-choice', 'coinbase')
    expect(app.text('source-price')).toContain('Coinbase has no price in EUR. Choose another source.')
    expect(core.earnings.settings.priceSource).toBe('kraken')
  })

  it('tells why the settings cannot be shown, and tries again', async () => {
    const core = farm()
    core.answerNext('money.settings', () => new Error('The settings cannot be read. Check the disk.'))
    const app = await screen.open(core, '/earnings/sources')
    expect(app.pageText()).toContain('The settings cannot be read. Check the disk.')
    expect(app.find('requests')).toBeNull()
    await app.click(button(document, 'Try again'))
    expect(app.find('requests')).not.toBeNull()
  })
})

describe('the statement', () => {
  it('is of the month before by default, with its days and their sum', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/statement')
    expect(core.callsOf('earnings.statement')).toEqual([{ month: '2026-10' }])
    const days = app.get('statement-days')
    expect(days.querySelectorAll('tbody tr')).toHaveLength(31)
    const numberOf = (cell: Element | undefined): number => Number(textOf(cell ?? null).replaceAll(',', ''))
    const expected = [...days.querySelectorAll('tbody tr')].map((row) =>
      numberOf(row.querySelectorAll('td')[0]),
    )
    expect(numberOf(days.querySelectorAll('tfoot td')[0])).toBe(expected.reduce((sum, each) => sum + each, 0))
    expect(app.text('statement-sheet')).toContain('Prices: daily closes of Kraken')
    expect(app.text('statement-sheet')).toContain('Partly covered')
  })

  it('goes to other months, not past this one, and says when one is not over', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/statement')
    await app.click(app.get('statement-forth'))
    await pass(50)
    expect(app.text('statement-title')).toBe('November 2026')
    expect(app.pageText()).toContain('This month is not over.')
    expect(app.get('statement-forth')).toHaveProperty('disabled', true)
    expect(app.get('statement-days').querySelectorAll('tbody tr')).toHaveLength(22)
  })

  it('is printed by the browser, and not before it is there', async () => {
    const print = vi.fn()
    vi.stubGlobal('print', print)
    const core = farm()
    core.answerNext('earnings.statement', () => new Promise(() => {}))
    const app = await screen.open(core, '/earnings/statement')
    expect(app.get('statement-print')).toHaveProperty('disabled', true)
    await app.click(app.get('statement-back'))
    await pass(50)
    await app.click(app.get('statement-print'))
    expect(print).toHaveBeenCalledTimes(1)
    vi.unstubAllGlobals()
  })
})

describe('the practice farm', () => {
  it('is given a year of history on demand', async () => {
    const core = farm({
      practice: pretendPractice(),
      info: { capabilities: { practice: true, tray: false } },
    })
    const app = await screen.open(core, '/')
    await app.click(app.get('practice-badge'))
    expect(app.text('practice-add-year')).toContain('Give the practice farm a year of history')
    await app.click(app.get('practice-add-year'))
    expect(core.callsOf('practice.trigger')).toEqual([{ event: 'add-year' }])
  })
})
