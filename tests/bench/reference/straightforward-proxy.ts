/**
 * The proxy as one would first write it: `JSON.parse` for each line, `createHash` for each hash, a set of hex
 * strings against duplicates, `JSON.stringify` and a write for each answer, a frame sealed and written for
 * each share. Right, readable, and what the optimised one is measured against. One job, one pool, no more.
 *
 * As an entry it serves `StraightforwardProcedures`.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { createHash } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { serveThread } from '../../../src-main/app/thread-link.ts'
import { submitSharesExtended } from '../../../src-main/sv2/index.ts'
import { ORDINARY_JOB, ordinaryNotify, prevHashOf } from '../end-to-end/ordinary-job.ts'
import { parentPort } from '../end-to-end/processes.ts'

export interface StraightforwardProcedures extends Record<string, (argument: never) => unknown> {
  /** @param upstreamPort where sealed frames go @returns the port for rigs */
  start(upstreamPort: number): Promise<number>
  /** A new tip, with its job, to all rigs. */
  newTip(argument: null): void
  cpuMs(argument: null): number
}

interface Submit {
  readonly extranonce2: string
  readonly ntime: string
  readonly nonce: string
  readonly versionBits: string
}

interface RigLine {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

const EASIEST_TARGET = (1n << 256n) - 1n
const EXTRANONCE2_BYTES = 4

const sha256d = (bytes: Uint8Array): Buffer =>
  createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()

/** The hash of a share's header. */
export function hashOfShare(prevHash: Uint8Array, extranonce1: Uint8Array, submit: Submit): Buffer {
  const { coinbasePrefix, extranoncePrefix, coinbaseSuffix, merklePath, nBits } = ORDINARY_JOB
  const coinbase = Buffer.concat([
    coinbasePrefix,
    extranoncePrefix,
    extranonce1,
    Buffer.from(submit.extranonce2, 'hex'),
    coinbaseSuffix,
  ])
  let root = sha256d(coinbase)
  for (const node of merklePath) root = sha256d(Buffer.concat([root, node]))
  const header = Buffer.alloc(80)
  header.writeUInt32LE(versionOf(submit), 0)
  header.set(prevHash, 4)
  header.set(root, 36)
  header.writeUInt32LE(Number.parseInt(submit.ntime, 16), 68)
  header.writeUInt32LE(nBits, 72)
  header.writeUInt32LE(Number.parseInt(submit.nonce, 16), 76)
  return sha256d(header)
}

function versionOf({ versionBits }: Submit): number {
  return (ORDINARY_JOB.version | Number.parseInt(versionBits, 16)) >>> 0
}

class Upstream {
  readonly #socket: Socket
  readonly #key = new Uint8Array(32).fill(7)
  #nonce = 0n
  #sequenceNumber = 0

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
  }

  submit(submit: Submit, extranonce1: Uint8Array): void {
    const frame = submitSharesExtended.encode({
      channelId: 1,
      sequenceNumber: this.#sequenceNumber++,
      jobId: 1,
      nonce: Number.parseInt(submit.nonce, 16),
      ntime: Number.parseInt(submit.ntime, 16),
      version: versionOf(submit),
      extranonce: Buffer.concat([extranonce1, Buffer.from(submit.extranonce2, 'hex')]),
    })
    this.#socket.write(Buffer.concat([this.#seal(frame.subarray(0, 6)), this.#seal(frame.subarray(6))]))
  }

  #seal(bytes: Uint8Array): Uint8Array {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64LE(this.#nonce++, 4)
    return chacha20poly1305(this.#key, nonce).encrypt(bytes)
  }
}

class StraightforwardProxy {
  readonly #upstream: Upstream
  readonly #sockets = new Set<Socket>()
  #seen = new Set<string>()
  #tip = 1
  #nextExtranonce1 = 1

  constructor(upstreamPort: number) {
    this.#upstream = new Upstream(upstreamPort)
  }

  listen(): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.#onRig(socket))
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (typeof address === 'object' && address) resolve(address.port)
      })
    })
  }

  newTip(): void {
    this.#tip++
    this.#seen = new Set()
    for (const socket of this.#sockets) socket.write(ordinaryNotify(this.#tip))
  }

  #onRig(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    const extranonce1 = Buffer.alloc(4)
    extranonce1.writeUInt32BE(this.#nextExtranonce1++)
    let rest = ''
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#onLine(socket, extranonce1, JSON.parse(line) as RigLine)
    })
  }

  #onLine(socket: Socket, extranonce1: Uint8Array, { id, method, params }: RigLine): void {
    const answer = (result: unknown, error: unknown = null): void => {
      socket.write(`${JSON.stringify({ id, result, error })}\n`)
    }
    if (method === 'mining.subscribe') {
      answer([[], Buffer.from(extranonce1).toString('hex'), EXTRANONCE2_BYTES])
    } else if (method === 'mining.configure') answer({ 'version-rolling': true })
    else if (method === 'mining.authorize') {
      answer(true)
      socket.write(ordinaryNotify(this.#tip))
    } else if (method === 'mining.submit') {
      const [, jobId, extranonce2, ntime, nonce, versionBits] = params as string[]
      if (jobId !== String(this.#tip)) return answer(null, [21, 'Job not found', null])
      const submit = { extranonce2, ntime, nonce, versionBits } as Submit
      const hash = hashOfShare(prevHashOf(this.#tip), extranonce1, submit)
      if (BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`) > EASIEST_TARGET) {
        return answer(null, [23, 'Low difficulty share', null])
      }
      const key = hash.toString('hex')
      if (this.#seen.has(key)) return answer(null, [22, 'Duplicate share', null])
      this.#seen.add(key)
      this.#upstream.submit(submit, extranonce1)
      answer(true)
    }
  }
}

let proxy: StraightforwardProxy | null = null

const procedures: StraightforwardProcedures = {
  start(upstreamPort) {
    proxy = new StraightforwardProxy(upstreamPort)
    return proxy.listen()
  },
  newTip: () => proxy?.newTip(),
  cpuMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}

if (process.send && import.meta.main) serveThread(parentPort(), procedures)
