import { afterEach, describe, expect, it } from 'vitest'
import { systemClock, type HeadframeError } from '../../../../../src-main/base/index.ts'
import { EsploraFacts, MempoolFacts } from '../../../../../src-main/earnings/outside/facts/explorer-facts.ts'
import { FactsKeeper, FACTS_STALE_MS } from '../../../../../src-main/earnings/outside/facts/facts-keeper.ts'
import { jobFacts, JobFactsBook } from '../../../../../src-main/earnings/outside/facts/job-facts.ts'
import {
  type FactsSource,
  meanSats,
  type NetworkFacts,
} from '../../../../../src-main/earnings/outside/facts/network-facts.ts'
import { NodeFacts } from '../../../../../src-main/earnings/outside/facts/node-facts.ts'
import { OutsideClient } from '../../../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../../../src-main/earnings/outside/register.ts'
import { startEsplora, TestNode } from '../../../../support/outside/chain-servers.ts'
import { json, StandIn } from '../../../../support/outside/stand-in.ts'
import { TEST_BITS, TestChain } from '../../../../support/outside/test-chain.ts'

const started: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

function clientFor(entry: string, host: string): OutsideClient {
  const register = new OutgoingRegister(systemClock)
  register.declare({ id: entry, host, purpose: '', learns: '', everyMs: null })
  register.choose(entry, true)
  return new OutsideClient({ register, clock: systemClock })
}

const steps: string[] = []
const read = (client: OutsideClient, source: FactsSource): Promise<NetworkFacts> => {
  steps.length = 0
  const trace = (step: string, detail: string): void => void steps.push(`${step}: ${detail}`)
  return source.read({ client, signal: new AbortController().signal, trace })
}

const failureOf = (promise: Promise<unknown>): Promise<HeadframeError> =>
  promise.then(
    () => {
      throw new Error('did not fail')
    },
    (error: unknown) => error as HeadframeError,
  )

describe('facts from the own node', () => {
  async function setup(
    blocks: number,
    options: { login?: string; cookie?: string; prunedBelow?: number } = {},
  ): Promise<{ node: TestNode; ask: () => Promise<NetworkFacts> }> {
    const node = await TestNode.start(new TestChain(blocks), { filters: false, ...options })
    started.push(node)
    const client = clientFor('facts/node', node.http.host)
    const { cookie } = options
    const source = new NodeFacts({
      client,
      entry: 'facts/node',
      node: {
        url: node.http.origin,
        user: cookie === undefined ? 'me' : '',
        password: 'secret',
        cookieFile: cookie === undefined ? '' : '/node/.cookie',
      },
      readText: (path) =>
        cookie !== undefined && cookie !== '' && path === '/node/.cookie'
          ? Promise.resolve(`${cookie}\n`)
          : Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })),
    })
    return { node, ask: () => read(client, source) }
  }

  it('are height, the next difficulty, subsidy and the mean fees of 144 blocks', async () => {
    const { ask } = await setup(201)
    expect(await ask()).toMatchObject({
      source: 'node',
      height: 200,
      difficulty: 127620086886391.8,
      subsidySats: 5_000_000_000,
      // Blocks 57 to 200 with 1000 sat for each of their height.
      feesSats: 128_500,
    })
    expect(steps).toContain('Fees: Mean of the last 144 blocks: 128500 sat')
  })

  it('cost the node little once it was asked: only new blocks, in lists', async () => {
    const { node, ask } = await setup(201)
    await ask()
    expect(node.count('getblockstats')).toBe(144)
    expect(node.http.asked).toHaveLength(2 + 6)
    node.calls.length = 0
    node.chain.mine(2)
    await ask()
    // The last six: two new ones, and four in case others took their place.
    expect(node.count('getblockstats')).toBe(6)
  })

  it('are the mean of what a pruned node still has, and no fees where it has nothing', async () => {
    const { ask } = await setup(201, { prunedBelow: 191 })
    expect((await ask()).feesSats).toBe(195_500)
    expect(steps).toContain('Fees: Mean of the last 10 blocks: 195500 sat')
    const bare = await setup(20, { prunedBelow: 1000 })
    expect((await bare.ask()).feesSats).toBeNull()
    expect(steps.at(-1)).toBe('Fees: Not known: Block not available (pruned data)')
  })

  it('come with difficulty from nodes that do not tell the next one, and with coins of regtest', async () => {
    const { node, ask } = await setup(200)
    node.chainName = 'regtest'
    node.replies.set('getmininginfo', () => ({ blocks: 199, difficulty: 4.6565423739069247e-10 }))
    expect(await ask()).toMatchObject({ difficulty: 4.6565423739069247e-10, subsidySats: 2_500_000_000 })
  })

  it('are read with the login of its cookie file, which is read each time', async () => {
    const { ask } = await setup(10, { login: '__cookie__:f00', cookie: '__cookie__:f00' })
    expect((await ask()).height).toBe(9)
  })

  it('say when the cookie file cannot be read or the login is wrong', async () => {
    const missing = await setup(10, { login: '__cookie__:f00', cookie: '' })
    const failure = await failureOf(missing.ask())
    expect(failure).toMatchObject({ code: 'outside/no-cookie', context: { path: '/node/.cookie' } })
    const wrong = await setup(10, { login: 'me:other' })
    expect(await failureOf(wrong.ask())).toMatchObject({ code: 'outside/refused' })
  })

  it('are not believed of a node that is still catching up', async () => {
    const { node, ask } = await setup(10)
    node.initialBlockDownload = true
    const failure = await failureOf(ask())
    expect(failure.code).toBe('outside/behind')
    expect(failure.message).toContain('block 9 of 9')
  })

  it('tell the node’s own words and the field that changed', async () => {
    const { node, ask } = await setup(10)
    node.replies.set('getblockchaininfo', () => ({ chain: 'main' }))
    expect(await failureOf(ask())).toMatchObject({
      code: 'outside/changed',
      context: { field: 'result.blocks' },
    })
    node.http.on('/', json({ result: null, error: { code: -28, message: 'Verifying blocks…' }, id: 0 }, 500))
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({ code: 'outside/failed', context: { rpcCode: -28 } })
    expect(failure.message).toContain('Verifying blocks…')
  })
})

/** As mempool's documentation shows them. */
const blocks = [
  {
    id: '00',
    height: 900_000,
    bits: TEST_BITS,
    timestamp: 1,
    extras: { totalFees: 2_000_000, reward: 314_500_000 },
  },
  {
    id: '01',
    height: 899_999,
    bits: TEST_BITS,
    timestamp: 1,
    extras: { totalFees: 3_000_001, reward: 315_500_001 },
  },
]
const rewardStats = {
  startBlock: 899_857,
  endBlock: 900_000,
  totalReward: '45360000000',
  totalFee: '360000144',
  totalTx: '5',
}

describe('facts from mempool', () => {
  async function setup(stats: unknown): Promise<{ server: StandIn; ask: () => Promise<NetworkFacts> }> {
    const server = await StandIn.start()
    started.push(server)
    server.on('/api/v1/blocks', json(blocks)).on('/api/v1/mining/reward-stats/144', json(stats))
    const client = clientFor('facts/mempool', server.host)
    return { server, ask: () => read(client, new MempoolFacts('facts/mempool', `${server.origin}/api/`)) }
  }

  it('are height, difficulty from the bits, and the mean fees of 144 blocks', async () => {
    const { ask } = await setup(rewardStats)
    const facts = await ask()
    expect(facts).toMatchObject({
      source: 'mempool',
      height: 900_000,
      subsidySats: 312_500_000,
      feesSats: 2_500_001,
    })
    expect(facts.difficulty).toBeCloseTo(141_668_107_417_558.2, 0)
  })

  it('take the fees of the newest blocks from an instance without statistics', async () => {
    const { ask } = await setup({ startBlock: null, endBlock: null, totalReward: null, totalFee: null })
    expect((await ask()).feesSats).toBe(2_500_001)
  })

  it('name the field that changed', async () => {
    const { server, ask } = await setup({ ...rewardStats, totalFee: 'many' })
    expect(await failureOf(ask())).toMatchObject({ code: 'outside/changed', context: { field: 'totalFee' } })
    server.on('/api/v1/blocks', json([{ ...blocks[0], bits: 0 }]))
    expect(await failureOf(ask())).toMatchObject({ code: 'outside/changed', context: { field: '[0].bits' } })
    server.on('/api/v1/blocks', json([]))
    expect(await failureOf(ask())).toMatchObject({ code: 'outside/changed' })
  })
})

describe('facts from Esplora', () => {
  it('are height and difficulty, and no fees', async () => {
    const server = await startEsplora(new TestChain(3))
    started.push(server)
    const client = clientFor('facts/esplora', server.host)
    const source = new EsploraFacts('facts/esplora', server.origin)
    const facts = await read(client, source)
    expect(facts.height).toBe(2)
    expect(facts.difficulty).toBeCloseTo(141_668_107_417_558.2, 0)
    server.on('/blocks', json([{ height: 839_999, bits: TEST_BITS }]))
    expect(await read(client, source)).toMatchObject({
      source: 'esplora',
      height: 839_999,
      subsidySats: 312_500_000,
      feesSats: null,
    })
  })
})

describe('facts from jobs', () => {
  const job = { atMs: 5, height: 900_001, difficulty: 1e14, rewardSats: 315_000_000, feesSats: 2_500_000 }

  it('need no request', () => {
    expect(jobFacts(job)).toEqual({
      atMs: 5,
      source: 'jobs',
      height: 900_000,
      difficulty: 1e14,
      subsidySats: 312_500_000,
      feesSats: 2_500_000,
    })
    expect(jobFacts({ ...job, rewardSats: null, feesSats: null })?.subsidySats).toBe(312_500_000)
    expect(jobFacts({ ...job, difficulty: null })).toBeNull()
    expect(jobFacts({ ...job, height: null, feesSats: null })).toBeNull()
  })

  it('average the last job of each height, without the one still filling', () => {
    const book = new JobFactsBook()
    book.note({ ...job, height: 10, feesSats: 10 })
    expect(book.latest?.feesSats).toBe(10)
    book.note({ ...job, height: 10, feesSats: 100 })
    book.note({ ...job, height: 11, feesSats: 0 })
    expect(book.latest?.feesSats).toBe(100)
    book.note({ ...job, height: 11, feesSats: 300 })
    book.note({ ...job, height: 12, feesSats: 7 })
    expect(book.latest?.feesSats).toBe(200)
  })

  it('forget heights of more than a day ago', () => {
    const book = new JobFactsBook()
    for (let height = 0; height <= 300; height++) book.note({ ...job, height, feesSats: height })
    // 156 to 299.
    expect(book.latest?.feesSats).toBe(meanSats(Array.from({ length: 144 }, (_, i) => 156 + i)))
  })
})

describe('the facts known now', () => {
  const facts = (
    source: NetworkFacts['source'],
    atMs: number,
    feesSats: number | null = 1,
  ): NetworkFacts => ({
    atMs,
    source,
    height: 1,
    difficulty: 1,
    subsidySats: 1,
    feesSats,
  })
  const job = (atMs: number): Parameters<FactsKeeper['noteJob']>[0] => ({
    atMs,
    height: 5,
    difficulty: 9,
    rewardSats: 100,
    feesSats: 40,
  })

  it('come from the best source that is fresh', () => {
    const keeper = new FactsKeeper(null)
    keeper.rank(['node', 'mempool'])
    expect(keeper.current(0)).toBeNull()
    keeper.noteJob(job(10))
    expect(keeper.current(10)?.source).toBe('jobs')
    keeper.note(facts('mempool', 11))
    expect(keeper.current(11)?.source).toBe('mempool')
    keeper.note(facts('node', 12))
    expect(keeper.current(12)?.source).toBe('node')
    keeper.note(facts('mempool', FACTS_STALE_MS))
    expect(keeper.current(FACTS_STALE_MS + 13)?.source).toBe('mempool')
  })

  it('are the newest there are when all are old, those of the last run too', () => {
    const keeper = new FactsKeeper(facts('esplora', 5))
    expect(keeper.current(1e12)).toMatchObject({ source: 'esplora', atMs: 5 })
    keeper.rank([])
    keeper.noteJob(job(10))
    expect(keeper.current(1e12)).toMatchObject({ source: 'jobs', atMs: 10 })
  })

  it('take fees from jobs where their source tells none', () => {
    const keeper = new FactsKeeper(null)
    keeper.rank(['esplora'])
    keeper.note(facts('esplora', 1, null))
    expect(keeper.current(1)?.feesSats).toBeNull()
    keeper.noteJob(job(1))
    expect(keeper.current(1)).toMatchObject({ source: 'esplora', feesSats: 40 })
  })

  it('forget a source that is no longer chosen', () => {
    const keeper = new FactsKeeper(null)
    keeper.rank(['mempool'])
    keeper.note(facts('mempool', 1))
    keeper.rank(['esplora'])
    expect(keeper.current(1)).toBeNull()
  })

  it('are news when they changed, fees alone no more often than each ten minutes', () => {
    const keeper = new FactsKeeper(facts('jobs', 0))
    expect(keeper.takeNews(0)).toBeNull()
    keeper.noteJob(job(10))
    expect(keeper.takeNews(10)).not.toBeNull()
    keeper.noteJob({ ...job(20), feesSats: 41, rewardSats: 101 })
    expect(keeper.takeNews(20)).toBeNull()
    keeper.noteJob({ ...job(700_000), feesSats: 42, rewardSats: 102 })
    expect(keeper.takeNews(700_000)?.feesSats).toBe(42)
    keeper.noteJob({ ...job(700_001), height: 6, feesSats: 42, rewardSats: 102 })
    expect(keeper.takeNews(700_001)?.height).toBe(5)
  })
})
