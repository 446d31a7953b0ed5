/**
 * AxeOS, all generations: `/api/system/info` and `/api/system/asic` to a reading. Told apart by members and never by the
 * version's text, which forks keep or change as they like. Pure. Governing document: rig API digest, section 3.
 */
import {
  countOf,
  difficultyOf,
  booleanOf,
  listOf,
  isObject,
  type LooseObject,
  macOf,
  maxOf,
  numberOf,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  board,
  type ChipReading,
  type FanReading,
  NO_TEMPERATURES,
  poolEntry,
  type PoolReading,
  reading,
  type RigReading,
  type RigWorkState,
} from '../../model/reading.ts'
import {
  axeChipCount,
  axeChips,
  axeExpectedHs,
  axeHashrates,
  type AxePoolText,
  axePoolText,
  axeSettings,
  axeShares,
  axeUptimeS,
  coresTimes,
  isAxeInfo,
  percent,
  poolUrlOf,
  positive,
  signalDbm,
  thousandth,
} from './axe-info.ts'
import { axeosErrors } from './axeos-errors.ts'
import { axeosMachine } from './axeos-models.ts'

/** Until then a board that does not hash yet has only just started. */
const STARTING_S = 120

/**
 * @param info JSON of `/api/system/info`
 * @param asic JSON of `/api/system/asic`; null where the firmware has none (before 2.7)
 * @param atMs when the reply arrived
 * @returns null if this is not AxeOS
 */
export function readAxeos(info: unknown, asic: unknown, atMs: number): RigReading | null {
  if (!isAxeInfo(info)) return null
  const limits = objectOf(asic)
  const machine = axeosMachine(info, limits)
  const chipCount = axeChipCount(info, limits) ?? machine.chipCount
  const hashrates = axeHashrates(info)
  const expectedHs = axeExpectedHs(info, chipCount)
  const state = stateOf(info)
  const chips = axeChips(info)
  const chipC = maxOf([temperatureOf(info['temp']), temperatureOf(info['temp2'])])
  const errorCount = sumOf(chips.map(({ errors }) => errors))
  const fans = fansOf(info)
  const uptimeS = axeUptimeS(info)
  return reading({
    atMs,
    family: 'axeos',
    firmware: 'AxeOS',
    state,
    make: machine.make,
    model: machine.model,
    firmwareVersion: textOf(info['version']),
    controlBoard: textOf(info['boardVersion']),
    mac: macOf(info['macAddr']),
    hostname: textOf(info['hostname']),
    hashrates,
    expectedHs,
    stickerHs: coresTimes(positive(limits['defaultFrequency']), info, chipCount),
    boards: [
      board({
        slot: 0,
        label: 'Board',
        hashrateHs: hashrates.nowHs,
        expectedHs,
        chipsWorking: workingChips(chips),
        chipsExpected: chipCount,
        chipMaxC: chipC,
        frequencyMHz: positive(info['actualFrequency']) ?? positive(info['frequency']),
        voltageV: thousandth(info['coreVoltageActual']),
        hardwareErrors: errorCount,
        active: state === 'mining' || state === 'starting',
      }),
    ],
    chips,
    fans,
    temperatures: { ...NO_TEMPERATURES, chipMaxC: chipC, regulatorC: temperatureOf(info['vrTemp']) },
    powerW: countOf(info['power']),
    powerSource: countOf(info['power']) === null ? null : 'measured',
    ratedPowerW: positive(info['maxPower']),
    inputVoltageV: thousandth(info['voltage']),
    inputCurrentA: thousandth(info['current']),
    settings: axeSettings(info, limits),
    systemUptimeS: uptimeS,
    // There is no miner process apart from the firmware.
    minerUptimeS: uptimeS,
    shares: axeShares(info),
    bestShare: difficultyOf(info['bestDiff']),
    bestSession: difficultyOf(info['bestSessionDiff']),
    blocksFound: countOf(info['blockFound']),
    pools: axeosPools(info),
    errors: axeosErrors(info, { state, chips }),
    wifiRssiDbm: signalDbm(info['wifiRSSI']),
    hashErrorPercent: percent(info['errorPercentage']),
    hardwareErrors: errorCount,
    firmwareOptions: AXEOS_OPTIONS.filter((option) => Object.hasOwn(info, SHOWN_BY[option])),
  })
}

/** Things that came with some version, in the words of the firmware's paths and settings. */
export type AxeosOption = 'pools' | 'pause' | 'identify' | 'manualFanSpeed' | 'TLS' | 'SV2'

/** Members of `info` that came with them: `identify` has none of its own, but the windows of hashrate are as old. */
const SHOWN_BY: Readonly<Record<AxeosOption, string>> = {
  pools: 'pools',
  pause: 'miningPaused',
  identify: 'hashRate_1m',
  manualFanSpeed: 'manualFanSpeed',
  TLS: 'stratumTLS',
  SV2: 'stratumProtocol',
}
const AXEOS_OPTIONS = Object.keys(SHOWN_BY) as AxeosOption[]

function stateOf(info: LooseObject): RigWorkState {
  if (booleanOf(info['overheat_mode']) === true) return 'overheated'
  if (textOf(info['hardware_fault']) !== null || textOf(info['power_fault']) !== null) return 'error'
  if (booleanOf(info['miningPaused']) === true) return 'paused'
  if ((countOf(info['hashRate']) ?? 0) > 0) return 'mining'
  return (axeUptimeS(info) ?? Infinity) < STARTING_S ? 'starting' : 'stopped'
}

function workingChips(chips: readonly ChipReading[]): number | null {
  return chips.length === 0 ? null : chips.filter(({ working }) => working === true).length
}

/** The second one is listed as 0 rpm where there is none. */
function fansOf(info: LooseObject): FanReading[] {
  const dutyPercent = percent(info['fanspeed'])
  const first = countOf(info['fanrpm'])
  const second = positive(info['fan2rpm'])
  const fans: FanReading[] = []
  if (first !== null || dutyPercent !== null)
    fans.push({ label: 'Fan', rpm: first, dutyPercent, ok: turning(first) })
  if (second !== null) fans.push({ label: 'Fan 2', rpm: second, dutyPercent, ok: true })
  return fans
}

/** 0 rpm may be a fan without a signal wire; whether it is a fault depends on the rest. */
const turning = (rpm: number | null): boolean | null => (rpm === null || rpm === 0 ? null : true)

/** Whether this firmware keeps pools in slots (from 2.15 on): then the flat members are no settings any more. */
export function hasPoolSlots(info: LooseObject): boolean {
  return Array.isArray(info['pools'])
}

/**
 * Slots where there are any, else the primary and the fallback one as 0 and 1. Empty slots are not listed, so that it is
 * their `id` that counts. Indices in use are those loaded at the start of the rig.
 */
function axeosPools(info: LooseObject): PoolReading[] {
  const onFallback = booleanOf(info['isUsingFallbackStratum']) === true
  const connected = connectedBy(textOf(info['poolConnectionInfo']))
  const entry = (
    index: number,
    text: AxePoolText | null,
    user: unknown,
    place: 'first' | 'second' | 'spare',
  ) => {
    if (text === null) return []
    const active = place === (onFallback ? 'second' : 'first')
    return [
      poolEntry({
        index,
        url: poolUrlOf(text),
        user: textOf(user) ?? '',
        active,
        // It only falls back from a pool that does not answer.
        alive: active ? connected : place === 'first' ? false : null,
        accepted: active ? countOf(info['sharesAccepted']) : null,
        rejected: active ? countOf(info['sharesRejected']) : null,
        difficulty: active ? positive(info['poolDifficulty']) : null,
        pingMs: active ? positive(info['responseTime']) : null,
      }),
    ]
  }
  if (hasPoolSlots(info)) {
    const first = numberOf(info['primaryPoolIndex'])
    const second = numberOf(info['secondaryPoolIndex'])
    const slots = listOf(info['pools'])
      .filter(isObject)
      .flatMap((slot) => {
        const id = numberOf(slot['id'])
        if (id === null) return []
        const place =
          id === (onFallback ? second : first)
            ? onFallback
              ? 'second'
              : 'first'
            : id === first
              ? 'first'
              : 'spare'
        return entry(id, axePoolText(slot, 'stratum', 'stratumV2AuthorityPubkey'), slot['stratumUser'], place)
      })
    // Those in use come first, as they do everywhere else.
    const rank = ({ index }: PoolReading): number => (index === first ? 0 : index === second ? 1 : 2 + index)
    return slots.sort((a, b) => rank(a) - rank(b))
  }
  return [
    ...entry(0, axePoolText(info, 'stratum', 'stratumV2AuthorityPubkey'), info['stratumUser'], 'first'),
    ...entry(
      1,
      axePoolText(info, 'fallbackStratum', 'fallbackStratumV2AuthorityPubkey'),
      info['fallbackStratumUser'],
      'second',
    ),
  ]
}

/** `IPv4`, `IPv6 (TLS)` when connected; `Not Connected` or what went wrong otherwise (from 2.13 on). */
function connectedBy(text: string | null): boolean | null {
  return text === null ? null : /^(?:SV2: )?IPv[46]/i.test(text)
}
