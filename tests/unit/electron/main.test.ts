/** The desktop host as a whole, over a stand-in for Electron and a core in memory. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type CoreOptions } from '../../../src-main/app/index.ts'
import { HeadframeError } from '../../../src-main/base/index.ts'
import { type DesktopCore, registerPageScheme, runDesktop } from '../../../src-main/electron/index.ts'
import { CONNECT_CHANNEL } from '../../../src-preload/channels.ts'
import {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  type MenuItem,
  Notification,
  powerMonitor,
  resetElectron,
  safeStorage,
  schemes,
  session,
  shell,
  Tray,
} from '../../support/electron-stand-in.ts'
import { FakeCore } from '../../support/fake-core.ts'
import { KEY } from '../../support/pretend-farm.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

vi.mock('electron', () => import('../../support/electron-stand-in.ts'))

class FakeDesktopCore extends FakeCore implements DesktopCore {
  readonly listeners = {
    stratum: { host: '0.0.0.0', port: 3333 },
    stratumV2: { host: '0.0.0.0', port: 3336 },
    stratumWs: null,
  }
  readonly authorityKey = KEY
  readonly slept: string[] = []

  sleep(): Promise<void> {
    this.slept.push('sleep')
    return Promise.resolve()
  }

  wake(): Promise<void> {
    this.slept.push('wake')
    return Promise.resolve()
  }
}

interface Desktop {
  core: FakeDesktopCore
  dataDir: string
  /** What the core was started with; undefined if it was not. */
  started(): CoreOptions | undefined
  window(): BrowserWindow
  crash(error: unknown): void
  output: { stdout: string; stderr: string }
}

interface Given {
  args?: string[]
  platform?: string
  env?: Record<string, string>
  isBuilt?: boolean
  startCore?: (core: FakeDesktopCore) => Promise<FakeDesktopCore>
}

/** A program folder with a built page in it. */
function installed(): string {
  const root = temporaryDir()
  mkdirSync(join(root, 'out/renderer'), { recursive: true })
  writeFileSync(join(root, 'out/renderer/index.html'), '<!doctype html><title>Headframe</title>')
  return root
}

/** Starts the host and lets Electron become ready. */
async function start(given: Given = {}): Promise<Desktop> {
  const { args = [], platform = 'linux', env = {}, isBuilt = true } = given
  const { startCore = (own) => Promise.resolve(own) } = given
  const core = new FakeDesktopCore()
  const dataDir = join(temporaryDir(), 'data')
  const output = { stdout: '', stderr: '' }
  let options: CoreOptions | undefined
  let crash: (error: unknown) => void = () => undefined
  for (const name of ['stdout', 'stderr'] as const) {
    const spy = vi.spyOn(process[name], 'write').mockImplementation((text) => {
      output[name] += String(text)
      return true
    })
    onTestFinished(() => spy.mockRestore())
  }
  app.root = isBuilt ? installed() : temporaryDir()
  registerPageScheme()
  const running = runDesktop({
    argv: ['headframe', '--data-dir', dataDir, ...args],
    platform,
    env,
    onCrash: (listener) => (crash = listener),
    startCore: (chosen) => {
      options = chosen
      return startCore(core)
    },
  })
  app.becomeReady()
  await running
  await settled()
  return {
    core,
    dataDir,
    output,
    started: () => options,
    window: () => BrowserWindow.all.at(-1)!,
    crash: (error) => crash(error),
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function flat(items: MenuItem[] = []): MenuItem[] {
  return items.flatMap((item) => [item, ...flat(item.submenu)])
}

function press(menu: Menu | null | undefined, label: string): void {
  const item = flat(menu?.items).find((candidate) => candidate.label === label)
  if (!item?.click) throw new Error(`no item ${label}`)
  item.click()
}

const trayLabels = (): unknown[] => flat(Tray.all[0]?.menu?.items).map(({ label }) => label)

beforeEach(() => resetElectron())

describe('starting', () => {
  it('settles where data is, and that it is alone, before Electron is ready', () => {
    const dataDir = join(temporaryDir(), 'data')
    void runDesktop({
      argv: ['headframe', '--data-dir', dataDir],
      platform: 'linux',
      env: {},
      onCrash: () => undefined,
      startCore: () => Promise.reject(new Error('not yet')),
    })
    expect(app.paths.get('userData')).toBe(join(dataDir, 'window'))
    expect(existsSync(join(dataDir, 'window'))).toBe(true)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  })

  it('shows the page from a scheme of its own, sandboxed, with the core behind it', async () => {
    const { dataDir, started, window } = await start({ args: ['--practice', '--stratum', '127.0.0.1:0'] })
    expect(app.isSandboxed).toBe(true)
    expect(schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
    expect(window().webContents.loaded).toEqual(['app://headframe/'])
    const answer = session.defaultSession.handlers.get('app')?.({ method: 'GET', url: 'app://headframe/' })
    expect(await answer?.text()).toContain('<title>Headframe</title>')
    expect(started()).toMatchObject({
      version: '0.1.0',
      host: 'desktop',
      dataDir,
      practice: true,
      stratum: { host: '127.0.0.1', port: 0 },
      hasTray: true,
    })
    expect(window().options.webPreferences['preload']).toBe(join(app.root, 'out/preload/index.cjs'))
  })

  it('hardens the window before it loads anything', async () => {
    const { window } = await start()
    expect(window().webContents.windowOpenHandler?.({ url: 'https://example.com' })).toEqual({
      action: 'deny',
    })
    const navigation = { url: 'https://example.com/', isMainFrame: true, preventDefault: vi.fn() }
    window().webContents.emit('will-frame-navigate', navigation)
    expect(navigation.preventDefault).toHaveBeenCalledOnce()
    expect(session.defaultSession.permissionCheck(null, 'media', 'app://headframe')).toBe(false)
  })

  it('hands our page a port, and no other', async () => {
    const { window } = await start()
    const frame = window().webContents.mainFrame
    ipcMain.emit(CONNECT_CHANNEL, { senderFrame: frame })
    expect(frame.posted).toHaveLength(1)
    frame.posted[0]!.ports[0]!.close()
    frame.url = 'https://evil.example.com/'
    ipcMain.emit(CONNECT_CHANNEL, { senderFrame: frame })
    expect(frame.posted).toHaveLength(1)
  })

  it('shows the development server instead, unless it is a package', async () => {
    const env = { ELECTRON_RENDERER_URL: 'http://localhost:5173' }
    const packaged = await start({ env })
    expect(packaged.window().webContents.loaded).toEqual(['app://headframe/'])
    resetElectron()
    app.isPackaged = false
    const development = await start({ env, args: ['--json'] })
    expect(development.window().webContents.loaded).toEqual(['http://localhost:5173/'])
    expect(session.defaultSession.handlers.size).toBe(0)
  })

  it('comes to the front when it is started again, and the second start ends with a sentence', async () => {
    const { window } = await start()
    app.emit('second-instance', {}, [], '/')
    expect([window().isShown, window().focuses]).toEqual([true, 1])
    resetElectron()
    app.hasLock = false
    const second = await start()
    expect(app.exitCodes).toEqual([0])
    expect(second.output.stdout).toContain('open already')
    expect([second.started(), BrowserWindow.all]).toEqual([undefined, []])
  })

  it.each([
    ['a wrong option', ['--practise'], 2, 'stderr', '--practise'],
    ['--help', ['--help'], 0, 'stdout', 'npm start'],
    ['--version', ['--version'], 0, 'stdout', '0.1.0'],
  ] as const)('answers %s in the terminal and ends', async (_, args, code, stream, text) => {
    const { output, started } = await start({ args: [...args] })
    expect(app.exitCodes).toEqual([code])
    expect(output[stream]).toContain(text)
    expect(started()).toBeUndefined()
  })

  it('says of an option that only the headless host serves that it does nothing here', async () => {
    const { output } = await start({ args: ['--dashboard', '127.0.0.1:0'] })
    expect(output.stderr).toContain('--dashboard is not served')
  })

  it('starts the core where rigs were said to connect', async () => {
    const args = ['--stratum', '127.0.0.1:1', '--stratum-v2', '127.0.0.1:2', '--stratum-ws', '[::1]:3']
    const { started } = await start({ args })
    expect(started()).toMatchObject({
      stratum: { host: '127.0.0.1', port: 1 },
      stratumV2: { host: '127.0.0.1', port: 2 },
      stratumWs: { host: '::1', port: 3 },
    })
  })

  it('with --json prints the ready line, then each change of state', async () => {
    const { core, dataDir, output } = await start({ args: ['--json'] })
    core.overview.set({ ...core.overview.value, blocksFound: 1 })
    core.overview.set({ ...core.overview.value, hashrateHs: 1 })
    const lines = output.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines).toEqual([
      {
        event: 'ready',
        dashboard: null,
        token: null,
        stratum: '0.0.0.0:3333',
        stratumV2: '0.0.0.0:3336',
        authorityKey: KEY,
        stratumWs: null,
        dataDir,
        pid: process.pid,
      },
      { event: 'state', at: 1, pool: null, poolState: null, rigsOnline: 0, blocksFound: 1 },
    ])
  })
})

describe('when it cannot start', () => {
  it('says why and what to do, and ends with 1', async () => {
    await start({
      startCore: () => Promise.reject(new HeadframeError('data-dir/in-use', 'Another Headframe uses it.')),
    })
    expect(dialog.errors).toEqual([
      { title: 'Headframe cannot go on', content: 'Another Headframe uses it.' },
    ])
    expect(app.exitCodes).toEqual([1])
  })

  it('names a data directory that cannot be written', async () => {
    const file = join(temporaryDir(), 'file')
    writeFileSync(file, '')
    await start({ args: ['--data-dir', file] })
    expect(dialog.errors[0]?.content).toContain('--data-dir')
    expect(app.exitCodes).toEqual([1])
  })

  it('names a page that was not built', async () => {
    await start({ isBuilt: false })
    expect(dialog.errors[0]?.content).toContain('npm run build')
    expect(app.exitCodes).toEqual([1])
  })

  it('ends once, in order, when a part of the core died or nobody caught an error', async () => {
    const { core, crash, started } = await start()
    started()?.onFatal(new HeadframeError('app/thread-died', 'The mining thread died.'))
    crash(new TypeError('x'))
    await settled()
    expect(dialog.errors.map(({ content }) => content)).toEqual(['The mining thread died.'])
    expect([core.stops, app.exitCodes]).toEqual([1, [1]])
  })
})

describe('the tray and the menu', () => {
  it('list the pools, and switch with one click', async () => {
    const { core } = await start()
    expect(trayLabels()).toEqual(
      expect.arrayContaining(['North', 'South', 'Open Headframe', 'Quit Headframe']),
    )
    press(Tray.all[0]?.menu, 'South')
    await settled()
    expect(core.callsOf('activatePool')).toEqual(['south'])
    expect(Notification.shown.map(({ options }) => options)).toEqual([
      { title: 'Switched to South', body: '2 rigs work for South now; no connection was dropped.' },
    ])
    expect(flat(Menu.application?.items).find(({ label }) => label === 'South')?.checked).toBe(true)
    press(Menu.application, 'South')
    expect(core.callsOf('activatePool')).toHaveLength(1)
  })

  it('say why a switch failed', async () => {
    const { core } = await start()
    core.failure = new HeadframeError('pool/no-job', 'South gave no job within 10 s: try again later.')
    press(Tray.all[0]?.menu, 'South')
    await settled()
    expect(Notification.shown[0]?.options).toEqual({
      title: 'Could not switch to South',
      body: 'South gave no job within 10 s: try again later.',
    })
  })

  it('open the window, screens and folders, and copy the address for rigs', async () => {
    const { dataDir, window } = await start()
    Tray.all[0]?.emit('click')
    press(Tray.all[0]?.menu, 'Open Headframe')
    press(Menu.application, 'Rigs')
    press(Menu.application, 'Open Data Folder')
    press(Menu.application, 'Copy Address for Rigs (stratum+tcp://192.0.2.10)')
    expect(window().focuses).toBe(3)
    expect(window().webContents.loaded.at(-1)).toBe('app://headframe/#/rigs')
    expect([shell.opened, clipboard.text]).toEqual([[dataDir], 'stratum+tcp://192.0.2.10'])
  })

  it.each([
    ['linux', 'headframe.png'],
    ['win32', 'headframe.png'],
    ['darwin', 'headframeTemplate.png'],
  ])('use on %s the image %s', async (platform, name) => {
    await start({ platform })
    expect(Tray.all[0]?.image.path).toBe(join(app.root, 'resources/tray', name))
  })

  it('tell of a found block, and a click on that shows the window', async () => {
    const { core, window } = await start()
    core.overview.set({ ...core.overview.value, blocksFound: 3 })
    core.overview.set({ ...core.overview.value, blocksFound: 4 })
    await settled()
    expect(Notification.shown.map(({ options }) => options.title)).toEqual(['Block found'])
    Notification.shown[0]?.emit('click')
    expect(window().isShown).toBe(true)
  })
})

describe('the system', () => {
  it('going to sleep stops the boards on USB, which nobody looks after then; they mine on when it wakes', async () => {
    const { core } = await start()
    powerMonitor.emit('suspend')
    powerMonitor.emit('resume')
    await settled()
    expect(core.slept).toEqual(['sleep', 'wake'])
    expect(core.stops).toBe(0)
  })
})

describe('ending', () => {
  it('stops the core exactly once, however often it is asked, and then exits', async () => {
    const { core, dataDir, window } = await start()
    window().bounds = { x: 7, y: 8, width: 1111, height: 777 }
    expect(app.quit()).toBe(true)
    app.quit()
    press(Tray.all[0]?.menu, 'Quit Headframe')
    powerMonitor.emit('shutdown')
    await settled()
    expect([core.stops, app.exitCodes]).toEqual([1, [0]])
    expect(readFileSync(join(dataDir, 'window.json'), 'utf8')).toContain('1111')
  })

  it('goes on mining in the tray when the window is closed, after saying so', async () => {
    const { core, window } = await start()
    expect(window().pressClose()).toBe(false)
    await settled()
    expect(dialog.questions[0]?.detail).toContain('If your desktop shows no tray')
    expect(dialog.questions[0]?.buttons).toEqual(['Go On Mining', 'Quit Headframe'])
    expect([window().isShown, core.stops, app.exitCodes]).toEqual([false, 0, []])
    app.emit('activate')
    expect(window().isShown).toBe(true)
  })

  it('quits from that question', async () => {
    const { core, window } = await start({ platform: 'win32' })
    dialog.answer = 1
    window().pressClose()
    await settled()
    expect(dialog.questions[0]?.detail).not.toContain('no tray')
    expect([core.stops, app.exitCodes]).toEqual([1, [0]])
  })

  it('ends with the window where there is no tray', async () => {
    Tray.failure = new Error('no tray here')
    const { core, started, window } = await start()
    expect(started()?.hasTray).toBe(false)
    expect(window().pressClose()).toBe(true)
    await settled()
    expect([core.stops, app.exitCodes]).toEqual([1, [0]])
  })

  it('waits for a core that is still starting, and stops it', async () => {
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const core = new FakeDesktopCore()
    const starting = start({ startCore: () => released.then(() => core) })
    await settled()
    app.quit()
    await settled()
    expect(app.exitCodes).toEqual([])
    release()
    await starting
    await settled()
    expect([core.stops, app.exitCodes]).toEqual([1, [0]])
  })
})

describe('secrets', () => {
  it('are the keychain’s; without one, a notice says where they are', async () => {
    const { dataDir, started } = await start()
    const told: string[] = []
    const store = await started()?.openSecrets(dataDir, (title) => told.push(title))
    await store?.set('a', 'secret')
    expect([await store?.get('a'), told]).toEqual(['secret', []])
    safeStorage.isAvailable = false
    await started()?.openSecrets(dataDir, (title) => told.push(title))
    expect(told).toEqual(['Passwords are not in a keychain'])
  })
})
