/**
 * What a rig's own page shows beyond the row of the table: chips, several pools, errors with remedies, tunings, raw
 * replies, values over time. Made up, plausible, and the same every time.
 */
import type {
  HistorySeries,
  Rig,
  RigBoard,
  RigChip,
  RigDetail,
  RigError,
  RigPool,
  RigRawReplies,
  Tuning,
  TuningGoal,
  TuningTrial,
} from '../../src-preload/contract/index.ts'
import { pretendRigDetail } from './pretend-fleet-rigs.ts'

/** Between 0 and 1, the same for the same number. */
const noise = (seed: number): number => {
  const value = Math.sin(seed * 127.1) * 43_758.5453
  return value - Math.floor(value)
}

/** A field of chips: warmer towards the outlet, one of them dead where `deadIndex` says so. */
export function pretendChips(
  boards: number,
  chipsPerBoard: number,
  given: { hotC?: number; chipHs?: number; deadIndex?: number } = {},
): RigChip[] {
  const { hotC = 72, chipHs = 6e11, deadIndex } = given
  return Array.from({ length: boards * chipsPerBoard }, (_, at) => {
    const boardSlot = Math.floor(at / chipsPerBoard)
    const index = at % chipsPerBoard
    const dead = at === deadIndex
    const along = index / Math.max(1, chipsPerBoard - 1)
    return {
      boardSlot,
      index,
      hashrateHs: dead ? 0 : chipHs * (0.94 + 0.1 * noise(at + 3)),
      temperatureC: dead ? null : Math.round((hotC - 14 + 12 * along + 4 * noise(at)) * 10) / 10,
      frequencyMHz: 610,
      voltageV: null,
      errors: dead ? 0 : noise(at + 9) > 0.93 ? Math.round(noise(at) * 40) : 0,
      working: !dead,
    }
  })
}

const board = (given: Partial<RigBoard> & { slot: number }): RigBoard => ({
  label: String(given.slot),
  serial: null,
  hashrateHs: null,
  expectedHs: null,
  chipsWorking: null,
  chipsExpected: null,
  boardC: null,
  chipMinC: null,
  chipAverageC: null,
  chipMaxC: null,
  inletC: null,
  outletC: null,
  frequencyMHz: null,
  voltageV: null,
  hardwareErrors: null,
  active: true,
  missing: false,
  ...given,
})

export function pretendRigPool(given: Partial<RigPool> & { index: number }): RigPool {
  return {
    url: 'stratum+tcp://pool.example.com:3333',
    user: 'farm.rig',
    group: null,
    alive: true,
    active: false,
    devFee: false,
    accepted: 0,
    rejected: 0,
    stale: 0,
    difficulty: null,
    pingMs: null,
    lastShareAtMs: null,
    ...given,
  }
}

function bigBoards(rig: Rig, count: number, chips: number): RigBoard[] {
  const share = (value: number | null): number | null => (value === null ? null : value / count)
  return Array.from({ length: count }, (_, slot) => {
    const weak = slot === 1 ? 0.82 : 1
    const hashrateHs = share(rig.hashrateHs)
    return board({
      slot,
      label: String(slot + 1),
      serial: `HB${(880_120 + slot * 17).toString()}`,
      hashrateHs: hashrateHs === null ? null : hashrateHs * weak,
      expectedHs: share(rig.expectedHs),
      chipsWorking: slot === 1 ? chips - 1 : chips,
      chipsExpected: chips,
      boardC: rig.boardMaxC === null ? null : rig.boardMaxC - slot,
      chipMinC: rig.chipMaxC === null ? null : rig.chipMaxC - 16 - slot,
      chipMaxC: rig.chipMaxC === null ? null : rig.chipMaxC - slot,
      inletC: 31 + slot,
      outletC: 58 - slot,
      frequencyMHz: 610,
      voltageV: 13.4,
      hardwareErrors: slot === 1 ? 214 : slot * 3,
    })
  })
}

const FAN = { rpm: 5040, dutyPercent: 72, ok: true } as const

export const pretendErrors = (now: number): RigError[] => [
  {
    code: 'J0:8',
    text: 'Board 2 lost a chip: it finds 107 of 108.',
    remedy: 'Reboot the rig. If the chip stays away, the board needs repair; it mines on with the others.',
    severity: 'error',
    component: 'board 2',
    sinceMs: null,
    firstSeenAt: now - 7_460_000,
    lastSeenAt: now - 4000,
  },
  {
    code: 'V:1',
    text: 'Fan 2 turns slower than it should.',
    remedy: 'Clean it. If it grinds or stands still at times, replace it.',
    severity: 'warning',
    component: 'fan 2',
    sinceMs: null,
    firstSeenAt: now - 86_400_000,
    lastSeenAt: now - 64_000,
  },
]

/** What differs from the plain detail of a rig, so that its page has something to show; by family. */
export function pretendDressing(rig: Rig, now: number): Partial<RigDetail> {
  const axe = rig.family === 'axeos' || rig.family === 'nerdq'
  if (rig.readAt === null || rig.freshness === 'gone') return { boards: [], chips: [], fans: [], psuFans: [] }
  const here = 'stratum+tcp://192.0.2.10:3333'
  const shown = pretendRigDetail(rig)
  if (axe)
    return {
      chips: pretendChips(1, rig.family === 'nerdq' ? 4 : 1, {
        hotC: 62,
        chipHs: (rig.hashrateHs ?? 1e12) / 4,
      }),
      blocksFound: 0,
      bestSession: (rig.bestShare ?? 2e9) / 3,
      inputCurrentA: 3.56,
      settings: { ...shown.settings, targetC: 60, fanAuto: true },
      rejectReasons: [
        { reason: 'Above target', count: 4 },
        { reason: 'Job not found', count: 2 },
      ],
      pools: [
        pretendRigPool({
          ...shown.pools[0],
          index: 0,
          active: true,
          accepted: rig.accepted,
          rejected: rig.rejected,
          pingMs: 21,
          difficulty: 2048,
        }),
        pretendRigPool({
          index: 1,
          url: 'stratum+tcp://backup.example.net:3333',
          user: 'farm.gamma1',
          alive: null,
          accepted: null,
          rejected: null,
          stale: null,
        }),
      ],
    }
  const chips = rig.family === 'proto' ? 100 : 108
  const boards = rig.family === 'proto' ? 9 : 3
  const faulty = rig.family === 'antminer'
  return {
    controlBoard: 'Amlogic A113D',
    apiVersion: '3.7',
    boards: bigBoards(rig, boards, chips).concat(
      rig.family === 'whatsminer' ? [board({ slot: 3, label: '4', missing: true, active: false })] : [],
    ),
    chips: pretendChips(boards, chips, {
      hotC: rig.chipMaxC ?? 72,
      chipHs: 6.2e11,
      deadIndex: faulty ? chips + 41 : -1,
    }),
    fans: [
      { ...FAN, label: '1' },
      { ...FAN, label: '2', rpm: faulty ? 2140 : 5100, ok: !faulty },
      { ...FAN, label: '3', rpm: 4980 },
      { ...FAN, label: '4' },
    ],
    psuFans: [{ label: '', rpm: 7200, dutyPercent: null, ok: true }],
    temperatures: { ...shown.temperatures, ambientC: 27 },
    inputVoltageV: 231,
    errors: faulty ? pretendErrors(now) : shown.errors,
    pools: [
      pretendRigPool({
        ...shown.pools[0],
        index: 0,
        url: rig.minesHere === true ? here : (rig.pool?.url ?? here),
        active: true,
        accepted: rig.accepted,
        rejected: rig.rejected,
        stale: 3,
        difficulty: 524_288,
        pingMs: 18,
        lastShareAtMs: rig.lastShareAt,
      }),
      pretendRigPool({
        index: 1,
        url: 'stratum+tcp://backup.example.net:3333',
        user: 'farm.spare',
        alive: false,
        difficulty: 0,
      }),
      ...(rig.family === 'vnish' || rig.family === 'luxos'
        ? [
            pretendRigPool({
              index: 9,
              url: 'stratum+ssl://fee.example.org:4433',
              user: 'DevFee',
              devFee: true,
              accepted: 121,
              rejected: 0,
              stale: null,
              difficulty: 524_288,
              pingMs: 44,
            }),
          ]
        : []),
    ],
  }
}

interface Step {
  mhz: number
  mv: number
  verdict: TuningTrial['verdict']
  because: string
}
const STEPS: readonly Step[] = [
  { mhz: 525, mv: 1150, verdict: 'good', because: '' },
  { mhz: 525, mv: 1100, verdict: 'good', because: '' },
  {
    mhz: 525,
    mv: 1060,
    verdict: 'too-many-errors',
    because: '2.41 % of its hashes were wrong; you allowed 1 %.',
  },
  { mhz: 490, mv: 1060, verdict: 'good', because: '' },
  { mhz: 490, mv: 1000, verdict: 'too-slow', because: 'It did 71 % of what this frequency ought to give.' },
  { mhz: 400, mv: 1000, verdict: 'good', because: '' },
  {
    mhz: 550,
    mv: 1100,
    verdict: 'too-many-errors',
    because: '1.38 % of its hashes were wrong; you allowed 1 %.',
  },
  { mhz: 600, mv: 1200, verdict: 'too-hot', because: 'The chip reached 68.4 °C; you allowed 65 °C.' },
]

/** One setting, watched to its end, at `index` of the made-up search. */
export function pretendTrial(index: number, startedAt: number, stepMs = 90_000): TuningTrial {
  const { mhz, mv, verdict, because } = STEPS[index % STEPS.length]!
  const watts = 4 + 14.2 * (mhz / 525) * (mv / 1150) ** 2
  const hashrateHs = 1.18e12 * (mhz / 525) * (verdict === 'too-slow' ? 0.71 : 0.98 + 0.02 * noise(index))
  return {
    frequencyMHz: mhz,
    coreVoltageMv: mv,
    startedAt,
    endedAt: startedAt + stepMs,
    hashrateHs,
    powerW: watts,
    efficiencyJTh: watts / (hashrateHs / 1e12),
    chipC: verdict === 'too-hot' ? 68.4 : 34 + watts * 1.35,
    regulatorC: 40 + watts * 1.2,
    errorPercent: verdict === 'too-many-errors' ? (index === 2 ? 2.41 : 1.38) : 0.2 + 0.3 * noise(index + 5),
    fanPercent: Math.round(30 + watts * 1.7),
    verdict,
    because,
  }
}

export const PRETEND_TRIALS = STEPS.length

/** The good trial that is best for J/TH; null while there is none. */
export function bestPretendTrial(trials: readonly TuningTrial[]): number | null {
  let best: number | null = null
  for (const [index, trial] of trials.entries())
    if (
      trial.verdict === 'good' &&
      (best === null || (trial.efficiencyJTh ?? Infinity) < (trials[best]!.efficiencyJTh ?? Infinity))
    )
      best = index
  return best
}

/** A tuning after `count` settings; the last one still being watched while it runs. */
export function pretendTuning(
  id: string,
  now: number,
  given: { count?: number; state?: Tuning['state']; goal?: TuningGoal; message?: string } = {},
): Tuning {
  const { count = PRETEND_TRIALS, state = 'done', goal = 'efficiency' } = given
  const running = state === 'running'
  const startedAt = now - count * 94_000
  const trials = Array.from({ length: count }, (_, index) => {
    const trial = pretendTrial(index, startedAt + index * 94_000)
    return running && index === count - 1
      ? { ...trial, endedAt: null, verdict: 'running' as const, because: '' }
      : trial
  })
  const best = bestPretendTrial(trials)
  const last = trials.at(-1)
  const chosen = best === null ? null : trials[best]!
  return {
    id,
    state,
    goal,
    startedAt,
    endedAt: running ? null : now,
    before: { frequencyMHz: 525, coreVoltageMv: 1150 },
    best,
    trials,
    message:
      given.message ??
      (running
        ? `Watches ${last?.frequencyMHz ?? 525} MHz at ${last?.coreVoltageMv ?? 1150} mV for 90 s.`
        : `Runs at ${chosen?.frequencyMHz ?? 525} MHz at ${chosen?.coreVoltageMv ?? 1150} mV, the best that was found.`),
  }
}

export function pretendRaw(rig: Rig, now: number): RigRawReplies {
  const info = {
    hashRate: 1180.2,
    hashRate_1m: 1176.9,
    temp: rig.chipMaxC,
    power: rig.powerW,
    frequency: 525,
    coreVoltage: 1150,
    stratumURL: 'pool.example.com',
    stratumUser: '•••',
    stratumPassword: '•••',
    pools: [{ id: 0, stratumURL: 'pool.example.com', stratumPort: 3333, stratumUser: '•••' }],
  }
  const text = JSON.stringify(info)
  const broken = '{"STATUS":[{"STATUS":"S"}],"STATS":[{"GHS 5s":"200.1","temp1":61,}]}'
  return {
    rigId: rig.id,
    replies: [
      { request: 'GET /api/system/info', at: now - 4000, text, bytes: text.length, repaired: [] },
      {
        request: '4028 stats',
        at: now - 4000,
        text: broken,
        bytes: broken.length,
        repaired: ['a comma before a closing brace was taken out'],
      },
      {
        request: 'GET /log.txt',
        at: now - 64_000,
        text: '[12:00:01] boot\n[12:00:07] hashing\n',
        bytes: 190_000,
        repaired: [],
      },
    ],
  }
}

/** A rig's values over time, with half an hour in which it was not read; null for what it does not measure. */
export function pretendRigHistory(
  metric: HistorySeries['metric'],
  rig: Rig,
  from: number,
  to: number,
  points: number,
): HistorySeries['points'] {
  const base = {
    'rig-hashrate': rig.expectedHs,
    'rig-chip-temperature': rig.chipMaxC,
    'rig-power': rig.powerW,
    'rig-fan': rig.fanRpm,
    'rig-hash-errors': rig.family === 'axeos' ? 0.3 : null,
  }[metric as string]
  return Array.from({ length: points }, (_, index) => {
    const at = Math.floor(from + ((to - from) * index) / points)
    const hours = at / 3_600_000
    const wave = 1 + 0.03 * Math.sin(hours / 3.8) + 0.012 * Math.sin(hours * 5) + 0.02 * (noise(index) - 0.5)
    const unread = to - at > 2_100_000 && to - at < 3_000_000
    return { at, value: base == null || unread ? null : base * wave }
  })
}
