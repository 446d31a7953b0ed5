/**
 * A file of checked values beside settings.json: loaded once, written whole. A file that cannot be used is never
 * overwritten: it is kept aside, and the person is told. What is in it is the caller's schema.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { type Clock, errorText, HeadframeError } from '../base/index.ts'
import { fileFailure } from './failures.ts'
import { keepAside } from './keep-aside.ts'
import { describeIssues } from './migrate.ts'
import { readText, replaceFile } from './private-file.ts'

export interface JsonFileKind<T> {
  /** Of the file, with its ending. */
  readonly fileName: string
  /** Begins a sentence: `The list of rigs`. */
  readonly what: string
  /** What a person has to do after it was lost, a sentence. */
  readonly afterLoss: string
  /** Of the whole file, its `version` included. */
  readonly schema: z.ZodType<T & { version: number }>
  readonly version: number
  readonly empty: T
}

export interface JsonFileNotice {
  readonly title: string
  /** Says what was wrong and where the file is. */
  readonly detail: string
}

export interface JsonFile<T> {
  /** As it was loaded. */
  readonly loaded: T
  readonly notices: readonly JsonFileNotice[]
  /** One write after the other. @throws HeadframeError `settings/not-writable`; the old content is then still there */
  save(value: T): Promise<void>
}

/**
 * @throws HeadframeError `settings/newer-version` (the file is left as it is), `settings/not-readable`,
 *   `settings/not-writable`
 */
export async function openJsonFile<T extends object>(
  dataDir: string,
  clock: Clock,
  kind: JsonFileKind<T>,
): Promise<JsonFile<T>> {
  const path = join(dataDir, kind.fileName)
  const { value, notices } = await load(path, clock, kind)
  let queue: Promise<unknown> = Promise.resolve()
  return {
    loaded: value,
    notices,
    save(next) {
      const saved = queue.then(() => write(path, kind, next))
      queue = saved.catch(() => undefined)
      return saved
    },
  }
}

async function load<T extends object>(
  path: string,
  clock: Clock,
  kind: JsonFileKind<T>,
): Promise<{ value: T; notices: JsonFileNotice[] }> {
  let text: string | undefined
  try {
    text = await readText(path)
  } catch (error) {
    throw fileFailure('settings/not-readable', `${kind.what} could not be read`, path, error)
  }
  if (text === undefined) return { value: kind.empty, notices: [] }
  const parsed = parse(text, kind)
  if (typeof parsed !== 'string') return { value: parsed, notices: [] }
  const newer = versionOf(text)
  if (newer !== null && newer > kind.version) {
    throw new HeadframeError(
      'settings/newer-version',
      `${path} was written by a newer Headframe (version ${newer}; this program knows up to ${kind.version}). It was left as it is. Start the newer program, or choose another --data-dir.`,
      { context: { path, version: newer, known: kind.version } },
    )
  }
  const aside = await keepAside(path, kind.what, clock.nowMs())
  return {
    value: kind.empty,
    notices: [
      {
        title: `${kind.what} could not be used`,
        detail: `${path} is damaged (${parsed}). It is kept as it was at ${aside}. ${kind.afterLoss}`,
      },
    ],
  }
}

async function write<T extends object>(path: string, kind: JsonFileKind<T>, value: T): Promise<void> {
  try {
    await replaceFile(path, `${JSON.stringify({ version: kind.version, ...value }, null, 2)}\n`)
  } catch (error) {
    throw fileFailure('settings/not-writable', `${kind.what} could not be saved`, path, error)
  }
}

/** The value, or what is wrong with the text. */
function parse<T extends object>(text: string, { schema }: JsonFileKind<T>): T | string {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    return `it is not JSON: ${errorText(error)}`
  }
  const checked = schema.safeParse(content)
  return checked.success ? checked.data : describeIssues(checked.error)
}

function versionOf(text: string): number | null {
  try {
    const stamp = z.object({ version: z.number() }).safeParse(JSON.parse(text))
    return stamp.success ? stamp.data.version : null
  } catch {
    return null
  }
}
