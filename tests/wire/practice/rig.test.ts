/** A practice rig on a real socket before a scripted pool: it does what firmware does with what a pool says. */
import { type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fromHex, silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  asBlockHash,
  asTarget,
  bitsOutsideMask,
  hashHeader,
  headerOfShare,
  type JobId,
  meetsTarget,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { createNetLoop } from '../../../src-main/net/index.ts'
import { hashingInProcess, type RigFamily, RigShed } from '../../../src-main/practice/index.ts'
import { formatNotify } from '../../../src-main/sv1/index.ts'
import { rawServer } from '../net/harness.ts'
import { until } from './harness.ts'

const FAMILY: RigFamily = {
  name: 'practice.test',
  model: 'Test rig',
  userAgent: 'test/1.0',
  speaks: 'stratum-v1',
  hashrateHs: 200_000,
  versionRollingMask: 0x1fffe000,
  subscribesExtranonce: true,
  suggestsDifficulty: true,
}

const DIFFICULTY = 1e-6
const PREV_HASH = Uint8Array.from({ length: 32 }, (_, i) => i)

interface Submit {
  user: string
  jobId: string
  extranonce2: string
  ntime: number
  nonce: number
  bits: number | null
}

/** A pool that says what a test tells it to, and keeps what the rig says. */
class ScriptedPool {
  readonly methods: string[] = []
  readonly submits: Submit[] = []
  greetings = 0
  /** Whether the rig ended its latest connection. */
  hungUp = false
  extranonce1 = 'aabb'
  #socket: Socket | null = null

  serve(socket: Socket): void {
    this.#socket = socket
    this.greetings++
    this.hungUp = false
    let rest = ''
    socket.on('error', () => {})
    socket.once('end', () => (this.hungUp = true))
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines)
        this.#onLine(JSON.parse(line) as { id: number; method: string; params: never[] })
    })
  }

  notify(jobId: string, options: { clean?: boolean; version?: number } = {}): void {
    this.#socket?.write(
      formatNotify({
        jobId,
        prevHash: PREV_HASH,
        coinb1: new Uint8Array(58).fill(1),
        coinb2: new Uint8Array(40).fill(2),
        merkleBranches: [new Uint8Array(32).fill(3)],
        version: options.version ?? 0x20000000,
        nBits: 0x1d00ffff,
        ntime: 1_750_000_000,
        cleanJobs: options.clean ?? true,
      }),
    )
  }

  say(method: string, ...params: unknown[]): void {
    this.#socket?.write(`${JSON.stringify({ id: null, method, params })}\n`)
  }

  hangUp(): void {
    this.#socket?.destroy()
  }

  /** Shares of one job. */
  of(jobId: string): Submit[] {
    return this.submits.filter((submit) => submit.jobId === jobId)
  }

  #onLine({ id, method, params }: { id: number; method: string; params: never[] }): void {
    this.methods.push(method)
    if (method === 'mining.submit') {
      const [user, jobId, extranonce2, ntime, nonce, bits] = params as string[]
      this.submits.push({
        user: user!,
        jobId: jobId!,
        extranonce2: extranonce2!,
        ntime: Number.parseInt(ntime!, 16),
        nonce: Number.parseInt(nonce!, 16),
        bits: bits === undefined ? null : Number.parseInt(bits, 16),
      })
    }
    this.#reply(id, this.#resultOf(method))
    if (method === 'mining.authorize') {
      this.say('mining.set_difficulty', DIFFICULTY)
      this.notify(`first${this.greetings}`)
    }
  }

  #resultOf(method: string): unknown {
    if (method === 'mining.configure') {
      return { 'version-rolling': true, 'version-rolling.mask': '1fffe000' }
    }
    return method === 'mining.subscribe' ? [[['mining.notify', 's']], this.extranonce1, 4] : true
  }

  #reply(id: number, result: unknown): void {
    this.#socket?.write(`${JSON.stringify({ id, result, error: null })}\n`)
  }
}

let server: Server
let pool: ScriptedPool
let shed: RigShed | null = null

beforeEach(async () => {
  pool = new ScriptedPool()
  const raw = await rawServer((socket) => pool.serve(socket))
  server = raw.server
})

afterEach(async () => {
  await shed?.stop()
  shed = null
  pool.hangUp()
  await new Promise((resolve) => server.close(resolve))
})

function startRig(changes: Partial<RigFamily> = {}): RigShed {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the pool does not listen')
  shed = new RigShed({
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    loop: createNetLoop(systemClock),
    places: { stratum: { host: '127.0.0.1', port: address.port }, stratumV2: null },
    openHashing: hashingInProcess(systemClock),
    families: [{ ...FAMILY, ...changes }],
  })
  shed.start()
  return shed
}

function hashOf(share: Submit, extranonce1 = pool.extranonce1): ReturnType<typeof hashHeader> {
  const rollable = fromHex(share.extranonce2)
  const job = {
    id: 1 as JobId,
    upstreamJobId: share.jobId,
    tip: { prevHash: asBlockHash(PREV_HASH), nBits: 0x1d00ffff, minNtime: 0 },
    version: 0x20000000,
    versionRollingMask: 0,
    ntime: 0,
    coinbasePrefix: new Uint8Array(58).fill(1),
    coinbaseSuffix: new Uint8Array(40).fill(2),
    merklePath: [new Uint8Array(32).fill(3)],
    extranonce: { prefix: fromHex(extranonce1), rollableSize: rollable.length },
    target: asTarget(new Uint8Array(32)),
    cleanJobs: true,
    receivedAtMs: 0,
  }
  const version = (0x20000000 | (share.bits ?? 0)) >>> 0
  return hashHeader(headerOfShare(job, { rollable, ntime: share.ntime, nonce: share.nonce, version }))
}

const target = targetOfDifficulty(DIFFICULTY)

describe('a practice rig', () => {
  it('greets as its family does, and hashes what it is given', async () => {
    const rigs = startRig()
    await until('shares', () => pool.submits.length >= 5)
    expect(pool.methods.slice(0, 5)).toEqual([
      'mining.configure',
      'mining.subscribe',
      'mining.extranonce.subscribe',
      'mining.suggest_difficulty',
      'mining.authorize',
    ])
    for (const share of pool.submits) {
      expect(meetsTarget(hashOf(share), target)).toBe(true)
      expect(share).toMatchObject({ user: 'practice.test', jobId: 'first1' })
      expect(share.extranonce2).toHaveLength(8)
    }
    await until('a hashrate', () => rigs.views[0]!.hashrateHs > 0)
    expect(rigs.views[0]).toMatchObject({ name: 'practice.test', model: 'Test rig', connected: true })
    await until('answers', () => rigs.counts[0]!.accepted >= 5)
    expect(rigs.counts[0]!.rejected).toBe(0)
  })

  it('of a family without version rolling asks for none and sends no bits', async () => {
    startRig({ versionRollingMask: 0, subscribesExtranonce: false, suggestsDifficulty: false })
    await until('shares', () => pool.submits.length >= 2)
    expect(pool.methods.slice(0, 2)).toEqual(['mining.subscribe', 'mining.authorize'])
    expect(pool.submits[0]!.bits).toBeNull()
    expect(meetsTarget(hashOf(pool.submits[0]!), target)).toBe(true)
  })

  it('rolls version bits and extranonce2 while it works on one job', async () => {
    startRig({ hashrateHs: 1_500_000 })
    await until('rolled bits', () => new Set(pool.submits.map(({ bits }) => bits)).size >= 3)
    await until('another extranonce2', () => new Set(pool.submits.map((each) => each.extranonce2)).size >= 2)
    for (const share of pool.submits) expect(meetsTarget(hashOf(share), target)).toBe(true)
    const distinct = pool.submits.map(({ extranonce2, nonce, bits }) => `${extranonce2} ${nonce} ${bits}`)
    expect(new Set(distinct).size).toBe(distinct.length)
  })

  it('drops old work at a clean job, and keeps its shares good at another', async () => {
    startRig()
    await until('shares', () => pool.of('first1').length >= 2)
    pool.notify('dirty', { clean: false })
    await until('shares of the next job', () => pool.of('dirty').length >= 2)
    pool.notify('clean')
    await until('shares of the clean job', () => pool.of('clean').length >= 2)
    const firstOfClean = pool.submits.findIndex(({ jobId }) => jobId === 'clean')
    expect(pool.submits.slice(firstOfClean).every(({ jobId }) => jobId === 'clean')).toBe(true)
  })

  it('is held to a new difficulty from the next job on', async () => {
    startRig()
    await until('shares', () => pool.of('first1').length >= 2)
    pool.say('mining.set_difficulty', 1e-5)
    const before = pool.of('first1').length
    await until('more shares', () => pool.of('first1').length >= before + 10)
    const harder = targetOfDifficulty(1e-5)
    expect(pool.of('first1').every((share) => meetsTarget(hashOf(share), harder))).toBe(false)
    pool.notify('harder')
    await until('shares of the next job', () => pool.of('harder').length >= 3)
    expect(pool.of('harder').every((share) => meetsTarget(hashOf(share), harder))).toBe(true)
  })

  it('uses a new extranonce from the next job on', async () => {
    startRig()
    await until('shares', () => pool.of('first1').length >= 2)
    pool.say('mining.set_extranonce', 'ccddee', 3)
    pool.notify('moved')
    await until('shares of the next job', () => pool.of('moved').length >= 3)
    for (const share of pool.of('moved')) {
      expect(share.extranonce2).toHaveLength(6)
      expect(meetsTarget(hashOf(share, 'ccddee'), target)).toBe(true)
    }
  })

  it('rolls no bits outside a new mask', async () => {
    startRig({ hashrateHs: 1_000_000 })
    await until('shares', () => pool.submits.length >= 2)
    pool.say('mining.set_version_mask', '00006000')
    pool.notify('masked')
    await until('rolled bits', () => new Set(pool.of('masked').map(({ bits }) => bits)).size >= 2)
    for (const share of pool.of('masked')) {
      expect(bitsOutsideMask(share.bits ?? 0, 0x6000)).toBe(0)
      expect(meetsTarget(hashOf(share), target)).toBe(true)
    }
  })

  it('comes back when it is dropped or asked to, and mines on', async () => {
    const rigs = startRig()
    await until('shares', () => pool.of('first1').length >= 1)
    pool.hangUp()
    await until('shares after the drop', () => pool.of('first2').length >= 1)
    pool.say('client.reconnect')
    await until('shares after the request', () => pool.of('first3').length >= 1)
    expect(rigs.counts[0]!.reconnects).toBe(2)
  })

  it('does nothing more once it is switched off', async () => {
    const rigs = startRig()
    await until('shares', () => pool.submits.length >= 1)
    await rigs.stop()
    expect(rigs.views[0]).toMatchObject({ connected: false, hashrateHs: 0 })
    await until('the end of its connection', () => pool.hungUp)
    expect(rigs.counts[0]!.reconnects).toBe(0)
    expect(pool.greetings).toBe(1)
  })
})

it('keeps trying while nobody listens, and is at work once somebody does', async () => {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the pool does not listen')
  await new Promise((resolve) => server.close(resolve))
  shed = new RigShed({
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    loop: createNetLoop(systemClock),
    places: { stratum: { host: '127.0.0.1', port: address.port }, stratumV2: null },
    openHashing: hashingInProcess(systemClock),
    families: [FAMILY],
  })
  shed.start()
  expect(shed.views[0]!.connected).toBe(false)
  await new Promise<void>((resolve) => server.listen(address.port, '127.0.0.1', resolve))
  await until('shares', () => pool.submits.length >= 1)
  expect(meetsTarget(hashOf(pool.submits[0]!), target)).toBe(true)
})
