import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new directory that is removed when the running test ends. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), 'headframe-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
