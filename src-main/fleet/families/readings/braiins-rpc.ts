/**
 * Replies of Braiins OS's RPC on 4028 as a reading: what it tells without a password. Rates in MH/s. Boards of an S9 are
 * numbered 6 to 8, else from 1. Pure, never throws. Governing document: rig API digest, sections 2 and 5.2.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  lastShareOf,
  listOf,
  maxOf,
  mhsToHs,
  sumOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  NO_HASHRATES,
  NO_SETTINGS,
  NO_SHARES,
  NO_TEMPERATURES,
  poolEntry,
  reading,
  type RigReading,
  type RigWorkState,
} from '../../model/reading.ts'
import { machineName } from './machine-name.ts'

/** Parsed replies by command; absent is what failed. */
export interface BraiinsRpcReplies {
  readonly version?: unknown
  readonly summary?: unknown
  readonly devs?: unknown
  readonly devdetails?: unknown
  readonly temps?: unknown
  readonly fans?: unknown
  readonly pools?: unknown
  readonly tunerstatus?: unknown
}

/** A miner that does not hash after this time is not starting any more. */
const STARTS_WITHIN_S = 600

/** @param atMs when the replies arrived, epoch milliseconds */
export function readBraiinsRpc(replies: BraiinsRpcReplies, atMs: number): RigReading {
  const summary = at(replies.summary, 'SUMMARY', 0)
  const tuner = at(replies.tunerstatus, 'TUNERSTATUS', 0)
  const boards = readBoards(replies)
  const minerUptimeS = countOf(at(summary, 'Elapsed'))
  const nowHs = mhsToHs(at(summary, 'MHS 5s')) ?? sumOf(boards.map(({ hashrateHs }) => hashrateHs))
  const powerW = countOf(at(tuner, 'ApproximateMinerPowerConsumption'))
  return reading({
    atMs,
    family: 'braiins',
    firmware: 'Braiins OS',
    ...machineName(textOf(at(replies.devdetails, 'DEVDETAILS', 0, 'Model'))),
    apiVersion: textOf(at(replies.version, 'VERSION', 0, 'API')),
    state: readState(replies, nowHs, minerUptimeS),
    hashrates: {
      ...NO_HASHRATES,
      nowHs,
      minuteHs: mhsToHs(at(summary, 'MHS 1m')),
      fiveMinutesHs: mhsToHs(at(summary, 'MHS 5m')),
      fifteenMinutesHs: mhsToHs(at(summary, 'MHS 15m')),
      dayHs: mhsToHs(at(summary, 'MHS 24h')),
      averageHs: mhsToHs(at(summary, 'MHS av')),
    },
    expectedHs: mhsToHs(
      sumOf(listOf(at(replies.devs, 'DEVS')).map((dev) => countOf(at(dev, 'Nominal MHS')))),
    ),
    boards,
    fans: listOf(at(replies.fans, 'FANS')).map((fan, index) => ({
      label: textOf(at(fan, 'ID')) ?? String(index),
      rpm: countOf(at(fan, 'RPM')),
      dutyPercent: countOf(at(fan, 'Speed')),
      ok: null,
    })),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
    },
    powerW,
    powerSource: powerW === null ? null : 'estimated',
    settings: { ...NO_SETTINGS, powerLimitW: countOf(at(tuner, 'PowerLimit')) },
    minerUptimeS,
    shares: {
      ...NO_SHARES,
      accepted: countOf(at(summary, 'Accepted')),
      rejected: countOf(at(summary, 'Rejected')),
      stale: countOf(at(summary, 'Stale')),
    },
    bestShare: difficultyOf(at(summary, 'Best Share')),
    blocksFound: countOf(at(summary, 'Found Blocks')),
    pools: listOf(at(replies.pools, 'POOLS')).map((pool, index) => {
      const status = textOf(at(pool, 'Status'))
      return poolEntry({
        index: countOf(at(pool, 'POOL')) ?? index,
        url: textOf(at(pool, 'URL')) ?? '',
        user: textOf(at(pool, 'User')) ?? '',
        alive: status === null ? null : status.toLowerCase() === 'alive',
        active: booleanOf(at(pool, 'Stratum Active')) ?? false,
        accepted: countOf(at(pool, 'Accepted')),
        rejected: countOf(at(pool, 'Rejected')),
        stale: countOf(at(pool, 'Stale')),
        difficulty: difficultyOf(at(pool, 'Stratum Difficulty')),
        lastShareAtMs: lastShareOf(at(pool, 'Last Share Time'), atMs, minerUptimeS),
      })
    }),
  })
}

/** Whether a person paused it, it does not tell here. */
function readState(
  replies: BraiinsRpcReplies,
  nowHs: number | null,
  minerUptimeS: number | null,
): RigWorkState {
  if (nowHs !== null && nowHs > 0) return 'mining'
  if (replies.summary === undefined && replies.devs === undefined) return 'miner-down'
  return (minerUptimeS ?? 0) > STARTS_WITHIN_S ? 'stopped' : 'starting'
}

function readBoards({ devs, devdetails, temps }: BraiinsRpcReplies): BoardReading[] {
  const byId = (list: unknown, id: unknown): unknown =>
    listOf(list).find((entry) => countOf(at(entry, 'ID')) === countOf(id))
  return listOf(at(devs, 'DEVS')).map((dev, slot) => {
    const id = at(dev, 'ID')
    const temperatures = byId(at(temps, 'TEMPS'), id)
    const hashrateHs = mhsToHs(at(dev, 'MHS 5s')) ?? mhsToHs(at(dev, 'MHS 1m'))
    return board({
      slot,
      label: textOf(id) ?? String(slot),
      hashrateHs,
      expectedHs: mhsToHs(at(dev, 'Nominal MHS')),
      chipsWorking: countOf(at(byId(at(devdetails, 'DEVDETAILS'), id), 'Chips')),
      boardC: temperatureOf(at(temperatures, 'Board')),
      chipMaxC: temperatureOf(at(temperatures, 'Chip')),
      hardwareErrors: countOf(at(dev, 'Hardware Errors')),
      active: booleanOf(at(dev, 'Enabled')),
    })
  })
}
