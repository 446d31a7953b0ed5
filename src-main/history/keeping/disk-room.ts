/** Whether a disk has room for a copy, asked before it is made. */
import { statfs, stat } from 'node:fs/promises'
import { HeadframeError, systemErrorCode } from '../../base/index.ts'
import { MEGABYTE } from './retention.ts'

/** Left free beside a copy, so that recording goes on. */
const SPARE_BYTES = 64 * MEGABYTE

/** Bytes that this user may still write to the disk of a folder; null where the system does not say. */
export async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}

/** Bytes of a database file with its write-ahead log. */
export async function fileBytes(path: string): Promise<number> {
  let bytes = 0
  for (const part of [path, `${path}-wal`]) {
    try {
      bytes += (await stat(part)).size
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error
    }
  }
  return bytes
}

/**
 * @param what begins a sentence: `A backup of the history`
 * @throws HeadframeError `history/no-room` unless `folder` has room for a copy of `bytes`
 */
export async function requireRoom(
  folder: string,
  bytes: number,
  what: string,
  free: (folder: string) => Promise<number | null> = freeBytes,
): Promise<void> {
  const room = await free(folder)
  if (room === null || room >= bytes + SPARE_BYTES) return
  const megabytes = (count: number): number => Math.ceil(count / MEGABYTE)
  throw new HeadframeError(
    'history/no-room',
    `${what} needs ${megabytes(bytes + SPARE_BYTES)} MB free in ${folder}, and there are ${Math.floor(room / MEGABYTE)} MB. Nothing was changed. Free some space or remove old backups, and try again.`,
    { context: { folder, neededBytes: bytes + SPARE_BYTES, freeBytes: room } },
  )
}
