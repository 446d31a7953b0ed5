import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { MenuKeeper } from '../../../src-main/electron/menu-keeper.ts'
import { FakeCore } from '../../support/fake-core.ts'

type Item = MenuItemConstructorOptions

function keeping(hasTray = true): {
  keeper: MenuKeeper
  clock: ManualClock
  core: FakeCore
  appMenus: Item[][]
  trayMenus: Item[][]
  tooltips: string[]
} {
  const appMenus: Item[][] = []
  const trayMenus: Item[][] = []
  const tooltips: string[] = []
  const clock = new ManualClock()
  const nothing = (): void => undefined
  const keeper = new MenuKeeper({
    platform: 'linux',
    isDevelopment: false,
    clock,
    tray: hasTray
      ? { setTooltip: (text) => tooltips.push(text), setMenu: (items) => trayMenus.push(items) }
      : null,
    setAppMenu: (items) => appMenus.push(items),
    actions: {
      activatePool: nothing,
      showWindow: nothing,
      openScreen: nothing,
      openDataDir: nothing,
      copyRigAddress: nothing,
      quit: nothing,
    },
  })
  return { keeper, clock, core: new FakeCore(), appMenus, trayMenus, tooltips }
}

const labels = (items: Item[] | undefined): unknown[] => (items ?? []).map(({ label }) => label)

describe('keeping the menus', () => {
  it('shows menus before the core runs, and its pools as soon as it does', () => {
    const { keeper, core, appMenus, trayMenus, tooltips } = keeping()
    expect(labels(trayMenus[0])).toContain('Starting…')
    expect(tooltips).toEqual(['Headframe: starting'])
    expect(JSON.stringify(appMenus[0])).toContain('No pools yet')
    keeper.start(core, 'stratum+tcp://192.0.2.1:3333')
    expect(JSON.stringify(appMenus[1])).toContain('South')
    expect(JSON.stringify(appMenus[1])).toContain('192.0.2.1:3333')
    expect(JSON.stringify(trayMenus[1])).toContain('South')
  })

  it('follows pools at once, but not what a menu does not show of them', () => {
    const { keeper, core, appMenus, trayMenus } = keeping()
    keeper.start(core, null)
    const [before, trayBefore] = [appMenus.length, trayMenus.length]
    core.pools.apply([{ ...core.pools.find('south')!, bytesIn: 7, latencyMs: 3 }])
    expect([appMenus.length, trayMenus.length]).toEqual([before, trayBefore])
    core.pools.apply([{ ...core.pools.find('south')!, name: 'Deep South' }])
    expect(JSON.stringify(appMenus.at(-1))).toContain('Deep South')
    expect(JSON.stringify(trayMenus.at(-1))).toContain('Deep South')
  })

  it('lets the tooltip follow the hashrate at once, and the menu only now and then', () => {
    const { keeper, core, clock, trayMenus, tooltips } = keeping()
    keeper.start(core, null)
    const before = trayMenus.length
    for (let hashrateHs = 1e12; hashrateHs < 9e12; hashrateHs += 1e12) {
      core.overview.set({ ...core.overview.value, hashrateHs })
      clock.advance(1000)
    }
    expect(tooltips.at(-1)).toContain('8.00 TH/s')
    expect(trayMenus.length).toBe(before)
    clock.advance(2000)
    core.overview.set({ ...core.overview.value, hashrateHs: 9e12 })
    expect(trayMenus.length).toBe(before + 1)
    expect(labels(trayMenus.at(-1))[1]).toContain('9.00 TH/s')
  })

  it('tells of another pool, or of its trouble, without delay', async () => {
    const { keeper, core, trayMenus } = keeping()
    keeper.start(core, null)
    await core.activatePool('south')
    expect(labels(trayMenus.at(-1))[0]).toBe('South')
    const { activePool } = core.overview.value
    core.overview.set({ ...core.overview.value, activePool: { ...activePool!, state: 'waiting' } })
    expect(labels(trayMenus.at(-1))[0]).toContain('not reachable')
  })

  it('does without a tray, and says nothing after its end', () => {
    const { keeper, core, appMenus } = keeping(false)
    keeper.start(core, null)
    const before = appMenus.length
    keeper.stop()
    core.pools.apply([], ['south'])
    core.overview.set({ ...core.overview.value, hashrateHs: 5 })
    expect(appMenus.length).toBe(before)
  })
})
