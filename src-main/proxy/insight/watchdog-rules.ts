/**
 * What can be odd about pools and their jobs, a rule each. Pure: an observation in, findings out; when a finding
 * becomes a warning, and when it is withdrawn, is the watchdog's affair. A sentence says what is wrong and what
 * to do, and holds no figure that changes by the second.
 */
import { expectedHashes } from '../../mining/index.ts'
import { type UpstreamState } from '../upstream/upstream.ts'
import { type PoolTip } from './job-timeline.ts'
import { type WarningCode, type WarningSeverity } from './insight-views.ts'

/** How a pool's answers go; see `AnswerHistory`. */
export interface AnswerFigures {
  /** In the last minutes. */
  readonly acknowledged: number
  readonly rejected: number
  /** Shares sent since the last answer, and since when the first of them waits, monotonic; null if none does. */
  readonly unanswered: number
  readonly waitingSinceMs: number | null
}

export interface PoolObservation {
  readonly poolId: string
  readonly name: string
  readonly protocol: 'stratum-v1' | 'stratum-v2'
  readonly phase: UpstreamState['phase']
  /** What it builds on; undefined without a job. */
  readonly tip: PoolTip | undefined
  /** What the person expects its coinbase to pay; null where nothing is expected. */
  readonly payout: { readonly address: string; readonly scriptHex: string | null } | null
  readonly rigCount: number
  /** Measured, of its rigs; 0 if not known. */
  readonly hashrateHs: number
  readonly poolDifficulty: number | null
  readonly answers: AnswerFigures
}

export interface FarmObservation {
  readonly monotonicMs: number
  readonly pools: readonly PoolObservation[]
}

export interface Finding {
  /** Null for what concerns no single pool. */
  readonly poolId: string | null
  readonly severity: WarningSeverity
  readonly message: string
}

export interface Rule {
  readonly code: WarningCode
  /** A finding must last so long before it is a warning, and be gone so long before that is withdrawn. */
  readonly raiseAfterMs: number
  readonly withdrawAfterMs: number
  /** @param raised whether the warning of this pool stands: then less is enough to keep it */
  find(farm: FarmObservation, raised: (poolId: string | null) => boolean): Finding[]
}

const SECOND = 1000
const MINUTE = 60 * SECOND

/** A block reaches every pool within a few seconds. */
export const STALE_AFTER_MS = 20 * SECOND
/** Heights further apart than this are no lag: another chain. */
const SAME_CHAIN_BLOCKS = 100
/** Two blocks of one height happen; within two minutes one of them has lost as a rule. */
const FORK_AFTER_MS = 2 * MINUTE
/** Some pools give an empty job at once and one with transactions seconds later. */
export const EMPTY_AFTER_MS = 45 * SECOND
const NO_JOB_AFTER_MS = 15 * MINUTE
/** What a solo pool may keep for itself. */
const PAID_ENOUGH_RATIO = 0.9
/** Header times ahead of our clock, and behind it, that are no accident, seconds. */
const AHEAD_S = 600
const BEHIND_V1_S = 900
/** A Stratum V2 pool may give the earliest time allowed, an hour or more ago. */
const BEHIND_V2_S = 9000
/** Test networks let their clocks run ahead as far as nodes put up with. */
const TESTNET_AHEAD_S = 7800
/** All pools skewed alike to this much: it is our clock. */
const ALIKE_S = 300
const FEWEST_REJECTED = 5
const REJECTED_RATIO = 0.05
const REJECTED_KEEP_RATIO = 0.02
const REJECTED_BAD_RATIO = 0.25
/** More than a batch of any pool we know (ten). */
export const UNANSWERED_SHARES = 15
export const UNANSWERED_MS = 3 * MINUTE
const FLOOD_SHARES_PER_SECOND = 50
/** A standing warning is kept while the figure is within this factor of its limit. */
const KEEP_FACTOR = 1.5

type WithTip = PoolObservation & { readonly tip: PoolTip }

const isConnected = (pool: PoolObservation): pool is WithTip =>
  (pool.phase === 'ready' || pool.phase === 'silent') && pool.tip !== undefined

const inUse = (pool: PoolObservation): boolean => pool.rigCount > 0

const staleTip: Rule = {
  code: 'watchdog/stale-tip',
  raiseAfterMs: 0,
  withdrawAfterMs: 0,
  find({ monotonicMs, pools }) {
    const connected = pools.filter(isConnected)
    return connected.flatMap((pool) => {
      const ahead = connected.find(
        (other) => isAhead(other.tip, pool.tip) && monotonicMs - other.tip.sinceMs >= STALE_AFTER_MS,
      )
      if (!ahead) return []
      const height = ahead.tip.description.height
      const where = height === null ? '' : ` to height ${height}`
      return [
        {
          poolId: pool.poolId,
          severity: inUse(pool) ? ('error' as const) : ('warning' as const),
          message: inUse(pool)
            ? `${pool.name} still builds on an old block, while ${ahead.name} moved on${where}. Its shares may earn nothing: look at the pool's status page, or switch to ${ahead.name}.`
            : `${pool.name} still builds on an old block, while ${ahead.name} moved on${where}. No rig works for it; do not switch to it until it has caught up.`,
        },
      ]
    })
  },
}

function isAhead(a: PoolTip, b: PoolTip): boolean {
  if (a.key === b.key || !sameNetwork(a, b)) return false
  const blocks = blocksBetween(a, b)
  // Heights decide where both tell them: a pool may also have come back from the losing side of a fork.
  if (blocks !== null) return blocks > 0 && blocks <= SAME_CHAIN_BLOCKS
  return a.previousKey === b.key && b.previousKey !== a.key
}

/** By how many blocks `a` is higher; null where one does not tell. */
function blocksBetween(a: PoolTip, b: PoolTip): number | null {
  const [high, low] = [a.description.height, b.description.height]
  return high === null || low === null ? null : high - low
}

function sameNetwork(a: PoolTip, b: PoolTip): boolean {
  const [first, second] = [a.description.network, b.description.network]
  return first === second || first === 'unknown' || second === 'unknown'
}

const payoutMissing: Rule = {
  code: 'watchdog/payout-missing',
  raiseAfterMs: 0,
  withdrawAfterMs: 0,
  find: ({ pools }) =>
    pools.filter(isConnected).flatMap((pool): Finding[] => {
      const { payout, poolId, name } = pool
      if (payout === null) return []
      if (payout.scriptHex === null) {
        const message = `The payout address given for ${name} is no Bitcoin address, so its coinbase cannot be checked: correct it in the pool's settings.`
        return [{ poolId, severity: 'warning', message }]
      }
      const { outputs, rewardSats } = pool.tip.description
      if (rewardSats === null || rewardSats === 0) return []
      const paid = outputs
        .filter(({ scriptHex }) => scriptHex === payout.scriptHex)
        .reduce((sum, { valueSats }) => sum + valueSats, 0)
      const ratio = paid / rewardSats
      if (ratio >= PAID_ENOUGH_RATIO) return []
      const percent = Math.floor(ratio * 100)
      return paid === 0
        ? [
            {
              poolId,
              severity: 'error',
              message: `A block found at ${name} would pay nothing to your address. If this is a solo pool, check the user name, which is your address at most of them, and switch away until it pays you.`,
            },
          ]
        : [
            {
              poolId,
              severity: 'warning',
              message: `A block found at ${name} would pay only ${percent} % to your address. Compare that with the pool's fee; if this is more, switch away.`,
            },
          ]
    }),
}

const unreadableCoinbase: Rule = {
  code: 'watchdog/unreadable-coinbase',
  raiseAfterMs: 0,
  withdrawAfterMs: 0,
  find: ({ pools }) =>
    pools.filter(isConnected).flatMap((pool): Finding[] => {
      if (pool.tip.description.coinbaseFault === null) return []
      const message = `${pool.name} sends jobs whose coinbase cannot be read, so nobody can tell what a block would pay, or whether it would be one at all: ask the pool, and use another until it is mended.`
      return [{ poolId: pool.poolId, severity: inUse(pool) ? 'error' : 'warning', message }]
    }),
}

const emptyTemplate: Rule = {
  code: 'watchdog/empty-template',
  raiseAfterMs: 0,
  withdrawAfterMs: 0,
  find: ({ monotonicMs, pools }) =>
    pools.filter(isConnected).flatMap((pool): Finding[] => {
      const { emptySinceMs, description } = pool.tip
      // Elsewhere there may be nothing to put into a block.
      if (description.network !== 'mainnet' || emptySinceMs === null) return []
      if (monotonicMs - emptySinceMs < EMPTY_AFTER_MS) return []
      const message = `${pool.name} has its miners build blocks without transactions, so their fees are given away. Some seconds of it after a new block are usual, this is not: ask the pool, or use another.`
      return [{ poolId: pool.poolId, severity: 'warning', message }]
    }),
}

const HOURS_PER_DAY = 24

const targetTooHard: Rule = {
  code: 'watchdog/target-too-hard',
  raiseAfterMs: 2 * MINUTE,
  withdrawAfterMs: MINUTE,
  find: ({ pools }, raised) =>
    pools.flatMap((pool): Finding[] => {
      const perHour = sharesPerSecond(pool) * 3600
      if (perHour === 0) return []
      const factor = raised(pool.poolId) ? KEEP_FACTOR : 1
      if (perHour >= factor) return []
      const rare = perHour < factor / HOURS_PER_DAY
      const often = rare ? 'less than one share a day' : 'less than one share an hour'
      const message = `${pool.name} asks for shares so hard that your rigs find ${often} for it. It may drop them as idle, and its figures will jump: choose an address or port of the pool that is meant for small miners.`
      return [{ poolId: pool.poolId, severity: rare ? 'warning' : 'info', message }]
    }),
}

const targetTooEasy: Rule = {
  code: 'watchdog/target-too-easy',
  raiseAfterMs: 2 * MINUTE,
  withdrawAfterMs: MINUTE,
  find: ({ pools }, raised) =>
    pools.flatMap((pool): Finding[] => {
      const limit = FLOOD_SHARES_PER_SECOND / (raised(pool.poolId) ? KEEP_FACTOR : 1)
      if (sharesPerSecond(pool) <= limit) return []
      const message = `${pool.name} asks for shares so easy that your rigs would flood it. Headframe holds most of them back; choose an address or port of the pool that is meant for large miners, or set a higher difficulty there.`
      return [{ poolId: pool.poolId, severity: 'warning', message }]
    }),
}

/** Expected at the pool's difficulty; 0 where it is not known. */
function sharesPerSecond({ rigCount, hashrateHs, poolDifficulty }: PoolObservation): number {
  if (rigCount === 0 || poolDifficulty === null || !(poolDifficulty > 0)) return 0
  return hashrateHs / expectedHashes(poolDifficulty)
}

interface Skew {
  readonly pool: WithTip
  /** Seconds its header time is ahead of our clock. */
  readonly seconds: number
  readonly odd: boolean
}

function skewsOf(pools: readonly PoolObservation[]): Skew[] {
  return pools.filter(isConnected).flatMap((pool) => {
    const { job, description } = pool.tip
    // A chain of one's own keeps whatever time it likes.
    if (description.network === 'regtest') return []
    const seconds = job.ntime - job.receivedAtMs / 1000
    const ahead = description.network === 'testnet' ? TESTNET_AHEAD_S : AHEAD_S
    const behind = pool.protocol === 'stratum-v1' ? BEHIND_V1_S : BEHIND_V2_S
    return [{ pool, seconds, odd: seconds > ahead || seconds < -behind }]
  })
}

/** Whether our clock, and not a pool's, must be wrong. */
function isOurs(skews: readonly Skew[]): boolean {
  const [first] = skews
  return (
    first !== undefined &&
    skews.length > 1 &&
    skews.every(({ odd, seconds }) => odd && Math.abs(seconds - first.seconds) <= ALIKE_S)
  )
}

const direction = (seconds: number): string => (seconds > 0 ? 'behind' : 'ahead of')
const opposite = (seconds: number): string => (seconds > 0 ? 'ahead of' : 'behind')
const amount = (seconds: number): string => {
  const minutes = Math.round(Math.abs(seconds) / 60)
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}

const ourClock: Rule = {
  code: 'watchdog/our-clock',
  raiseAfterMs: 10 * SECOND,
  withdrawAfterMs: 30 * SECOND,
  find({ pools }) {
    const skews = skewsOf(pools)
    if (!isOurs(skews)) return []
    const { seconds } = skews[0]!
    const message = `The clock of this machine is about ${amount(seconds)} ${direction(seconds)} that of every pool: set it, best with a time server. Encrypted connections fail and shares are refused when it is wrong.`
    return [{ poolId: null, severity: 'error', message }]
  },
}

const poolClock: Rule = {
  code: 'watchdog/pool-clock',
  raiseAfterMs: 10 * SECOND,
  withdrawAfterMs: 30 * SECOND,
  find({ pools }) {
    const skews = skewsOf(pools)
    if (isOurs(skews)) return []
    const alone = skews.length === 1
    return skews
      .filter(({ odd }) => odd)
      .map(({ pool, seconds }) => {
        const much = amount(seconds)
        return {
          poolId: pool.poolId,
          severity: 'warning' as const,
          message: alone
            ? `The jobs of ${pool.name} have a time about ${much} ${opposite(seconds)} the clock of this machine. Check the clock here first; if it is right, tell the pool.`
            : `The jobs of ${pool.name} have a time about ${much} ${opposite(seconds)} this machine's clock, and other pools agree with ours. Blocks of it may be refused: tell the pool, and use another meanwhile.`,
        }
      })
  },
}

const chainMismatch: Rule = {
  code: 'watchdog/chain-mismatch',
  raiseAfterMs: 5 * SECOND,
  withdrawAfterMs: 10 * SECOND,
  find({ monotonicMs, pools }) {
    const connected = pools.filter(isConnected)
    return connected.flatMap((pool): Finding[] => {
      for (const other of connected) {
        if (other === pool || !isOddOne(pool, other, connected, monotonicMs)) continue
        const message = mismatch(pool, other, monotonicMs)
        if (message === null) continue
        return [{ poolId: pool.poolId, severity: inUse(pool) ? 'error' : 'warning', message }]
      }
      return []
    })
  },
}

/** Of two pools that differ, the one that fewer agree with; else the one without rigs; else the later one. */
function isOddOne(
  pool: WithTip,
  other: WithTip,
  connected: readonly WithTip[],
  monotonicMs: number,
): boolean {
  const agreeing = (one: WithTip): number =>
    connected.filter((third) => third !== one && mismatch(one, third, monotonicMs) === null).length
  const [mine, theirs] = [agreeing(pool), agreeing(other)]
  if (mine !== theirs) return mine < theirs
  if (inUse(pool) !== inUse(other)) return !inUse(pool)
  return connected.indexOf(pool) > connected.indexOf(other)
}

/** How two pools contradict each other; null if they do not. */
function mismatch(pool: WithTip, other: WithTip, monotonicMs: number): string | null {
  const [a, b] = [pool.tip, other.tip]
  if (!sameNetwork(a, b)) {
    return `${pool.name} is on ${a.description.network}, and ${other.name} on ${b.description.network}: check host and port of both, and disable the one you did not mean.`
  }
  const blocks = blocksBetween(a, b)
  if (a.key === b.key) {
    const odd =
      a.description.nBits !== b.description.nBits
        ? 'difficulties'
        : blocks !== null && blocks !== 0
          ? 'heights'
          : null
    return odd === null
      ? null
      : `${pool.name} and ${other.name} build on the same block with different ${odd}: one of them is wrong, and its blocks would be refused. Compare with a block explorer and leave the wrong one.`
  }
  if (blocks !== null && Math.abs(blocks) > SAME_CHAIN_BLOCKS) {
    return `${pool.name} is at height ${a.description.height} and ${other.name} at ${b.description.height}: they mine different chains. Compare with a block explorer and leave the wrong one.`
  }
  const settled = monotonicMs - Math.max(a.sinceMs, b.sinceMs) >= FORK_AFTER_MS
  return blocks === 0 && settled
    ? `${pool.name} and ${other.name} build on different blocks of the same height: the chain is split, and one side will lose its blocks. Compare with a block explorer; most miners' side usually wins.`
    : null
}

const poolSilent: Rule = {
  code: 'watchdog/pool-silent',
  raiseAfterMs: 0,
  withdrawAfterMs: 5 * SECOND,
  find: ({ monotonicMs, pools }) =>
    pools.filter(isConnected).flatMap((pool): Finding[] => {
      const severity = inUse(pool) ? 'error' : 'warning'
      const { poolId, name, tip } = pool
      if (pool.phase === 'silent') {
        const message = `${name} has said nothing for minutes; what the rigs hash may be worthless. Headframe connects anew if it stays silent; switch to another pool if you cannot wait.`
        return [{ poolId, severity, message }]
      }
      // Where transactions keep coming, so do jobs; a quiet test network may have none for hours.
      if (tip.description.network !== 'mainnet' || monotonicMs - tip.jobMs < NO_JOB_AFTER_MS) return []
      const message = `${name} answers, but has given no new job for a quarter of an hour. Look at the pool's status page, or switch to another.`
      return [{ poolId, severity, message }]
    }),
}

const manyRejected: Rule = {
  code: 'watchdog/many-rejected',
  raiseAfterMs: 0,
  withdrawAfterMs: 30 * SECOND,
  find: ({ pools }, raised) =>
    pools.flatMap((pool): Finding[] => {
      const { acknowledged, rejected } = pool.answers
      const limit = raised(pool.poolId) ? REJECTED_KEEP_RATIO : REJECTED_RATIO
      const ratio = rejected / Math.max(1, acknowledged + rejected)
      if (ratio <= limit || rejected < FEWEST_REJECTED) return []
      const bad = ratio > REJECTED_BAD_RATIO
      const message = `${pool.name} refuses ${bad ? 'a large part' : 'more than usual'} of your shares, although each was found good here. Its reasons are with the pool's figures; if they are "stale", look at the network in between, otherwise try another pool or port.`
      return [{ poolId: pool.poolId, severity: bad ? 'error' : 'warning', message }]
    }),
}

const noAcknowledgements: Rule = {
  code: 'watchdog/no-acknowledgements',
  raiseAfterMs: 0,
  withdrawAfterMs: 0,
  find: ({ monotonicMs, pools }) =>
    pools.filter(isConnected).flatMap((pool): Finding[] => {
      const { unanswered, waitingSinceMs } = pool.answers
      if (waitingSinceMs === null || unanswered < UNANSWERED_SHARES) return []
      if (monotonicMs - waitingSinceMs < UNANSWERED_MS) return []
      const message = `${pool.name} takes your shares and answers none of them. Pools gather answers, but not so many: look at its own figures for your account, and switch away if they do not grow.`
      return [{ poolId: pool.poolId, severity: 'error', message }]
    }),
}

export const RULES: readonly Rule[] = [
  staleTip,
  payoutMissing,
  unreadableCoinbase,
  emptyTemplate,
  targetTooHard,
  targetTooEasy,
  ourClock,
  poolClock,
  chainMismatch,
  poolSilent,
  manyRejected,
  noAcknowledgements,
]
