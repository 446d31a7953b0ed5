/**
 * settings.json in the data directory: loaded once, changed by one writer at a time, saved before a change
 * is announced. A file that cannot be used is never overwritten: it is kept aside, and the person is told.
 */
import { join } from 'node:path'
import { type Clock, HeadframeError, Listeners, type Unsubscribe } from '../base/index.ts'
import { fileFailure } from './failures.ts'
import { keepAside } from './keep-aside.ts'
import { describeIssues, parseSettings, type SettingsProblem } from './migrate.ts'
import { readText, replaceFile } from './private-file.ts'
import { defaultSettings, type Settings, SETTINGS_VERSION, settingsSchema } from './settings.ts'

export const SETTINGS_FILE = 'settings.json'
const PREVIOUS_FILE = 'settings.previous.json'

/** Something about the settings file that the person should be told. */
export interface SettingsNotice {
  kind: 'restored-previous' | 'reset-to-defaults'
  /** Where the file that could not be used is now; null if there was none. */
  brokenPath: string | null
  title: string
  /** Says what was wrong, what is used instead and where the file is. */
  detail: string
}

export interface SettingsChange {
  settings: Settings
  before: Settings
}

export interface OpenedSettings {
  store: SettingsStore
  notices: SettingsNotice[]
  /** There was no settings file: a first start. */
  isNew: boolean
}

export class SettingsStore {
  readonly #path: string
  readonly #previousPath: string
  readonly #changes = new Listeners<SettingsChange>()
  #current: Settings
  /** Ends when every update asked for so far has ended. */
  #queue: Promise<unknown> = Promise.resolve()

  /** Use `openSettings`. */
  constructor(dataDir: string, settings: Settings) {
    this.#path = join(dataDir, SETTINGS_FILE)
    this.#previousPath = join(dataDir, PREVIOUS_FILE)
    this.#current = freeze(settings)
  }

  /** As last saved. Deeply frozen: change it with `update`. */
  get current(): Settings {
    return this.#current
  }

  /** Subscribes to saved changes. */
  onChange(listener: (change: SettingsChange) => void): Unsubscribe {
    return this.#changes.on(listener)
  }

  /**
   * Changes a copy, checks it, saves it and announces it; one update after the other.
   * @param change returns the settings wanted; it may edit the draft and return it
   * @returns the settings as saved
   * @throws HeadframeError `settings/invalid` naming the field, `settings/not-writable`, or whatever `change`
   *   threw; nothing has changed then
   */
  update(change: (draft: Settings) => Settings): Promise<Settings> {
    const updated = this.#queue.then(() => this.#update(change))
    this.#queue = updated.catch(() => undefined)
    return updated
  }

  /** Resolves when every update asked for so far has ended. */
  async settled(): Promise<void> {
    await this.#queue
  }

  async #update(change: (draft: Settings) => Settings): Promise<Settings> {
    const draft = structuredClone(this.#current)
    const checked = settingsSchema.safeParse(change(draft))
    if (!checked.success) {
      throw new HeadframeError(
        'settings/invalid',
        `The settings were not saved. ${describeIssues(checked.error)}.`,
        { cause: checked.error },
      )
    }
    await this.#save(checked.data)
    const before = this.#current
    this.#current = freeze(checked.data)
    this.#changes.emit({ settings: this.#current, before })
    return this.#current
  }

  async #save(settings: Settings): Promise<void> {
    try {
      const old = await readText(this.#path)
      if (old !== undefined) await replaceFile(this.#previousPath, old)
      await replaceFile(this.#path, formatSettings(settings))
    } catch (error) {
      throw fileFailure('settings/not-writable', 'The settings could not be saved', this.#path, error)
    }
  }
}

/**
 * Loads settings.json of a data directory. Without one, defaults; a broken one is renamed to
 * `settings.broken-<date>.json`, and the copy from before the last change is used if it is sound.
 * @throws HeadframeError `settings/newer-version` (the file is left as it is), `settings/not-readable`,
 *   `settings/not-writable`
 */
export async function openSettings(dataDir: string, clock: Clock): Promise<OpenedSettings> {
  const path = join(dataDir, SETTINGS_FILE)
  const previousPath = join(dataDir, PREVIOUS_FILE)
  const [text, previousText] = await Promise.all([path, previousPath].map(readOrFail))

  if (text !== undefined) {
    const parsed = parseSettings(text)
    if (parsed.ok) return { store: new SettingsStore(dataDir, parsed.value), notices: [], isNew: false }
    if (parsed.error.kind === 'newer') throw newerVersion(path, parsed.error.version)
    return replaceUnusable(
      dataDir,
      previousText,
      parsed.error,
      await keepAside(path, 'The broken settings file', clock.nowMs()),
    )
  }
  if (previousText === undefined) {
    return { store: new SettingsStore(dataDir, defaultSettings()), notices: [], isNew: true }
  }
  return replaceUnusable(dataDir, previousText, { kind: 'broken', reason: 'it is missing' }, null)
}

/** Starts from the previous copy, or from defaults, and writes that as the settings file. */
async function replaceUnusable(
  dataDir: string,
  previousText: string | undefined,
  problem: SettingsProblem & { kind: 'broken' },
  brokenPath: string | null,
): Promise<OpenedSettings> {
  const path = join(dataDir, SETTINGS_FILE)
  const previous = previousText === undefined ? undefined : parseSettings(previousText)
  if (previous?.ok === false && previous.error.kind === 'newer') {
    throw newerVersion(join(dataDir, PREVIOUS_FILE), previous.error.version)
  }
  const isRestored = previous?.ok === true
  const settings = isRestored ? previous.value : defaultSettings()
  try {
    await replaceFile(path, formatSettings(settings))
  } catch (error) {
    throw fileFailure('settings/not-writable', 'The settings could not be saved', path, error)
  }
  const kept = brokenPath === null ? '' : ` The file is kept as it was at ${brokenPath}.`
  const instead = isRestored
    ? 'The copy from before the last change is used instead: check that the pools are as you want them.'
    : 'There is no sound copy of it, so everything is at its defaults and the pools have to be added again.'
  const notice: SettingsNotice = {
    kind: isRestored ? 'restored-previous' : 'reset-to-defaults',
    brokenPath,
    title: isRestored ? 'Settings were restored from a copy' : 'Settings were reset',
    detail: `${path} could not be used (${problem.reason}). ${instead}${kept}`,
  }
  return { store: new SettingsStore(dataDir, settings), notices: [notice], isNew: false }
}

async function readOrFail(path: string): Promise<string | undefined> {
  try {
    return await readText(path)
  } catch (error) {
    throw fileFailure('settings/not-readable', 'The settings could not be read', path, error)
  }
}

function newerVersion(path: string, version: number): HeadframeError {
  return new HeadframeError(
    'settings/newer-version',
    `${path} was written by a newer Headframe (settings version ${version}; this program knows up to ${SETTINGS_VERSION}). It was left as it is. Start the newer program, or choose another --data-dir.`,
    { context: { path, version, known: SETTINGS_VERSION } },
  )
}

function formatSettings(settings: Settings): string {
  return `${JSON.stringify(settings, null, 2)}\n`
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const child of Object.values(value)) freeze(child)
  }
  return value
}
