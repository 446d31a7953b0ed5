/**
 * Entry of the rigs' process where `native/rigs.c` cannot be compiled: the same commands and answers, slower.
 * What each command means is in `rigs.ts`.
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const FIRST_SHARE_ID = 1_000_000
const MAX_OPENING = 256
const NONCES_PER_RIG = 2 ** 18
const RIGS_PER_ADDRESS = 4096
const DRAIN_MS = 10_000

type Mode = 'idle' | 'closed' | 'each' | 'open'

const nowNs = (): number => Number(process.hrtime.bigint())
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const turn = (delayMs: number): Promise<void> =>
  new Promise((resolve) => (delayMs > 0 ? setTimeout(resolve, delayMs) : setImmediate(resolve)))

let mode: Mode = 'idle'
let linesPerWrite = 1
let running = false
let inFlight = 0
let tally = { sent: 0, accepted: 0, refused: 0, unasked: 0 }
let arrival = { notified: 0, firstNs: 0, lastNs: 0 }
let latenciesMs: number[] = []

class Rig {
  readonly #socket: Socket
  readonly #user: string
  readonly #scheduledNs: number[] = []
  readonly #index: number
  #rest = ''
  #inFlight = 0
  #nextId = FIRST_SHARE_ID
  #nonce: number
  #extranonce2 = ''
  #jobId = ''
  #ntime = ''
  left = 0

  constructor(index: number, host: string, port: number) {
    this.#index = index
    this.#user = `bc1qexampleexampleexampleexampleexample.${String(index).padStart(5, '0')}`
    this.#nonce = index * NONCES_PER_RIG
    const localAddress = `127.0.0.${1 + Math.floor(index / RIGS_PER_ADDRESS)}`
    this.#socket = connect({ host, port, localAddress, noDelay: true }, () => this.#hello())
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#onData(text))
    this.#socket.on('close', () => fail(`the proxy closed the connection of rig ${index}`))
    this.#socket.on('error', (error) => fail(error.message))
  }

  get hasJob(): boolean {
    return this.#jobId !== ''
  }

  send(count: number, scheduledNs?: number): void {
    let text = ''
    for (let i = 0; i < count; i++) text += this.#nextLine()
    this.#inFlight += count
    inFlight += count
    tally.sent += count
    if (scheduledNs !== undefined) this.#scheduledNs.push(scheduledNs)
    this.#socket.write(text, 'latin1')
  }

  get usedNonces(): number {
    return this.#nonce - this.#index * NONCES_PER_RIG
  }

  skipNonces(used: number): void {
    this.#nonce = this.#index * NONCES_PER_RIG + used
  }

  repeat(): void {
    this.#nonce--
    this.send(1)
  }

  #nextLine(): string {
    const nonce = (this.#nonce++ >>> 0).toString(16).padStart(8, '0')
    return (
      `{"id": ${this.#nextId++}, "method": "mining.submit", "params": ["${this.#user}", "${this.#jobId}", ` +
      `"${this.#extranonce2}", "${this.#ntime}", "${nonce}", "00002000"]}\n`
    )
  }

  #hello(): void {
    this.#socket.write(
      '{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000"}]}\n' +
        '{"id":2,"method":"mining.subscribe","params":["bench/1.0"]}\n' +
        `{"id":3,"method":"mining.authorize","params":["${this.#user}","x"]}\n`,
    )
  }

  #onData(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
    if (!running || this.#inFlight > 0) return
    if (mode === 'closed') this.send(linesPerWrite)
    else if (mode === 'each' && this.left > 0) {
      this.left--
      this.send(1)
    }
  }

  #onLine(line: string): void {
    const { id, method, params, result } = JSON.parse(line) as {
      id: number | null
      method?: string
      params?: unknown[]
      result?: unknown
    }
    if (method === 'mining.notify' && params) this.#onNotify(params)
    else if (id === 2 && Array.isArray(result)) {
      this.#extranonce2 = '5a'.padStart(2 * Number(result[2]), '0')
    } else if (id !== null && id >= FIRST_SHARE_ID) this.#onAnswer(result === true)
  }

  #onNotify(params: readonly unknown[]): void {
    this.#jobId = String(params[0])
    this.#ntime = String(params[7])
    arrival.lastNs = nowNs()
    if (arrival.notified++ === 0) arrival.firstNs = arrival.lastNs
  }

  #onAnswer(good: boolean): void {
    if (this.#inFlight === 0) {
      tally.unasked++
      return
    }
    if (good) tally.accepted++
    else tally.refused++
    this.#inFlight--
    inFlight--
    const scheduledNs = this.#scheduledNs.shift()
    if (scheduledNs !== undefined) latenciesMs.push((nowNs() - scheduledNs) / 1e6)
  }
}

const rigs: Rig[] = []

function fail(reason: string): never {
  process.stderr.write(`bench rigs: ${reason}\n`)
  process.exit(1)
}

async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs
  while (!condition() && performance.now() < endMs) await turn(1)
  return condition()
}

/** Runs a load and waits for the answers that are due. */
async function load(newMode: Mode, run: () => void | Promise<void>): Promise<object> {
  mode = newMode
  tally = { sent: 0, accepted: 0, refused: 0, unasked: 0 }
  running = true
  const startedMs = performance.now()
  const cpuStartedMs = cpuMs()
  await run()
  running = false
  await until(() => inFlight === 0, DRAIN_MS)
  return {
    ...tally,
    unanswered: inFlight,
    wallMs: performance.now() - startedMs,
    cpuMs: cpuMs() - cpuStartedMs,
  }
}

async function openLoop(rate: number, durationMs: number): Promise<object> {
  latenciesMs = []
  let sentLateMs = 0
  let startNs = 0
  const firstNonce = rigs.reduce((most, { usedNonces }) => Math.max(most, usedNonces), 0)
  if (firstNonce >= NONCES_PER_RIG) fail('no nonces left')
  for (const rig of rigs) rig.skipNonces(firstNonce)
  const counts = await load('open', async () => {
    startNs = nowNs()
    const due = Math.floor((rate * durationMs) / 1000)
    for (let i = 0; i < due;) {
      const atNs = startNs + (i * 1e9) / rate
      const lateMs = (nowNs() - atNs) / 1e6
      if (lateMs < 0) {
        await turn(-lateMs > 2 ? 1 : 0)
        continue
      }
      sentLateMs = Math.max(sentLateMs, lateMs)
      rigs[i++ % rigs.length]!.send(1, atNs)
    }
  })
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const at = (fraction: number): number => sorted[Math.round(fraction * (sorted.length - 1))] ?? 0
  return {
    ...counts,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    maxMs: at(1),
    sentLateMs,
    startNs,
    firstNonce,
  }
}

async function connectRigs(host: string, port: number, count: number): Promise<object> {
  const startedMs = performance.now()
  for (let i = 0; i < count; i++) {
    rigs.push(new Rig(i, host, port))
    while (rigs.length - arrival.notified >= MAX_OPENING) await turn(1)
  }
  if (!(await until(() => rigs.every(({ hasJob }) => hasJob), 60_000))) fail('the rigs got no jobs')
  return { tookMs: performance.now() - startedMs }
}

function answer(command: string): Promise<object> {
  const [name, ...parameters] = command.split(' ')
  const [first = 0, second = 0] = parameters.map(Number)
  switch (name) {
    case 'connect':
      return connectRigs(parameters[0] ?? '', Number(parameters[1]), Number(parameters[2]))
    case 'closed':
      linesPerWrite = second
      return load('closed', async () => {
        for (const rig of rigs) rig.send(second)
        await turn(first)
      })
    case 'each':
      return load('each', async () => {
        for (const rig of rigs) {
          rig.left = first - 1
          rig.send(1)
        }
        await until(() => tally.sent === first * rigs.length, DRAIN_MS)
      })
    case 'open':
      return openLoop(first, second)
    case 'repeat':
      return load('idle', () => rigs[0]?.repeat())
    case 'expect-job':
      arrival = { notified: 0, firstNs: 0, lastNs: 0 }
      return Promise.resolve({})
    case 'await-job':
      return until(() => arrival.notified >= rigs.length, DRAIN_MS).then(() => arrival)
    default:
      return fail(`what is "${command}"?`)
  }
}

const commands = createInterface({ input: process.stdin })
commands.on('line', (command) => {
  void answer(command).then((result) => process.stdout.write(`${JSON.stringify(result)}\n`))
})
commands.on('close', () => process.exit())
