import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { PageWindow } from '../../../src-main/electron/page-window.ts'
import { WINDOW_FILE, WindowMemory } from '../../../src-main/electron/window-memory.ts'
import { BrowserWindow, nativeTheme, resetElectron } from '../../support/electron-stand-in.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

vi.mock('electron', () => import('../../support/electron-stand-in.ts'))

interface Opened {
  page: PageWindow
  clock: ManualClock
  dir: string
  state: {
    keepsRunning: boolean
    isQuitting: boolean
    goesOn: boolean
    asked: number
    quits: number
    lost: number
  }
  /** The newest real window. */
  window(): BrowserWindow
}

function opened(dir = temporaryDir()): Opened {
  const clock = new ManualClock()
  const state = { keepsRunning: true, isQuitting: false, goesOn: true, asked: 0, quits: 0, lost: 0 }
  const page = new PageWindow({
    pageUrl: 'app://headframe/',
    preloadPath: '/opt/headframe/out/preload/index.cjs',
    iconPath: '/opt/headframe/resources/icon.png',
    memory: new WindowMemory(dir, silentLogger),
    clock,
    log: silentLogger,
    keepsRunning: () => state.keepsRunning,
    isQuitting: () => state.isQuitting,
    explainHiding: () => {
      state.asked++
      return Promise.resolve(state.goesOn)
    },
    quit: () => state.quits++,
    onPageLost: () => state.lost++,
  })
  page.show()
  return { page, clock, dir, state, window: () => BrowserWindow.all.at(-1)! }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => resetElectron())

describe('the window', () => {
  it('is created with the strict settings, our preload and its least size', () => {
    const { options } = opened().window()
    expect(options.webPreferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      preload: '/opt/headframe/out/preload/index.cjs',
    })
    expect(options).toMatchObject({ width: 1280, height: 820, minWidth: 1024, minHeight: 640, show: false })
  })

  it('appears when there is something to see, on a background of the theme', () => {
    const window = opened().window()
    expect(window.isShown).toBe(false)
    expect(window.options['backgroundColor']).toBe('#100d0b')
    window.emit('ready-to-show')
    expect([window.isShown, window.isMax]).toEqual([true, false])
    nativeTheme.shouldUseDarkColors = false
    expect(opened().window().options['backgroundColor']).toBe('#f7f5f3')
    nativeTheme.shouldUseDarkColors = true
  })

  it('appears even if the page cannot be loaded', () => {
    const window = opened().window()
    window.webContents.emit('did-fail-load', {}, -6, 'ERR_FILE_NOT_FOUND')
    expect(window.isShown).toBe(true)
  })

  it('stays hidden when a load was only replaced by another', () => {
    const window = opened().window()
    window.webContents.emit('did-fail-load', {}, -3, 'ERR_ABORTED')
    expect(window.isShown).toBe(false)
  })

  it('opens where it was, as large as it was', () => {
    const first = opened()
    Object.assign(first.window(), { bounds: { x: 50, y: 60, width: 1100, height: 700 }, isMax: true })
    first.page.remember()
    const second = opened(first.dir)
    expect(second.window().options).toMatchObject({ x: 50, y: 60, width: 1100, height: 700 })
    second.window().emit('ready-to-show')
    expect(second.window().isMax).toBe(true)
  })

  it('comes to the front instead of opening twice', () => {
    const { page, window } = opened()
    window().isMin = true
    page.show()
    page.show()
    expect([BrowserWindow.all.length, window().isMin, window().isShown, window().focuses]).toEqual([
      1,
      false,
      true,
      2,
    ])
  })

  it('goes to a screen of the page, and does not load it anew when it is there', () => {
    const { page, window } = opened()
    page.openScreen('/pools')
    page.openScreen('/pools')
    page.openScreen('/')
    expect(window().webContents.loaded).toEqual([
      'app://headframe/',
      'app://headframe/#/pools',
      'app://headframe/#/',
    ])
  })
})

describe('a window that was closed', () => {
  it('opens anew at the screen that is asked for', () => {
    const { page, state, window } = opened()
    state.keepsRunning = false
    window().pressClose()
    page.openScreen('/rigs')
    expect(BrowserWindow.all).toHaveLength(2)
    expect(window().webContents.loaded).toEqual(['app://headframe/#/rigs'])
  })
})

describe('closing the window', () => {
  it('hides it and goes on, explaining that once', async () => {
    const { dir, state, window } = opened()
    window().isShown = true
    expect(window().pressClose()).toBe(false)
    await settled()
    expect([window().isShown, state.asked]).toEqual([false, 1])
    window().isShown = true
    expect(window().pressClose()).toBe(false)
    expect([window().isShown, state.asked]).toEqual([false, 1])
    const again = opened(dir)
    again.window().pressClose()
    await settled()
    expect(again.state.asked).toBe(0)
  })

  it('quits if the person rather has that, and asks again another time', async () => {
    const { dir, state, window } = opened()
    state.goesOn = false
    window().pressClose()
    await settled()
    expect(state.quits).toBe(1)
    expect(new WindowMemory(dir, silentLogger).current.trayExplained).toBe(false)
  })

  it('closes it where there is no tray, and while quitting', () => {
    const { state, window } = opened()
    state.keepsRunning = false
    expect(window().pressClose()).toBe(true)
    const other = opened()
    other.state.isQuitting = true
    expect(other.window().pressClose()).toBe(true)
    expect([state.asked, other.state.asked]).toEqual([0, 0])
  })

  it('remembers where it was, and opens a new one when asked', () => {
    const { page, dir, state, window } = opened()
    state.keepsRunning = false
    window().bounds = { x: 5, y: 6, width: 1200, height: 720 }
    window().pressClose()
    expect(JSON.parse(readFileSync(join(dir, WINDOW_FILE), 'utf8'))).toMatchObject({
      bounds: { x: 5, y: 6, width: 1200, height: 720 },
    })
    page.remember()
    page.show()
    expect(BrowserWindow.all).toHaveLength(2)
  })
})

describe('a page in trouble', () => {
  it('is cut off while it hangs', () => {
    const { state, window } = opened()
    window().emit('unresponsive')
    expect(state.lost).toBe(1)
  })

  it('that died is loaded anew, but not again and again', () => {
    const { clock, state, window } = opened()
    const die = (reason = 'crashed'): void =>
      void window().webContents.emit('render-process-gone', {}, { reason, exitCode: 5 })
    die()
    die()
    expect([window().webContents.reloads, state.lost]).toEqual([1, 2])
    clock.advance(10_000)
    die()
    expect(window().webContents.reloads).toBe(2)
    die('clean-exit')
    state.isQuitting = true
    clock.advance(10_000)
    die()
    expect(window().webContents.reloads).toBe(2)
  })

  it('ends in order when the person logs out', () => {
    const { state, window } = opened()
    window().emit('session-end')
    expect(state.quits).toBe(1)
  })
})
