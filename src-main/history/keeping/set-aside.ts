/** Moving a database out of the way and back, with what SQLite keeps beside it. Nothing is ever overwritten or deleted. */
import { existsSync, linkSync, renameSync, unlinkSync } from 'node:fs'

const PARTS = ['', '-wal', '-shm'] as const

/**
 * Gives a closed database another name. Where the disk can, the old name stays until something is put over it, so that
 * there is a file under it whenever the machine stops.
 * @param aside must not exist
 * @throws the system's error; then everything is as it was
 */
export function setAside(path: string, aside: string): void {
  // A log belongs to its file by name, so they move together.
  if (!existsSync(`${path}-wal`)) {
    try {
      linkSync(path, aside)
      return
    } catch {
      // A disk without links.
    }
  }
  move(path, aside)
}

/** Puts back what `setAside` moved, in place of what has its name now. */
export function putBack(aside: string, path: string): void {
  move(aside, path)
  // Renaming one name of a file to its other name does nothing.
  if (existsSync(aside)) unlinkSync(aside)
}

function move(from: string, to: string): void {
  const moved: string[] = []
  try {
    for (const part of PARTS) {
      if (!existsSync(from + part)) continue
      renameSync(from + part, to + part)
      moved.push(part)
    }
  } catch (error) {
    for (const part of moved.reverse()) renameSync(to + part, from + part)
    throw error
  }
}
