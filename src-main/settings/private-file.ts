/**
 * Small files that only this user may read, written so that a crash leaves the old content or the new one.
 * On Windows the modes have no effect; the folder of the user protects them.
 */
import { chmod, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemErrorCode } from '../base/index.ts'

export const PRIVATE_FILE_MODE = 0o600

/** Text of a file, or undefined if there is none. @throws the system's error for anything else */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Replaces the content of `path`: written to `<path>.tmp`, flushed to the disk, then renamed over it. One
 * call for a path at a time.
 * @throws the system's error; the old content is then still there
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const file = await open(temporary, 'w', PRIVATE_FILE_MODE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
  await syncDirectory(dirname(path))
}

/**
 * Creates `path` with `text` unless it exists.
 * @returns false if it existed; it is then unchanged
 */
export async function createFile(path: string, text: string): Promise<boolean> {
  let file
  try {
    file = await open(path, 'wx', PRIVATE_FILE_MODE)
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  }
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncDirectory(dirname(path))
  return true
}

/** Takes from others what a copy or an unpacked archive may have given them. Harmless where it cannot work. */
export async function keepPrivate(path: string): Promise<void> {
  await chmod(path, PRIVATE_FILE_MODE).catch(() => undefined)
}

/** Makes a rename survive a power failure. Windows and some network file systems do not offer it. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // The content is safe; only the moment at which the name reaches the disk is then the system's choice.
  }
}
