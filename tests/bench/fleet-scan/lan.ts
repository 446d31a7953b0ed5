/**
 * A home network in a namespace of its own: a /24 with live practice rigs at their usual ports, and silence at every other
 * address, as real silence is (nobody answers who has the address). Any program can be run in it, foreign ones too.
 * Linux only; where namespaces cannot be had, the reason is the result.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Documentation and private addresses do not go together; this network exists nowhere else. */
export const LAN = '10.77.0.0/24'
export const LAN_ADDRESSES = 254
const OWN_ADDRESS = '10.77.0.254'
const START_LIMIT_MS = 30_000

/** Last octets of the live rigs: all over the network, as leases are after a year. */
export function liveHosts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.77.0.${String(1 + ((i * 37) % 251))}`)
}

export interface Lan {
  /**
   * Runs a program in this network until it ends.
   * @returns what it printed
   * @throws Error with the end of its errors if it fails or takes longer than `limitMs`
   */
  run(command: string, args: readonly string[], limitMs: number): Promise<string>
  stop(): Promise<void>
}

/** Interfaces of the namespace, then the rigs in place of the shell. A pair of which nobody is at the other end is silent. */
const SET_UP = `set -e
ip link set lo up
ip link add lan0 type veth peer name lan1 2>/dev/null || ip link add lan0 type dummy
ip link set lan0 up
ip link set lan1 up 2>/dev/null || true
ip addr add ${OWN_ADDRESS}/24 dev lan0
for host in $LAN_HOSTS; do ip addr add $host/32 dev lo; done
exec "$@"`

/** @returns the network with its rigs answering, or why there is none */
export async function startLan(rigCount: number): Promise<{ lan: Lan } | { unavailable: string }> {
  if (process.platform !== 'linux') return { unavailable: 'network namespaces are Linux only' }
  const hosts = liveHosts(rigCount)
  const holder = spawn(
    'unshare',
    [
      '-rn',
      'sh',
      '-c',
      SET_UP,
      'sh',
      process.execPath,
      join(import.meta.dirname, 'rigs-process.ts'),
      ...hosts,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LAN_HOSTS: hosts.join(' ') } },
  )
  let errors = ''
  holder.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const stop = (): Promise<void> => ended(holder)
  const isReady = await new Promise<boolean>((resolve) => {
    const limit = setTimeout(() => resolve(false), START_LIMIT_MS)
    const settle = (ready: boolean): void => {
      clearTimeout(limit)
      resolve(ready)
    }
    createInterface({ input: holder.stdout }).on('line', (line) => line === 'ready' && settle(true))
    holder.once('error', (error) => {
      errors += error.message
      settle(false)
    })
    holder.once('exit', () => settle(false))
  })
  if (!isReady || holder.pid === undefined) {
    await stop()
    return { unavailable: `no network namespace: ${lastLine(errors)}` }
  }
  const { pid } = holder
  return {
    lan: {
      stop,
      run: (command, args, limitMs) =>
        output(
          'nsenter',
          ['--target', String(pid), '--user', '--net', '--preserve-credentials', command, ...args],
          limitMs,
        ),
    },
  }
}

function output(command: string, args: readonly string[], limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
    let printed = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(printed)
      else
        reject(
          new Error(
            `${args.at(5) ?? command} ended with ${signal ?? `code ${String(code)}`}: ${errors.slice(-1000)}`,
          ),
        )
    })
  })
}

/** The rigs end when nobody holds their input any more. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      resolve()
      return
    }
    child.once('exit', () => resolve())
    child.stdin?.end()
  })
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? 'it said nothing'
}
