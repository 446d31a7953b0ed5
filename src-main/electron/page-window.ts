/** The one window: opened where it was, shown when there is something to see, hidden instead of closed. */
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { type Clock, type Logger } from '../base/index.ts'
import { PAGE_PREFERENCES } from './hardening.ts'
import { MIN_SIZE, placeWindow, type Rectangle, type WindowMemory } from './window-memory.ts'

export interface PageWindowOptions {
  /** Address of the page, without a fragment. */
  readonly pageUrl: string
  readonly preloadPath: string
  readonly iconPath: string
  readonly memory: WindowMemory
  readonly clock: Clock
  readonly log: Logger
  /** Whether the program goes on without a window, so that closing hides it. */
  keepsRunning(): boolean
  isQuitting(): boolean
  /** Tells, the first time, that closing does not stop mining. @returns whether to go on mining */
  explainHiding(): Promise<boolean>
  quit(): void
  /** The page hangs or is gone: what is sent to it would pile up. */
  onPageLost(): void
}

/** The page's background, so that no flash of white comes before it (`tokens.css`, --bg). */
const BACKGROUND = { dark: '#100d0b', light: '#f7f5f3' } as const
/** Chromium's ERR_ABORTED: another load came before this one was through. */
const LOAD_REPLACED = -3
/** A page that dies again sooner than this is left alone: reloading would not help. */
const RELOAD_PAUSE_MS = 10_000

export class PageWindow {
  readonly #options: PageWindowOptions
  #window: BrowserWindow | null = null
  #reloadedAtMs = -RELOAD_PAUSE_MS

  constructor(options: PageWindowOptions) {
    this.#options = options
  }

  /** Opens the window, or brings it to the front. */
  show(): void {
    const window = this.#window
    if (!window) return this.#open(this.#options.pageUrl)
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  /** @param path of the page's router, such as `/pools` */
  openScreen(path: string): void {
    const address = `${this.#options.pageUrl}#${path}`
    if (!this.#window) return this.#open(address)
    this.show()
    const { webContents } = this.#window
    // The same address once more would load the page anew.
    if (webContents.getURL() !== address) void this.#load(webContents.loadURL(address))
  }

  /** Writes down where the window is. */
  remember(): void {
    const window = this.#window
    if (!window || window.isDestroyed()) return
    this.#options.memory.keep({ bounds: window.getNormalBounds(), maximized: window.isMaximized() })
  }

  #open(address: string): void {
    const { preloadPath, iconPath, memory, log, onPageLost } = this.#options
    const { bounds, maximized } = memory.current
    const window = new BrowserWindow({
      ...placeWindow(bounds, workAreas()),
      minWidth: MIN_SIZE.width,
      minHeight: MIN_SIZE.height,
      show: false,
      title: 'Headframe',
      icon: iconPath,
      autoHideMenuBar: true,
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      webPreferences: { ...PAGE_PREFERENCES, preload: preloadPath },
    })
    this.#window = window
    const appear = (): void => {
      if (window.isDestroyed() || window.isVisible()) return
      if (maximized) window.maximize()
      window.show()
    }
    window.once('ready-to-show', appear)
    window.on('close', (event) => this.#onClose(event))
    window.on('closed', () => (this.#window = null))
    window.on('session-end', () => this.#options.quit())
    window.on('unresponsive', () => {
      log.warn('the page does not respond')
      onPageLost()
    })
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) =>
      this.#onPageGone(reason, exitCode),
    )
    window.webContents.on('did-fail-load', (_event, code, description) => {
      if (code === LOAD_REPLACED) return
      log.error('the page could not be loaded', { code, description })
      appear()
    })
    void this.#load(window.loadURL(address))
  }

  /** A load that fails is reported by `did-fail-load`. */
  async #load(loading: Promise<void>): Promise<void> {
    await loading.catch(() => undefined)
  }

  #onClose(event: { preventDefault(): void }): void {
    const { memory, isQuitting, keepsRunning, explainHiding, quit } = this.#options
    this.remember()
    if (isQuitting() || !keepsRunning()) return
    event.preventDefault()
    if (memory.current.trayExplained) return this.#window?.hide()
    void explainHiding().then((goesOn) => {
      if (!goesOn) return quit()
      memory.keep({ trayExplained: true })
      this.#window?.hide()
    })
  }

  #onPageGone(reason: string, exitCode: number): void {
    const { clock, log, onPageLost, isQuitting } = this.#options
    if (isQuitting() || reason === 'clean-exit') return
    log.error('the page died', { reason, exitCode })
    onPageLost()
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#reloadedAtMs < RELOAD_PAUSE_MS) return
    this.#reloadedAtMs = nowMs
    this.#window?.webContents.reload()
  }
}

/** Work areas of the screens, the primary one first. */
function workAreas(): Rectangle[] {
  const primary = screen.getPrimaryDisplay()
  return [primary, ...screen.getAllDisplays().filter(({ id }) => id !== primary.id)].map(
    ({ workArea }) => workArea,
  )
}
