import { describe, expect, it } from 'vitest'
import { firstMoneyContent, MoneyBook, SECRETS } from '../../../src-main/app/money-book.ts'
import { changeMoneySettings, outgoingProxy } from '../../../src-main/app/money-settings.ts'
import { ManualClock } from '../../../src-main/base/index.ts'
import { type Tariff } from '../../../src-preload/contract/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

async function opened() {
  const kept = new Map<string, string>()
  const secrets = {
    get: (name: string) => Promise.resolve(kept.get(name)),
    set: (name: string, value: string) => Promise.resolve(void kept.set(name, value)),
    delete: (name: string) => Promise.resolve(void kept.delete(name)),
  }
  const dataDir = temporaryDir()
  const first = firstMoneyContent({ currency: 'EUR' })
  const book = await MoneyBook.open(dataDir, new ManualClock(), secrets, first)
  return { book, kept, reopen: () => MoneyBook.open(dataDir, new ManualClock(), secrets, first) }
}

const node = { url: 'http://192.0.2.7:8332', user: 'rpc', cookieFile: '' }

describe('settings of money', () => {
  it('keep a password apart, for the node that it was entered for and no other', async () => {
    const { book, kept, reopen } = await opened()
    const shown = await changeMoneySettings(book, { node: { ...node, password: 'hunter2' } })
    expect(shown.node).toEqual({ ...node, hasPassword: true })
    expect(kept.get(SECRETS.node)).toBe('hunter2')
    expect(JSON.stringify((await reopen()).content)).not.toContain('hunter2')
    expect((await changeMoneySettings(book, { node: { ...node, user: 'other' } })).node.hasPassword).toBe(
      true,
    )
    const moved = await changeMoneySettings(book, { node: { ...node, url: 'http://192.0.2.8:8332' } })
    expect(moved.node.hasPassword).toBe(false)
    expect(kept.has(SECRETS.node)).toBe(false)
  })

  it('forget the password of a proxy that moved', async () => {
    const { book, kept } = await opened()
    const proxy = { kind: 'socks5' as const, host: '192.0.2.9', port: 9050, user: 'me' }
    await changeMoneySettings(book, { proxy: { ...proxy, password: 'hunter2' } })
    expect(await outgoingProxy(book)).toEqual({
      ...{ url: 'socks5h://192.0.2.9:9050', username: 'me', password: 'hunter2' },
    })
    await changeMoneySettings(book, { proxy: { ...proxy, port: 9150 } })
    expect(await outgoingProxy(book)).toMatchObject({ password: null })
    expect(kept.size).toBe(0)
  })

  it('name the gap in a tariff, and keep what was before', async () => {
    const { book } = await opened()
    const gap: Tariff = {
      ...{ validFrom: '2026-01-01', name: 'Day only', standingMicrosPerDay: 0 },
      rates: {
        kind: 'periods',
        seasons: [
          {
            ...{ name: 'All year', from: '01-01', to: '12-31' },
            periods: [
              { name: 'Day', microsPerKwh: 1, days: [1, 2, 3, 4, 5, 6, 7], from: '07:00', to: '23:00' },
            ],
          },
        ],
      },
    }
    const failure = changeMoneySettings(book, { tariffs: [gap], currency: 'CHF' })
    await expect(failure).rejects.toMatchObject({ code: 'tariff/gap' })
    await expect(failure).rejects.toThrow(/23:00|07:00/)
    expect(book.content.settings).toMatchObject({ tariffs: [], currency: 'EUR' })
  })

  it.each([
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ currency: 'XQZ' }, 'currency'],
    [{ node: { ...node, url: 'not an address' } }, 'node.url'],
    [{ factsSource: 'node' as const }, 'node.url'],
    [{ payoutSource: 'electrum' as const }, 'payoutUrl'],
    [{ proxy: { kind: 'http' as const, host: '', port: 0, user: '' } }, 'proxy.host'],
  ])('refuse %j, naming the field', async (patch, field) => {
    const { book } = await opened()
    const before = book.content.settings
    await expect(changeMoneySettings(book, patch)).rejects.toMatchObject({
      code: 'money/invalid',
      context: { field },
    })
    expect(book.content.settings).toEqual(before)
  })

  it('lose neither of two changes that are made at once', async () => {
    const { book } = await opened()
    await Promise.all([
      changeMoneySettings(book, { currency: 'JPY' }),
      changeMoneySettings(book, { weekStart: 'sunday' }),
    ])
    expect(book.content.settings).toMatchObject({ currency: 'JPY', weekStart: 'sunday' })
  })
})
