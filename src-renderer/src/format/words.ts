/**
 * The words screens use for states and verdicts, each with a tone and a sentence for someone who has
 * never read a mining specification. One table per subject; nothing here formats numbers.
 */
import type {
  Downstream,
  Pool,
  PoolHealth,
  PoolPreset,
  PoolProtocol,
  PoolState,
  ShareCounts,
} from '@contract'

/** How much attention something asks for. */
export type Tone = 'neutral' | 'good' | 'info' | 'warn' | 'bad'

export interface Wording {
  label: string
  tone: Tone
  /** One or two plain sentences, for tooltips. */
  meaning: string
}

const POOL_STATES: Record<PoolState, Wording> = {
  idle: {
    label: 'Standing by',
    tone: 'neutral',
    meaning: 'Not in use now. One click switches every rig to it.',
  },
  connecting: { label: 'Connecting', tone: 'info', meaning: 'Reaching the pool and agreeing on encryption.' },
  ready: { label: 'Ready', tone: 'good', meaning: 'Connected, and the pool is giving work.' },
  silent: {
    label: 'Silent',
    tone: 'warn',
    meaning: 'Still connected, but the pool has sent neither work nor an answer for longer than usual.',
  },
  waiting: {
    label: 'Waiting to retry',
    tone: 'warn',
    meaning: 'The last attempt failed. It will be tried again.',
  },
  blocked: {
    label: 'Needs you',
    tone: 'bad',
    meaning: 'It will not be tried again until you change something.',
  },
}

/** A pool's state in words; the active pool that is ready is the one being mined at. */
export function poolStateWording(pool: Pick<Pool, 'state' | 'active' | 'enabled'>): Wording {
  if (!pool.enabled)
    return { label: 'Turned off', tone: 'neutral', meaning: 'Never used until you turn it on.' }
  if (pool.active && pool.state === 'ready')
    return { label: 'Mining', tone: 'good', meaning: 'Rigs work for this pool now.' }
  return POOL_STATES[pool.state]
}

const POOL_HEALTH: Record<PoolHealth['verdict'], Wording> = {
  unknown: {
    label: 'Not judged',
    tone: 'neutral',
    meaning: 'Not in use, so there is nothing to judge it by.',
  },
  good: { label: 'Serves well', tone: 'good', meaning: 'Work and answers come as they should.' },
  doubtful: { label: 'Worth a look', tone: 'warn', meaning: 'Something about it is not as it should be.' },
  bad: { label: 'Fails', tone: 'bad', meaning: 'Rigs go elsewhere as long as they can.' },
}

/** How well a pool serves, by what it does. */
export function poolHealthWording(verdict: PoolHealth['verdict']): Wording {
  return POOL_HEALTH[verdict]
}

const PAYOUTS: Record<PoolPreset['payout'], Wording> = {
  pool: { label: 'Pool', tone: 'info', meaning: 'Pays for your part of the work, whoever finds the block.' },
  solo: {
    label: 'Solo',
    tone: 'warn',
    meaning: 'Pays only when you find a block, and then nearly all of it.',
  },
  test: { label: 'Test', tone: 'neutral', meaning: 'Pays nothing: for trying out.' },
}

export function payoutWording(payout: PoolPreset['payout']): Wording {
  return PAYOUTS[payout]
}

/** Protocol and encryption as one short badge. */
export function protocolWording(protocol: PoolProtocol, encrypted: boolean): Wording {
  if (protocol === 'stratum-v2')
    return {
      label: 'Stratum V2',
      tone: 'good',
      meaning: 'Encrypted, and the pool proves who it is with its authority key.',
    }
  return encrypted
    ? {
        label: 'Stratum V1 · TLS',
        tone: 'good',
        meaning: 'The older text protocol inside an encrypted connection.',
      }
    : {
        label: 'Stratum V1',
        tone: 'neutral',
        meaning: 'The older text protocol, not encrypted: anyone on the way can read and change it.',
      }
}

const RIG_STATES: Record<Downstream['state'], Wording> = {
  hashing: { label: 'Hashing', tone: 'good', meaning: 'Shares arrive as expected.' },
  quiet: { label: 'Quiet', tone: 'warn', meaning: 'It has work, but its shares are overdue.' },
  subscribing: { label: 'Starting', tone: 'info', meaning: 'Connected, and waiting for its first work.' },
}

export function rigStateWording(state: Downstream['state']): Wording {
  return RIG_STATES[state]
}

/** Where a share can end up. `valid` and `submitted` are sums of these; `weak` shares are never sent. */
export type ShareVerdict = Exclude<keyof ShareCounts, 'submitted' | 'valid' | 'weak'>

/** In the order they are drawn: good first, then open, then lost to the network, then refused. */
export const SHARE_VERDICTS: readonly (Wording & { key: ShareVerdict })[] = [
  {
    key: 'acknowledged',
    label: 'Acknowledged',
    tone: 'good',
    meaning: 'Good shares that the pool has counted. This is what you are paid for.',
  },
  {
    key: 'pending',
    label: 'Pending',
    tone: 'info',
    meaning: 'Good shares on their way. The pool has not answered yet.',
  },
  {
    key: 'rejected',
    label: 'Rejected',
    tone: 'bad',
    meaning: 'Good by our own check, but the pool said no. Its reasons are listed with the pool.',
  },
  {
    key: 'lost',
    label: 'Lost',
    tone: 'bad',
    meaning: 'Good shares whose answer never came, because the connection to the pool ended first.',
  },
  {
    key: 'stale',
    label: 'Stale',
    tone: 'warn',
    meaning: 'Found a moment too late, for work that a new block had already replaced. A few are normal.',
  },
  {
    key: 'duplicate',
    label: 'Duplicate',
    tone: 'warn',
    meaning: 'The rig sent the same share twice. Many of them point to a firmware fault.',
  },
  {
    key: 'invalid',
    label: 'Invalid',
    tone: 'bad',
    meaning: 'Did not pass our check. Often a sign of too much overclocking or unstable power.',
  },
]

/** Shares too easy for the pool: they measure the rig and go nowhere. */
export const WEAK_SHARES: Wording = {
  label: 'Kept here',
  tone: 'neutral',
  meaning:
    'Good, but easier than the pool asks for, so not sent. They let Headframe measure each rig precisely.',
}

/** `stale-share` as `Stale share`: reasons come as the protocols spell them. */
export function reasonLabel(reason: string): string {
  const words = reason.replace(/[-_]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
