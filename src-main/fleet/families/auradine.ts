/**
 * Auradine (Teraflux with FluxOS): cgminer's RPC to read, a web service on 8080 with a token for the machine and for every
 * change. Governing document: rig API digest, section 5.9. Rebooting the box is not established there and not offered.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { isRefusal, rpcStatusOf } from '../model/rpc-reply.ts'
import { askRpc, requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type RigCredentials, type RigLink } from '../transport/rig-link.ts'
import {
  type Capabilities,
  type FamilyTools,
  type PoolTarget,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { PartReader } from './part-reader.ts'
import { plainPools, snapshotWithoutPasswords } from './plain-pools.ts'
import { type AuradineReplies, auradineReading, LED_LOCATE } from './readings/auradine.ts'
import { readCgminerPools } from './readings/plain-cgminer.ts'
import { LoginExpired, WebSessions, wrongLogin } from './web-sessions.ts'

const WEB_PORT = 8080
const MAX_POOLS = 3
const LED_OFF = 2
const RPC_PARTS = ['version', 'summary', 'devs', 'pools'] as const
const WEB_PARTS = [
  'ipreport',
  'fan',
  'led',
  'mode',
  'psu',
  'temperature',
  'voltage',
  'frequency',
  'asccount',
] as const

const sessions = new WebSessions()

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const replies: Partial<Record<keyof AuradineReplies, unknown>> = {}
  for (const part of RPC_PARTS) replies[part] = await parts.ask(`rpc ${part}`, () => askRpc(link, part))
  parts.requireSome()
  for (const part of WEB_PARTS) {
    replies[part] =
      link.credentials === null
        ? void parts.failed.push(`GET /${part}`)
        : await parts.ask(`GET /${part}`, () => web(link, part))
  }
  return { reading: auradineReading(replies, clock.nowMs()), failed: parts.failed }
}

/** One request to the web service. @param members of a change; absent to read */
function web(link: RigLink, name: string, members?: Readonly<Record<string, unknown>>): Promise<unknown> {
  return sessions.use(
    link,
    (credentials) => logIn(link, credentials),
    async (token) => {
      const asked = `${members === undefined ? 'GET' : 'POST'} /${name}`
      const reply = await link.http({
        path: `/${name}`,
        port: WEB_PORT,
        headers: { token },
        ...(members === undefined ? {} : { method: 'POST', json: { command: name, ...members } }),
      })
      if (reply.status === 401) throw new LoginExpired()
      requireGoodStatus(reply, asked)
      const answer = requireJson(reply.body, asked)
      const status = rpcStatusOf(answer)
      if (!isRefusal(status)) return answer
      const said = status.message ?? 'it gives no reason'
      if (/token|session|expired|unauthorized/i.test(said)) throw new LoginExpired()
      throw refused(`The rig refused "${name}": ${said}.`, { command: name, answer: said })
    },
  )
}

async function logIn(link: RigLink, { username, password }: RigCredentials): Promise<string> {
  const reply = await link.http({
    method: 'POST',
    path: '/token',
    port: WEB_PORT,
    json: { command: 'token', user: username, password },
  })
  if (reply.status === 401) throw wrongLogin(null)
  requireGoodStatus(reply, 'POST /token')
  const answer = requireJson(reply.body, 'POST /token')
  const token = textOf(at(answer, 'Token', 0, 'Token'))
  if (token !== null) return token
  const status = rpcStatusOf(answer)
  if (isRefusal(status)) throw wrongLogin(status.message)
  throw new HeadframeError(
    'rig/bad-reply',
    'The rig answered the login with no token. Check that its firmware is the one shown here.',
    { context: { asked: 'POST /token' } },
  )
}

function capabilities(): Capabilities {
  return offer(
    {
      'set-pools': true,
      restart: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-limit': true,
      reboot: 'It is not known how FluxOS reboots the whole box over its API; restart the miner instead.',
      'set-fan':
        'FluxOS takes a fan speed but is not known to take it back, so its own control is left alone.',
      'set-power-mode': 'FluxOS does not say which modes it has; set a power limit instead.',
    },
    'FluxOS tunes frequency and voltage itself; set a power limit instead.',
  )
}

async function setPools(
  link: RigLink,
  targets: readonly PoolTarget[],
  firmware: string | null,
): Promise<WriteOutcome> {
  const { pools, note } = plainPools(targets, firmware, MAX_POOLS)
  await web(link, 'updatepools', {
    pools: pools.map(({ url, user, password }) => ({ url, user, pass: password })),
  })
  return accepted(5_000, 90_000, note)
}

async function perform(link: RigLink, command: RigCommand): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities()[command.kind])
  switch (command.kind) {
    case 'set-pools':
      return setPools(link, command.pools, 'FluxOS')
    case 'restore-pools':
      return setPools(link, command.snapshot.pools, null)
    case 'restart':
      await web(link, 'restart', { param: 'gcminer' })
      return accepted(10_000, 300_000)
    case 'pause':
    case 'resume':
      await web(link, 'mode', { sleep: command.kind === 'pause' ? 'on' : 'off' })
      return accepted(5_000, 300_000)
    case 'locate':
      await web(link, 'led', { code: command.on ? LED_LOCATE : LED_OFF })
      return accepted(1_000, 15_000)
    case 'set-power-limit':
      await web(link, 'mode', { mode: 'custom', tune: 'power', power: Math.round(command.watts) })
      return accepted(5_000, 300_000)
    default:
      throw notSupported('FluxOS has no such command.')
  }
}

export const auradine: RigFamily = {
  id: 'auradine',
  name: 'Auradine FluxOS',
  login: { needed: 'to-write', factory: { username: 'admin', password: 'admin' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities: (_reading: RigReading) => capabilities(),
  async readPools(link, { clock }) {
    const nowMs = clock.nowMs()
    return snapshotWithoutPasswords(readCgminerPools(await askRpc(link, 'pools'), nowMs, null))
  },
  perform: (link, command) => perform(link, command),
}
