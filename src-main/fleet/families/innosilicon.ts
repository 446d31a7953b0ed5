/**
 * Innosilicon (T3 line): cgminer's RPC to read, a web service with a token for the machine and for every change. Its
 * power-off has no counterpart that brings it back, and is not offered. Governing document: rig API digest, section 5.11.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, booleanOf, listOf, objectOf, textOf } from '../model/lenient.ts'
import { askRpc, requireGoodStatus, requireJson } from '../transport/ask.ts'
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
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { PartReader } from './part-reader.ts'
import { plainPools, snapshotWithoutPasswords } from './plain-pools.ts'
import { type InnosiliconReplies, innosiliconReading } from './readings/innosilicon.ts'
import { readCgminerPools } from './readings/plain-cgminer.ts'
import { unlessSilent } from './unless-silent.ts'
import { LoginExpired, WebSessions, wrongLogin } from './web-sessions.ts'

const POOL_SLOTS = 3
const RPC_PARTS = ['version', 'summary', 'stats', 'pools'] as const
const WEB_PARTS = ['getAll', 'overview', 'type', 'getErrorDetail'] as const

const sessions = new WebSessions()

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const replies: Partial<Record<keyof InnosiliconReplies, unknown>> = {}
  for (const part of RPC_PARTS) replies[part] = await parts.ask(`rpc ${part}`, () => askRpc(link, part))
  for (const part of WEB_PARTS) {
    replies[part] =
      link.credentials === null
        ? void parts.failed.push(`POST /api/${part}`)
        : await parts.ask(`POST /api/${part}`, () => web(link, part))
  }
  parts.requireSome()
  return { reading: innosiliconReading(replies, clock.nowMs()), failed: parts.failed }
}

/** One request to the web service: all are POST, reads too. */
function web(link: RigLink, name: string, members: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  return sessions.use(
    link,
    (credentials) => logIn(link, credentials),
    async (token) => {
      const asked = `POST /api/${name}`
      const reply = await link.http({
        method: 'POST',
        path: `/api/${name}`,
        headers: { authorization: `Bearer ${token}` },
        json: members,
      })
      if (reply.status === 401) throw new LoginExpired()
      requireGoodStatus(reply, asked)
      const answer = requireJson(reply.body, asked)
      if (booleanOf(at(answer, 'success')) !== false) return answer
      if (textOf(at(answer, 'token')) === 'expired') throw new LoginExpired()
      const said = textOf(at(answer, 'msg')) ?? textOf(at(answer, 'message')) ?? 'it gives no reason'
      throw refused(`The rig refused "${name}": ${said}.`, { command: name, answer: said })
    },
  )
}

async function logIn(link: RigLink, { username, password }: RigCredentials): Promise<string> {
  const asked = 'POST /api/auth'
  const reply = await link.http({
    method: 'POST',
    path: '/api/auth',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username, password }).toString(),
  })
  if (reply.status === 401 || reply.status === 403) throw wrongLogin(null)
  requireGoodStatus(reply, asked)
  const answer = requireJson(reply.body, asked)
  const token = textOf(at(answer, 'jwt'))
  if (token !== null) return token
  if (booleanOf(at(answer, 'success')) === false)
    throw wrongLogin(textOf(at(answer, 'msg')) ?? textOf(at(answer, 'message')))
  throw new HeadframeError(
    'rig/bad-reply',
    'The rig answered the login with no token. Check that its firmware is the one shown here.',
    { context: { asked } },
  )
}

const NO_WAKE =
  'This firmware can be told to power off but not to come back, so it is left running. Send it to no pool, or cut its power.'

function capabilities(): Capabilities {
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: NO_WAKE,
      resume: NO_WAKE,
      locate: 'It is not known how this firmware flashes its light.',
    },
    'This firmware is tuned in its own web page only.',
  )
}

/** All three slots, those not used emptied. */
async function setPools(
  link: RigLink,
  targets: readonly PoolTarget[],
  firmware: string | null,
): Promise<WriteOutcome> {
  const { pools, note } = plainPools(targets, firmware, POOL_SLOTS)
  const members = Array.from({ length: POOL_SLOTS }, (_, slot) => {
    const { url, user, password } = pools[slot] ?? { url: '', user: '', password: '' }
    const number = String(slot + 1)
    return { [`Pool${number}`]: url, [`UserName${number}`]: user, [`Password${number}`]: password }
  })
  await web(link, 'updatePools', Object.assign({}, ...members) as Record<string, string>)
  return accepted(10_000, 180_000, note)
}

async function perform(link: RigLink, command: RigCommand): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities()[command.kind])
  switch (command.kind) {
    case 'set-pools':
      return setPools(link, command.pools, 'This firmware')
    case 'restore-pools':
      return setPools(link, command.snapshot.pools, null)
    case 'restart':
      return unlessSilent(() => web(link, 'restartCgMiner'), accepted(10_000, 300_000))
    case 'reboot':
      return unlessSilent(() => web(link, 'reboot'), accepted(20_000, 600_000))
    default:
      throw notSupported('This firmware has no such command.')
  }
}

/** With a login the rig shows its passwords too. */
async function readPools(link: RigLink, { clock }: FamilyTools): Promise<PoolsSnapshot> {
  if (link.credentials !== null) {
    const pools = listOf(at(await web(link, 'pools'), 'pools'))
      .map(objectOf)
      .flatMap(({ url, user, pass }) => {
        const text = textOf(url)
        return text === null ? [] : [{ url: text, user: textOf(user) ?? '', password: textOf(pass) ?? '' }]
      })
    if (pools.length > 0) return { pools, hasPasswords: true, own: null }
  }
  return snapshotWithoutPasswords(readCgminerPools(await askRpc(link, 'pools'), clock.nowMs(), null))
}

export const innosilicon: RigFamily = {
  id: 'innosilicon',
  name: 'Innosilicon',
  login: { needed: 'to-write', factory: { username: 'admin', password: 'admin' }, locks: false },
  pollEveryMs: 20_000,
  read,
  capabilities: () => capabilities(),
  readPools,
  perform: (link, command) => perform(link, command),
}
