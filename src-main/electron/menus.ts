/** The native menu and the tray's menu, as data. Pure: what an item does is handed in. */
import type { MenuItemConstructorOptions } from 'electron'
import { type Overview, type Pool } from '../../src-preload/contract/index.ts'
import { activePoolText, hashrateText, rigsText } from './words.ts'

export interface MenuActions {
  activatePool(id: string): void
  showWindow(): void
  /** @param path of the page's router, such as `/pools` */
  openScreen(path: string): void
  openDataDir(): void
  copyRigAddress(): void
  quit(): void
}

type Item = MenuItemConstructorOptions

const SEPARATOR: Item = { type: 'separator' }

/** Pools that can be switched to, the active one marked; one click each. */
export function poolItems(pools: readonly Pool[], actions: Pick<MenuActions, 'activatePool'>): Item[] {
  const usable = pools.filter(({ enabled, active }) => enabled || active)
  if (usable.length === 0) return [{ label: 'No pools yet', enabled: false }]
  return usable.map(({ id, name, active }) => ({
    id: `pool-${id}`,
    label: escapeLabel(name),
    type: 'radio',
    checked: active,
    click: () => actions.activatePool(id),
  }))
}

export interface AppMenuInput {
  readonly platform: string
  /** Offers the developer tools. */
  readonly isDevelopment: boolean
  readonly pools: readonly Pool[]
  /** Null while the core starts. */
  readonly rigAddress: string | null
}

export function appMenu(input: AppMenuInput, actions: MenuActions): Item[] {
  const isMac = input.platform === 'darwin'
  const quit: Item = {
    label: 'Quit Headframe',
    accelerator: 'CommandOrControl+Q',
    click: () => actions.quit(),
  }
  const screen = (label: string, path: string, digit: number): Item => ({
    label,
    accelerator: `CommandOrControl+${digit}`,
    click: () => actions.openScreen(path),
  })
  const rigAddress: Item = {
    label: input.rigAddress === null ? 'Address for Rigs' : `Copy Address for Rigs (${input.rigAddress})`,
    enabled: input.rigAddress !== null,
    click: () => actions.copyRigAddress(),
  }
  return [
    isMac
      ? {
          label: 'Headframe',
          submenu: [
            { role: 'about' },
            SEPARATOR,
            rigAddress,
            SEPARATOR,
            { role: 'hide' },
            { role: 'hideOthers' },
            { role: 'unhide' },
            SEPARATOR,
            quit,
          ],
        }
      : { label: '&App', submenu: [rigAddress, SEPARATOR, quit] },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        SEPARATOR,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        screen('Overview', '/', 1),
        screen('Pools', '/pools', 2),
        screen('Rigs', '/rigs', 3),
        SEPARATOR,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        SEPARATOR,
        { role: 'reload' },
        ...(input.isDevelopment ? [{ role: 'toggleDevTools' } as const] : []),
      ],
    },
    {
      label: '&Pools',
      submenu: [
        ...poolItems(input.pools, actions),
        SEPARATOR,
        { label: 'Manage Pools…', click: () => actions.openScreen('/pools') },
      ],
    },
    ...(isMac ? [{ role: 'windowMenu' } as const] : []),
    {
      role: 'help',
      label: '&Help',
      submenu: [
        { label: 'Open Data Folder', click: () => actions.openDataDir() },
        ...(isMac ? [] : [{ role: 'about' } as const]),
      ],
    },
  ]
}

export interface TrayView {
  readonly tooltip: string
  /** Lines above the menu's commands. */
  readonly lines: readonly string[]
}

/** @param overview null while the core starts */
export function trayView(overview: Overview | null): TrayView {
  if (!overview) return { tooltip: 'Headframe: starting', lines: ['Starting…'] }
  const hashrate = hashrateText(overview.hashrateHs)
  const practice = overview.practice ? ' (practice)' : ''
  return {
    tooltip: `Headframe${practice}: ${hashrate}, ${rigsText(overview)}`,
    lines: [activePoolText(overview), `${hashrate} · ${rigsText(overview)}`],
  }
}

export function trayMenu(view: TrayView, pools: readonly Pool[], actions: MenuActions): Item[] {
  return [
    ...view.lines.map((line): Item => ({ label: escapeLabel(line), enabled: false })),
    SEPARATOR,
    { label: 'Switch Pool', submenu: poolItems(pools, actions) },
    SEPARATOR,
    { label: 'Open Headframe', click: () => actions.showWindow() },
    { label: 'Quit Headframe', click: () => actions.quit() },
  ]
}

/** In menus an ampersand marks the letter to press. */
function escapeLabel(text: string): string {
  return text.replaceAll('&', '&&')
}
