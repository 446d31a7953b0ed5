/**
 * The desktop host from start to exit: one instance, the window, the tray, the menu, and the core they show.
 * What it decides by itself is in the modules around it; here they are put together.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  app,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  Notification,
  powerMonitor,
  protocol,
  safeStorage,
  session,
  shell,
} from 'electron'
import { type Core, createRouter } from '../api/index.ts'
import {
  type CommandLine,
  type CoreOptions,
  createFileLogger,
  emitStates,
  type FileLog,
  loadPageFiles,
  parseCommandLine,
  type RunningCore,
  USAGE,
} from '../app/index.ts'
import { errorText, HeadframeError, type Logger, systemClock, systemEntropy } from '../base/index.ts'
import { defaultDataDir, fileFailure } from '../settings/index.ts'
import { ownArguments } from './arguments.ts'
import { watchBlocks } from './block-watch.ts'
import { hardenContents, hardenSession } from './hardening.ts'
import { MenuKeeper } from './menu-keeper.ts'
import { type MenuActions } from './menus.ts'
import { answerPageRequest, isOwnPage, PAGE_ORIGIN, PAGE_SCHEME } from './page-address.ts'
import { PageLink } from './page-link.ts'
import { PageWindow } from './page-window.ts'
import { PortServer } from './port-server.ts'
import { openDesktopSecrets } from './secret-store.ts'
import { Shutdown } from './shutdown.ts'
import { createTray } from './tray.ts'
import { WindowMemory } from './window-memory.ts'
import { switchedText } from './words.ts'

export interface DesktopHost {
  /** `process.argv` */
  readonly argv: readonly string[]
  /** As in `process.platform`. */
  readonly platform: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Subscribes to errors that nobody caught. */
  onCrash(listener: (error: unknown) => void): void
  startCore(options: CoreOptions): Promise<DesktopCore>
}

/** What the window needs of the running core. */
export type DesktopCore = Core & Pick<RunningCore, 'listeners' | 'authorityKey' | 'sleep' | 'wake'>

/**
 * Starts the desktop host. It ends with the process: code 1 if it could not start, 2 for a wrong option.
 * To be called while the entry is still being evaluated: where the data is must be settled before Electron is
 * ready, so everything up to that moment happens without waiting.
 */
export async function runDesktop(host: DesktopHost): Promise<void> {
  const parsed = parseCommandLine(ownArguments(host.argv, app.isPackaged))
  if (!parsed.ok) return leave(parsed.error, 2)
  const options = parsed.value
  if (options.help) return leave(USAGE, 0)
  if (options.version) return leave(app.getVersion(), 0)
  if (options.dashboard) say('--dashboard is not served by the desktop window of this version.')

  const folders = { platform: host.platform, env: host.env, homeDir: homedir() }
  const dataDir = resolve(options.dataDir ?? defaultDataDir(folders, options.practice))
  try {
    // The lock is one of this folder: practice and the real farm may be open side by side.
    app.setPath('userData', createFolders(dataDir))
  } catch (error) {
    return refuse(error)
  }
  if (!app.requestSingleInstanceLock()) {
    return leave('Headframe is open already: its window comes to the front.', 0)
  }
  const log = createFileLogger(dataDir, { toStderr: true })
  await new Desktop(host, options, dataDir, log).start()
}

/**
 * Creates the data directory, for this user alone, and in it the one for Electron's own files.
 * @returns the latter
 * @throws HeadframeError `data-dir/not-writable`
 */
function createFolders(dataDir: string): string {
  const folder = join(dataDir, 'window')
  try {
    if (mkdirSync(dataDir, { recursive: true }) !== undefined) chmodSync(dataDir, 0o700)
    mkdirSync(folder, { recursive: true })
    return folder
  } catch (error) {
    throw fileFailure('data-dir/not-writable', 'Headframe cannot write to its data directory', folder, error)
  }
}

/** What must be said before Electron is ready: the page's scheme behaves like a secure web address. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
  app.enableSandbox()
}

class Desktop {
  readonly #host: DesktopHost
  readonly #options: CommandLine
  readonly #dataDir: string
  readonly #appRoot = app.getAppPath()
  readonly #log: Logger
  readonly #shutdown: Shutdown
  /** Origin of the development server, null when the built page is shown. */
  readonly #developmentOrigin: string | null
  #core: DesktopCore | null = null
  #starting: Promise<DesktopCore> | null = null
  #window: PageWindow | null = null
  #keeper: MenuKeeper | null = null
  #keepsRunning = false
  readonly #notifications = new Set<Notification>()

  constructor(host: DesktopHost, options: CommandLine, dataDir: string, log: FileLog) {
    this.#host = host
    this.#options = options
    this.#dataDir = dataDir
    this.#log = log.logger.child('desktop')
    const developmentUrl = app.isPackaged ? undefined : host.env['ELECTRON_RENDERER_URL']
    this.#developmentOrigin = developmentUrl === undefined ? null : new URL(developmentUrl).origin
    this.#shutdown = new Shutdown({
      clock: systemClock,
      log: this.#log,
      stop: async () => {
        this.#window?.remember()
        this.#keeper?.stop()
        const core = await this.#starting?.catch(() => null)
        await core?.stop()
        log.close()
      },
      exit: (code) => app.exit(code),
    })
  }

  async start(): Promise<void> {
    this.#host.onCrash((error) => this.#fail(error))
    if (this.#host.platform === 'win32') app.setAppUserModelId('Headframe')
    app.on('second-instance', () => this.#window?.show())
    app.on('activate', () => this.#window?.show())
    app.on('window-all-closed', () => {
      if (!this.#keepsRunning) this.#shutdown.begin(0)
    })
    app.on('before-quit', (event) => {
      event.preventDefault()
      this.#shutdown.begin(0)
    })
    await app.whenReady()
    try {
      await this.#open()
    } catch (error) {
      this.#fail(error)
    }
  }

  async #open(): Promise<void> {
    const { platform } = this.#host
    const resourcesDir = join(this.#appRoot, 'resources')
    this.#secure()
    const link = this.#createLink()
    const tray = createTray({ resourcesDir, platform, log: this.#log, onClick: () => this.#window?.show() })
    this.#keepsRunning = tray !== null || platform === 'darwin'
    this.#keeper = new MenuKeeper({
      platform,
      isDevelopment: !app.isPackaged,
      clock: systemClock,
      actions: this.#actions(),
      tray,
      setAppMenu: (items) => Menu.setApplicationMenu(Menu.buildFromTemplate(items)),
    })
    this.#window = this.#createWindow(resourcesDir, link)
    this.#window.show()
    this.#watchSystem()

    this.#starting = this.#host.startCore({
      version: app.getVersion(),
      host: 'desktop',
      dataDir: this.#dataDir,
      practice: this.#options.practice,
      stratum: this.#options.stratum,
      stratumV2: this.#options.stratumV2,
      stratumWs: this.#options.stratumWs,
      hasTray: tray !== null,
      clock: systemClock,
      entropy: systemEntropy,
      log: this.#log,
      openSecrets: (dataDir, tell) =>
        openDesktopSecrets({
          dataDir,
          keychain: safeStorage,
          platform,
          entropy: systemEntropy,
          log: this.#log,
          tell,
        }),
      onFatal: (error) => this.#fail(error),
    })
    const core = await this.#starting
    // Somebody may have quit while it started.
    if (this.#shutdown.hasBegun) return
    this.#core = core
    link.start(new PortServer(createRouter(core), this.#log))
    this.#keeper.start(core, rigAddressOf(core))
    watchBlocks(core, systemClock, (title, body) => this.#notify(title, body))
    if (this.#options.json) {
      const facts = { dashboard: null, token: null, dataDir: this.#dataDir, pid: process.pid }
      emitStates(core, facts, (line) => process.stdout.write(`${JSON.stringify(line)}\n`))
    }
  }

  #secure(): void {
    hardenSession(session.defaultSession, this.#developmentOrigin)
    app.on('web-contents-created', (_event, contents) =>
      hardenContents(contents, this.#developmentOrigin, (items) => Menu.buildFromTemplate(items).popup()),
    )
    if (this.#developmentOrigin !== null) return
    const folder = join(this.#appRoot, 'out/renderer')
    if (!existsSync(join(folder, 'index.html'))) {
      throw new HeadframeError(
        'desktop/page-missing',
        `The window's page is not in ${folder}: run npm run build, or install Headframe anew.`,
      )
    }
    const files = loadPageFiles(folder)
    session.defaultSession.protocol.handle(PAGE_SCHEME, (request) => answerPageRequest(files, request))
  }

  #createLink(): PageLink {
    return new PageLink({
      ipcMain,
      log: this.#log,
      createChannel: () => new MessageChannelMain(),
      isOwnPage: (address) => isOwnPage(address, this.#developmentOrigin),
    })
  }

  #createWindow(resourcesDir: string, link: PageLink): PageWindow {
    return new PageWindow({
      pageUrl: `${this.#developmentOrigin ?? PAGE_ORIGIN}/`,
      preloadPath: join(this.#appRoot, 'out/preload/index.cjs'),
      iconPath: join(resourcesDir, 'icon.png'),
      memory: new WindowMemory(this.#dataDir, this.#log),
      clock: systemClock,
      log: this.#log,
      keepsRunning: () => this.#keepsRunning,
      isQuitting: () => this.#shutdown.hasBegun,
      explainHiding: () => this.#explainHiding(),
      quit: () => this.#shutdown.begin(0),
      onPageLost: () => link.cut(),
    })
  }

  #actions(): MenuActions {
    return {
      activatePool: (id) => void this.#activatePool(id),
      showWindow: () => this.#window?.show(),
      openScreen: (path) => this.#window?.openScreen(path),
      openDataDir: () => void shell.openPath(this.#dataDir),
      copyRigAddress: () => {
        const address = this.#core && rigAddressOf(this.#core)
        if (address) clipboard.writeText(address)
      },
      quit: () => this.#shutdown.begin(0),
    }
  }

  async #activatePool(id: string): Promise<void> {
    const core = this.#core
    const pool = core?.pools.find(id)
    if (!core || !pool || pool.active) return
    try {
      const activation = await core.poolDesk.activate(id)
      this.#notify(`Switched to ${pool.name}`, switchedText(pool.name, activation))
    } catch (error) {
      this.#notify(`Could not switch to ${pool.name}`, errorText(error))
    }
  }

  #notify(title: string, body: string): void {
    if (!Notification.isSupported()) return
    const notification = new Notification({ title, body })
    // One that nobody holds is collected, and a click on it does nothing.
    this.#notifications.add(notification)
    notification.on('close', () => this.#notifications.delete(notification))
    notification.on('click', () => {
      this.#notifications.delete(notification)
      this.#window?.show()
    })
    notification.show()
  }

  async #explainHiding(): Promise<boolean> {
    const isLinux = this.#host.platform === 'linux'
    const { response } = await dialog.showMessageBox({
      type: 'info',
      message: 'Headframe goes on mining',
      detail:
        'Closing the window leaves it running in the tray. To stop it, choose Quit there or in the menu.' +
        (isLinux ? ' If your desktop shows no tray, start Headframe again to get the window back.' : ''),
      buttons: ['Go On Mining', 'Quit Headframe'],
      defaultId: 0,
      cancelId: 0,
    })
    return response === 0
  }

  #watchSystem(): void {
    powerMonitor.on('suspend', () => {
      this.#log.info('the system goes to sleep')
      this.#core?.sleep().catch((error: unknown) => this.#log.error('boards not stopped', { error }))
    })
    powerMonitor.on('resume', () => {
      this.#log.info('the system woke up')
      this.#core?.wake().catch((error: unknown) => this.#log.error('boards not started', { error }))
    })
    powerMonitor.on('shutdown', () => this.#shutdown.begin(0))
  }

  /** The program cannot go on: says why, then ends. */
  #fail(error: unknown): void {
    if (this.#shutdown.hasBegun) return
    this.#log.error('the program ends', { error: errorText(error) })
    dialog.showErrorBox('Headframe cannot go on', explain(error))
    this.#shutdown.begin(1)
  }
}

function rigAddressOf(core: DesktopCore): string | null {
  const { stratum } = core.info()
  return stratum && `stratum+tcp://${stratum.lanAddresses[0] ?? stratum.address}`
}

const explain = (error: unknown): string =>
  error instanceof HeadframeError
    ? error.message
    : `A fault of Headframe's own: ${errorText(error)}. The log in the data folder says more.`

/** Before there is a window: to the terminal, and to those who started it without one. */
function refuse(error: unknown): void {
  const text = explain(error)
  dialog.showErrorBox('Headframe cannot start', text)
  leave(text, 1)
}

function leave(text: string, code: number): void {
  const stream = code === 0 ? process.stdout : process.stderr
  stream.write(`${text.trimEnd()}\n`)
  app.exit(code)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
