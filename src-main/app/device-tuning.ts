/** A device on this machine's own ports as something that the fleet's tuner tunes. */
import { type Clock, HeadframeError, sleep } from '../base/index.ts'
import { type BoardModel, tuningLimits } from '../drivers/index.ts'
import {
  type TuningLook,
  type TuningMeasures,
  type TuningSetting,
  type TuningSubject,
} from '../fleet/index.ts'
import { type DeviceKeeper } from './device-keeper.ts'

export interface DeviceSubjectParts {
  readonly clock: Clock
  readonly keeper: DeviceKeeper
  readonly busy: string | null
  /** The program ends: boards are off, and nobody tells how they do. */
  isEnding(): boolean
  setBusy(action: string | null): void
  /** @throws HeadframeError `board/…` */
  change(setting: { frequencyMhz: number; coreVoltageMv: number }): Promise<void>
}

/** A ramp over the whole range takes some ten seconds. */
const APPLY_LIMIT_MS = 60_000
const LOOK_EVERY_MS = 250
/** Chips make their clock only about. */
const SAME_MHZ = 3

export function deviceSubject(parts: DeviceSubjectParts): TuningSubject {
  const { keeper } = parts
  return {
    name: keeper.name,
    busy: parts.busy,
    setBusy: (action) => parts.setBusy(action),
    start() {
      const { frequencyMhz, coreVoltageMv } = settingsOf(keeper)
      const limits = tuningLimits(modelOf(keeper))
      if (!limits.ok) throw new HeadframeError('tuning/not-supported', limits.error.message)
      if (coreVoltageMv === null || !isHashing(keeper)) {
        throw new HeadframeError(
          'tuning/not-supported',
          `${keeper.name} does not mine now. Tuning needs a board at work.`,
        )
      }
      const { frequenciesMHz, voltagesMv, maxPowerW } = limits.value
      return {
        before: { frequencyMHz: frequencyMhz, coreVoltageMv },
        frequenciesMHz,
        voltagesMv,
        ratedPowerW: maxPowerW,
      }
    },
    apply: (setting) => apply(parts, setting),
    look: () => Promise.resolve(look(keeper)),
  }
}

async function apply(
  { clock, keeper, change, isEnding }: DeviceSubjectParts,
  { frequencyMHz, coreVoltageMv }: TuningSetting,
): Promise<void> {
  await change({ frequencyMhz: frequencyMHz, coreVoltageMv })
  const untilMs = clock.monotonicMs() + APPLY_LIMIT_MS
  while (clock.monotonicMs() < untilMs) {
    if (keeper.attached === null || isCut(keeper) || isEnding()) return
    const chain = keeper.chain?.chain
    const clockMhz = chain?.frequency.actualMhz ?? null
    const isThere = clockMhz !== null && Math.abs(clockMhz - frequencyMHz) <= SAME_MHZ
    if (chain?.state === 'hashing' && isThere && chain.coreVoltage.setMv === coreVoltageMv) return
    await sleep(clock, LOOK_EVERY_MS)
  }
  throw new HeadframeError(
    'tuning/not-applied',
    `${keeper.name} did not come to ${frequencyMHz} MHz at ${coreVoltageMv} mV within a minute.`,
  )
}

function look(keeper: DeviceKeeper): TuningLook | null {
  if (keeper.attached === null) return null
  const { chain, safety } = keeper
  if (isCut(keeper)) return { shutDown: safety?.cut?.cause ?? 'power cut', measures: measuresOf(keeper) }
  return chain === null ? null : { shutDown: null, measures: measuresOf(keeper) }
}

function measuresOf({ chain, safety }: DeviceKeeper): TuningMeasures {
  const rate = chain?.chain.rate
  const counts = chain?.chain.counts
  const replies = (counts?.nonces ?? 0) + (counts?.hardwareErrors ?? 0)
  const readings = safety?.readings
  return {
    hashrateHs: rate === undefined || rate.isSettling ? null : rate.hashrateHs,
    powerW: readings?.powerW ?? null,
    chipC: readings?.chipC ?? null,
    regulatorC: readings?.regulatorC ?? null,
    errorPercent: replies === 0 ? null : ((counts?.hardwareErrors ?? 0) / replies) * 100,
    fanPercent: readings?.fanPermille == null ? null : readings.fanPermille / 10,
    expectedHs: chain?.chain.expectedHs ?? null,
  }
}

function isHashing({ chain }: DeviceKeeper): boolean {
  return chain?.chain.state === 'hashing' || chain?.chain.state === 'retuning'
}

function isCut({ chain, safety }: DeviceKeeper): boolean {
  return chain?.chain.state === 'cut' || safety?.state === 'cooling' || safety?.state === 'latched'
}

function modelOf({ model, name }: DeviceKeeper): BoardModel {
  if (model) return model
  throw new HeadframeError('tuning/not-supported', `It is not known yet which board ${name} is.`)
}

function settingsOf({ record, name }: DeviceKeeper): { frequencyMhz: number; coreVoltageMv: number | null } {
  if (record.settings) return record.settings
  throw new HeadframeError('tuning/not-supported', `${name} has no settings yet.`)
}
