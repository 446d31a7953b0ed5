/**
 * Error codes of the .Error messages: those in use today, and sentences for people.
 *
 * Codes are free text since May 2026: protocol behaviour must follow from protocol state and never from a
 * code. They are for counting, for the log and for telling the person what the pool said.
 */

/** The codes the reference implementation sends, by the message that carries them. */
export const ErrorCodes = {
  setupConnection: {
    unsupportedFeatureFlags: 'unsupported-feature-flags',
    unsupportedProtocol: 'unsupported-protocol',
    protocolVersionMismatch: 'protocol-version-mismatch',
    missingDeclareTxDataFlag: 'missing-declare-tx-data-flag',
  },
  openMiningChannel: {
    unknownUser: 'unknown-user',
    invalidUserIdentity: 'invalid-user-identity',
    invalidNominalHashrate: 'invalid-nominal-hashrate',
    maxTargetOutOfRange: 'max-target-out-of-range',
    minExtranonceSizeTooLarge: 'min-extranonce-size-too-large',
    unsupportedMinExtranonceSize: 'unsupported-min-extranonce-size',
    standardChannelsNotSupportedForCustomWork: 'standard-channels-not-supported-for-custom-work',
    extendedChannelsNotSupportedForStandardJobs: 'extended-channels-not-supported-for-standard-jobs',
  },
  updateChannel: {
    invalidChannelId: 'invalid-channel-id',
    invalidNominalHashrate: 'invalid-nominal-hashrate',
  },
  submitShares: {
    invalidChannelId: 'invalid-channel-id',
    invalidJobId: 'invalid-job-id',
    staleShare: 'stale-share',
    difficultyTooLow: 'difficulty-too-low',
    duplicateShare: 'duplicate-share',
    badExtranonceSize: 'bad-extranonce-size',
    versionRollingNotAllowed: 'version-rolling-not-allowed',
    invalidNonRollableVersionBit: 'invalid-non-rollable-version-bit',
    invalidShare: 'invalid-share',
  },
  setCustomMiningJob: {
    jdNotSupported: 'jd-not-supported',
    invalidChannelId: 'invalid-channel-id',
    invalidMiningJobToken: 'invalid-mining-job-token',
    jobNotYetValidated: 'job-not-yet-validated',
    staleChainTip: 'stale-chain-tip',
    invalidMinNtime: 'invalid-min-ntime',
    invalidNbits: 'invalid-nbits',
    invalidVersion: 'invalid-version',
    invalidCoinbaseTx: 'invalid-coinbase-tx',
    invalidCoinbaseTxVersion: 'invalid-coinbase-tx-version',
    invalidCoinbasePrefix: 'invalid-coinbase-prefix',
    invalidCoinbaseTxInputNSequence: 'invalid-coinbase-tx-input-n-sequence',
    invalidCoinbaseTxOutputs: 'invalid-coinbase-tx-outputs',
    invalidCoinbaseTxLocktime: 'invalid-coinbase-tx-locktime',
    invalidMerklePath: 'invalid-merkle-path',
  },
  declareMiningJob: {
    invalidMiningJobToken: 'invalid-mining-job-token',
    missingTxs: 'missing-txs',
    invalidCoinbaseTx: 'invalid-coinbase-tx',
    invalidCoinbaseTxInput: 'invalid-coinbase-tx-input',
    invalidJob: 'invalid-job',
    staleChainTip: 'stale-chain-tip',
    internalError: 'internal-error',
  },
  requestTransactionData: {
    staleTemplateId: 'stale-template-id',
    templateIdNotFound: 'template-id-not-found',
  },
} as const

type Codes = typeof ErrorCodes

/** Any code of `ErrorCodes`. */
export type KnownErrorCode = { [M in keyof Codes]: Codes[M][keyof Codes[M]] }[keyof Codes]

const knownErrorCodes: ReadonlySet<string> = new Set<string>(
  Object.values(ErrorCodes).flatMap((codes) => Object.values<string>(codes)),
)

/**
 * A key to count rejections by: the code if it is a known one, else `other`, so that a pool that makes up
 * codes cannot grow our tables.
 */
export function errorCodeBucket(errorCode: string): KnownErrorCode | 'other' {
  return knownErrorCodes.has(errorCode) ? (errorCode as KnownErrorCode) : 'other'
}

/** First match wins: what is more particular stands first. */
const sentences: readonly (readonly [keyword: RegExp, sentence: string])[] = [
  [
    /declare-tx-data/,
    'The pool wants to see the transactions of your blocks. Allow full templates for this pool, or mine on its own templates.',
  ],
  [
    /unknown-user|user-identity|unauthori[sz]ed/,
    "The pool does not know this user name. Check the user name in the pool's settings: most pools want account.worker or a payout address.",
  ],
  [
    /nominal-hash-?rate/,
    'The pool did not accept the hashrate we declared. Reconnect once rigs are hashing, or use another pool.',
  ],
  [
    /max-?target/,
    'The pool cannot give work this easy: its lowest difficulty is too high for the connected rigs. Use a pool for smaller rigs.',
  ],
  [
    /standard-channels-not|extended-channels-not|channel-kind/,
    'The pool does not offer this kind of channel with these settings. Change the channel setting of this pool, or use another pool.',
  ],
  [
    /min-extranonce-size/,
    'The pool does not grant enough search space for all rigs on one channel. Give each rig its own channel at this pool, or use another pool.',
  ],
  [
    /feature-flag|unsupported-flag/,
    'The pool lacks a feature that we asked for. Turn off work selection for this pool, or use its Stratum V1 address.',
  ],
  [
    /version-mismatch|protocol-version/,
    "The pool speaks another version of Stratum V2. Update Headframe, or use the pool's Stratum V1 address.",
  ],
  [
    /unsupported-protocol/,
    "This address does not offer this service. Check that host and port are the pool's mining address.",
  ],
  [/duplicate/, 'The pool had this share already. Rigs that repeat shares need a restart or newer firmware.'],
  [
    /stale-chain-tip|stale-template|template-id-not-found/,
    'A new block arrived meanwhile, so the offered work was out of date. Nothing to do; it is replaced.',
  ],
  [/stale|job-not-found/, 'The share came too late, for work that was replaced. A few are normal.'],
  [
    /(difficulty|diff).*low|low.*(difficulty|diff)|above-target|high-hash/,
    'The pool found the share too easy for its target. If it happens often, reconnect the pool.',
  ],
  [
    /extranonce/,
    'The pool found the wrong extranonce length in the share. Reconnect the pool; if it persists, report it.',
  ],
  [
    /version-rolling|version-bit/,
    "The share changed version bits this pool does not allow. Set the pool's version mask to the 16-bit one, or turn version rolling off.",
  ],
  [/jd-not-supported/, 'The pool does not accept your own block templates. Mine on its templates instead.'],
  [
    /mining-job-token/,
    'The permission for your own template ran out. A new one is requested; if it persists, reconnect.',
  ],
  [/not-yet-validated/, 'The pool is still checking your own template. Shares wait until it has.'],
  [
    /missing-tx/,
    'The pool lacks transactions of your template. They are sent; if it persists, check your node.',
  ],
  [
    /coinbase|merkle-path|nbits|min-?ntime|invalid-version|job-param/,
    'The pool found a mistake in your own block template. Check your node, or mine on the templates of the pool.',
  ],
  [
    /channel-id/,
    'The pool does not know our channel any more. The channel is opened again; if it persists, reconnect.',
  ],
  [/job-id|invalid-job/, 'The pool does not know the work this answers. If it happens often, reconnect.'],
  [
    /invalid-share/,
    'The pool found the share invalid. If it happens often, check the clock of this machine and the rig.',
  ],
  [
    /internal|unavailable|overload|busy/,
    'The pool has a problem of its own. Wait a while, or use another pool.',
  ],
]

const MAX_SHOWN_CODE_LENGTH = 60

/**
 * A sentence for the person who owns the rigs, chosen by keywords; for a code nobody knows, one that
 * quotes it (without control characters, at most 60 characters).
 */
export function describeErrorCode(errorCode: string): string {
  const code = errorCode.toLowerCase().replaceAll(/[_\s]+/g, '-')
  for (const [keyword, sentence] of sentences) if (keyword.test(code)) return sentence
  const shown = errorCode.replaceAll(/[^\x20-\x7e]+/g, '?').slice(0, MAX_SHOWN_CODE_LENGTH)
  if (shown.trim() === '') return 'The pool refused without a reason. Ask the pool if it happens often.'
  return `The pool refused with "${shown}". Ask the pool what it means if it happens often.`
}
