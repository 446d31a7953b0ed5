/**
 * Replies recorded from real rigs, in `../shared/fixtures/rigs` beside the checkout (its SOURCES.md grades them). Each
 * family names what reads its files in `capture-readers/<family>.ts`; `captures/census.test.ts` counts them all.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

const root = resolve(import.meta.dirname, '../../../shared/fixtures/rigs')

/** What reads some of the files. */
export interface CaptureReader {
  /** Of the path below `fixtures/rigs`, with slashes. */
  readonly match: RegExp
  /** Whether the family's own parser made values of it: true only if something that must be in there was found. */
  parses(bytes: Uint8Array, path: string): boolean
}

/** The bytes of `fixtures/rigs/<path>`; null when the fixtures are not beside this checkout or have no such file. */
export function capture(path: string): Uint8Array | null {
  const file = resolve(root, path)
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : null
}

/** The JSON of `fixtures/rigs/<path>`; null when there is no such file. */
export function captureJson(path: string): unknown {
  const bytes = capture(path)
  return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown)
}

/** Paths of every capture below `folder` (all of them if absent), sorted; none when the fixtures are not there. */
export function captureFiles(folder = ''): string[] {
  const from = resolve(root, folder)
  if (!existsSync(from)) return []
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}
