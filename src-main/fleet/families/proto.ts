/**
 * Proto Rig: REST with a bearer token that a password gives. What it is and where it stands is open to everybody, the rest
 * is not. Governing document: rig API digest, section 5.10.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, listOf, numberOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type HttpReply, type HttpRequest, type RigLink } from '../transport/rig-link.ts'
import {
  type Capabilities,
  type PoolsSnapshot,
  type PoolTarget,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { PartReader } from './part-reader.ts'
import { protoPoolUrl, type ProtoReplies, readProto } from './readings/proto.ts'
import { unlessSilent } from './unless-silent.ts'
import { LoginExpired, requireCredentials, WebSessions, wrongLogin } from './web-sessions.ts'

const BASE = '/api/v1/'
const MOST_POOLS = 3
/** Its light goes out by itself then. */
const LOCATE_S = 120
const WRITE_TIMEOUT_MS = 10_000

const sessions = new WebSessions()

export const proto: RigFamily = {
  id: 'proto',
  name: 'Proto Rig',
  login: { needed: 'to-read', factory: null, locks: false },
  pollEveryMs: 10_000,

  async read(link, { clock }): Promise<ReadResult> {
    const reader = new PartReader()
    const ask = (path: string): Promise<unknown> => reader.ask(`GET ${BASE}${path}`, () => get(link, path))
    const system = await ask('system')
    const network = await ask('network')
    // Without it there is nothing to say of a rig but that it is there.
    const mining = await get(link, 'mining')
    const replies: ProtoReplies = {
      system,
      network,
      mining,
      telemetry: await ask('telemetry?level=miner,hashboard,psu,asic'),
      pools: await ask('pools'),
      cooling: await ask('cooling'),
      target: await ask('mining/target'),
      hashboards: await ask('hashboards'),
      errors: await ask('errors'),
    }
    const reading = readProto(replies, clock.nowMs())
    if (reading !== null) return { reading, failed: reader.failed }
    throw new HeadframeError(
      'rig/bad-reply',
      'What answers there is no Proto Rig. Look for rigs again: another device may have got this address.',
    )
  },

  capabilities,

  async readPools(link): Promise<PoolsSnapshot> {
    const pools = listOf(at(await get(link, 'pools'), 'pools'))
    const rank = (pool: unknown): number => numberOf(at(pool, 'priority')) ?? MOST_POOLS
    const ordered = [...pools].sort((a, b) => rank(a) - rank(b))
    return {
      pools: ordered.map((pool) => ({
        url: protoPoolUrl(pool),
        user: textOf(at(pool, 'user')) ?? textOf(at(pool, 'username')) ?? '',
        password: '',
      })),
      hasPasswords: false,
      own: { names: ordered.map((pool) => textOf(at(pool, 'name')) ?? '') },
    }
  },

  async perform(link, command, reading): Promise<WriteOutcome> {
    const kind = command.kind === 'restore-pools' ? 'set-pools' : command.kind
    requireOffered(capabilities(reading)[kind])
    return perform(link, command, reading)
  },
}

function capabilities({ settings, state }: RigReading): Capabilities {
  const mining = state === 'mining' || state === 'starting' || state === 'tuning'
  return offer(
    {
      'set-pools': true,
      restart: 'This rig has no such command: use Pause and Resume, or Reboot.',
      reboot: true,
      pause: mining || 'It does not mine now.',
      resume: !mining || 'It mines already.',
      locate: true,
      'set-power-mode': settings.powerModes.length > 0 || 'This rig did not say which mode it is in.',
      'set-power-limit': true,
      'set-frequency': 'This rig chooses its frequencies itself, by its power target.',
      'set-voltage': 'This rig chooses its voltages itself, by its power target.',
      'set-fan': settings.fanAuto !== null || 'This rig did not say how its fans are set.',
    },
    'This rig has no such control.',
  )
}

async function perform(link: RigLink, command: RigCommand, { settings }: RigReading): Promise<WriteOutcome> {
  switch (command.kind) {
    case 'set-pools':
      return writePools(link, command.pools, [])
    case 'restore-pools':
      return writePools(link, command.snapshot.pools, listOf(at(command.snapshot.own, 'names')))
    case 'reboot':
      return unlessSilent(() => tell(link, 'POST', 'system/reboot'), accepted(20_000, 10 * 60_000))
    case 'pause':
      await tell(link, 'POST', 'mining/stop')
      return accepted(5_000, 2 * 60_000)
    case 'resume':
      await tell(link, 'POST', 'mining/start')
      return accepted(10_000, 10 * 60_000)
    case 'locate':
      await tell(
        link,
        'POST',
        `system/locate?led_on_time=${String(command.on ? LOCATE_S : 0)}&enable=${String(command.on)}`,
      )
      return accepted(0, 5_000, command.on ? 'Its light goes out by itself after two minutes.' : null)
    case 'set-power-mode':
      await tell(link, 'PUT', 'mining/target', { performance_mode: command.mode })
      return accepted(10_000, 10 * 60_000)
    case 'set-power-limit': {
      const range = settings.powerLimitRangeW
      if (range !== null && (command.watts < range.min || command.watts > range.max)) {
        throw notSupported(
          `This rig takes power targets from ${String(range.min)} to ${String(range.max)} W.`,
        )
      }
      await tell(link, 'PUT', 'mining/target', { power_target_watts: Math.round(command.watts) })
      return accepted(10_000, 10 * 60_000)
    }
    case 'set-fan':
      await tell(
        link,
        'PUT',
        'cooling',
        command.percent === null
          ? { mode: 'Auto' }
          : { mode: 'Manual', speed_percentage: Math.round(command.percent) },
      )
      return accepted(5_000, 60_000)
    default:
      throw notSupported('This rig has no such control.')
  }
}

/** Replaces all of them; the key of a Stratum V2 pool stands beside its URL. */
async function writePools(
  link: RigLink,
  pools: readonly PoolTarget[],
  names: readonly unknown[],
): Promise<WriteOutcome> {
  const entries = pools.slice(0, MOST_POOLS).map(({ url, user, password }, priority) => {
    const match = /^(stratum2?\+tcp:\/\/[^/]+)(?:\/(.*))?$/i.exec(url.trim())
    if (match?.[1] === undefined) {
      throw notSupported(
        `This rig mines over stratum+tcp:// and stratum2+tcp://, and ${url} is neither. Choose another address of that pool, or send the rig to Headframe.`,
      )
    }
    return {
      name: textOf(names[priority]) ?? `Pool ${String(priority + 1)}`,
      url: match[1],
      username: user,
      password,
      priority,
      v2_authority_pubkey: match[2] ?? '',
    }
  })
  await tell(link, 'POST', 'pools', entries)
  const left = pools.length - entries.length
  return accepted(
    5_000,
    3 * 60_000,
    left > 0 ? `This rig keeps three pools: the last ${String(left)} were left out.` : null,
  )
}

/** @throws HeadframeError `rig/login-missing`, `rig/wrong-password`, `rig/bad-reply`, `rig/…` of the link */
async function get(link: RigLink, path: string): Promise<unknown> {
  const asked = `GET ${BASE}${path.split('?', 1)[0] ?? ''}`
  const reply = await request(link, { path: `${BASE}${path}` })
  // Nothing was counted yet.
  if (reply.status === 204) return {}
  requireGoodStatus(reply, asked)
  return requireJson(reply.body, asked)
}

/** @throws HeadframeError `rig/refused` with the rig's words, `rig/…` as above */
async function tell(link: RigLink, method: 'POST' | 'PUT', path: string, json?: unknown): Promise<void> {
  const reply = await request(link, {
    method,
    path: `${BASE}${path}`,
    timeoutMs: WRITE_TIMEOUT_MS,
    ...(json === undefined ? {} : { json }),
  })
  if (reply.status >= 200 && reply.status < 300) return
  const words = wordsOf(reply)
  throw refused(
    `The rig refused this${words === null ? '' : `: ${words}`}. Check the values, and what its own page says.`,
    { path: `${BASE}${path}`, status: reply.status, answer: words },
  )
}

/** With the token if there is a password, else as it is: some of it is open to everybody. */
async function request(link: RigLink, what: HttpRequest): Promise<HttpReply> {
  if (link.credentials === null) {
    const reply = await link.http(what)
    if (reply.status === 401) requireCredentials(link)
    return reply
  }
  return sessions.use(
    link,
    ({ password }) => login(link, password),
    async (token) => {
      const reply = await link.http({ ...what, headers: { authorization: `Bearer ${token}` } })
      if (reply.status === 401) throw new LoginExpired()
      return reply
    },
  )
}

async function login(link: RigLink, password: string): Promise<string> {
  const asked = `POST ${BASE}auth/login`
  const reply = await link.http({ method: 'POST', path: `${BASE}auth/login`, json: { password } })
  if (reply.status === 401 || reply.status === 403 || reply.status === 400) throw wrongLogin(wordsOf(reply))
  requireGoodStatus(reply, asked)
  const token = textOf(at(requireJson(reply.body, asked), 'access_token'))
  if (token !== null) return token
  throw new HeadframeError(
    'rig/bad-reply',
    `The rig took the login and gave no token (${asked}). Update its firmware.`,
  )
}

/** `{message}`, or `{error: {message}}`. */
function wordsOf({ body }: HttpReply): string | null {
  try {
    const answer = requireJson(body, '')
    return textOf(at(answer, 'message')) ?? textOf(at(answer, 'error', 'message'))
  } catch {
    return null
  }
}
