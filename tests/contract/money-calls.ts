/** What `ports.test.ts` asks of history, its keeping, money and earnings over every port. */
import { expect } from 'vitest'
import { type FakeCore } from '../support/fake-core.ts'
import { type Client } from './ports.ts'

const RANGE = { from: 60_000, to: 120_000 }
const RETENTION = {
  rawDays: 7,
  shareMinuteDays: 7,
  budgetMegabytes: 500,
  backupEvery: 'week' as const,
  keepDaily: 1,
  keepWeekly: 2,
}
const SERVER = {
  kind: 'postgres' as const,
  host: '192.0.2.9',
  database: 'headframe',
  user: 'headframe',
  password: 'secret',
  site: 'home',
}
const FLAT = { validFrom: '2026-01-01', rates: { kind: 'flat' as const, microsPerKwh: 300_000 } }
const FULL_FLAT = { ...FLAT, name: 'Fixed', standingMicrosPerDay: 0 }
const ACCOUNT = { kind: 'solo', name: 'Mine', address: 'bcrt1qexample', key: 'secret' }
const METER = { kind: 'shelly-gen2' as const, name: 'Shelf', address: 'http://192.0.2.5', rigIds: ['r1'] }

async function statusOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 200,
    (error: unknown) => (error as { status?: unknown }).status,
  )
}

export const MONEY_ANSWERS: Record<string, (client: Client, core: FakeCore) => Promise<void>> = {
  'history.explore': async (client, core) => {
    const lines = [{ metric: 'rig-power' as const, rigs: ['r1', 'r2'], together: false, offsetMs: -7 }]
    const answer = await client.history.explore({ lines, ...RANGE })
    expect(answer.series[0]).toMatchObject({ metric: 'rig-power', mean: [1, null], rigCount: null })
    expect(core.callsOf('explore')).toEqual([{ lines, ...RANGE, points: 800 }])
  },
  'history.sources': async (client) =>
    expect(await client.history.sources()).toMatchObject([{ kind: 'rig', rigKey: 'r1', present: true }]),
  'history.events': async (client, core) => {
    expect(await client.history.events({ ...RANGE, rig: 'r1' })).toMatchObject([{ kind: 'pool-switch' }])
    expect(core.callsOf('events')).toEqual([{ ...RANGE, rig: 'r1', limit: 500 }])
  },
  'history.analysis': async (client) => {
    const { rigs, farm } = await client.history.analysis(RANGE)
    expect(rigs).toMatchObject([{ reachableRatio: 0.99, hashingRatio: 0.9 }])
    expect(farm).toMatchObject({ restarts: 1 })
  },
  'keeping.state': async (client) =>
    expect(await client.keeping.state()).toMatchObject({ database: { kind: 'sqlite' }, writing: true }),
  'keeping.configure': async (client) =>
    expect(await client.keeping.configure(RETENTION)).toMatchObject({ retention: RETENTION }),
  'keeping.backup': async (client, core) => {
    expect(await client.keeping.backup()).toMatchObject({ name: 'history-1.sqlite', verified: true })
    expect(core.keeping.state.value.backups).toHaveLength(1)
  },
  'keeping.removeBackup': async (client) => {
    const { name } = await client.keeping.backup()
    expect(await client.keeping.removeBackup({ name })).toBeUndefined()
    expect(await statusOf(client.keeping.removeBackup({ name }))).toBe(404)
  },
  'keeping.verify': async (client, core) => {
    expect(await client.keeping.verify({})).toMatchObject({ sound: true, problems: [] })
    const { name } = await client.keeping.backup()
    expect(await client.keeping.verify({ backup: name })).toMatchObject({ of: name })
    expect(core.callsOf('verify')).toEqual([null, name])
  },
  'keeping.restore': async (client) => {
    const { name } = await client.keeping.backup()
    expect(await client.keeping.restore({ name })).toMatchObject({
      from: name,
      lost: 'An hour is not in it.',
    })
    expect(await statusOf(client.keeping.restore({ name: '../../etc' }))).toBe(404)
  },
  'keeping.export': async (client, core) => {
    expect(await client.keeping.export({ kind: 'rig-days', ...RANGE })).toMatchObject({ cursor: null })
    expect(core.callsOf('export')).toEqual([{ kind: 'rig-days', format: 'csv', ...RANGE }])
  },
  'keeping.testDatabase': async (client, core) => {
    expect(await client.keeping.testDatabase(SERVER)).toMatchObject({ ok: true })
    expect(core.callsOf('testDatabase')).toEqual([{ ...SERVER, port: 5432, tls: false }])
  },
  'keeping.useDatabase': async (client) =>
    expect(await client.keeping.useDatabase({ kind: 'sqlite' })).toEqual({ restartNeeded: true }),

  'money.settings': async (client) =>
    expect(await client.money.settings()).toMatchObject({ priceSource: 'none', payoutSource: 'none' }),
  'money.update': async (client, core) => {
    const node = { url: 'http://127.0.0.1:18443', user: 'me', cookieFile: '', password: 'secret' }
    const changed = await client.money.update({ currency: 'USD', node })
    expect(changed).toMatchObject({ currency: 'USD', timeZone: 'UTC', node: { hasPassword: true } })
    expect(JSON.stringify(changed)).not.toContain('secret')
    expect(core.callsOf('updateMoney')).toEqual([{ currency: 'USD', node }])
  },
  'money.checkTariff': async (client) =>
    expect(await client.money.checkTariff(FLAT)).toEqual({
      ok: false,
      problems: ['Monday 22:00-23:00 has no price.'],
      week: [],
    }),
  'money.facts': async (client) =>
    expect(await client.money.facts()).toEqual({ network: null, price: null, problems: [] }),
  'money.requests': async (client) =>
    expect(await client.money.requests()).toMatchObject([{ host: 'api.example.com', on: false, count: 0 }]),
  'money.check': async (client, core) => {
    expect(await client.money.check({ what: 'price' })).toMatchObject({ ok: true })
    expect(core.callsOf('checkSource')).toEqual(['price'])
  },
  'accounts.kinds': async (client) =>
    expect(await client.accounts.kinds()).toMatchObject([{ id: 'solo', needs: ['address'] }]),
  'accounts.list': async (client, core) => {
    await client.accounts.create(ACCOUNT)
    expect(await client.accounts.list()).toEqual(core.accounts.accounts.items)
  },
  'accounts.create': async (client, core) => {
    const account = await client.accounts.create(ACCOUNT)
    expect(account).toMatchObject({ name: 'Mine', hasKey: true, poolId: null })
    expect(JSON.stringify(account)).not.toContain('secret')
    expect(core.callsOf('createAccount')).toEqual([{ ...ACCOUNT, poolId: null, user: '', url: '' }])
  },
  'accounts.update': async (client, core) => {
    const { id } = await client.accounts.create(ACCOUNT)
    expect(await client.accounts.update({ id, name: 'Ours' })).toMatchObject({
      name: 'Ours',
      address: ACCOUNT.address,
    })
    // What is left out must not arrive as an empty value.
    expect(core.callsOf('updateAccount')).toEqual([{ id, patch: { name: 'Ours' } }])
    expect(await statusOf(client.accounts.update({ id: 'none', name: 'x' }))).toBe(404)
  },
  'accounts.remove': async (client) => {
    const { id } = await client.accounts.create(ACCOUNT)
    expect(await client.accounts.remove({ id })).toBeUndefined()
    expect(await client.accounts.list()).toEqual([])
  },
  'accounts.check': async (client) => {
    const { id } = await client.accounts.create(ACCOUNT)
    expect(await client.accounts.check({ id })).toMatchObject({ ok: true })
    expect(await statusOf(client.accounts.check({ id: 'none' }))).toBe(404)
  },
  'addresses.list': async (client) => {
    await client.addresses.create({ address: 'bcrt1qexampleexample' })
    expect(await client.addresses.list()).toMatchObject([{ id: 'p1', payouts: 0 }])
  },
  'addresses.create': async (client) =>
    expect(await client.addresses.create({ address: ' bcrt1qexampleexample ' })).toMatchObject({
      address: 'bcrt1qexampleexample',
      name: '',
    }),
  'addresses.remove': async (client) => {
    expect(await statusOf(client.addresses.remove({ id: 'p1' }))).toBe(404)
    await client.addresses.create({ address: 'bcrt1qexampleexample' })
    expect(await client.addresses.remove({ id: 'p1' })).toBeUndefined()
  },
  'payouts.list': async (client, core) => {
    expect(await client.payouts.list(RANGE)).toEqual([])
    expect(core.callsOf('payouts')).toEqual([RANGE])
  },
  'payouts.add': async (client) =>
    expect(await client.payouts.add({ at: 5, sats: 1000 })).toMatchObject({ kind: 'manual', sats: 1000 }),
  'payouts.remove': async (client) => {
    const { id } = await client.payouts.add({ at: 5, sats: 1000 })
    expect(await client.payouts.remove({ id })).toBeUndefined()
    expect(await statusOf(client.payouts.remove({ id }))).toBe(404)
  },
  'meters.list': async (client, core) => {
    await client.meters.create(METER)
    expect(await client.meters.list()).toEqual(core.meters.meters.items)
  },
  'meters.create': async (client) => {
    const meter = await client.meters.create({ ...METER, password: 'secret' })
    expect(meter).toMatchObject({ channel: 0, energyUnit: 'Wh', hasPassword: true, powerW: 18 })
    expect(JSON.stringify(meter)).not.toContain('secret')
  },
  'meters.update': async (client, core) => {
    const { id } = await client.meters.create({ ...METER, channel: 2 })
    expect(await client.meters.update({ id, name: 'Wall' })).toMatchObject({ name: 'Wall', channel: 2 })
    expect(core.callsOf('updateMeter')).toEqual([{ id, patch: { name: 'Wall' } }])
  },
  'meters.remove': async (client) => {
    const { id } = await client.meters.create(METER)
    expect(await client.meters.remove({ id })).toBeUndefined()
    expect(await statusOf(client.meters.remove({ id }))).toBe(404)
  },
  'meters.check': async (client, core) => {
    expect(await client.meters.check({ ...METER, id: 'w1' })).toMatchObject({ ok: true })
    expect(core.callsOf('checkMeter')).toMatchObject([{ id: 'w1', draft: { channel: 0 } }])
  },
  'earnings.report': async (client, core) => {
    expect(await client.earnings.report({ ...RANGE, bucket: 'month', rig: 'r1' })).toMatchObject({
      from: 60_000,
      currency: 'EUR',
      totals: { expectedSats: 1200 },
    })
    expect(core.callsOf('earnings')).toEqual([{ ...RANGE, bucket: 'month', rig: 'r1' }])
  },
  'earnings.whatIf': async (client, core) => {
    expect(await client.earnings.whatIf({ minorPerBtc: 9_000_000 })).toMatchObject({ days: 30 })
    expect(core.callsOf('whatIf')).toEqual([{ minorPerBtc: 9_000_000 }])
  },
  'earnings.odds': async (client) =>
    expect(await client.earnings.odds()).toMatchObject({ soFar: { verdict: 'lucky' } }),
  'earnings.statement': async (client) =>
    expect(await client.earnings.statement({ month: '2026-11' })).toMatchObject({ month: '2026-11' }),
  'earnings.csv': async (client, core) => {
    expect((await client.earnings.csv({ kind: 'days', ...RANGE })).text).toContain('2026-11-22,1200\r\n')
    expect(core.callsOf('csv')).toEqual([{ kind: 'days', ...RANGE }])
  },
}

export const MONEY_REFUSALS: [title: string, field: string, call: (client: Client) => Promise<unknown>][] = [
  ['a view without lines', 'lines', (c) => c.history.explore({ lines: [], ...RANGE })],
  [
    'a metric nobody records',
    'lines.0.metric',
    (c) => c.history.explore({ lines: [{ metric: 'rig-mood' as 'rig-fan' }], ...RANGE }),
  ],
  ['keeping nothing', 'rawDays', (c) => c.keeping.configure({ ...RETENTION, rawDays: 0 })],
  ['a site with spaces', 'site', (c) => c.keeping.testDatabase({ ...SERVER, site: 'my home' })],
  ['a currency that is none', 'currency', (c) => c.money.update({ currency: 'euro' })],
  [
    'a tariff at a 25th hour',
    'rates.seasons.0.periods.0.from',
    (c) =>
      c.money.checkTariff({
        ...FULL_FLAT,
        rates: {
          kind: 'periods',
          seasons: [
            {
              name: 'Year',
              from: '01-01',
              to: '12-31',
              periods: [{ name: 'Day', microsPerKwh: 1, days: [1], from: '25:00', to: '24:00' }],
            },
          ],
        },
      }),
  ],
  ['half a satoshi', 'sats', (c) => c.payouts.add({ at: 1, sats: 0.5 })],
  ['a payout of nothing', 'sats', (c) => c.payouts.add({ at: 1, sats: 0 })],
  ['a thirteenth month', 'month', (c) => c.earnings.statement({ month: '2026-13' })],
  ['earnings by the fortnight', 'bucket', (c) => c.earnings.report({ bucket: 'fortnight' as 'day' })],
  ['a plug of an unknown kind', 'kind', (c) => c.meters.create({ ...METER, kind: 'toaster' as 'tasmota' })],
]
