import { describe, expect, it } from 'vitest'
import { pass } from '../../mount-app.ts'
import { bareFarm, button, farm, useScreen, write } from './kit.ts'

const screen = useScreen()

describe('the odds', () => {
  it('are told in words, with luck drawn against what was likely and what a block needs', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/odds')
    expect(app.text('odds-day')).toMatch(/^1 in [\d,]+$/)
    expect(app.text('odds-time')).toMatch(/^\d+ years$/)
    expect(app.text('odds-words')).toBe(core.earnings.odds().words)
    expect(app.text('luck-verdict')).toBe('Lucky so far')
    const drawing = app.get('luck').querySelector('[role="img"]')!
    expect(drawing.getAttribute('aria-label')).toMatch(
      /^Your best share is .*; the most likely is about .* A block needs 154 T\.$/,
    )
  })

  it('do not show a chance where the difficulty is not known', async () => {
    const core = farm()
    const odds = core.earnings.odds()
    core.answerNext('earnings.odds', () => ({
      ...odds,
      difficulty: null,
      chanceDay: null,
      chanceMonth: null,
      chanceYear: null,
      expectedMs: null,
    }))
    const app = await screen.open(core, '/earnings/odds')
    expect(app.text('odds-day')).toBe('–')
    expect(app.text('odds-time')).toBe('–')
    expect(app.pageText()).toContain('difficulty or hashrate not known')
    expect(app.pageText()).not.toContain('a block 154 T')
  })

  it('say what the core says when it cannot work them out, and try again', async () => {
    const core = farm()
    core.answerNext('earnings.odds', () => new Error('The history is being restored.'))
    const app = await screen.open(core, '/earnings/odds')
    expect(app.pageText()).toContain('The history is being restored.')
    await app.click(button(document, 'Try again'))
    expect(app.text('odds-day')).toMatch(/^1 in/)
  })

  it('have nothing to tell before the first work', async () => {
    const app = await screen.open(farm({ earnings: { days: 0, rigs: [] } }), '/earnings/odds')
    expect(app.pageText()).toContain('No work yet')
    expect(app.find('luck')).toBeNull()
  })
})

describe('what if', () => {
  it('begins with all as now', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/what-if')
    expect(core.callsOf('earnings.whatIf')).toHaveLength(1)
    expect(app.text('then-profit')).toBe(app.text('now-profit'))
    expect(app.find('what-if-reset')).toBeNull()
  })

  it('asks for the levers that were moved, and shows what would come of it', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/what-if')
    const now = app.text('now-profit')
    await write(app, 'lever-price', '1')
    const slider = app.get('lever-hashrate').querySelector<HTMLInputElement>('input[type="range"]')!
    slider.value = '2000'
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await pass(500)
    expect(core.callsOf('earnings.whatIf').at(-1)).toMatchObject({ hashratePpm: 2_000_000 })
    expect(app.text('now-profit')).toBe(now)
    expect(app.text('then-profit')).not.toBe(now)
    expect(slider.getAttribute('aria-valuetext')).toContain('+100 %')
    await app.click(app.get('what-if-reset'))
    await pass(300)
    expect(app.text('then-profit')).toBe(now)
  })

  it('multiplies for a year what it says of a day', async () => {
    const app = await screen.open(farm(), '/earnings/what-if')
    const euros = (): number => Math.round(Number(app.text('then-cost').replace(/[€,]/g, '')) * 100)
    await app.click(button(app.get('what-if-span'), 'A day'))
    const day = euros()
    await app.click(button(app.get('what-if-span'), 'A year'))
    expect(euros()).toBe(day * 365)
  })

  it('cannot move what is not known, and says what is needed', async () => {
    const app = await screen.open(bareFarm(), '/earnings/what-if')
    const price = app.get('lever-price')
    expect(price.textContent).toContain('not known')
    expect(price.querySelector('input')).toHaveProperty('disabled', true)
    expect(app.text('then-profit')).toBe('–')
    expect(app.find('first-step-price')).not.toBeNull()
  })
})
