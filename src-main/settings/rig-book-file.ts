/**
 * rigs.json in the data directory: the known rigs, their groups, and how their user names are made. No secrets. A file
 * that cannot be used is kept aside, and the person is told. What is in it means something to the fleet alone.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { type Clock, err, errorText, HeadframeError, ok, type Result } from '../base/index.ts'
import { fileFailure } from './failures.ts'
import { keepAside } from './keep-aside.ts'
import { describeIssues, type SettingsProblem } from './migrate.ts'
import { keepPrivate, readText, replaceFile } from './private-file.ts'
import { type SettingsNotice } from './settings-store.ts'

export const RIG_BOOK_FILE = 'rigs.json'
/** The book as it was at the last start. */
const PREVIOUS_FILE = 'rigs.previous.json'
export const RIG_BOOK_VERSION = 1

const id = z.string().min(1).max(300)
const text = z.string().max(300).nullable()

const rig = z.strictObject({
  id,
  host: z.string().min(1).max(255),
  port: z.number().int().min(1).max(65_535).nullable(),
  family: z.string().min(1).max(40),
  mac: text,
  serial: text,
  hostname: text,
  make: text,
  model: text,
  firmware: text,
  firmwareVersion: text,
  name: z.string().max(60),
  notes: z.string().max(2000),
  place: z.strictObject({ room: z.string().max(60), shelf: z.string().max(60) }),
  groupId: z.string().max(64).nullable(),
  addedAtMs: z.number().nonnegative(),
  twinOf: z.string().max(300).nullable(),
  refusedLogin: z.string().max(64).nullable(),
})

const content = z.strictObject({
  workerTemplate: z.string().min(1).max(200),
  groups: z
    .array(z.strictObject({ id: z.string().min(1).max(64), name: z.string().min(1).max(60) }))
    .max(10_000),
  rigs: z
    .array(rig)
    .max(100_000)
    .refine((rigs) => new Set(rigs.map((each) => each.id)).size === rigs.length, 'has an id twice'),
})

export type RigBookContent = z.infer<typeof content>

/** What is written: anything that can be read as content. */
export type RigBookToSave = {
  readonly workerTemplate: string
  readonly groups: readonly Readonly<RigBookContent['groups'][number]>[]
  readonly rigs: readonly (Readonly<Omit<RigBookContent['rigs'][number], 'place'>> & {
    readonly place: Readonly<RigBookContent['rigs'][number]['place']>
  })[]
}

const EMPTY: RigBookContent = { workerTemplate: '{worker}', groups: [], rigs: [] }

export interface OpenedRigBook {
  readonly store: RigBookFileStore
  readonly notices: SettingsNotice[]
}

export class RigBookFileStore {
  readonly #path: string
  readonly #opened: RigBookContent
  #queue: Promise<unknown> = Promise.resolve()

  /** Use `openRigBook`. */
  constructor(dataDir: string, opened: RigBookContent) {
    this.#path = join(dataDir, RIG_BOOK_FILE)
    this.#opened = opened
  }

  /** As it was when it was opened. */
  load(): Promise<RigBookContent> {
    return Promise.resolve(structuredClone(this.#opened))
  }

  /**
   * One after the other; the file has the old content or the new one.
   * @throws HeadframeError `settings/invalid` naming the field, `settings/not-writable`; nothing has changed then
   */
  save(book: RigBookToSave): Promise<void> {
    const saved = this.#queue.then(async () => {
      const checked = content.safeParse(book)
      if (!checked.success) {
        throw new HeadframeError(
          'settings/invalid',
          `The list of rigs was not saved. ${describeIssues(checked.error)}.`,
          { cause: checked.error },
        )
      }
      await write(this.#path, checked.data)
    })
    this.#queue = saved.catch(() => undefined)
    return saved
  }
}

/**
 * Opens the rig book of a data directory. Without one it is empty; a damaged one is renamed to
 * `rigs.broken-<date>.json`, and the copy from the last start is used if it is sound.
 * @throws HeadframeError `settings/newer-version` (the file is left as it is), `settings/not-readable`,
 *   `settings/not-writable`
 */
export async function openRigBook(dataDir: string, clock: Clock): Promise<OpenedRigBook> {
  const path = join(dataDir, RIG_BOOK_FILE)
  const previousPath = join(dataDir, PREVIOUS_FILE)
  const found = await readOrFail(path)
  const read = found === undefined ? undefined : parseRigBook(found)
  if (read?.ok) {
    await keepPrivate(path)
    await writeText(previousPath, found ?? '')
    return { store: new RigBookFileStore(dataDir, read.value), notices: [] }
  }
  if (read?.error.kind === 'newer') throw newerVersion(path, read.error.version)
  const previousText = await readOrFail(previousPath)
  if (read === undefined && previousText === undefined) {
    return { store: new RigBookFileStore(dataDir, EMPTY), notices: [] }
  }
  const previous = previousText === undefined ? undefined : parseRigBook(previousText)
  if (previous?.ok === false && previous.error.kind === 'newer') {
    throw newerVersion(previousPath, previous.error.version)
  }
  const brokenPath =
    read === undefined ? null : await keepAside(path, 'The damaged list of rigs', clock.nowMs())
  const isRestored = previous?.ok === true
  const book = isRestored ? previous.value : EMPTY
  await write(path, book)
  const reason = read === undefined ? 'it is missing' : read.error.kind === 'broken' ? read.error.reason : ''
  const kept = brokenPath === null ? '' : ` The file is kept as it was at ${brokenPath}.`
  const instead = isRestored
    ? 'The copy from the last start is used instead: rigs added since then have to be found again.'
    : 'There is no sound copy of it, so the list is empty: look for the rigs again.'
  return {
    store: new RigBookFileStore(dataDir, book),
    notices: [
      {
        kind: isRestored ? 'restored-previous' : 'reset-to-defaults',
        brokenPath,
        title: isRestored ? 'The list of rigs was restored from a copy' : 'The list of rigs was reset',
        detail: `${path} could not be used (${reason}). ${instead}${kept}`,
      },
    ],
  }
}

/** Reads and checks the text of a rig book. */
function parseRigBook(source: string): Result<RigBookContent, SettingsProblem> {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (error) {
    return err({ kind: 'broken', reason: `it is not JSON: ${errorText(error)}` })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err({ kind: 'broken', reason: 'it does not hold a JSON object' })
  }
  const { version, ...fields } = value as Record<string, unknown>
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return err({ kind: 'broken', reason: 'version: is not a whole number from 1' })
  }
  if (version > RIG_BOOK_VERSION) return err({ kind: 'newer', version })
  const checked = content.safeParse(fields)
  return checked.success ? ok(checked.data) : err({ kind: 'broken', reason: describeIssues(checked.error) })
}

function write(path: string, book: RigBookContent): Promise<void> {
  return writeText(path, `${JSON.stringify({ version: RIG_BOOK_VERSION, ...book }, null, 1)}\n`)
}

async function writeText(path: string, source: string): Promise<void> {
  try {
    await replaceFile(path, source)
  } catch (error) {
    throw fileFailure('settings/not-writable', 'The list of rigs could not be saved', path, error)
  }
}

async function readOrFail(path: string): Promise<string | undefined> {
  try {
    return await readText(path)
  } catch (error) {
    throw fileFailure('settings/not-readable', 'The list of rigs could not be read', path, error)
  }
}

function newerVersion(path: string, version: number): HeadframeError {
  return new HeadframeError(
    'settings/newer-version',
    `${path} was written by a newer Headframe (version ${String(version)} of the list; this program knows up to ${String(RIG_BOOK_VERSION)}). It was left as it is. Start the newer program, or choose another --data-dir.`,
    { context: { path, version, known: RIG_BOOK_VERSION } },
  )
}
