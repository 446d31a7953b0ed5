/**
 * The part of Electron's main-process module that the desktop host uses, without Electron: it records what it
 * was told, and tests make its events happen. For `vi.mock('electron', …)`. Its message ports really carry
 * messages.
 */
import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { MainPort } from './main-port.ts'

/** An event whose default can be prevented. */
export class StandInEvent {
  isPrevented = false

  preventDefault(): void {
    this.isPrevented = true
  }
}

export interface PostedMessage {
  readonly channel: string
  readonly ports: MessagePort[]
}

export class StandInFrame {
  readonly parent: StandInFrame | null
  url: string
  isGone = false
  readonly posted: PostedMessage[] = []

  constructor(url: string, parent: StandInFrame | null = null) {
    this.url = url
    this.parent = parent
  }

  isDestroyed(): boolean {
    return this.isGone
  }

  postMessage(channel: string, _message: unknown, ports: MessagePort[] = []): void {
    this.posted.push({ channel, ports })
  }
}

export class StandInContents extends EventEmitter {
  readonly mainFrame = new StandInFrame('about:blank')
  readonly loaded: string[] = []
  reloads = 0
  windowOpenHandler: ((details: { url: string }) => { action: string }) | null = null

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler
  }

  getURL(): string {
    return this.mainFrame.url
  }

  loadURL(url: string): Promise<void> {
    this.loaded.push(url)
    this.mainFrame.url = url
    return Promise.resolve()
  }

  reload(): void {
    this.reloads++
  }
}

interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = []
  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> }
  readonly webContents = new StandInContents()
  bounds: Bounds
  isShown = false
  isMin = false
  isMax = false
  isGone = false
  focuses = 0

  constructor(options: BrowserWindow['options'] & Partial<Bounds>) {
    super()
    this.options = options
    const { x = 10, y = 20, width = 800, height = 600 } = options
    this.bounds = { x, y, width, height }
    BrowserWindow.all.push(this)
    app.emit('web-contents-created', new StandInEvent(), this.webContents)
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }

  show(): void {
    this.isShown = true
  }

  hide(): void {
    this.isShown = false
  }

  focus(): void {
    this.focuses++
  }

  restore(): void {
    this.isMin = false
  }

  maximize(): void {
    this.isMax = true
  }

  isVisible = (): boolean => this.isShown
  isMinimized = (): boolean => this.isMin
  isMaximized = (): boolean => this.isMax
  isDestroyed = (): boolean => this.isGone
  getNormalBounds = (): Bounds => this.bounds

  /** What a click on the window's cross does. @returns whether the window is closed */
  pressClose(): boolean {
    const event = new StandInEvent()
    this.emit('close', event)
    if (event.isPrevented) return false
    this.isGone = true
    this.emit('closed')
    if (BrowserWindow.all.every(({ isGone }) => isGone)) app.emit('window-all-closed')
    return true
  }
}

export interface MenuItem {
  readonly label?: string
  readonly role?: string
  readonly type?: string
  readonly checked?: boolean
  readonly enabled?: boolean
  readonly accelerator?: string
  readonly submenu?: MenuItem[]
  readonly click?: () => void
}

export class Menu {
  static application: Menu | null = null
  static popups: Menu[] = []
  readonly items: MenuItem[]

  constructor(items: MenuItem[]) {
    this.items = items
  }

  static buildFromTemplate(items: MenuItem[]): Menu {
    return new Menu(items)
  }

  static setApplicationMenu(menu: Menu): void {
    Menu.application = menu
  }

  popup(): void {
    Menu.popups.push(this)
  }
}

export class Tray extends EventEmitter {
  static all: Tray[] = []
  /** When set, there is no tray on this desktop. */
  static failure: Error | null = null
  tooltip = ''
  menu: Menu | null = null
  readonly image: { path: string }

  constructor(image: { path: string }) {
    super()
    if (Tray.failure) throw Tray.failure
    this.image = image
    Tray.all.push(this)
  }

  setToolTip(text: string): void {
    this.tooltip = text
  }

  setContextMenu(menu: Menu): void {
    this.menu = menu
  }
}

export class Notification extends EventEmitter {
  static shown: Notification[] = []
  readonly options: { title: string; body: string }

  constructor(options: { title: string; body: string }) {
    super()
    this.options = options
  }

  static isSupported(): boolean {
    return true
  }

  show(): void {
    Notification.shown.push(this)
  }
}

/** `port1` stays in the main process, `port2` is what the page gets. */
export class MessageChannelMain {
  readonly port1: MainPort
  readonly port2: MessagePort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new MainPort(port1)
    this.port2 = port2
  }
}

class StandInApp extends EventEmitter {
  isPackaged = true
  root = '/opt/headframe'
  hasLock = true
  isSandboxed = false
  userModelId = ''
  exitCodes: number[] = []
  readonly paths = new Map<string, string>()
  #ready: () => void = () => undefined
  #whenReady = Promise.resolve()

  constructor() {
    super()
    this.reset()
  }

  reset(): void {
    this.removeAllListeners()
    this.isPackaged = true
    this.hasLock = true
    this.isSandboxed = false
    this.exitCodes = []
    this.paths.clear()
    this.#whenReady = new Promise((resolve) => (this.#ready = resolve))
  }

  /** Makes Electron ready. */
  becomeReady(): void {
    this.#ready()
  }

  whenReady = (): Promise<void> => this.#whenReady
  getVersion = (): string => '0.1.0'
  getAppPath = (): string => this.root
  setPath = (name: string, path: string): void => void this.paths.set(name, path)
  requestSingleInstanceLock = (): boolean => this.hasLock
  enableSandbox = (): void => void (this.isSandboxed = true)
  setAppUserModelId = (id: string): void => void (this.userModelId = id)
  exit = (code: number): void => void this.exitCodes.push(code)

  /** What the system's quit command does. @returns whether the host wants to end by itself */
  quit(): boolean {
    const event = new StandInEvent()
    this.emit('before-quit', event)
    return event.isPrevented
  }
}

export const app = new StandInApp()

type PageHandler = (request: { method: string; url: string }) => Response

export class StandInSession extends EventEmitter {
  permissionRequest: (...args: unknown[]) => void = () => undefined
  permissionCheck: (...args: unknown[]) => boolean = () => true
  device: () => boolean = () => true
  spellChecks = true
  beforeRequest: (details: { url: string }, answer: (given: { cancel?: boolean }) => void) => void = () =>
    undefined
  readonly handlers = new Map<string, PageHandler>()
  readonly protocol = {
    handle: (scheme: string, handler: PageHandler): void => void this.handlers.set(scheme, handler),
  }
  readonly webRequest = {
    onBeforeRequest: (handler: StandInSession['beforeRequest']): void => void (this.beforeRequest = handler),
  }

  setPermissionRequestHandler(handler: StandInSession['permissionRequest']): void {
    this.permissionRequest = handler
  }

  setPermissionCheckHandler(handler: StandInSession['permissionCheck']): void {
    this.permissionCheck = handler
  }

  setDevicePermissionHandler(handler: () => boolean): void {
    this.device = handler
  }

  setSpellCheckerEnabled(isEnabled: boolean): void {
    this.spellChecks = isEnabled
  }
}

export const session = { defaultSession: new StandInSession() }
export const ipcMain = new EventEmitter()
export const powerMonitor = new EventEmitter()
export const nativeTheme = { shouldUseDarkColors: true }
export const schemes: { scheme: string; privileges: Record<string, boolean> }[] = []
export const protocol = {
  registerSchemesAsPrivileged: (given: typeof schemes): void => void schemes.push(...given),
}
export const nativeImage = {
  createFromPath: (path: string): { path: string; isEmpty(): boolean } => ({ path, isEmpty: () => false }),
}

interface Display {
  id: number
  workArea: Bounds
}
export const displays: Display[] = [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } }]
export const screen = {
  getPrimaryDisplay: (): Display | undefined => displays[0],
  getAllDisplays: (): Display[] => displays,
}

export const clipboard = { text: '', writeText: (text: string): void => void (clipboard.text = text) }
export const shell = {
  opened: [] as string[],
  openPath: (path: string): Promise<string> => {
    shell.opened.push(path)
    return Promise.resolve('')
  },
}
interface Question {
  message: string
  detail: string
  buttons: string[]
}
export const dialog = {
  errors: [] as { title: string; content: string }[],
  questions: [] as Question[],
  /** Which button the person presses. */
  answer: 0,
  showErrorBox: (title: string, content: string): void => void dialog.errors.push({ title, content }),
  showMessageBox: (question: Question): Promise<{ response: number }> => {
    dialog.questions.push(question)
    return Promise.resolve({ response: dialog.answer })
  },
}

/** Not a cipher: it only shows that what is kept is not what was given, and needs the same keychain. */
export const safeStorage = {
  isAvailable: true,
  backend: 'gnome_libsecret',
  /** Another keychain opens nothing that this one sealed. */
  key: 'k1',
  /** Set when the keychain wants its secrets sealed anew. */
  wantsNewSeal: false,
  isAsyncEncryptionAvailable: (): Promise<boolean> => Promise.resolve(safeStorage.isAvailable),
  getSelectedStorageBackend: (): string => safeStorage.backend,
  encryptStringAsync: (text: string): Promise<Buffer> =>
    Promise.resolve(Buffer.from(`${safeStorage.key}:${[...text].reverse().join('')}`)),
  decryptStringAsync: (sealed: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> => {
    const [key, text = ''] = sealed.toString().split(':')
    if (key !== safeStorage.key) return Promise.reject(new Error('the key does not fit'))
    return Promise.resolve({
      result: [...text].reverse().join(''),
      shouldReEncrypt: safeStorage.wantsNewSeal,
    })
  },
}

/** Everything as at the start of a program. */
export function resetElectron(): void {
  app.reset()
  BrowserWindow.all = []
  Menu.application = null
  Menu.popups = []
  Tray.all = []
  Tray.failure = null
  Notification.shown = []
  session.defaultSession = new StandInSession()
  ipcMain.removeAllListeners()
  powerMonitor.removeAllListeners()
  schemes.length = 0
  clipboard.text = ''
  shell.opened = []
  Object.assign(dialog, { errors: [], questions: [], answer: 0 })
  Object.assign(safeStorage, {
    isAvailable: true,
    backend: 'gnome_libsecret',
    key: 'k1',
    wantsNewSeal: false,
  })
}
