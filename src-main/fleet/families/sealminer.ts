/**
 * SealMiner (bdminer): RPC to read and for pools, sleep and power; PHP pages with a session cookie for light, mode and
 * reboot. Governing document: rig API digest, section 5.11. Writes over RPC are known from a public driver only, no recording
 * confirms them: what matters is read back by the caller.
 */
import { at, listOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { askRpc, commandRpc, requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type RigCredentials, type RigLink } from '../transport/rig-link.ts'
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
import { accepted, notSupported, offer, requireOffered } from './offer.ts'
import { PartReader } from './part-reader.ts'
import { plainPools, snapshotWithoutPasswords } from './plain-pools.ts'
import { readCgminerPools } from './readings/plain-cgminer.ts'
import { type SealminerReplies, sealminerReading } from './readings/sealminer.ts'
import { unlessSilent } from './unless-silent.ts'
import { LoginExpired, requireCredentials, WebSessions, wrongLogin } from './web-sessions.ts'

const MAX_POOLS = 3
const RPC_PARTS = ['version', 'summary', 'stats', 'pools'] as const
const WEB_PARTS = [
  ['systemInfo', 'get_system_info'],
  ['psuStatus', 'miner-psu-status'],
] as const
/** A boot and a first tuning take so long. */
const REBOOT_PATIENCE_MS = 15 * 60_000

const sessions = new WebSessions()

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const replies: Partial<Record<keyof SealminerReplies, unknown>> = {}
  for (const part of RPC_PARTS) replies[part] = await parts.ask(`rpc ${part}`, () => askRpc(link, part))
  parts.requireSome()
  for (const [part, page] of WEB_PARTS) {
    replies[part] =
      link.credentials === null
        ? void parts.failed.push(`GET ${pathOf(page)}`)
        : await parts.ask(`GET ${pathOf(page)}`, async () => requireJson(await web(link, page), page))
  }
  return { reading: sealminerReading(replies, clock.nowMs()), failed: parts.failed }
}

const pathOf = (page: string): string => `/cgi-bin/${page}.php`

/** One page with the session's cookie. @param members of a change; absent to read */
function web(link: RigLink, page: string, members?: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
  return sessions.use(
    link,
    (credentials) => logIn(link, credentials),
    async (cookie) => {
      const reply = await link.http({
        path: pathOf(page),
        headers: { cookie },
        ...(members === undefined ? {} : { method: 'POST', json: members }),
      })
      // Without a session it leads to the login page.
      if ([301, 302, 303, 401, 403].includes(reply.status)) throw new LoginExpired()
      requireGoodStatus(reply, pathOf(page))
      if (isLoginForm(reply.body)) throw new LoginExpired()
      return reply.body
    },
  )
}

/** Some versions show the form itself instead of leading to it. */
function isLoginForm(body: Uint8Array): boolean {
  return /^\s*<[^]*(?:origin_pwd|login\.php)/i.test(new TextDecoder().decode(body.subarray(0, 20_000)))
}

async function logIn(link: RigLink, { username, password }: RigCredentials): Promise<string> {
  const asked = `POST ${pathOf('login')}`
  const reply = await link.http({
    method: 'POST',
    path: pathOf('login'),
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-requested-with': 'XMLHttpRequest',
    },
    body: new URLSearchParams({ username, origin_pwd: password }).toString(),
  })
  if (reply.status === 401 || reply.status === 403) throw wrongLogin(null)
  requireGoodStatus(reply, asked)
  const cookie = reply.headers['set-cookie']?.split(';', 1)[0]
  if (cookie === undefined || cookie === '') throw wrongLogin(null)
  return cookie
}

function capabilities({ settings }: RigReading): Capabilities {
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-limit': true,
      'set-power-mode':
        settings.powerModes.length > 0 || 'Which modes it has stands in its web page: enter its login first.',
    },
    'This firmware offers power limit and modes, and sets clock, voltage and fans by itself.',
  )
}

/** The box loads what it was told by a reboot; the connection may go down with it. */
function reboot(link: RigLink, note: string | null = null): Promise<WriteOutcome> {
  return unlessSilent(() => web(link, 'reboot'), accepted(20_000, REBOOT_PATIENCE_MS, note))
}

async function setPools(
  link: RigLink,
  targets: readonly PoolTarget[],
  firmware: string | null,
): Promise<WriteOutcome> {
  const { pools, note } = plainPools(targets, firmware, MAX_POOLS)
  // The reboot needs a login: without one the rig would be left with pools that it does not use.
  requireCredentials(link)
  const entries = pools.map(({ url, user, password }) => ({ url, user, pass: password }))
  await commandRpc(link, 'updatepools', JSON.stringify({ pools: entries }), { timeoutMs: 10_000 })
  return reboot(link, note)
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
  switch (command.kind) {
    case 'set-pools':
      return setPools(link, command.pools, 'This firmware')
    case 'restore-pools':
      return setPools(link, command.snapshot.pools, null)
    case 'restart':
    case 'resume':
      return unlessSilent(
        () => commandRpc(link, 'restart', undefined, { timeoutMs: 10_000 }),
        accepted(10_000, REBOOT_PATIENCE_MS),
      )
    case 'pause':
      await commandRpc(link, 'ascset', '0,suspend', { timeoutMs: 10_000 })
      return accepted(3_000, 60_000)
    case 'reboot':
      return reboot(link)
    case 'locate':
      await web(link, 'led_conf', { key: 'led', value: command.on ? 'on' : 'off' })
      return accepted(1_000, 15_000)
    case 'set-power-mode':
      if (!reading.settings.powerModes.some(({ id }) => id === command.mode)) {
        throw notSupported(`This rig has no mode "${command.mode}". Choose one of its own.`)
      }
      await web(link, 'set_mining_mode', { miningMode: Number(command.mode) })
      return accepted(5_000, REBOOT_PATIENCE_MS)
    case 'set-power-limit': {
      requireCredentials(link)
      const value = JSON.stringify({ value: String(Math.round(command.watts)) })
      await commandRpc(link, 'ascset', `0,powerlimit,${value}`, { timeoutMs: 10_000 })
      return reboot(link, 'The rig reboots to take the power limit.')
    }
    default:
      throw notSupported('This firmware has no such command.')
  }
}

/** With a login the rig shows its passwords too. */
async function readPools(link: RigLink, { clock }: FamilyTools): Promise<PoolsSnapshot> {
  if (link.credentials !== null) {
    const pools = listOf(
      at(requireJson(await web(link, 'get_miner_poolconf'), 'get_miner_poolconf'), 'pools'),
    )
      .map(objectOf)
      .flatMap(({ url, user, pass }) => {
        const text = textOf(url)
        return text === null ? [] : [{ url: text, user: textOf(user) ?? '', password: textOf(pass) ?? '' }]
      })
    if (pools.length > 0) return { pools, hasPasswords: true, own: null }
  }
  return snapshotWithoutPasswords(readCgminerPools(await askRpc(link, 'pools'), clock.nowMs(), null))
}

export const sealminer: RigFamily = {
  id: 'sealminer',
  name: 'SealMiner',
  login: { needed: 'to-write', factory: { username: 'seal', password: 'seal' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform: (link, command, reading) => perform(link, command, reading),
}
