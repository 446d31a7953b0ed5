/** The devices' part of the contract, implemented on a `Core`. */
import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import { type Core } from './core.ts'

export function deviceRoutes(core: Pick<Core, 'devices'>) {
  const os = implement(contract).devices
  const calls = (): Core['devices'] => core.devices
  return os.router({
    list: os.list.handler(() => calls().devices.items),
    live: os.live.handler(({ signal }) => calls().devices.follow(signal)),
    access: os.access.handler(() => calls().access()),
    stopAll: os.stopAll.handler(() => calls().stopAll()),
    get: os.get.handler(({ input }) => calls().detail(input.id)),
    detailLive: os.detailLive.handler(({ input, signal }) => calls().followDetail(input.id, signal)),
    update: os.update.handler(({ input: { id, ...patch } }) => calls().update(id, patch)),
    choose: os.choose.handler(({ input }) => calls().choose(input.id, input.modelId)),
    act: os.act.handler(({ input }) => calls().act(input.id, input.action)),
    forget: os.forget.handler(({ input }) => calls().forget(input.id)),
    tune: os.tune.handler(({ input: { id, ...draft } }) => calls().tune(id, draft)),
    fault: os.fault.handler(({ input }) => calls().fault(input.id, input.fault)),
  })
}
