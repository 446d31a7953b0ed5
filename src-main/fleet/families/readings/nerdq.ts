/**
 * NerdQ, the firmware of NerdAxe, NerdQAxe and their kin: `/api/system/info` and `/api/system/asic` to a reading. Accepts
 * the shapes of all its versions: with and without the `stratum` object, difficulties as numbers and as text. Pure.
 * Governing document: rig API digest, section 4.
 */
import {
  at,
  averageOf,
  booleanOf,
  countOf,
  difficultyOf,
  listOf,
  type LooseObject,
  macOf,
  maxOf,
  numberOf,
  objectOf,
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
  type RigError,
  type RigReading,
  type RigWorkState,
} from '../../model/reading.ts'
import {
  axeChipCount,
  axeExpectedHs,
  axeHashrates,
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

const STARTING_S = 120
/** Some lost, as Wi-Fi does, is nothing to speak of. */
const PING_LOSS_PERCENT = 20

/**
 * @param info JSON of `/api/system/info`
 * @param asic JSON of `/api/system/asic`; null where the firmware has none
 * @returns null if this is neither NerdQ nor AxeOS
 */
export function readNerdq(info: unknown, asic: unknown, atMs: number): RigReading | null {
  if (!isAxeInfo(info)) return null
  const limits = objectOf(asic)
  const chipCount = axeChipCount(info, limits)
  const hashrates = axeHashrates(info)
  const expectedHs = axeExpectedHs(info, chipCount)
  const state = stateOf(info)
  const chips = chipsOf(info)
  const chipC = maxOf([temperatureOf(info['temp']), ...chips.map(({ temperatureC }) => temperatureC)])
  const uptimeS = axeUptimeS(info)
  return reading({
    atMs,
    family: 'nerdq',
    firmware: 'NerdQ',
    state,
    make: 'NerdAxe',
    model: textOf(info['deviceModel']) ?? textOf(limits['deviceModel']),
    firmwareVersion: textOf(info['version']),
    mac: macOf(info['macAddr']),
    hostname: textOf(info['hostname']),
    hashrates,
    expectedHs,
    stickerHs: coresTimes(
      positive(info['defaultFrequency']) ?? positive(limits['defaultFrequency']),
      info,
      chipCount,
    ),
    boards: [
      board({
        slot: 0,
        label: 'Board',
        hashrateHs: hashrates.nowHs,
        expectedHs,
        chipsExpected: chipCount,
        chipAverageC: averageOf(chips.map(({ temperatureC }) => temperatureC)),
        chipMaxC: chipC,
        frequencyMHz: positive(info['frequency']),
        voltageV: thousandth(info['coreVoltageActual']),
        active: state === 'mining' || state === 'starting',
      }),
    ],
    chips,
    fans: fansOf(info),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: chipC,
      regulatorC: maxOf([temperatureOf(info['vrTemp']), temperatureOf(info['vrTempInt'])]),
    },
    powerW: countOf(info['power']),
    powerSource: countOf(info['power']) === null ? null : 'measured',
    ratedPowerW: positive(info['maxPower']),
    inputVoltageV: thousandth(info['voltage']),
    inputCurrentA: countOf(info['currentA']) ?? thousandth(info['current']),
    settings: axeSettings(info, limits),
    systemUptimeS: uptimeS,
    minerUptimeS: uptimeS,
    shares: axeShares(info),
    bestShare: difficultyOf(info['bestDiff']),
    bestSession: difficultyOf(info['bestSessionDiff']),
    blocksFound: countOf(info['totalFoundBlocks']) ?? countOf(info['foundBlocks']),
    pools: poolsOf(info),
    errors: errorsOf(info, state),
    wifiRssiDbm: signalDbm(info['wifiRSSI']),
    hardwareErrors: countOf(info['duplicateHWNonces']),
    firmwareOptions: NERDQ_OPTIONS.filter((option) => SHOWN_BY[option](info)),
  })
}

/** Things of which `info` shows whether they are there, and `otp`: changes need a one-time code. */
export type NerdqOption = 'otp' | 'shutdown' | 'reconnect' | 'TLS' | 'SV2' | 'fans'

const SHOWN_BY: Readonly<Record<NerdqOption, (info: LooseObject) => boolean>> = {
  otp: (info) => booleanOf(info['otp']) === true,
  shutdown: (info) => Object.hasOwn(info, 'shutdown'),
  // Firmware with this object connects anew by itself when pools are changed.
  reconnect: (info) => Object.hasOwn(info, 'stratum'),
  TLS: (info) => Object.hasOwn(info, 'stratumTLS'),
  SV2: (info) => Object.hasOwn(info, 'stratumProtocol'),
  fans: (info) => Array.isArray(info['fans']),
}
const NERDQ_OPTIONS = Object.keys(SHOWN_BY) as NerdqOption[]

function stateOf(info: LooseObject): RigWorkState {
  if (booleanOf(info['shutdown']) === true) return tooHot(info) ? 'overheated' : 'paused'
  if ((countOf(info['hashRate']) ?? 0) > 0) return 'mining'
  return (axeUptimeS(info) ?? Infinity) < STARTING_S ? 'starting' : 'stopped'
}

/** It keeps `shutdown` while it cools down, so that this is seen for a minute at most. */
function tooHot(info: LooseObject): boolean {
  const limit = positive(info['overheat_temp'])
  const degrees = temperatureOf(info['temp'])
  return limit !== null && degrees !== null && degrees >= limit
}

/** Temperatures by chip; boards whose chips have no sensors list zeros. */
function chipsOf(info: LooseObject): ChipReading[] {
  const temperatures = listOf(info['asicTemps']).map(temperatureOf)
  if (temperatures.every((degrees) => degrees === null)) return []
  return temperatures.map((temperatureC, index) => ({
    boardSlot: 0,
    index,
    hashrateHs: null,
    temperatureC,
    frequencyMHz: null,
    voltageV: null,
    errors: null,
    working: null,
  }))
}

function fansOf(info: LooseObject): FanReading[] {
  const listed = listOf(info['fans'])
  const fans: FanReading[] =
    listed.length > 0
      ? listed.map((fan, i) =>
          one(textOf(at(fan, 'label')) ?? `Fan ${String(i + 1)}`, at(fan, 'rpm'), at(fan, 'speedPerc')),
        )
      : [
          one('Fan 1', info['fanrpm'], info['fanspeed']),
          ...(positive(info['fanrpm2']) === null ? [] : [one('Fan 2', info['fanrpm2'], info['fanspeed2'])]),
        ]
  const count = positive(info['fanCount'])
  return count === null ? fans : fans.slice(0, count)
}

function one(label: string, rpm: unknown, duty: unknown): FanReading {
  const turns = countOf(rpm)
  return { label, rpm: turns, dutyPercent: percent(duty), ok: turns === null || turns === 0 ? null : true }
}

/**
 * The two entries that are set, with what `stratum.pools` says of those that are connected: of both in dual mode, where
 * both get work, else of the one in use alone.
 */
function poolsOf(info: LooseObject): PoolReading[] {
  const stratum = objectOf(info['stratum'])
  const dual = numberOf(stratum['activePoolMode'] ?? stratum['poolMode']) === 1
  const onFallback = booleanOf(stratum['usingFallback'] ?? info['isUsingFallbackStratum']) === true
  const told = listOf(stratum['pools'])
  const connected = booleanOf(info['isStratumConnected'])
  return (['stratum', 'fallbackStratum'] as const).flatMap((prefix, index) => {
    const text = axePoolText(info, prefix, index === 0 ? 'sv2AuthorityPubkey' : 'fallbackSv2AuthorityPubkey')
    if (text === null) return []
    const active = dual || index === (onFallback ? 1 : 0)
    const figures = dual || told.length > 1 ? told[index] : active ? told[0] : undefined
    return [
      poolEntry({
        index,
        url: poolUrlOf(text),
        user: textOf(info[`${prefix}User`]) ?? '',
        active,
        alive:
          booleanOf(at(figures, 'connected')) ??
          (active ? connected : index === 0 && onFallback ? false : null),
        accepted:
          countOf(at(figures, 'accepted')) ?? (active && !dual ? countOf(info['sharesAccepted']) : null),
        rejected:
          countOf(at(figures, 'rejected')) ?? (active && !dual ? countOf(info['sharesRejected']) : null),
        difficulty:
          positive(at(figures, 'poolDifficulty')) ?? (active ? positive(info['poolDifficulty']) : null),
        pingMs: positive(at(figures, 'pingRtt')) ?? (active ? positive(info['lastpingrtt']) : null),
      }),
    ]
  })
}

function errorsOf(info: LooseObject, state: RigWorkState): RigError[] {
  const errors: RigError[] = []
  const add = (error: Omit<RigError, 'sinceMs'>): void => void errors.push({ ...error, sinceMs: null })
  if (booleanOf(info['shutdown']) === true) {
    const hot = state === 'overheated'
    add({
      code: 'shutdown',
      text: hot
        ? 'It shut its chips down because they were too hot.'
        : 'Its chips are shut down: by a person, or because they were too hot.',
      remedy: 'Clean fan and heatsink and look at its fan settings, then press Resume, which restarts it.',
      severity: hot ? 'error' : 'warning',
      component: 'chip',
    })
  }
  const [power, limitW] = [countOf(info['power']), positive(info['maxPower'])]
  if (power !== null && limitW !== null && power > limitW * 1.05) {
    add({
      code: 'power-above-board',
      text: `It takes ${String(Math.round(power))} W; its board is made for ${String(limitW)} W.`,
      remedy: 'Lower frequency or voltage, or make sure that supply and cables bear it.',
      severity: 'warning',
      component: 'power',
    })
  }
  const loss = percent(info['recentpingloss'])
  if (loss !== null && loss >= PING_LOSS_PERCENT) {
    add({
      code: 'ping-loss',
      text: `${String(Math.round(loss))} % of its pings to the pool are lost.`,
      remedy: 'Check its Wi-Fi signal, and your connection to the pool.',
      severity: 'warning',
      component: 'network',
    })
  }
  for (const [index, pool] of listOf(at(info, 'stratum', 'pools')).entries()) {
    const blocked = textOf(at(pool, 'verifyBlocked'))
    if (blocked !== null) {
      add({
        code: 'pool-blocked',
        text: `It does not work for pool ${String(index + 1)}: ${blocked}.`,
        remedy:
          "The payout check of the rig refuses that pool's work: check the pool, or change the check on the rig's page.",
        severity: 'error',
        component: 'pool',
      })
    }
  }
  const reset = textOf(info['lastResetReason'])
  if (reset !== null && /brown|panic|wdt|watchdog/i.test(reset) && (axeUptimeS(info) ?? Infinity) < 3600) {
    add({
      code: 'restarted',
      text: `It restarted on its own: ${reset}.`,
      remedy: /brown/i.test(reset)
        ? 'Its supply voltage dropped: use a stronger power supply.'
        : 'If this repeats, lower frequency or voltage and update its firmware.',
      severity: 'warning',
      component: 'control',
    })
  }
  return errors
}
