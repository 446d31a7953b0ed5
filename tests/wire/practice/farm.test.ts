/** The practice farm as the program starts it: pools, then rigs, over real sockets, hashing for real. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  hashingInThread,
  PRACTICE_RIGS,
  type PracticeFarm,
  type PracticeFarmOptions,
  startPracticeFarm,
  startPracticePools,
} from '../../../src-main/practice/index.ts'
import {
  formatAuthorityKey,
  generateAuthorityKeyPair,
  miningConnection,
} from '../../../src-main/sv2/index.ts'
import { dial } from '../../interop/sv2-session.ts'
import { rawServer } from '../net/harness.ts'
import { until } from './harness.ts'

const THREAD_FILE = pathToFileURL(
  resolve(import.meta.dirname, '../../../src-main/app/threads/hashing.thread.ts'),
)

let farm: PracticeFarm

async function start(options: Partial<PracticeFarmOptions> = {}): Promise<PracticeFarm> {
  farm = await startPracticePools({
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    ...options,
  })
  return farm
}

const portOf = (protocol: string): number => farm.pools.find((pool) => pool.protocol === protocol)!.port

/** The rigs straight at the practice Stratum V1 pool, without anything in between. */
function startRigs(): void {
  farm.startRigs({
    stratum: { host: '0.0.0.0', port: portOf('stratum-v1') },
    stratumV2: {
      address: { host: '0.0.0.0', port: portOf('stratum-v2') },
      authorityKey: farm.authority.publicKey,
    },
  })
}

afterEach(async () => {
  await farm.stop()
  await farm.stop()
})

describe('the rigs', () => {
  it('all hash, each at its own rate, and not a share is refused', async () => {
    await start()
    startRigs()
    await until('a share of every rig', () => farm.counts.rigs.every(({ accepted }) => accepted > 0))
    await until('hashrates', () => farm.state().rigs.every(({ hashrateHs }) => hashrateHs > 0))
    const { rigs } = farm.state()
    expect(rigs.map(({ name, model, connected }) => ({ name, model, connected }))).toEqual(
      PRACTICE_RIGS.map(({ name, model }) => ({ name, model, connected: true })),
    )
    for (const [i, { hashrateHs }] of PRACTICE_RIGS.entries()) {
      expect(rigs[i]!.hashrateHs).toBeLessThan(hashrateHs * 1.6)
    }
    expect(farm.counts.rigs.map(({ rejected }) => rejected)).toEqual([0, 0, 0, 0])
    for (const totals of Object.values(farm.counts.pools)) {
      expect(totals.submitted).toBe(totals.accepted + totals.rejected)
    }
    // Each in what its firmware speaks.
    expect(farm.counts.pools['practice-sv1'].accepted).toBeGreaterThan(0)
    expect(farm.counts.pools['practice-sv2'].accepted).toBeGreaterThan(0)
  })

  it('hash in a thread of their own just the same', async () => {
    await start({ openHashing: hashingInThread(THREAD_FILE, silentLogger) })
    startRigs()
    await until('a share of every rig', () => farm.counts.rigs.every(({ accepted }) => accepted > 0))
    expect(farm.counts.rigs.map(({ rejected }) => rejected)).toEqual([0, 0, 0, 0])
  })

  it('are listed before they are switched on', async () => {
    await start()
    expect(farm.state().rigs).toHaveLength(PRACTICE_RIGS.length)
    expect(farm.state().rigs.every(({ connected, hashrateHs }) => !connected && hashrateHs === 0)).toBe(true)
    startRigs()
    expect(startRigs).toThrow(/once/)
  })
})

describe('the events', () => {
  it('find-block: a rig really finds one, and the network difficulty is as before', async () => {
    await start()
    const { networkDifficulty, chainHeight } = farm.state()
    startRigs()
    await until('rigs at work', () => farm.state().rigs.every(({ connected }) => connected))
    const [first, second] = await Promise.all([farm.trigger('find-block'), farm.trigger('find-block')])
    expect(first.chainHeight).toBe(chainHeight + 1)
    expect(second).toMatchObject({ chainHeight: chainHeight + 1, networkDifficulty })
    const { pools } = farm.counts
    expect(pools['practice-sv1'].blocks + pools['practice-sv2'].blocks).toBe(1)
  })

  it('find-block: says so when no rig finds one in time, and takes the ease back', async () => {
    await start({ findBlockTimeoutMs: 50 })
    const { networkDifficulty, chainHeight } = farm.state()
    await expect(farm.trigger('find-block')).rejects.toMatchObject({ code: 'practice/no-block' })
    expect(farm.state()).toMatchObject({ networkDifficulty, chainHeight })
  })

  it('find-block: goes on when another miner was faster', async () => {
    await start()
    const finding = farm.trigger('find-block')
    await farm.trigger('change-tip')
    startRigs()
    expect((await finding).chainHeight).toBe(1_002)
  })

  it('find-block: ends with the farm', async () => {
    await start()
    const finding = farm.trigger('find-block')
    const failed = expect(finding).rejects.toMatchObject({ code: 'practice/stopping' })
    await farm.stop()
    await failed
  })

  it('change-tip: rigs hash on, on the next block', async () => {
    await start({ networkDifficulty: 1 }) // so hard that no rig finds a block by chance
    startRigs()
    await until('shares', () => farm.counts.pools['practice-sv1'].accepted > 0)
    expect((await farm.trigger('change-tip')).chainHeight).toBe(1_001)
    const { accepted } = farm.counts.pools['practice-sv1']
    await until('shares on the next block', () => farm.counts.pools['practice-sv1'].accepted > accepted + 1)
  })

  it('change-difficulty: up, and back again', async () => {
    await start({ networkDifficulty: 0.01 })
    expect((await farm.trigger('change-difficulty')).networkDifficulty).toBeCloseTo(0.016, 4)
    expect((await farm.trigger('change-difficulty')).networkDifficulty).toBeCloseTo(0.01, 4)
    expect(farm.state().chainHeight).toBe(1_002)
  })

  it('lose-pool and restore-pool: the V2 pool is gone with its connections, then back on its port', async () => {
    await start()
    const port = portOf('stratum-v2')
    const connected = dial(port, farm.authority.publicKey, miningConnection)
    await connected.established
    const lost = await farm.trigger('lose-pool')
    expect(lost.pools.map(({ listening }) => listening)).toEqual([false, true])
    await connected.ended
    await expect(dial(port, farm.authority.publicKey, miningConnection).established).rejects.toThrow()
    expect((await farm.trigger('lose-pool')).pools[0]!.listening).toBe(false)
    const restored = await farm.trigger('restore-pool')
    expect(restored.pools.map(({ listening }) => listening)).toEqual([true, true])
    const again = dial(port, farm.authority.publicKey, miningConnection)
    await again.established
    again.close()
    await again.ended
    expect((await farm.trigger('restore-pool')).pools[0]!.listening).toBe(true)
  })
})

describe('the pools', () => {
  it('carry addresses and the authority key in their URLs', async () => {
    await start()
    const key = formatAuthorityKey(farm.authority.publicKey)
    expect(farm.pools).toMatchObject([
      { id: 'practice-sv2', url: `stratum2+tcp://127.0.0.1:${portOf('stratum-v2')}/${key}` },
      { id: 'practice-sv1', url: `stratum+tcp://127.0.0.1:${portOf('stratum-v1')}` },
    ])
  })

  it('keep key and ports of an earlier run, so that stored URLs stay good', async () => {
    await start()
    const { pools, authority } = farm
    await farm.stop()
    await start({
      authority,
      preferredPorts: { stratumV2: pools[0]!.port, stratumV1: pools[1]!.port },
    })
    expect(farm.pools).toEqual(pools)
  })

  it('take a free port where the earlier one is taken', async () => {
    const taken = await rawServer((socket) => socket.destroy())
    await start({ preferredPorts: { stratumV2: taken.port, stratumV1: taken.port } })
    expect(farm.pools.map(({ port }) => port)).not.toContain(taken.port)
    expect(farm.state().pools.every(({ listening }) => listening)).toBe(true)
    await new Promise((closed) => taken.server.close(closed))
  })

  it('grant as much extranonce as they are told', async () => {
    await start({
      rollableSize: { stratumV2: 16, stratumV1: 4 },
      authority: generateAuthorityKeyPair(systemEntropy),
    })
    startRigs()
    await until('shares', () => farm.counts.pools['practice-sv1'].accepted > 0)
  })
})

it('stops whole: nothing listens, nothing hashes', async () => {
  await start()
  const [v2, v1] = farm.pools.map(({ port }) => port)
  startRigs()
  await until('rigs at work', () => farm.state().rigs.every(({ connected }) => connected))
  await farm.stop()
  expect(farm.state().pools.map(({ listening }) => listening)).toEqual([false, false])
  expect(farm.state().rigs.some(({ connected }) => connected)).toBe(false)
  for (const port of [v2!, v1!]) {
    await expect(dial(port, farm.authority.publicKey, miningConnection).established).rejects.toThrow()
  }
})

it('can be started at once where the rigs have somewhere to go', async () => {
  const nowhere = await rawServer((socket) => socket.destroy())
  farm = await startPracticeFarm({
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    places: { stratum: { host: '127.0.0.1', port: nowhere.port }, stratumV2: null },
  })
  await until('rigs that come and go', () => farm.counts.rigs.every(({ reconnects }) => reconnects > 0))
  await farm.stop()
  await new Promise((closed) => nowhere.server.close(closed))
})
