/** A decoded job in words: its network, its outputs, why fees may be unknown, bits and lags. */
import type { CurrentJob } from '@contract'
import { formatDuration } from './duration.ts'
import { formatCount } from './number.ts'
import type { Tone } from './words.ts'

const NETWORKS: Record<CurrentJob['network'], { label: string; tone: Tone; meaning: string }> = {
  mainnet: { label: 'Bitcoin', tone: 'neutral', meaning: 'The real chain (mainnet).' },
  testnet: {
    label: 'Test network',
    tone: 'warn',
    meaning: 'Testnet or signet: its coins are worth nothing.',
  },
  regtest: {
    label: 'Local test chain',
    tone: 'warn',
    meaning: 'Regtest: a chain of its own on one machine, with trivial difficulty.',
  },
  unknown: { label: 'Unknown chain', tone: 'warn', meaning: 'The job does not tell which chain it is for.' },
}

export function networkWording(network: CurrentJob['network']): {
  label: string
  tone: Tone
  meaning: string
} {
  return NETWORKS[network]
}

const FEES_UNKNOWN: Record<NonNullable<CurrentJob['feesUnknownBecause']>, string> = {
  'coinbase-unreadable': 'The coinbase could not be read, so its outputs cannot be added up.',
  'height-unknown': 'The coinbase does not tell the height, so the new coins in it are not known.',
  'network-unknown': 'The chain is not known, and with it how many new coins a block makes.',
  'below-subsidy': 'The outputs add up to less than the new coins alone: the pool leaves some unclaimed.',
}

/** Why fees are unknown, a sentence. */
export function feesUnknownText(because: NonNullable<CurrentJob['feesUnknownBecause']>): string {
  return FEES_UNKNOWN[because]
}

type OutputKind = CurrentJob['outputs'][number]['kind']

const OUTPUT_KINDS: Record<OutputKind, { label: string; meaning: string }> = {
  payout: { label: 'Payout', meaning: 'Pays an address.' },
  'witness-commitment': {
    label: 'Witness commitment',
    meaning: 'Pays nothing: a fingerprint of all signatures in the block, which the rules ask for.',
  },
  data: { label: 'Data', meaning: 'Pays nothing: a note in the block (OP_RETURN), often of the pool.' },
  other: { label: 'Other script', meaning: 'Pays a script that has no address of a usual kind.' },
}

export function outputKindWording(kind: OutputKind): { label: string; meaning: string } {
  return OUTPUT_KINDS[kind]
}

/** A 32-bit value as the protocols print it: `0x20000000`. */
export function formatHex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`
}

/** How many bits are set. */
export function countBits(value: number): number {
  let bits = value >>> 0
  let found = 0
  while (bits !== 0) {
    found += bits & 1
    bits >>>= 1
  }
  return found
}

/** `none but the coinbase`, `2,049 to 4,096`: what a merkle depth allows. */
export function transactionsText({ least, most }: CurrentJob['transactions']): string {
  if (most <= 1) return 'none but the coinbase'
  return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`
}

/** Behind whoever was first: `first`, `+214 ms`. */
export function formatLag(lagMs: number): string {
  return lagMs <= 0 ? 'first' : `+${formatDuration(lagMs)}`
}
