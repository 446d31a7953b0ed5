/**
 * A foreign program under test: started in a folder of its own, its output kept line by line, stopped at the end
 * whatever happened. Not a supervisor: nothing is restarted.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** Lines kept; older ones are dropped, a test's failure is near the end. */
const LOG_LINES = 4000
const STOP_LIMIT_MS = 5000

export interface PeerStart {
  readonly name: string
  readonly binary: string
  /** Only loopback addresses belong here; files by name. */
  readonly args: readonly string[]
  /** Content by name, put into the program's folder before it starts. */
  readonly files?: Readonly<Record<string, string>>
  /** As `RUST_LOG` wants it. */
  readonly logFilter?: string
}

export class PeerProcess {
  readonly name: string
  /** Its working folder and home, removed when it stops. */
  readonly folder: string
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #closed: Promise<void>
  #outcome: string | undefined

  /** Starts the program in a new temporary folder. */
  constructor({ name, binary, args, files = {}, logFilter = 'info' }: PeerStart) {
    this.name = name
    this.folder = mkdtempSync(join(tmpdir(), `headframe-${name}-`))
    for (const [file, content] of Object.entries(files)) writeFileSync(join(this.folder, file), content)
    this.#child = spawn(binary, args, {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], HOME: this.folder, RUST_LOG: logFilter, RUST_BACKTRACE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#keep(line))
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#outcome = error.message
        resolve()
      })
      this.#child.once('close', (code, signal) => {
        this.#outcome ??= `ended with ${signal ?? `code ${code}`}`
        resolve()
      })
    })
  }

  /** How the program ended; undefined while it runs. */
  get outcome(): string | undefined {
    return this.#outcome
  }

  /** Everything the program wrote, for a failure's report. */
  get log(): string {
    return this.#lines.join('\n')
  }

  /** How many lines match. */
  countLines(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length
  }

  /**
   * Waits until a line, written already or yet to come, matches.
   * @throws Error that names `what` was awaited if the limit passes or the program ends first.
   */
  async waitForLine(pattern: RegExp, what: string, limitMs = 60_000): Promise<string> {
    let found: string | undefined
    await waitUntil(
      () => {
        found = this.#lines.find((line) => pattern.test(line))
        if (found === undefined && this.#outcome !== undefined)
          throw new Error(`${this.name} ${this.#outcome} while a test waited for ${what}`)
        return found !== undefined
      },
      `${what} from ${this.name}`,
      limitMs,
    )
    return found ?? ''
  }

  /** Interrupts the program, kills it if it does not listen, and removes its folder. */
  async stop(): Promise<void> {
    if (this.#outcome === undefined) {
      this.#child.kill('SIGINT')
      const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS)
      await this.#closed
      clearTimeout(kill)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  #keep(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > LOG_LINES) this.#lines.shift()
  }
}

/**
 * Polls until `condition` holds.
 * @throws Error that says what was awaited and for how long.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 60_000,
): Promise<void> {
  const endsAt = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs / 1000} s for ${what}`)
    await delay(50)
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago: the peers take a number and cannot choose for themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
