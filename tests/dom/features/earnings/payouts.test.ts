import { describe, expect, it } from 'vitest'
import { pass } from '../../mount-app.ts'
import { bareFarm, button, choose, farm, useScreen, write } from './kit.ts'

const screen = useScreen()

describe('payouts', () => {
  it('are listed with what they were worth on their day, and say where they are known from', async () => {
    const app = await screen.open(farm(), '/earnings/payouts')
    expect(app.text('payout-payout-1')).toMatch(/20 Nov 2026[\d,]+€[\d.]+Copper Ridge.*not confirmed/)
    expect(app.text('payout-payout-7')).toContain('no price')
    expect(app.text('payout-payout-3')).toContain('told by the pool')
  })

  it('are entered by hand on the day in the settings’ time zone, and can be taken back', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/payouts')
    await app.click(app.get('payout-add'))
    await app.click(app.get('payout-save'))
    expect(app.pageText()).toContain('Enter sats as a whole number')
    expect(core.callsOf('payouts.add')).toEqual([])
    await write(app, 'payout-amount', '0.00021 BTC')
    await write(app, 'payout-note', 'Lightning')
    await app.click(app.get('payout-save'))
    expect(core.callsOf('payouts.add')).toEqual([
      { at: Date.UTC(2026, 10, 22, 11), sats: 21_000, note: 'Lightning', poolId: null },
    ])
    const added = core.earnings.payouts.find(({ note }) => note === 'Lightning')!
    expect(app.text(`payout-${added.id}`)).toContain('21,000')
    await app.click(app.get(`payout-remove-${added.id}`))
    await app.click(app.get('confirm-action'))
    expect(app.find(`payout-${added.id}`)).toBeNull()
  })

  it('of others than the person cannot be removed', async () => {
    const app = await screen.open(farm(), '/earnings/payouts')
    expect(app.find('payout-remove-payout-1')).toBeNull()
    expect(app.find('payout-remove-payout-10')).not.toBeNull()
  })

  it('keep the dialog open with the core’s words when it refuses', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/payouts')
    await app.click(app.get('payout-add'))
    await write(app, 'payout-amount', '500')
    core.answerNext('payouts.add', () => new Error('The disk is full, so nothing can be stored.'))
    await app.click(app.get('payout-save'))
    expect(app.pageText()).toContain('The disk is full, so nothing can be stored.')
    expect(app.find('payout-amount')).not.toBeNull()
  })
})

describe('addresses', () => {
  it('say that nobody is asked before somebody was chosen', async () => {
    const app = await screen.open(bareFarm(), '/earnings/payouts')
    expect(app.text('addresses')).toContain('Nobody is asked about addresses before you choose who')
  })

  it('show the core’s word on a wrong one at its field, and take a right one', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/payouts')
    await app.click(app.get('address-add'))
    await write(app, 'address-text', 'not-an-address-at-all')
    await app.click(app.get('address-save'))
    expect(app.text('addresses')).toContain('its checksum does not fit')
    await write(app, 'address-text', 'bc1qotherexampleotherexample00')
    await app.click(app.get('address-save'))
    expect(app.find('address-address-2')).not.toBeNull()
    await app.click(app.get('address-remove-address-1'))
    expect(app.find('address-address-1')).toBeNull()
  })
})

describe('accounts at pools', () => {
  it('show their state in words, and what is old as old', async () => {
    const app = await screen.open(farm(), '/earnings/payouts')
    expect(app.text('account-account-1')).toContain('Answers')
    expect(app.get('account-account-1').querySelector('dl.stale')).toBeNull()
    expect(app.text('account-account-2')).toMatch(/Does not answer\s*last known 9 h ago/)
    expect(app.get('account-account-2').querySelector('dl.stale')).not.toBeNull()
    expect(app.text('account-account-3')).toContain('Answers differently')
  })

  it('ask only for what the pool needs, and say where to find it', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/payouts')
    await app.click(app.get('account-add'))
    await pass(50)
    expect(app.text('account-key-help')).toContain('Reading is enough')
    expect(app.find('account-address')).toBeNull()
    await choose(app, 'account-kind', 'own-pool')
    expect(app.find('account-key')).toBeNull()
    await app.click(app.get('account-save'))
    expect(app.text('account-form')).toContain('Enter your user name at this pool')
    expect(core.callsOf('accounts.create')).toEqual([])
  })

  it('are read at once after they were added, step by step', async () => {
    const core = farm()
    core.earnings.checkResult = {
      ok: false,
      steps: [
        { step: 'Reach it', ok: true, detail: 'Answered after 90 ms' },
        { step: 'Sign in', ok: false, detail: 'The key is refused. Make a new one with the right to read.' },
      ],
    }
    const app = await screen.open(core, '/earnings/payouts')
    await app.click(app.get('account-add'))
    await pass(50)
    await write(app, 'account-key', 'secret')
    await app.click(app.get('account-save'))
    await pass(50)
    expect(core.callsOf('accounts.create')).toMatchObject([
      { kind: 'copper-ridge', key: 'secret', poolId: 'braidpool' },
    ])
    expect(app.text('account-account-4')).toContain('The key is refused.')
    expect(app.pageText()).not.toContain('secret')
  })

  it('follow what they say, and are forgotten after a question', async () => {
    const core = farm()
    const app = await screen.open(core, '/earnings/payouts')
    core.earnings.accounts.change([{ ...core.earnings.accounts.find('account-1')!, unpaidSats: 99_999 }])
    await pass(50)
    expect(app.text('account-account-1')).toContain('99,999 sats')
    await app.click(app.get('account-account-1').querySelector<HTMLElement>('button[aria-label^="Actions"]')!)
    await app.click(app.get('account-remove-account-1'))
    expect(core.callsOf('accounts.remove')).toEqual([])
    await app.click(app.get('confirm-action'))
    expect(core.callsOf('accounts.remove')).toEqual([{ id: 'account-1' }])
    expect(app.find('account-account-1')).toBeNull()
  })

  it('tell why they cannot be listed', async () => {
    const core = farm()
    core.answerNext('accounts.live', () => new Error('Accounts are not served now.'))
    core.answerNext('payouts.list', () => new Error('Payouts cannot be read.'))
    const app = await screen.open(core, '/earnings/payouts')
    expect(app.text('accounts')).toContain('Accounts are not served now.')
    expect(button(app.get('accounts'), 'Try again')).toBeDefined()
  })
})
