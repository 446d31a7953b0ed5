/**
 * Gives the practice farm a year of history: what its machines would have measured and earned goes the way that
 * everything recorded goes, through the same calls.
 */
import { type Downstream, type RigDetail } from '../../src-preload/contract/index.ts'
import { type Clock, HeadframeError } from '../base/index.ts'
import { type FarmEvent, type Sample } from '../history/index.ts'
import { pastLedger, type PastMachine, pastYear } from '../practice/index.ts'
import { type HistorySide } from './history-side.ts'
import { type MoneyBook } from './money-book.ts'
import { type NamedRig } from './history-desk.ts'

export interface PracticeYearParts {
  readonly side: HistorySide
  readonly book: MoneyBook
  named(): readonly NamedRig[]
  /** Undefined for a rig that is not there any more. */
  detail(rigId: string): RigDetail | undefined
  downstreams(): readonly Downstream[]
  poolIds(): readonly string[]
  /** Of the network, as it is counted with. */
  networkDifficulty(): number | null
}

const DAY_MS = 86_400_000
const YEAR_DAYS = 365
const SEED = 20_261_122
/** Samples of one write. */
const SAMPLES_AT_ONCE = 2000
/** Folded every so often, so that unfolded rows stay few. */
const FOLD_AFTER_SAMPLES = 200_000
/** Batches that wait for the history; far more than these would be put together. */
const BATCHES_AT_ONCE = 500
/** A price that nobody will take for advice. */
const PRACTICE_MINOR_PER_BTC = 6_000_000
const HASHES_PER_DIFFICULTY = 2 ** 32
const SUBSIDY_SATS = 312_500_000

/** @throws HeadframeError `practice/year-running`, and why the history refuses */
export function practiceYear(
  clock: Clock,
  parts: () => PracticeYearParts,
): (chainDifficulty: number) => Promise<void> {
  let running = false
  return async (chainDifficulty) => {
    if (running) {
      throw new HeadframeError('practice/year-running', 'A year is being made already. Wait for it to end.')
    }
    running = true
    try {
      await addYear(clock, parts(), chainDifficulty)
    } finally {
      running = false
    }
  }
}

async function addYear(clock: Clock, parts: PracticeYearParts, chainDifficulty: number): Promise<void> {
  const { side, book } = parts
  const toMs = (await firstMoment(side)) ?? clock.nowMs()
  const fromMs = clock.nowMs() - YEAR_DAYS * DAY_MS
  const machines = parts.named().map((rig) => machineOf(rig, parts))
  const difficulty = parts.networkDifficulty() ?? chainDifficulty
  await addLedger(clock.nowMs(), parts, machines, difficulty, fromMs, toMs)
  let samples: Sample[] = []
  let events: FarmEvent[] = []
  let batches = 0
  let unfolded = 0
  const write = async (): Promise<void> => {
    batches = 0
    await side.history.call('recordSamples', samples)
    if (events.length > 0) await side.history.call('recordEvents', events)
    unfolded += samples.length
    samples = []
    events = []
    await side.feed.settled()
    if (unfolded < FOLD_AFTER_SAMPLES) return
    unfolded = 0
    await upkeep()
  }
  const upkeep = async (): Promise<void> => {
    const { retention } = book.content
    await side.history.call('upkeep', { nowMs: clock.nowMs(), retention, space: null })
  }
  // All at the pool whose account reports, so that what is expected and what is told can be compared.
  const accountPool = book.content.accounts[0]?.poolId ?? null
  const poolIds = accountPool === null ? parts.poolIds() : [accountPool]
  for (const step of pastYear({ machines, poolIds, fromMs, toMs, seed: SEED })) {
    samples.push(...step.samples)
    events.push(...step.events)
    if (step.coveredMs > 0) {
      side.feed.addPast(step.atMs, step.coveredMs, step.shares)
      batches++
    }
    if (samples.length >= SAMPLES_AT_ONCE || batches >= BATCHES_AT_ONCE) await write()
  }
  await write()
  await upkeep()
}

/** Nothing is made of a time that was recorded: the year ends where the farm's own history begins. */
async function firstMoment({ reader }: HistorySide): Promise<number | null> {
  return reader.call('firstMoment', null)
}

function machineOf({ rigId, rigKey, name }: NamedRig, parts: PracticeYearParts): PastMachine {
  const detail = rigId === null ? undefined : parts.detail(rigId)
  return {
    rigId,
    rigKey,
    name,
    hashrateHs: detail?.rig.hashrateHs ?? detail?.rig.expectedHs ?? null,
    shareHashrateHs: parts.downstreams().find((downstream) => downstream.rigKey === rigKey)?.hashrateHs ?? 0,
    powerW: detail?.rig.powerW ?? null,
    chipC: detail?.rig.chipMaxC ?? null,
    fanRpm: detail?.rig.fanRpm ?? null,
    frequencyMHz: detail?.settings.frequencyMHz ?? null,
  }
}

async function addLedger(
  nowMs: number,
  { side, book }: PracticeYearParts,
  machines: readonly PastMachine[],
  networkDifficulty: number,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const hashrateHs = machines.reduce((sum, { shareHashrateHs }) => sum + shareHashrateHs, 0)
  const workPerDay = (hashrateHs * DAY_MS) / 1000 / HASHES_PER_DIFFICULTY
  const fact = await side.reader.call('latestFact', nowMs)
  const { facts, prices, accountDays, payouts } = pastLedger({
    ...{ fromMs, toMs, networkDifficulty },
    seed: SEED,
    height: fact?.height ?? 1000,
    currency: book.content.settings.currency,
    minorPerBtc: PRACTICE_MINOR_PER_BTC,
    accountId: book.content.accounts[0]?.id ?? null,
    satsPerDay: Math.round((workPerDay / networkDifficulty) * SUBSIDY_SATS),
  })
  await side.history.call('recordLedger', { facts, prices, accountDays, payouts })
}
