/**
 * Who has a port open, as far as the system tells: on Linux the open files of the processes that we may look at, on
 * other systems nothing. Only reads.
 */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises'

/** A process with its open files, as `/proc` shows them. */
export interface ProcessFiles {
  readonly pid: number
  /** For instance `ModemManager`; null if it ended meanwhile. */
  readonly name: string | null
  /** What its file descriptors point to; null if we may not look at them. */
  readonly files: readonly string[] | null
}

export interface PortHolder {
  readonly pid: number
  readonly name: string
}

export interface PortHolders {
  readonly holders: readonly PortHolder[]
  /** Whether there are processes that we may not look into, or no way to look into any. */
  readonly incomplete: boolean
}

/** @param device path of the device itself, links resolved */
export function holdersAmong(processes: readonly ProcessFiles[], device: string): PortHolders {
  const holders: PortHolder[] = []
  let incomplete = false
  for (const { pid, name, files } of processes) {
    if (files === null) incomplete = true
    // A device that was unplugged while open is listed with this ending.
    else if (files.some((file) => file === device || file === `${device} (deleted)`)) {
      holders.push({ pid, name: name ?? 'a process' })
    }
  }
  return { holders, incomplete }
}

/** @param procPath where the process file system is mounted */
export async function findPortHolders(
  portPath: string,
  platform: NodeJS.Platform,
  procPath = '/proc',
): Promise<PortHolders> {
  if (platform !== 'linux') return { holders: [], incomplete: true }
  const device = await realpath(portPath).catch(() => portPath)
  const entries = await readdir(procPath).catch((): string[] => [])
  const processes: ProcessFiles[] = []
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue
    const files = await openFiles(`${procPath}/${entry}/fd`)
    if (files === 'ended') continue
    const holdsIt = files?.some((file) => file.startsWith(device)) ?? false
    const name = holdsIt ? await readFile(`${procPath}/${entry}/comm`, 'utf8').catch(() => null) : null
    processes.push({ pid: Number(entry), name: name?.trim() ?? null, files })
  }
  const found = holdersAmong(processes, device)
  return entries.length === 0 ? { ...found, incomplete: true } : found
}

async function openFiles(path: string): Promise<readonly string[] | null | 'ended'> {
  let descriptors: string[]
  try {
    descriptors = await readdir(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    return code === 'ENOENT' || code === 'ESRCH' ? 'ended' : null
  }
  const files = await Promise.all(descriptors.map((name) => readlink(`${path}/${name}`).catch(() => null)))
  return files.filter((file) => file !== null)
}
