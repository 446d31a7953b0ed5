/**
 * Larger captures and vectors live beside the checkout, in `../shared/fixtures`. Suites that read them
 * run when the folder is there; the project passes without it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../../shared/fixtures')

/** Whether the shared fixtures are beside this checkout. */
export const hasSharedFixtures: boolean = existsSync(root)

if (!hasSharedFixtures) {
  process.stderr.write('Skipped: suites over ../shared/fixtures, which is not beside this checkout.\n')
}

/** Text of `../shared/fixtures/<path>`. @throws if it is absent; guard with `hasSharedFixtures`. */
export function sharedFixture(path: string): string {
  return readFileSync(resolve(root, path), 'utf8')
}
