/** The files of the audit log: their names, their order, and their lines. Days are those of UTC, also in the names. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../base/index.ts'

export interface AuditFile {
  readonly name: string
  /** `YYYY-MM-DD`, in UTC. */
  readonly day: string
  /** Counts the files of a day from 0. */
  readonly part: number
}

const NAME = /^audit-(\d{4}-\d{2}-\d{2})(?:\.(\d{1,6}))?\.ndjson$/

export function auditFileName(day: string, part: number): string {
  return part === 0 ? `audit-${day}.ndjson` : `audit-${day}.${part}.ndjson`
}

/** The file of this name, or undefined if it is none of the audit log's. */
export function parseAuditFileName(name: string): AuditFile | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const file = { name, day: match[1]!, part: Number(match[2] ?? 0) }
  return auditFileName(file.day, file.part) === name ? file : undefined
}

/** Oldest first. */
export function compareAuditFiles(a: AuditFile, b: AuditFile): number {
  return a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1
}

/** The day of a moment, epoch milliseconds. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** The files of a folder with their sizes, oldest first; none if there is no such folder. */
export async function listAuditFiles(dir: string): Promise<(AuditFile & { readonly bytes: number })[]> {
  let names: string[]
  try {
    names = await readdir(dir)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
  const files = names.flatMap((name) => parseAuditFileName(name) ?? []).sort(compareAuditFiles)
  const sized: (AuditFile & { readonly bytes: number })[] = []
  for (const file of files) {
    try {
      sized.push({ ...file, bytes: (await stat(join(dir, file.name))).size })
    } catch (error) {
      // Retention was faster.
      if (systemErrorCode(error) !== 'ENOENT') throw error
    }
  }
  return sized
}

export interface FileLine {
  readonly text: string
  /** Where the line after it starts, bytes. */
  readonly nextOffset: number
}

const CHUNK_BYTES = 256 * 1024
/** No record is as long; what is, is no line of ours. */
const MAX_LINE_BYTES = 8 * 2 ** 20
const LF = 10

/**
 * The whole lines of a file from `offset` on. What comes after the last line end is left out: it is being written,
 * or a crash cut it. Ends early if the file is gone.
 */
export async function* readLines(path: string, offset: number): AsyncGenerator<FileLine, void, void> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return
    throw error
  }
  try {
    let position = offset
    let rest: Uint8Array = new Uint8Array(0)
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position)
      if (bytesRead === 0) return
      position += bytesRead
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      let start = 0
      const base = position - bytes.length
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
        yield { text: bytes.toString('utf8', start, end), nextOffset: base + end + 1 }
        start = end + 1
      }
      rest = bytes.length - start > MAX_LINE_BYTES ? new Uint8Array(0) : bytes.subarray(start)
    }
  } finally {
    await file.close()
  }
}

/** Whether a file ends within a line, as after a crash. */
export async function endsWithinLine(path: string, bytes: number): Promise<boolean> {
  if (bytes === 0) return false
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, bytes - 1)
    return bytesRead === 1 && buffer[0] !== LF
  } finally {
    await file.close()
  }
}
