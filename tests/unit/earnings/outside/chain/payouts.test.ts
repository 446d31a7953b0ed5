import { afterEach, describe, expect, it } from 'vitest'
import { fromHex, ManualClock, systemClock, type HeadframeError } from '../../../../../src-main/base/index.ts'
import { checkAddress } from '../../../../../src-main/earnings/outside/chain/address.ts'
import { ElectrumPayouts } from '../../../../../src-main/earnings/outside/chain/electrum-payouts.ts'
import { EsploraPayouts } from '../../../../../src-main/earnings/outside/chain/esplora-payouts.ts'
import { NodePayouts } from '../../../../../src-main/earnings/outside/chain/node-payouts.ts'
import { PayoutKeeper } from '../../../../../src-main/earnings/outside/chain/payout-keeper.ts'
import {
  type ChainPayout,
  type PayoutProgress,
  type PayoutSource,
} from '../../../../../src-main/earnings/outside/chain/payout-source.ts'
import { OutsideClient } from '../../../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../../../src-main/earnings/outside/register.ts'
import {
  RpcFailure,
  startElectrum,
  startEsplora,
  TestNode,
} from '../../../../support/outside/chain-servers.ts'
import { TestChain } from '../../../../support/outside/test-chain.ts'

/** The documentation's own example (BIP 173). */
const ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'
const SCRIPT = fromHex('0014751e76e8199196d454941c45d1b3a323f1433bd6')
const OTHER = fromHex(`0014${'99'.repeat(20)}`)

const started: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

interface Watch {
  /** One look; what changed. */
  look(): Promise<ChainPayout[]>
  readonly progress: Map<string, PayoutProgress>
  readonly keeper: PayoutKeeper
}

function watch(host: string, source: PayoutSource, progress = new Map<string, PayoutProgress>()): Watch {
  const client = clientFor(source.id, host)
  const keeper = new PayoutKeeper(
    systemClock,
    {
      load: (id) => Promise.resolve(progress.get(id) ?? null),
      save: (id, value) => {
        // As a file keeps it.
        progress.set(id, JSON.parse(JSON.stringify(value)) as PayoutProgress)
        return Promise.resolve()
      },
    },
    0,
  )
  return {
    progress,
    keeper,
    look: async () => {
      const changes: ChainPayout[] = []
      await keeper.look({
        client,
        source,
        entry: `payouts/${source.id}`,
        addresses: [{ id: 'a', address: ADDRESS, fromHeight: 0 }],
        signal: new AbortController().signal,
        trace: () => {},
        onChange: (change) => changes.push(change),
      })
      return changes
    },
  }
}

function clientFor(kind: string, host: string): OutsideClient {
  const register = new OutgoingRegister(systemClock)
  register.declare({ id: `payouts/${kind}`, host, purpose: '', learns: '', everyMs: null })
  register.choose(`payouts/${kind}`, true)
  return new OutsideClient({ register, clock: systemClock })
}

type Setup = (chain: TestChain) => Promise<Watch>

const readText = (): Promise<string> => Promise.reject(new Error('no file'))

async function nodeWatch(chain: TestChain, filters: boolean): Promise<Watch & { node: TestNode }> {
  const node = await TestNode.start(chain, { filters })
  started.push(node)
  const { host, origin } = node.http
  const source = new NodePayouts({
    client: clientFor('node', host),
    entry: 'payouts/node',
    node: { url: origin, user: 'me', password: 'secret', cookieFile: '' },
    readText,
  })
  return { ...watch(host, source), node }
}

async function esploraWatch(chain: TestChain): Promise<Watch & { asked: () => number }> {
  const server = await startEsplora(chain)
  started.push(server)
  const source = new EsploraPayouts({ entry: 'payouts/esplora', url: server.origin, pagePauseMs: 0 })
  return { ...watch(server.host, source), asked: () => server.asked.length }
}

async function electrumWatch(
  chain: TestChain,
  mangle?: (line: string) => string,
): Promise<Watch & { methods: string[] }> {
  const server = await startElectrum(chain, [SCRIPT], mangle)
  started.push(server)
  const place = { host: '127.0.0.1', port: server.port, tls: false }
  const source = new ElectrumPayouts({ entry: 'payouts/electrum', server: place, pinnedSha256: null })
  return { ...watch(`127.0.0.1:${String(server.port)}`, source), methods: server.methods }
}

const everything: [string, Setup][] = [
  ['a node with block filters', (chain) => nodeWatch(chain, true)],
  ['an explorer', esploraWatch],
  ['an Electrum server', (chain) => electrumWatch(chain)],
]
const all: [string, Setup][] = [...everything, ['a node without filters', (chain) => nodeWatch(chain, false)]]

const short = ({ change, sats, height, coinbase }: ChainPayout): unknown[] => [change, sats, height, coinbase]

describe.each(all)('payouts seen by %s', (_name, setup) => {
  it('are found once, with amount, height and time, mined ones marked', async () => {
    const chain = new TestChain(4)
    const pay = chain.tx({
      outputs: [
        { script: OTHER, sats: 5 },
        { script: SCRIPT, sats: 1_234_567 },
      ],
    })
    const block = chain.addBlock([pay])
    chain.addBlock([], [{ script: SCRIPT, sats: 312_500_001 }])
    const { look } = await setup(chain)
    const found = (await look()).sort((a, b) => (a.height ?? 0) - (b.height ?? 0))
    expect(found.map(short)).toEqual([
      ['found', 1_234_567, 4, false],
      ['found', 312_500_001, 5, true],
    ])
    expect(found.find(({ height }) => height === 4)).toMatchObject({
      reference: `${pay.txid}:1`,
      addressId: 'a',
      address: ADDRESS,
      atMs: block.time * 1000,
    })
    expect(await look()).toEqual([])
    chain.mine(20)
    expect(await look()).toEqual([])
  })

  it('are told to be gone when another block takes the place of theirs', async () => {
    const chain = new TestChain(5)
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 700 }] })
    chain.addBlock([pay])
    const { look, keeper } = await setup(chain)
    expect((await look()).map(short)).toEqual([['found', 700, 5, false]])
    expect(keeper.state('a').open).toHaveLength(1)
    chain.rollBack(1)
    chain.mine(2)
    expect((await look()).map(short)).toEqual([['gone', 700, null, false]])
    chain.addBlock([pay])
    expect((await look()).map(short)).toEqual([['found', 700, 7, false]])
  })

  it('are told to have moved to another block', async () => {
    const chain = new TestChain(5)
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 700 }] })
    chain.addBlock([pay])
    const { look } = await setup(chain)
    await look()
    chain.rollBack(1)
    chain.mine(1)
    chain.addBlock([pay])
    expect((await look()).map(short)).toEqual([['moved', 700, 6, false]])
  })

  it('are settled after six confirmations', async () => {
    const chain = new TestChain(5)
    chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 700 }] })])
    const { look, keeper } = await setup(chain)
    chain.mine(4)
    await look()
    expect(keeper.state('a').open).toHaveLength(1)
    chain.mine(1)
    await look()
    expect(keeper.state('a').open).toHaveLength(0)
  })

  it('are not judged gone by one who has fallen behind', async () => {
    const chain = new TestChain(20)
    chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 700 }] })])
    const { look, progress } = await setup(chain)
    await look()
    chain.rollBack(12)
    await expect(look()).rejects.toMatchObject({ code: 'outside/behind' })
    expect(progress.get('a')?.open).toHaveLength(1)
  })
})

describe.each(everything)('all payouts seen by %s', (_name, setup) => {
  it('leave out change that comes back from the address itself', async () => {
    const chain = new TestChain(3)
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 10_000 }] })
    chain.addBlock([pay])
    const spend = chain.tx({
      spends: [`${pay.txid}:0`],
      outputs: [
        { script: OTHER, sats: 4_000 },
        { script: SCRIPT, sats: 5_900 },
      ],
    })
    chain.addBlock([spend])
    const { look } = await setup(chain)
    expect((await look()).map(short)).toEqual([['found', 10_000, 3, false]])
    // Also when what is spent was found in an earlier look.
    chain.mine(30)
    await look()
    chain.addBlock([chain.tx({ spends: [`${spend.txid}:1`], outputs: [{ script: SCRIPT, sats: 5_000 }] })])
    expect(await look()).toEqual([])
  })

  it('stay when they are spent', async () => {
    const chain = new TestChain(3)
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 10_000 }] })
    chain.addBlock([pay])
    const { look } = await setup(chain)
    await look()
    chain.addBlock([chain.tx({ spends: [`${pay.txid}:0`], outputs: [{ script: OTHER, sats: 9_000 }] })])
    expect(await look()).toEqual([])
  })
})

describe('payouts in no block yet', () => {
  it.each([
    ['an explorer', esploraWatch],
    ['an Electrum server', (chain: TestChain) => electrumWatch(chain)],
  ] as [string, Setup][])('are shown by %s, then confirmed', async (_name, setup) => {
    const chain = new TestChain(3)
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 800 }] })
    chain.mempool.push(pay)
    const { look, keeper } = await setup(chain)
    expect((await look()).map(short)).toEqual([['found', 800, null, false]])
    expect(keeper.state('a').open).toMatchObject([{ sats: 800, height: null }])
    chain.addBlock([pay])
    expect((await look()).map(short)).toEqual([['confirmed', 800, 3, false]])
  })

  it('are gone when they were replaced', async () => {
    const chain = new TestChain(3)
    chain.mempool.push(chain.tx({ outputs: [{ script: SCRIPT, sats: 800 }] }))
    const { look } = await esploraWatch(chain)
    await look()
    chain.mempool = []
    expect((await look()).map(short)).toEqual([['gone', 800, null, false]])
  })
})

describe('an explorer', () => {
  it('is asked for further pages only as far back as is wanted', async () => {
    const chain = new TestChain(2)
    for (let i = 0; i < 60; i++) chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 1000 + i }] })])
    const { look, asked } = await esploraWatch(chain)
    expect(await look()).toHaveLength(60)
    // The height, then 25, 25 and 10.
    expect(asked()).toBe(4)
    chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 5 }] })])
    expect((await look()).map(short)).toEqual([['found', 5, 62, false]])
    expect(asked()).toBe(6)
  })

  it('that answers in another form is told, naming the field', async () => {
    const chain = new TestChain(2)
    const server = await startEsplora(chain)
    started.push(server)
    server.on('/address/', (_asked, response) => response.end('[{"txid":"xyz"}]'))
    const { look, keeper } = watch(
      server.host,
      new EsploraPayouts({ entry: 'payouts/esplora', url: server.origin }),
    )
    await expect(look()).rejects.toMatchObject({ code: 'outside/changed', context: { field: '[0].txid' } })
    expect(keeper.state('a').problem?.code).toBe('outside/changed')
  })
})

describe('the own node', () => {
  it('says that only what is not spent is seen when it keeps no filters', async () => {
    const chain = new TestChain(3)
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 10_000 }] })
    chain.addBlock([pay])
    const { look, keeper } = await nodeWatch(chain, false)
    await look()
    expect(keeper.state('a').limits).toContain('blockfilterindex=1')
    chain.addBlock([chain.tx({ spends: [`${pay.txid}:0`], outputs: [{ script: OTHER, sats: 9_000 }] })])
    // Spent, but its block is still there.
    expect(await look()).toEqual([])
    expect(keeper.state('a').open).toHaveLength(1)
  })

  it('goes on from where it was, and reads only blocks that its filters name', async () => {
    const chain = new TestChain(40)
    const { look, node } = await nodeWatch(chain, true)
    await look()
    expect(node.calls.find(({ method }) => method === 'scanblocks')?.params).toEqual([
      'start',
      [{ desc: `addr(${ADDRESS})` }],
      0,
      39,
      'basic',
    ])
    expect(node.count('getblock')).toBe(4)
    node.calls.length = 0
    chain.mine(3)
    await look()
    expect(node.calls.find(({ method }) => method === 'scanblocks')?.params.slice(2, 4)).toEqual([33, 42])
  })

  it('says how many blocks it has pruned', async () => {
    const chain = new TestChain(40)
    const { look, node, keeper } = await nodeWatch(chain, true)
    node.prunedBelow = 20
    chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 1 }] })])
    expect((await look()).map(short)).toEqual([['found', 1, 40, false]])
    expect(keeper.state('a').limits).toContain('pruned 2 blocks')
  })

  it('keeps what a long look found when it breaks off, and takes it up there', async () => {
    const chain = new TestChain(5)
    chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 11 }] })])
    const { look, node, progress } = await nodeWatch(chain, true)
    // As if the chain were long: a second part of the scan fails.
    node.replies.set('getblockcount', () => 30_000)
    const rows = node.chain.blocks.length
    node.replies.set('scanblocks', (params) => {
      if (Number(params[2]) > 0) throw new RpcFailure(-28, 'Loading block index…')
      return { relevant_blocks: node.chain.blocks.filter((b) => b.height === rows - 1).map((b) => b.hash) }
    })
    await expect(look()).rejects.toMatchObject({ code: 'outside/failed' })
    expect(progress.get('a')?.scannedHeight).toBe(19_999)
    expect(progress.get('a')?.known).toHaveLength(1)
  })
})

describe('an Electrum server', () => {
  it('is asked for new transactions only', async () => {
    const chain = new TestChain(2)
    for (let i = 0; i < 5; i++) chain.addBlock([chain.tx({ outputs: [{ script: SCRIPT, sats: 100 + i }] })])
    const { look, methods } = await electrumWatch(chain)
    await look()
    chain.mine(20)
    await look()
    methods.length = 0
    await look()
    expect(methods).toEqual([
      'server.version',
      'blockchain.headers.subscribe',
      'blockchain.scripthash.get_history',
    ])
  })

  it('that breaks off, babbles or gives another transaction is told in words', async () => {
    const chain = new TestChain(2)
    const [pay, other] = [1, 2].map((sats) => chain.tx({ outputs: [{ script: SCRIPT, sats }] }))
    chain.addBlock([pay!])
    const cases: [(line: string) => string, string][] = [
      [() => 'SSH-2.0', 'outside/changed'],
      [(line) => line.replace('"height"', '"hight"'), 'outside/changed'],
      [
        (line) =>
          line.replace(Buffer.from(pay!.bytes).toString('hex'), Buffer.from(other!.bytes).toString('hex')),
        'outside/changed',
      ],
      [
        (line) =>
          line.replace(/"result":\{"height.*/, '"error":{"code":1,"message":"excessive resource usage"}}'),
        'outside/failed',
      ],
    ]
    for (const [mangle, code] of cases) {
      const { look } = await electrumWatch(chain, mangle)
      await expect(look()).rejects.toMatchObject({ code })
    }
  })
})

describe('what was checked before it was watched', () => {
  it('is told when it is no address', async () => {
    const clock = new ManualClock()
    const keeper = new PayoutKeeper(clock, {
      load: () => Promise.resolve(null),
      save: () => Promise.resolve(),
    })
    const looking = keeper.look({
      client: clientFor('esplora', 'example.org'),
      source: new EsploraPayouts({ entry: 'payouts/esplora', url: '' }),
      entry: 'payouts/esplora',
      addresses: [{ id: 'a', address: `${ADDRESS.slice(0, -1)}5` }],
      signal: new AbortController().signal,
      trace: () => {},
      onChange: () => {},
    })
    const failure = await looking.catch((error: unknown) => error as HeadframeError)
    expect(failure).toMatchObject({ code: 'outside/bad-address' })
    expect(checkAddress(ADDRESS).ok).toBe(true)
  })
})
