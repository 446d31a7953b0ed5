import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it } from 'vitest'
import { appMenu, type MenuActions, poolItems, trayMenu, trayView } from '../../../src-main/electron/menus.ts'
import { pretendOverview, pretendPool } from '../../support/pretend-farm.ts'

type Item = MenuItemConstructorOptions

function recorder(): { calls: string[]; actions: MenuActions } {
  const calls: string[] = []
  return {
    calls,
    actions: {
      activatePool: (id) => calls.push(`activate ${id}`),
      showWindow: () => calls.push('show'),
      openScreen: (path) => calls.push(`open ${path}`),
      openDataDir: () => calls.push('data'),
      copyRigAddress: () => calls.push('copy'),
      quit: () => calls.push('quit'),
    },
  }
}

/** Every item with those of its submenus. */
function flat(items: Item[]): Item[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])
}

const press = (items: Item[], label: string): void => {
  const item = flat(items).find((candidate) => candidate.label === label)
  if (!item?.click) throw new Error(`no item ${label}`)
  ;(item.click as () => void)()
}

const POOLS = [
  pretendPool({ id: 'north', name: 'North & Sons', active: true }),
  pretendPool({ id: 'south', name: 'South' }),
  pretendPool({ id: 'off', name: 'Off', enabled: false }),
]

describe('the pools in a menu', () => {
  it('are those that can be switched to, the active one marked', () => {
    expect(poolItems(POOLS, recorder().actions)).toMatchObject([
      { label: 'North && Sons', type: 'radio', checked: true },
      { label: 'South', type: 'radio', checked: false },
    ])
  })

  it('include an active one that is disabled, and say so when there are none', () => {
    const odd = [pretendPool({ id: 'off', name: 'Off', enabled: false, active: true })]
    expect(poolItems(odd, recorder().actions)).toMatchObject([{ label: 'Off', checked: true }])
    expect(poolItems([], recorder().actions)).toEqual([{ label: 'No pools yet', enabled: false }])
  })

  it('switch with one click', () => {
    const { calls, actions } = recorder()
    press(poolItems(POOLS, actions), 'South')
    expect(calls).toEqual(['activate south'])
  })
})

describe('the native menu', () => {
  const menu = (platform: string, actions = recorder().actions, isDevelopment = false): Item[] =>
    appMenu({ platform, isDevelopment, pools: POOLS, rigAddress: 'stratum+tcp://192.0.2.1:3333' }, actions)

  it.each(['linux', 'win32', 'darwin'])('has on %s all menus, and no accelerator twice', (platform) => {
    const items = menu(platform)
    const labels = items.map(({ label, role }) => label?.replace('&', '') ?? role)
    const expected = ['Edit', 'View', 'Pools', 'Help']
    expect(labels).toEqual(
      platform === 'darwin'
        ? ['Headframe', ...expected.slice(0, 3), 'windowMenu', 'Help']
        : ['App', ...expected],
    )
    const accelerators = flat(items).flatMap(({ accelerator }) => (accelerator ? [accelerator] : []))
    expect(accelerators.length).toBeGreaterThan(3)
    expect(new Set(accelerators).size).toBe(accelerators.length)
  })

  it('opens screens, folders and pools', () => {
    const { calls, actions } = recorder()
    const items = menu('linux', actions)
    for (const label of ['Overview', 'Pools', 'Rigs', 'Manage Pools…', 'Open Data Folder', 'South'])
      press(items, label)
    press(items, 'Copy Address for Rigs (stratum+tcp://192.0.2.1:3333)')
    press(items, 'Quit Headframe')
    expect(calls).toEqual([
      'open /',
      'open /pools',
      'open /rigs',
      'open /pools',
      'data',
      'activate south',
      'copy',
      'quit',
    ])
  })

  it('offers the developer tools in development only', () => {
    const roles = (items: Item[]): unknown[] => flat(items).map(({ role }) => role)
    expect(roles(menu('linux'))).not.toContain('toggleDevTools')
    expect(roles(menu('linux', recorder().actions, true))).toContain('toggleDevTools')
  })

  it('offers no address before there is one', () => {
    const items = appMenu(
      { platform: 'linux', isDevelopment: false, pools: [], rigAddress: null },
      recorder().actions,
    )
    expect(flat(items).find(({ label }) => label === 'Address for Rigs')?.enabled).toBe(false)
  })
})

describe('the tray', () => {
  it('says what is hashing, and for whom', () => {
    const overview = pretendOverview({
      hashrateHs: 1.234e13,
      rigs: { total: 5, online: 4, hashing: 3 },
      activePool: {
        id: 'north',
        name: 'North & Sons',
        url: 'u',
        protocol: 'stratum-v2',
        state: 'ready',
        switchedAt: null,
      },
    })
    expect(trayView(overview)).toEqual({
      tooltip: 'Headframe: 12.3 TH/s, 3 of 4 rigs hashing',
      lines: ['North & Sons', '12.3 TH/s · 3 of 4 rigs hashing'],
    })
    expect(trayView({ ...overview, practice: true }).tooltip).toContain('practice')
    expect(trayView(null).lines).toEqual(['Starting…'])
  })

  it('lists the pools, opens the window and quits', () => {
    const { calls, actions } = recorder()
    const items = trayMenu({ tooltip: '', lines: ['North & Sons', '1 H/s'] }, POOLS, actions)
    expect(items.slice(0, 2)).toEqual([
      { label: 'North && Sons', enabled: false },
      { label: '1 H/s', enabled: false },
    ])
    for (const label of ['South', 'Open Headframe', 'Quit Headframe']) press(items, label)
    expect(calls).toEqual(['activate south', 'show', 'quit'])
  })
})
