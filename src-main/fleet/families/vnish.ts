/**
 * VNish (AnthillOS), 1.2 and 1.3: REST with a token that a password unlocks. Its lockout after wrong passwords is respected:
 * until it ends nothing is tried. Governing document: rig API digest, section 5.3.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { at, booleanOf, countOf, listOf, numberOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { askJson, requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type HttpRequest, type RigCredentials, type RigLink } from '../transport/rig-link.ts'
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
import { Lockouts } from './lockouts.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { plainPools } from './plain-pools.ts'
import { withScheme } from './readings/bitmain-replies.ts'
import { vnishReading, vnishVersion } from './readings/vnish.ts'
import { unlessSilent } from './unless-silent.ts'
import { LoginExpired, WebSessions, wrongLogin } from './web-sessions.ts'

const BASE = '/api/v1/'
const POOL_PLACES = 3
const WRITE_TIMEOUT_MS = 10_000
/** What the rig's own lockout lasts where it does not say. */
const LOCKED_MS = 5 * 60_000
/** `overclock.globals.volt` counts in this many mV. */
const MV_PER_STEP = 10

const sessions = new WebSessions()
const lockouts = new Lockouts()

export const vnish: RigFamily = {
  id: 'vnish',
  name: 'VNish',
  // There are no users; the password goes alone.
  login: { needed: 'to-read', factory: { username: 'admin', password: 'admin' }, locks: true },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools: (link, { clock }) => readPools(link, clock),
  perform: (link, command, reading, { clock }) => perform(link, command, reading, clock),
}

/* ---- Talking ---- */

/** Asks with the token of this rig. @throws HeadframeError `rig/login-missing`, `rig/wrong-password`, `rig/locked-out` */
function askUnlocked(link: RigLink, clock: Clock, request: HttpRequest): Promise<unknown> {
  return sessions.use(
    link,
    (credentials) => unlock(link, credentials, clock),
    async (token) => {
      const reply = await link.http({
        ...request,
        path: `${BASE}${request.path}`,
        headers: { authorization: `Bearer ${token}` },
      })
      const asked = `${request.method ?? 'GET'} ${BASE}${request.path}`
      if (reply.status === 401) throw new LoginExpired()
      if (reply.status === 500) {
        const words = textOf(at(parsed(reply.body, asked), 'err')) ?? 'it gives no reason'
        throw refused(`The rig refused ${asked}: ${words}. Look at its own web page.`, { answer: words })
      }
      requireGoodStatus(reply, asked)
      return reply.body.length === 0 ? null : requireJson(reply.body, asked)
    },
  )
}

function parsed(body: Uint8Array, asked: string): unknown {
  return body.length === 0 ? null : requireJson(body, asked)
}

async function unlock(link: RigLink, { password }: RigCredentials, clock: Clock): Promise<string> {
  lockouts.require(link, clock)
  const reply = await link.http({ method: 'POST', path: `${BASE}unlock`, json: { pw: password } })
  if (reply.status === 403) throw wrongLogin(null)
  if (reply.status === 429) {
    const seconds = countOf(at(parsed(reply.body, 'POST unlock'), 'unlock_timeout'))
    throw lockouts.begin(link, clock, seconds === null ? LOCKED_MS : seconds * 1000)
  }
  requireGoodStatus(reply, `POST ${BASE}unlock`)
  const token = textOf(at(requireJson(reply.body, `POST ${BASE}unlock`), 'token'))
  if (token === null) throw wrongLogin('it gave no token')
  return token
}

const post = (link: RigLink, clock: Clock, path: string, json?: unknown): Promise<unknown> =>
  askUnlocked(link, clock, {
    method: 'POST',
    path,
    timeoutMs: WRITE_TIMEOUT_MS,
    ...(json === undefined ? {} : { json }),
  })

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const open = (path: string): Promise<unknown> =>
    parts.ask(`GET ${BASE}${path}`, () => askJson(link, { path: `${BASE}${path}` }))
  const unlocked = (path: string): Promise<unknown> =>
    parts.ask(`GET ${BASE}${path}`, () => askUnlocked(link, clock, { path }))
  const info = await open('info')
  const status = await open('status')
  const chips = await parts.ask(`GET ${BASE}${chipPath(info)}`, () => readChips(link, chipPath(info)))
  if (link.credentials === null) {
    parts.requireSome()
    return { reading: vnishReading({ info, status, chips }, clock.nowMs()), failed: parts.failed }
  }
  const summary = await unlocked('summary')
  const settings = await unlocked('settings')
  const presets = await unlocked('autotune/presets')
  parts.requireSome()
  const replies = { info, status, chips, summary, settings, presets }
  return { reading: vnishReading(replies, clock.nowMs()), failed: parts.failed }
}

/** From 1.3 on they are called boards. */
function chipPath(info: unknown): 'boards' | 'chains' {
  return isNew(textOf(at(info, 'fw_version'))) ? 'boards' : 'chains'
}

async function readChips(link: RigLink, path: 'boards' | 'chains'): Promise<unknown> {
  const first = await link.http({ path: `${BASE}${path}` })
  // The first releases of 1.3 still have the old name.
  const reply = first.status === 404 && path === 'boards' ? await link.http({ path: `${BASE}chains` }) : first
  requireGoodStatus(reply, `GET ${BASE}${path}`)
  return requireJson(reply.body, `GET ${BASE}${path}`)
}

/* ---- Control ---- */

function isNew(firmwareVersion: string | null): boolean {
  const [major, minor] = vnishVersion(firmwareVersion) ?? [0, 0]
  return major > 1 || (major === 1 && minor >= 3)
}

function capabilities({ firmwareVersion, settings }: RigReading): Capabilities {
  const version = vnishVersion(firmwareVersion)
  if (version !== null && version[0] > 1) {
    return offer(
      { reboot: true },
      `VNish ${firmwareVersion ?? ''} is newer than what is known here, so it is only read.`,
    )
  }
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-mode':
        settings.powerModes.length > 0 || 'This rig lists no presets. Enter its password first.',
      'set-power-limit':
        isNew(firmwareVersion) || 'VNish before 1.3 has no power limit. Choose one of its presets instead.',
      'set-frequency': true,
      'set-voltage': true,
      'set-fan': true,
    },
    'This firmware does not offer it.',
  )
}

async function readPools(link: RigLink, clock: Clock): Promise<PoolsSnapshot> {
  const settings = await askUnlocked(link, clock, { path: 'settings' })
  return {
    pools: listOf(at(settings, 'miner', 'pools')).flatMap((pool) => {
      const url = textOf(at(pool, 'url'))
      const [user, password] = [textOf(at(pool, 'user')) ?? '', textOf(at(pool, 'pass')) ?? '']
      return url === null ? [] : [{ url: withScheme(url), user, password }]
    }),
    hasPasswords: true,
    own: null,
  }
}

async function perform(
  link: RigLink,
  command: RigCommand,
  reading: RigReading,
  clock: Clock,
): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
  switch (command.kind) {
    case 'set-pools': {
      const { pools, note } = plainPools(command.pools, 'VNish', POOL_PLACES)
      return writePools(link, clock, pools, note)
    }
    case 'restore-pools':
      return writePools(link, clock, command.snapshot.pools, null)
    case 'restart':
      await post(link, clock, 'mining/restart')
      return accepted(10_000, 10 * 60_000)
    case 'reboot':
      return unlessSilent(() => post(link, clock, 'system/reboot'), accepted(30_000, 10 * 60_000))
    // Stop and start, not pause and resume: only of these the state that follows is told ("stopped").
    case 'pause':
      await post(link, clock, 'mining/stop')
      return accepted(3_000, 2 * 60_000)
    case 'resume':
      await post(link, clock, 'mining/start')
      return accepted(10_000, 10 * 60_000)
    case 'locate':
      return locate(link, clock, command.on, reading)
    case 'set-power-mode':
      return setPreset(link, clock, command.mode)
    case 'set-power-limit':
      return setPowerLimit(link, clock, Math.round(command.watts))
    case 'set-frequency':
      return setGlobal(link, clock, 'freq', Math.round(command.megahertz))
    case 'set-voltage':
      return setGlobal(link, clock, 'volt', Math.round(command.millivolts / MV_PER_STEP))
    case 'set-fan':
      return setFan(link, clock, command.percent)
  }
}

/** Three places, unused ones empty; without the scheme, as it shows them itself. */
function writePools(
  link: RigLink,
  clock: Clock,
  pools: readonly PoolTarget[],
  note: string | null,
): Promise<WriteOutcome> {
  const places = Array.from({ length: POOL_PLACES }, (_, order) => {
    const { url = '', user = '', password = '' } = pools[order] ?? {}
    return { url: url.replace(/^stratum\+tcp:\/\//i, ''), user, pass: password, order }
  })
  return save(link, clock, { pools: places }, note)
}

/** Saves a part of the miner's settings; starts the miner anew where the rig says that it must. */
async function save(
  link: RigLink,
  clock: Clock,
  miner: Readonly<Record<string, unknown>>,
  note: string | null = null,
): Promise<WriteOutcome> {
  const said = await post(link, clock, 'settings', { miner })
  if (booleanOf(at(said, 'reboot_required')) === true) {
    return unlessSilent(() => post(link, clock, 'system/reboot'), accepted(30_000, 10 * 60_000, note))
  }
  if (booleanOf(at(said, 'restart_required')) !== true) return accepted(2_000, 60_000, note)
  await post(link, clock, 'mining/restart')
  return accepted(10_000, 10 * 60_000, note)
}

/** The calls change over from what it is now, whatever is sent with them: it is looked first. */
async function locate(
  link: RigLink,
  clock: Clock,
  on: boolean,
  { firmwareVersion }: RigReading,
): Promise<WriteOutcome> {
  const status = await askJson(link, { path: `${BASE}status` })
  if (booleanOf(at(status, 'find_miner')) === on) return accepted(0, 15_000)
  const said = isNew(firmwareVersion)
    ? await post(link, clock, 'locate-miner', { is_enabled: on })
    : await post(link, clock, 'find-miner', { on })
  const now = booleanOf(at(said, 'on')) ?? booleanOf(at(said, 'is_enabled'))
  if (now !== null && now !== on) {
    throw refused(`The rig says its light is ${now ? 'on' : 'off'}. Try it on the rig's own web page.`)
  }
  return accepted(500, 15_000)
}

/** The settings below `miner` and their limits, to be echoed. */
async function readSettings(
  link: RigLink,
  clock: Clock,
): Promise<{
  readonly miner: Readonly<Record<string, unknown>>
  readonly limits: Readonly<Record<string, unknown>>
  readonly coolingLimits: Readonly<Record<string, unknown>>
}> {
  const settings = await askUnlocked(link, clock, { path: 'settings' })
  return {
    miner: objectOf(at(settings, 'miner')),
    limits: objectOf(at(settings, 'ui', 'consts', 'overclock')),
    coolingLimits: objectOf(at(settings, 'ui', 'consts', 'cooling')),
  }
}

/** It answers well to presets it does not have, and does nothing: they are looked up first. */
async function setPreset(link: RigLink, clock: Clock, preset: string): Promise<WriteOutcome> {
  const presets = listOf(await askUnlocked(link, clock, { path: 'autotune/presets' }))
  const chosen = presets.find((entry) => textOf(at(entry, 'name')) === preset)
  if (chosen === undefined) {
    throw notSupported(`This rig has no preset "${preset}". Choose one of those it lists.`)
  }
  const { miner } = await readSettings(link, clock)
  const isUntuned = textOf(at(chosen, 'status'))?.toLowerCase() === 'untuned'
  const outcome = await save(link, clock, { overclock: { ...objectOf(miner.overclock), preset } })
  return isUntuned
    ? { ...outcome, note: 'This preset was not tuned yet: the rig tunes itself first, which takes hours.' }
    : outcome
}

async function setPowerLimit(link: RigLink, clock: Clock, watts: number): Promise<WriteOutcome> {
  const { miner, limits } = await readSettings(link, clock)
  const misc = objectOf(miner.misc)
  if (misc.power_limit === undefined) {
    throw notSupported('This release of VNish has no power limit. Choose one of its presets instead.')
  }
  requireWithin(watts, { max: numberOf(limits.max_power_limit) }, 'W')
  return save(link, clock, { misc: { ...misc, power_limit: watts, power_limit_enabled: true } })
}

/** @param value MHz, or steps of 10 mV */
async function setGlobal(
  link: RigLink,
  clock: Clock,
  name: 'freq' | 'volt',
  value: number,
): Promise<WriteOutcome> {
  const { miner, limits } = await readSettings(link, clock)
  const [min, max, unit] =
    name === 'freq'
      ? ([limits.min_freq, limits.max_freq, 'MHz'] as const)
      : ([limits.min_voltage, limits.max_voltage_stock_psu ?? limits.max_voltage, 'times 10 mV'] as const)
  requireWithin(value, { min: numberOf(min), max: numberOf(max) }, unit)
  const overclock = objectOf(miner.overclock)
  return save(link, clock, {
    overclock: { ...overclock, globals: { ...objectOf(overclock.globals), [name]: value } },
  })
}

/** Automatic keeps the temperature it aims at, or takes the middle of what the rig allows. */
async function setFan(link: RigLink, clock: Clock, percent: number | null): Promise<WriteOutcome> {
  const { miner, coolingLimits } = await readSettings(link, clock)
  const cooling = objectOf(miner.cooling)
  if (percent === null) {
    const target = textOf(at(cooling.mode, 'name')) === 'auto' ? numberOf(at(cooling.mode, 'param')) : null
    const [min, max] = [
      numberOf(coolingLimits.min_target_temp) ?? 20,
      numberOf(coolingLimits.max_target_temp) ?? 90,
    ]
    const param = target ?? Math.round((min + max) / 2)
    return save(link, clock, { cooling: { ...cooling, mode: { name: 'auto', param } } })
  }
  requireWithin(percent, { min: numberOf(coolingLimits.min_fan_pwm) }, '%')
  return save(link, clock, { cooling: { ...cooling, mode: { name: 'manual', param: Math.round(percent) } } })
}

function requireWithin(
  value: number,
  { min = null, max = null }: { readonly min?: number | null; readonly max?: number | null },
  unit: string,
): void {
  if ((min === null || value >= min) && (max === null || value <= max)) return
  throw new HeadframeError(
    'rig/not-supported',
    `The rig allows ${min === null ? '' : `at least ${String(min)} `}${max === null ? '' : `at most ${String(max)} `}${unit}, and ${String(value)} is outside of that. Choose a value within.`,
    { context: { value, min, max } },
  )
}
