/**
 * Talks ePIC's firmware: HTTP on 4028. Reading is open; changes carry the password in their body and are answered with
 * `{result, error}`. Not here: what replies mean (`readings/epic.ts`).
 * Governing document: rig API digest, section 5.5.
 */
import { at, booleanOf, listOf, numberOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { askJson, requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type HttpReply, type RigLink } from '../transport/rig-link.ts'
import {
  type Capabilities,
  type FamilyTools,
  type PoolsSnapshot,
  type PoolTarget,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { PartReader } from './part-reader.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { type EpicReplies, POWER_TUNE, readEpic, TUNING_OFF } from './readings/epic.ts'
import { unlessSilent } from './unless-silent.ts'
import { requireCredentials, wrongLogin } from './web-sessions.ts'

const PORT = 4028
const READS = [
  'summary',
  'capabilities',
  'network',
  'temps',
  'temps/chip',
  'voltages',
  'hashrate',
  'clocks',
  'hashratesplit/config',
] as const
/** Not in every release, and nothing is lost with them. */
const OPTIONAL = new Set<string>(['temps/chip', 'voltages', 'hashrate', 'clocks', 'hashratesplit/config'])
const WRITE_TIMEOUT_MS = 10_000

export const epic: RigFamily = {
  id: 'epic',
  name: 'ePIC',
  // The password goes alone; there are no users.
  login: { needed: 'to-write', factory: { username: 'root', password: 'letmein' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const reader = new PartReader()
  const replies: Partial<Record<(typeof READS)[number], unknown>> = {}
  for (const path of READS) {
    const reply = await reader.ask(`GET /${path}`, () => readPath(link, path))
    if (reply !== undefined) replies[path] = reply
  }
  reader.requireSome()
  const all: EpicReplies = replies
  return { reading: readEpic(all, clock.nowMs()), failed: reader.failed }
}

/** Undefined for what this release does not have, or has nothing to tell of. */
async function readPath(link: RigLink, path: string): Promise<unknown> {
  const reply = await link.http({ path: `/${path}`, port: PORT })
  if (OPTIONAL.has(path) && reply.status >= 400 && reply.status < 500) return undefined
  const value = answerOf(reply, `GET /${path}`)
  if (booleanOf(at(value, 'result')) !== false) return value
  if (OPTIONAL.has(path)) return undefined
  throw refused(`The rig does not tell: ${textOf(at(value, 'error')) ?? path}.`)
}

function answerOf(reply: HttpReply, asked: string): unknown {
  requireGoodStatus(reply, asked)
  return requireJson(reply.body, asked)
}

function capabilities({ settings }: RigReading): Capabilities {
  const modes = settings.powerModes
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-mode': modes.length > 0 || 'This release lists no ways of tuning itself.',
      'set-power-limit':
        modes.some(({ id }) => id === POWER_TUNE) ||
        'This release cannot hold a power limit: it tunes for a hashrate. Set the target on the rig’s own page.',
      'set-fan': true,
    },
    'ePIC’s firmware sets clock and voltage by its own tuning. Choose a power mode, or set them on the rig’s own page.',
  )
}

async function readPools(link: RigLink): Promise<PoolsSnapshot> {
  const summary = await askJson(link, { path: '/summary', port: PORT })
  const split = await readPath(link, 'hashratesplit/config')
  const isSplit = booleanOf(at(split, 'enabled')) === true
  const configs = isSplit
    ? listOf(at(split, 'hashrate_splits')).flatMap((part) => listOf(at(part, 'stratum_configs')))
    : listOf(at(summary, 'StratumConfigs'))
  return {
    pools: configs.map((config) => ({
      url: textOf(at(config, 'pool')) ?? '',
      user: textOf(at(config, 'login')) ?? '',
      password: textOf(at(config, 'password')) ?? '',
    })),
    hasPasswords: true,
    own: {
      uniqueId: booleanOf(at(summary, 'Stratum', 'Worker Unique Id')) ?? false,
      splits: isSplit ? listOf(at(split, 'hashrate_splits')) : [],
    },
  }
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
  switch (command.kind) {
    case 'set-pools':
      return setPools(link, command.pools)
    case 'restore-pools':
      return restorePools(link, command.snapshot)
    case 'restart':
      return tellAndLeave(link, 'softreboot', '0', 15_000, 5 * 60_000)
    case 'reboot':
      return tellAndLeave(link, 'reboot', '0', 30_000, 10 * 60_000)
    case 'pause':
      await tell(link, 'miner', 'Stop')
      return accepted(3_000, 60_000)
    case 'resume':
      await tell(link, 'miner', 'Autostart')
      return accepted(15_000, 10 * 60_000)
    case 'locate':
      await tell(link, 'identify', command.on)
      return accepted(500, 15_000)
    case 'set-power-mode':
      return setMode(link, command.mode, reading)
    case 'set-power-limit':
      await tune(link, POWER_TUNE, Math.round(command.watts))
      return accepted(10_000, 5 * 60_000)
    case 'set-fan':
      await tell(link, 'fanspeed', await fanMode(link, command.percent))
      return accepted(1_000, 30_000)
    case 'set-frequency':
    case 'set-voltage':
      throw notSupported('ePIC’s firmware sets clock and voltage by its own tuning. Choose a power mode.')
  }
}

/* ---- Pools ---- */

async function setPools(link: RigLink, pools: readonly PoolTarget[]): Promise<WriteOutcome> {
  const { own } = await readPools(link)
  await tellPools(link, pools, booleanOf(at(own, 'uniqueId')) ?? false)
  if (listOf(at(own, 'splits')).length > 0) await tell(link, 'hashratesplit/enable', false)
  return accepted(5_000, 3 * 60_000)
}

async function restorePools(link: RigLink, { pools, own }: PoolsSnapshot): Promise<WriteOutcome> {
  const splits = listOf(at(own, 'splits'))
  if (splits.length === 0) {
    await tellPools(link, pools, booleanOf(at(own, 'uniqueId')) ?? false)
  } else {
    await tell(link, 'hashratesplit', splits)
    await tell(link, 'hashratesplit/enable', true)
  }
  return accepted(5_000, 3 * 60_000)
}

/** @param uniqueId whether the firmware puts something of its own behind each user name, as it did before */
async function tellPools(link: RigLink, pools: readonly PoolTarget[], uniqueId: boolean): Promise<void> {
  await tell(link, 'coin', {
    coin: 'Btc',
    stratum_configs: pools.map(({ url, user, password }) => ({ pool: url, login: user, password })),
    unique_id: uniqueId,
  })
}

/* ---- Tuning and fans ---- */

async function setMode(link: RigLink, mode: string, { settings }: RigReading): Promise<WriteOutcome> {
  if (!settings.powerModes.some(({ id }) => id === mode)) {
    throw notSupported(`This rig has no way of tuning called "${mode}". Choose one of those it lists.`)
  }
  if (mode === TUNING_OFF.id) await tell(link, 'perpetualtune', false)
  else await tune(link, mode, null)
  return accepted(10_000, 5 * 60_000)
}

/** @param target in the unit of the algorithm; null for the one that is set, or the middle of what it allows */
async function tune(link: RigLink, algorithm: string, target: number | null): Promise<void> {
  const summary = await askJson(link, { path: '/summary', port: PORT })
  const [present] = Object.entries(objectOf(at(summary, 'PerpetualTune', 'Algorithm')))
  const [name, settings] = present ?? [null, {}]
  // Watts are no terahashes: what another kind of algorithm aims at means nothing to this one.
  const isAlike = (name === POWER_TUNE) === (algorithm === POWER_TUNE)
  const kept = isAlike ? numberOf(at(settings, 'Target')) : null
  const value = target ?? kept ?? (await usualTarget(link, algorithm))
  await tell(link, 'perpetualtune/algo', {
    algo: algorithm,
    target: value,
    min_throttle: (isAlike ? numberOf(at(settings, 'Min Throttle Target')) : null) ?? Math.round(value / 2),
    throttle_step: numberOf(at(settings, 'Throttle Step')) ?? 5,
  })
  await tell(link, 'perpetualtune', true)
}

async function usualTarget(link: RigLink, algorithm: string): Promise<number> {
  const capabilities = await askJson(link, { path: '/capabilities', port: PORT })
  const usual = numberOf(at(capabilities, 'Default Hashrate'))
  if (algorithm !== POWER_TUNE && usual !== null) return usual
  const range = listOf(at(capabilities, 'PerpetualTune')).find((each) => at(each, 'algorithm') === algorithm)
  const min = numberOf(at(range, 'min'))
  const max = numberOf(at(range, 'max'))
  if (min !== null && max !== null) return Math.round((min + max) / 2)
  throw refused('The rig does not say what this way of tuning could aim at. Set it on the rig’s own page.')
}

async function fanMode(link: RigLink, percent: number | null): Promise<unknown> {
  if (percent !== null) return { Manual: Math.round(percent) }
  const auto = at(await askJson(link, { path: '/summary', port: PORT }), 'Fans', 'Fan Mode', 'Auto')
  return {
    Auto: {
      'Target Temperature': numberOf(at(auto, 'Target Temperature')) ?? 65,
      'Idle Speed': numberOf(at(auto, 'Idle Speed')) ?? 20,
    },
  }
}

/* ---- Telling ---- */

/** @throws HeadframeError `rig/wrong-password`, `rig/refused` with the rig's words, `rig/…` of the link */
async function tell(link: RigLink, path: string, param: unknown): Promise<void> {
  const { password } = requireCredentials(link)
  const asked = `POST /${path}`
  const reply = await link.http({
    method: 'POST',
    path: `/${path}`,
    port: PORT,
    json: { param, password },
    timeoutMs: WRITE_TIMEOUT_MS,
  })
  if (reply.status === 401 || reply.status === 403) throw wrongLogin(null)
  const answer = answerOf(reply, asked)
  if (booleanOf(at(answer, 'result')) === true) return
  const words = textOf(at(answer, 'error')) ?? 'it gives no reason'
  if (/password|unauthori[sz]ed/i.test(words)) throw wrongLogin(words)
  throw refused(`The rig refused the change: ${words}.`, { asked, answer: words })
}

/** For what it may do before it has answered. */
function tellAndLeave(
  link: RigLink,
  path: string,
  param: unknown,
  settlesInMs: number,
  patienceMs: number,
): Promise<WriteOutcome> {
  return unlessSilent(() => tell(link, path, param), accepted(settlesInMs, patienceMs))
}
