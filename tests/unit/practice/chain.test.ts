import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, ManualClock } from '../../../src-main/base/index.ts'
import {
  coinbaseTxid,
  describeJob,
  encodeHeader,
  foldMerklePath,
  hashHeader,
  meetsTarget,
  networkTarget,
  parseCoinbase,
} from '../../../src-main/mining/index.ts'
import { type BlockCandidate, PracticeChain } from '../../../src-main/practice/chain.ts'
import { PoolAccount, PRACTICE_DIFFICULTY } from '../../../src-main/practice/pool-account.ts'
import { coinbaseOf, type Template } from '../../../src-main/practice/template.ts'
import { countingEntropy } from '../../support/practice-mining.ts'

const START_MS = 1_750_000_000_000
/** One hash in some hundred is a block. */
const EASY = 1 / 2 ** 25

function makeChain(difficulty = EASY): { chain: PracticeChain; clock: ManualClock; heard: Template[] } {
  const clock = new ManualClock(START_MS)
  const chain = new PracticeChain({
    clock,
    entropy: countingEntropy(),
    difficulty,
    height: 1_000,
    nextTurn: (run) => run(),
  })
  const heard: Template[] = []
  chain.templates.on((template) => heard.push(template))
  return { chain, clock, heard }
}

interface Changes {
  prevHash?: Uint8Array
  nBits?: number
  ntime?: number
  height?: number
  rewardSats?: number
  witnessCommitment?: Uint8Array
  merklePath?: readonly Uint8Array[]
  solved?: boolean
}

/** A block on a template, solved by trying nonces, with something changed for the worse if wished. */
function blockOn(template: Template, changes: Changes = {}): BlockCandidate {
  const { height = template.height, rewardSats = template.rewardSats, ...rest } = changes
  const { witnessCommitment = template.witnessCommitment, solved = true } = rest
  const coinbase = coinbaseOf({ ...template, height, rewardSats, witnessCommitment }, 8, 7)
  const extranonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const txid = coinbaseTxid(coinbase.prefix, extranonce, coinbase.suffix)
  const fields = {
    version: template.version,
    prevHash: rest.prevHash ?? template.tip.prevHash,
    merkleRoot: foldMerklePath(txid, rest.merklePath ?? template.merklePath),
    ntime: rest.ntime ?? template.ntime,
    nBits: rest.nBits ?? template.tip.nBits,
  }
  for (let nonce = 0; ; nonce++) {
    const header = encodeHeader({ ...fields, nonce })
    if (meetsTarget(hashHeader(header), networkTarget(template.tip.nBits)) === solved) {
      return { template, header, coinbase, extranonce, foundBy: 'somebody' }
    }
  }
}

describe('templates of the practice chain', () => {
  it('carry height, tag, reward and a witness commitment in their coinbase', () => {
    const { chain } = makeChain()
    const { template } = chain
    const coinbase = coinbaseOf(template, 12, 99)
    const parsed = parseCoinbase(coinbase.prefix, 12, coinbase.suffix)
    if (!parsed.ok) throw parsed.error
    expect(parsed.value.height).toBe(1_001)
    expect(parsed.value.outputs.map(({ valueSats }) => valueSats)).toEqual([template.rewardSats, 0])
    expect(parsed.value.outputs[1]?.script).toEqual(template.witnessCommitment)
    expect(template.merklePath.length).toBeGreaterThanOrEqual(2)
  })

  it('read well where the program decodes jobs', () => {
    const { chain, clock } = makeChain()
    const account = new PoolAccount({
      userIdentity: 'practice',
      extranonce: { prefix: new Uint8Array(4), rollableSize: 8 },
      policy: PRACTICE_DIFFICULTY,
      versionRollingMask: 0,
      maxTarget: networkTarget(0x207fffff),
      nominalHashrateHs: 0,
      nowMs: 0,
    })
    const description = describeJob(account.issue(chain.template, 5, clock.nowMs()).job)
    expect(description).toMatchObject({
      height: 1_001,
      tag: '/Headframe practice/',
      coinbaseFault: null,
      emptyBlock: false,
      rewardSats: chain.template.rewardSats,
    })
  })

  it('make a different coinbase for every job number', () => {
    const { chain } = makeChain()
    const [a, b] = [1, 2].map((number) => coinbaseOf(chain.template, 12, number).prefix)
    expect(equalBytes(a!, b!)).toBe(false)
    expect(a!.length).toBe(b!.length)
  })

  it('are renewed now and then, without making older jobs worthless', () => {
    const { chain, clock, heard } = makeChain()
    chain.start()
    clock.advance(65_000)
    expect(heard.map(({ cleanJobs }) => cleanJobs)).toEqual([false, false])
    expect(heard.every(({ height }) => height === 1_001)).toBe(true)
    expect(heard[1]!.ntime).toBe(START_MS / 1000 + 60)
    expect(new Set(heard.map(({ id }) => id)).size).toBe(2)
    chain.stop()
    expect(clock.pending).toBe(0)
  })

  it('are announced once for what happens in one turn, as worthless-making if anything was', () => {
    const turns: (() => void)[] = []
    const clock = new ManualClock(START_MS)
    const chain = new PracticeChain({
      clock,
      entropy: countingEntropy(),
      nextTurn: (run) => void turns.push(run),
    })
    const heard: Template[] = []
    chain.templates.on((template) => heard.push(template))
    chain.foreignBlock()
    chain.start()
    clock.advance(30_000)
    expect(turns).toHaveLength(1)
    turns[0]!()
    expect(heard).toEqual([{ ...chain.template, cleanJobs: true }])
    chain.stop()
  })
})

describe('blocks', () => {
  it('become the tip when they are solved and whole', () => {
    const { chain, heard } = makeChain()
    const candidate = blockOn(chain.template)
    const taken = chain.submitBlock(candidate)
    expect(taken).toMatchObject({ ok: true, value: { height: 1_001, foundBy: 'somebody' } })
    expect(chain.height).toBe(1_001)
    expect(chain.template.tip.prevHash).toEqual(hashHeader(candidate.header))
    expect(chain.template.height).toBe(1_002)
    expect(heard).toHaveLength(1)
    expect(heard[0]!.cleanJobs).toBe(true)
  })

  it('are told of, ours with who found them and others without', () => {
    const { chain } = makeChain()
    const found: (string | null)[] = []
    chain.blocks.on(({ foundBy }) => found.push(foundBy))
    chain.submitBlock(blockOn(chain.template))
    chain.foreignBlock()
    expect(found).toEqual(['somebody', null])
    expect(chain.height).toBe(1_002)
  })

  it('keep header times rising, however fast they come', () => {
    const { chain } = makeChain()
    for (let i = 0; i < 5; i++) {
      expect(chain.submitBlock(blockOn(chain.template)).ok).toBe(true)
      expect(chain.template.tip.minNtime).toBeGreaterThan(START_MS / 1000 + i)
      expect(chain.template.ntime).toBeGreaterThanOrEqual(chain.template.tip.minNtime)
    }
  })

  const refusals: [string, Changes, string][] = [
    ['with another previous hash', { prevHash: new Uint8Array(32) }, 'stale-tip'],
    ['with an easier network target', { nBits: 0x207fffff }, 'wrong-network-target'],
    ['whose transactions are not those of the template', { merklePath: [] }, 'wrong-merkle-root'],
    ['of another height', { height: 1_002 }, 'wrong-coinbase'],
    ['that pay too much', { rewardSats: 400_000_000 }, 'wrong-coinbase'],
    ['without the witness commitment', { witnessCommitment: Uint8Array.of(0x6a) }, 'wrong-coinbase'],
    ['from before the tip', { ntime: START_MS / 1000 - 60 }, 'time-out-of-range'],
    ['from the far future', { ntime: START_MS / 1000 + 7_300 }, 'time-out-of-range'],
    ['that are not solved', { solved: false }, 'above-network-target'],
  ]
  it.each(refusals)('%s are refused', (_what, changes, fault) => {
    const { chain, heard } = makeChain()
    expect(chain.submitBlock(blockOn(chain.template, changes))).toEqual({ ok: false, error: fault })
    expect(chain.height).toBe(1_000)
    expect(heard).toEqual([])
  })

  it('whose header is cut short are refused', () => {
    const { chain } = makeChain()
    const candidate = blockOn(chain.template)
    const header = candidate.header.subarray(0, 79)
    expect(chain.submitBlock({ ...candidate, header })).toEqual({ ok: false, error: 'malformed-header' })
  })

  it('that come after another block are stale', () => {
    const { chain } = makeChain()
    const late = blockOn(chain.template)
    chain.foreignBlock()
    expect(chain.submitBlock(late)).toEqual({ ok: false, error: 'stale-tip' })
  })
})

describe('the network difficulty', () => {
  it('changes by the factor asked for, with a new tip', () => {
    const { chain, heard } = makeChain(0.015)
    expect(chain.networkDifficulty).toBeCloseTo(0.015, 5)
    expect(chain.changeDifficulty(2)).toBeCloseTo(0.03, 5)
    expect(heard.at(-1)).toMatchObject({ cleanJobs: true, height: 1_002 })
    expect(chain.changeDifficulty(0.5)).toBeCloseTo(0.015, 5)
    expect(chain.height).toBe(1_002)
  })

  it('never falls so far that every share would be a block', () => {
    const { chain } = makeChain(1e-5)
    expect(chain.changeDifficulty(1 / 1_000)).toBeCloseTo(1e-6, 8)
  })

  it('is eased until the next block only', () => {
    const { chain, heard } = makeChain(0.015)
    chain.easeUntilBlock(1e-4)
    expect(chain.networkDifficulty).toBeCloseTo(1e-4, 8)
    expect(heard.at(-1)!.cleanJobs).toBe(true)
    expect(chain.height).toBe(1_000)
    chain.foreignBlock()
    expect(chain.networkDifficulty).toBeCloseTo(0.015, 5)
  })

  it('is as before when the ease is taken back, and a second time nothing happens', () => {
    const { chain, heard } = makeChain(0.015)
    chain.easeUntilBlock(1e-4)
    chain.endEase()
    expect(chain.networkDifficulty).toBeCloseTo(0.015, 5)
    chain.endEase()
    expect(heard).toHaveLength(2)
  })

  it('is not made harder by easing', () => {
    const { chain } = makeChain(EASY)
    const before = chain.template.tip.nBits
    chain.easeUntilBlock(1e-4)
    expect(chain.template.tip.nBits).toBe(before)
  })
})

it('makes coinbases whose pieces and extranonce give the txid that is hashed', () => {
  const { chain } = makeChain()
  const { prefix, suffix } = coinbaseOf(chain.template, 3, 1)
  const extranonce = Uint8Array.of(9, 9, 9)
  const whole = concatBytes(prefix, extranonce, suffix)
  expect(coinbaseTxid(prefix, extranonce, suffix)).toEqual(coinbaseTxid(whole))
})
