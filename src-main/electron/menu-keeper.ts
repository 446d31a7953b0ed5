/**
 * Keeps the native menu and the tray in step with the core. A menu that is rebuilt while it is open closes on
 * some desktops, so it is rebuilt only when it says something else, and for a changed hashrate only now and then.
 */
import type { MenuItemConstructorOptions } from 'electron'
import { type Core } from '../api/index.ts'
import { type Clock, type Unsubscribe } from '../base/index.ts'
import { appMenu, type MenuActions, trayMenu, trayView } from './menus.ts'

/** The tray icon, where there is one. */
export interface TrayFace {
  setTooltip(text: string): void
  setMenu(items: MenuItemConstructorOptions[]): void
}

export interface MenuKeeperOptions {
  readonly platform: string
  readonly isDevelopment: boolean
  readonly clock: Clock
  readonly actions: MenuActions
  readonly tray: TrayFace | null
  setAppMenu(items: MenuItemConstructorOptions[]): void
}

export type MenuCore = Pick<Core, 'overview' | 'pools'>

/** How often the tray's menu follows the hashrate. */
const FIGURES_MS = 10_000

export class MenuKeeper {
  readonly #options: MenuKeeperOptions
  #core: MenuCore | null = null
  #rigAddress: string | null = null
  #unsubscribes: Unsubscribe[] = []
  #shownPools = ''
  #shownTooltip = ''
  #shownLines: readonly string[] = []
  #shownAtMs = 0

  /** Shows menus for a core that is still starting. */
  constructor(options: MenuKeeperOptions) {
    this.#options = options
    this.#showPools()
  }

  /** @param rigAddress where rigs are pointed at; null if nothing listens for them */
  start(core: MenuCore, rigAddress: string | null): void {
    this.#core = core
    this.#rigAddress = rigAddress
    this.#shownPools = ''
    this.#showPools()
    this.#unsubscribes = [
      core.pools.onChange(() => this.#showPools()),
      core.overview.onChange(() => this.#showFigures()),
    ]
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    this.#unsubscribes = []
  }

  #showPools(): void {
    const pools = this.#core?.pools.items ?? []
    const text = JSON.stringify(pools.map(({ id, name, enabled, active }) => [id, name, enabled, active]))
    if (text === this.#shownPools) return
    this.#shownPools = text
    const { platform, isDevelopment, actions, setAppMenu } = this.#options
    setAppMenu(appMenu({ platform, isDevelopment, pools, rigAddress: this.#rigAddress }, actions))
    this.#showTray()
  }

  #showFigures(): void {
    const view = trayView(this.#core?.overview.value ?? null)
    if (view.tooltip !== this.#shownTooltip) {
      this.#shownTooltip = view.tooltip
      this.#options.tray?.setTooltip(view.tooltip)
    }
    if (view.lines.join('\n') === this.#shownLines.join('\n')) return
    const isDue = this.#options.clock.monotonicMs() - this.#shownAtMs >= FIGURES_MS
    // The first line is the pool and its state: that is news at once.
    if (view.lines[0] !== this.#shownLines[0] || isDue) this.#showTray()
  }

  #showTray(): void {
    const { tray, clock, actions } = this.#options
    const view = trayView(this.#core?.overview.value ?? null)
    this.#shownLines = view.lines
    this.#shownAtMs = clock.monotonicMs()
    if (view.tooltip !== this.#shownTooltip) tray?.setTooltip(view.tooltip)
    this.#shownTooltip = view.tooltip
    tray?.setMenu(trayMenu(view, this.#core?.pools.items ?? [], actions))
  }
}
