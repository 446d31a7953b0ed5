/** What the numbers were measured on, for the record beside them. */
import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

export interface Machine {
  readonly platform: string
  readonly arch: string
  readonly release: string
  readonly cpuModel: string
  readonly cpuCount: number
  /** Instruction set extensions that matter to the families; empty where the system does not tell. */
  readonly cpuFlags: readonly string[]
  readonly memoryBytes: number
  readonly versions: Readonly<Record<string, string>>
}

export interface Load {
  readonly loadAverage: readonly number[]
  /** Processor time taken by other guests of the host since start-up, in clock ticks; null if not told. */
  readonly stealTicks: number | null
}

const interestingFlags = new Set([
  'sha_ni',
  'sha1',
  'sha2',
  'avx',
  'avx2',
  'avx512f',
  'aes',
  'vaes',
  'asimd',
  'ht',
])
const interestingVersions = ['node', 'v8', 'openssl', 'uv']

export function describeMachine(): Machine {
  const processors = cpus()
  const cpuInfo = readIfThere('/proc/cpuinfo')
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuInfo)?.[1] ?? ''
  return {
    platform: platform(),
    arch: arch(),
    release: release(),
    cpuModel: processors[0]?.model ?? 'unknown',
    cpuCount: processors.length,
    cpuFlags: flags.split(' ').filter((flag) => interestingFlags.has(flag)),
    memoryBytes: totalmem(),
    versions: Object.fromEntries(
      interestingVersions.map((name) => [name, process.versions[name] ?? 'unknown']),
    ),
  }
}

export function describeLoad(): Load {
  const steal = /^cpu +(?:\d+ ){7}(\d+)/m.exec(readIfThere('/proc/stat'))?.[1]
  return { loadAverage: loadavg(), stealTicks: steal === undefined ? null : Number(steal) }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
