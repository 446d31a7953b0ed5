/** What the contract's procedures on earnings, and on what they are counted with, do in a pretend core. */
import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import type { PretendEarnings } from './pretend-earnings.ts'
import { pretendAccount, pretendMeter } from './pretend-earnings-values.ts'

const os = implement(contract)
/** What was left out does not overwrite. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>

export function pretendEarningsRoutes(earnings: PretendEarnings) {
  return {
    money: {
      settings: os.money.settings.handler(() => earnings.settings),
      update: os.money.update.handler(({ input }) => earnings.update(input)),
      checkTariff: os.money.checkTariff.handler(({ input }) => earnings.checkTariff(input)),
      facts: os.money.facts.handler(() => earnings.facts.value),
      factsLive: os.money.factsLive.handler(({ signal }) => earnings.facts.open(signal)),
      requests: os.money.requests.handler(() => earnings.requests()),
      check: os.money.check.handler(() => earnings.checkResult),
    },
    accounts: {
      kinds: os.accounts.kinds.handler(() => earnings.kinds),
      list: os.accounts.list.handler(() => earnings.accounts.all),
      live: os.accounts.live.handler(({ signal }) => earnings.accounts.open(signal)),
      create: os.accounts.create.handler(({ input: { key, ...draft } }) => {
        const account = pretendAccount({
          ...draft,
          id: `account-${earnings.accounts.all.length + 1}`,
          hasKey: (key ?? '') !== '',
          state: 'waiting',
        })
        earnings.accounts.change([account])
        return account
      }),
      update: os.accounts.update.handler(({ input: { id, key, ...patch } }) => {
        const old = earnings.require(earnings.accounts, id, 'account')
        const account = { ...old, ...given(patch), hasKey: key === undefined ? old.hasKey : key !== '' }
        earnings.accounts.change([account])
        return account
      }),
      remove: os.accounts.remove.handler(({ input }) => earnings.accounts.change([], [input.id])),
      check: os.accounts.check.handler(({ input }) => {
        earnings.require(earnings.accounts, input.id, 'account')
        return earnings.checkResult
      }),
    },
    addresses: {
      list: os.addresses.list.handler(() => earnings.addresses),
      create: os.addresses.create.handler(({ input }) =>
        earnings.watch(input.address, input.name, input.poolId),
      ),
      remove: os.addresses.remove.handler(({ input }) => {
        earnings.addresses = earnings.addresses.filter(({ id }) => id !== input.id)
      }),
    },
    payouts: {
      list: os.payouts.list.handler(({ input: { from = 0, to = Number.MAX_SAFE_INTEGER } }) =>
        earnings.payouts.filter(({ at }) => at >= from && at < to),
      ),
      add: os.payouts.add.handler(({ input }) => earnings.addPayout(input)),
      remove: os.payouts.remove.handler(({ input }) => {
        earnings.payouts = earnings.payouts.filter(({ id }) => id !== input.id)
      }),
    },
    meters: {
      list: os.meters.list.handler(() => earnings.meters.all),
      live: os.meters.live.handler(({ signal }) => earnings.meters.open(signal)),
      create: os.meters.create.handler(({ input: { password, ...draft } }) => {
        const meter = pretendMeter({
          ...draft,
          id: `meter-${earnings.meters.all.length + 1}`,
          hasPassword: (password ?? '') !== '',
          state: 'waiting',
        })
        earnings.meters.change([meter])
        return meter
      }),
      update: os.meters.update.handler(({ input: { id, password, ...patch } }) => {
        const old = earnings.require(earnings.meters, id, 'meter')
        const meter = {
          ...old,
          ...given(patch),
          hasPassword: password === undefined ? old.hasPassword : password !== '',
        }
        earnings.meters.change([meter])
        return meter
      }),
      remove: os.meters.remove.handler(({ input }) => earnings.meters.change([], [input.id])),
      check: os.meters.check.handler(() => earnings.checkResult),
    },
    earnings: {
      report: os.earnings.report.handler(({ input }) => earnings.report(input)),
      whatIf: os.earnings.whatIf.handler(({ input }) => earnings.whatIf(input)),
      odds: os.earnings.odds.handler(() => earnings.odds()),
      statement: os.earnings.statement.handler(({ input }) => earnings.statement(input.month)),
      csv: os.earnings.csv.handler(({ input: { kind, ...query } }) => earnings.csv(kind, query)),
    },
  }
}
