/**
 * The optional parts in C, compiled when a compiler is found. Programs are kept in the system's temporary
 * folder under a name made from their source, so that a changed source is compiled anew.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** A source in `native/`, without its extension. */
export type NativeProgram = 'rigs' | 'floor'

export const NO_COMPILER = 'no C compiler, or not Linux'

/** Path of the compiled program; null where it cannot be had. */
export function nativeProgram(name: NativeProgram): string | null {
  if (process.platform !== 'linux') return null
  const sourcePath = join(import.meta.dirname, '..', 'native', `${name}.c`)
  const fingerprint = createHash('sha256').update(readFileSync(sourcePath)).digest('hex').slice(0, 16)
  const cacheDir = join(tmpdir(), `headframe-bench-${userInfo().uid}`)
  const programPath = join(cacheDir, `${name}-${fingerprint}`)
  if (existsSync(programPath)) return programPath
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
  const unfinishedPath = `${programPath}.${process.pid}`
  try {
    execFileSync('cc', ['-O2', '-o', unfinishedPath, sourcePath], { stdio: ['ignore', 'ignore', 'inherit'] })
  } catch {
    return null
  }
  renameSync(unfinishedPath, programPath)
  return programPath
}
