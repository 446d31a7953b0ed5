/**
 * Public pools a person can start from, with the authority keys that they publish (presets of the Stratum V2
 * reference project's dashboard, August 2026; their reachability was not tested here). A pool may change its
 * key; a pinned key that no longer fits is a stop, and the person asks the pool.
 */
import { type PoolPreset } from '../../src-preload/contract/index.ts'

const ADDRESS_HINT = 'Your Bitcoin address, and a name for the farm after a dot: bc1q….farm'
const ACCOUNT_HINT = 'Your account at the pool, and a name for the farm after a dot: account.farm'
const SOLO_NOTE =
  'Solo: nothing until one of your rigs finds a block, and then the whole reward to your address.'
const SV2_NOTE = 'Speaks Stratum V2: encrypted, and proves itself by its key.'
const CHECKED_NOTE = 'Headframe warns if a job does not pay your address.'

export const POOL_PRESETS: readonly PoolPreset[] = [
  {
    id: 'braiins',
    name: 'Braiins Pool',
    url: 'stratum2+tcp://stratum.braiins.com:3333/9awtMD5KQgvRUh2yFbjVeT7b6hjipWcAsQHd6wEhgtDT9soosna',
    fallbackUrl: null,
    payout: 'pool',
    identityHint: ACCOUNT_HINT,
    lines: 'shared',
    notes: [
      SV2_NOTE,
      'Wants one line for all rigs: with a line for each, users report many rejected shares.',
      'Needs an account at the pool.',
    ],
  },
  {
    id: 'ckpool',
    name: 'CKPool solo',
    url: 'stratum2+tcp://stratum.ckpool.org:3336/9anrRNhBh7869XtNnFcCuGBRZP51E635qGbu457J5kHdszhfRc3',
    fallbackUrl: null,
    payout: 'solo',
    identityHint: ADDRESS_HINT,
    lines: 'shared',
    notes: [SV2_NOTE, SOLO_NOTE, CHECKED_NOTE],
  },
  {
    id: 'public-pool',
    name: 'Public Pool',
    url: 'stratum2+tcp://public-pool.io:23330/9c4zpyJ2ndm4e8sP2uNc1VNCGxYjqaxWS6wUCjk8zFj6njFquH6',
    fallbackUrl: null,
    payout: 'solo',
    identityHint: ADDRESS_HINT,
    lines: 'shared',
    notes: [SV2_NOTE, SOLO_NOTE, CHECKED_NOTE],
  },
  {
    id: 'blitzpool',
    name: 'Blitzpool',
    url: 'stratum2+tcp://blitzpool.yourdevice.ch:3333/9bCoFxTszKCuffyywH5uS5o6WcU4vsjTH2axxc7wE86y2HhvULU',
    fallbackUrl: null,
    payout: 'solo',
    identityHint: ADDRESS_HINT,
    lines: 'shared',
    notes: [SV2_NOTE, SOLO_NOTE, CHECKED_NOTE],
  },
  {
    id: 'mkpool',
    name: 'MKPool',
    url: 'stratum2+tcp://btc.mkpool.com:3340/9c9aZWzETaiJyqGGUSCn8GqFgTpxs96ert4d4jGeRnvxqRqhZar',
    fallbackUrl: null,
    payout: 'pool',
    identityHint: ADDRESS_HINT,
    lines: 'shared',
    notes: [SV2_NOTE, 'See its pages for how it pays.'],
  },
  {
    id: 'nexuspool',
    name: 'NexusPool',
    url: 'stratum2+tcp://nexuspool.io:3350/9amd6GUzTaGXASESCa75c9Rx3vWYihRyLUAE3Vrmqwgm3T9jtxN',
    fallbackUrl: null,
    payout: 'pool',
    identityHint: ADDRESS_HINT,
    lines: 'shared',
    notes: [SV2_NOTE, 'See its pages for how it pays.'],
  },
  {
    id: 'pyblock',
    name: 'PyBLOCK',
    url: 'stratum2+tcp://pool.pyblock.xyz:5555/9anZZb1uaJDqubvJhekPiNRHA2tuShcNaugDmFxtnTq54sDvTf5',
    fallbackUrl: null,
    payout: 'pool',
    identityHint: ADDRESS_HINT,
    lines: 'shared',
    notes: [SV2_NOTE, 'See its pages for how it pays.'],
  },
  {
    id: 'sri-community',
    name: 'Stratum V2 reference pool',
    url: 'stratum2+tcp://75.119.150.111:3333/9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72',
    fallbackUrl: null,
    payout: 'test',
    identityHint: 'Any name',
    lines: 'shared',
    notes: [
      SV2_NOTE,
      'Run by the makers of the reference implementation for trying out: do not count on being paid.',
      'Its key is the one of the published examples, so it proves nothing about who answers.',
    ],
  },
]
