/** The contract's procedures on earnings and what they are counted with, implemented on a `Core`. */
import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import { type Core } from './core.ts'

const os = implement(contract)

export function moneyRoutes(core: Core) {
  return {
    money: os.money.router({
      settings: os.money.settings.handler(() => core.money.settings()),
      update: os.money.update.handler(({ input }) => core.money.update(input)),
      checkTariff: os.money.checkTariff.handler(({ input }) => core.money.checkTariff(input)),
      facts: os.money.facts.handler(() => core.money.facts.value),
      factsLive: os.money.factsLive.handler(({ signal }) => core.money.facts.follow(signal)),
      requests: os.money.requests.handler(() => core.money.requests()),
      check: os.money.check.handler(({ input }) => core.money.check(input.what)),
    }),
    accounts: os.accounts.router({
      kinds: os.accounts.kinds.handler(() => core.accounts.kinds()),
      list: os.accounts.list.handler(() => core.accounts.accounts.items),
      live: os.accounts.live.handler(({ signal }) => core.accounts.accounts.follow(signal)),
      create: os.accounts.create.handler(({ input }) => core.accounts.create(input)),
      update: os.accounts.update.handler(({ input: { id, ...patch } }) => core.accounts.update(id, patch)),
      remove: os.accounts.remove.handler(({ input }) => core.accounts.remove(input.id)),
      check: os.accounts.check.handler(({ input }) => core.accounts.check(input.id)),
    }),
    addresses: os.addresses.router({
      list: os.addresses.list.handler(() => core.payouts.addresses()),
      create: os.addresses.create.handler(({ input }) => core.payouts.watch(input)),
      remove: os.addresses.remove.handler(({ input }) => core.payouts.unwatch(input.id)),
    }),
    payouts: os.payouts.router({
      list: os.payouts.list.handler(({ input }) => core.payouts.list(input.from, input.to)),
      add: os.payouts.add.handler(({ input }) => core.payouts.add(input)),
      remove: os.payouts.remove.handler(({ input }) => core.payouts.remove(input.id)),
    }),
    meters: os.meters.router({
      list: os.meters.list.handler(() => core.meters.meters.items),
      live: os.meters.live.handler(({ signal }) => core.meters.meters.follow(signal)),
      create: os.meters.create.handler(({ input }) => core.meters.create(input)),
      update: os.meters.update.handler(({ input: { id, ...patch } }) => core.meters.update(id, patch)),
      remove: os.meters.remove.handler(({ input }) => core.meters.remove(input.id)),
      check: os.meters.check.handler(({ input: { id, ...draft } }) => core.meters.check(draft, id)),
    }),
    earnings: os.earnings.router({
      report: os.earnings.report.handler(({ input }) => core.earnings.report(input)),
      whatIf: os.earnings.whatIf.handler(({ input }) => core.earnings.whatIf(input)),
      odds: os.earnings.odds.handler(() => core.earnings.odds()),
      statement: os.earnings.statement.handler(({ input }) => core.earnings.statement(input.month)),
      csv: os.earnings.csv.handler(({ input }) => core.earnings.csv(input)),
    }),
  }
}
