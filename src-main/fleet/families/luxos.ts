/**
 * Talks LuxOS: RPC on 4028. Reading is open. Changes want a session, of which a rig has one at a time; it is no protection
 * but a way for tools to keep out of each other's way, so one that somebody else holds is left alone.
 * Not here: what replies mean (`readings/luxos.ts`), pools (`luxos-pools.ts`).
 * Governing document: rig API digest, section 5.4; docs.luxor.tech, sessions.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, booleanOf, listOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { isRefusal, joinedReply, rpcStatusOf } from '../model/rpc-reply.ts'
import { askRpc, commandRpc } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import {
  type Capabilities,
  type FamilyTools,
  type PoolsSnapshot,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { PartReader } from './part-reader.ts'
import { type LuxosGroup, readLuxosGroups, writeLuxosGroups } from './luxos-pools.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { luxosBoardIds, type LuxosReplies, readLuxos } from './readings/luxos.ts'

/** Asked in one go. */
const READS = [
  'version',
  'config',
  'summary',
  'devs',
  'stats',
  'pools',
  'groups',
  'fans',
  'temps',
  'tempctrl',
  'power',
  'profiles',
  'events',
] as const
type Read = (typeof READS)[number]

/** A rig of today has three or four boards; more than this is no list of boards. */
const MAX_BOARDS = 16
const BY_PROFILE = 'LuxOS sets power by profile: choose one of its power modes instead.'
const COMMAND_UNKNOWN = 14
const CUT_OFF = new Set(['rig/timeout', 'rig/cut-off'])

export const luxos: RigFamily = {
  id: 'luxos',
  name: 'LuxOS',
  login: { needed: 'never', factory: null, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const reader = new PartReader()
  const joined = await reader.ask('rpc joined', () => askRpc(link, READS.join('+')))
  const replies: Partial<Record<Read, unknown>> = {}
  for (const command of READS) {
    const reply = joinedReply(joined, command) ?? (await readOne(link, reader, command))
    if (reply !== undefined) replies[command] = reply
  }
  reader.requireSome()
  const voltages: unknown[] = []
  const chips: unknown[] = []
  for (const id of luxosBoardIds(replies.devs).slice(0, MAX_BOARDS)) {
    voltages.push(await readOne(link, reader, 'voltageget', String(id)))
    chips.push(await readOne(link, reader, 'healthchipget', String(id)))
  }
  const all: LuxosReplies = { ...replies, voltages, chips }
  // That joining does not work loses nothing: each was asked for alone.
  return {
    reading: readLuxos(all, clock.nowMs()),
    failed: reader.failed.filter((label) => label !== 'rpc joined'),
  }
}

/** What this release does not know is absent without having failed. */
async function readOne(
  link: RigLink,
  reader: PartReader,
  command: string,
  parameter?: string,
): Promise<unknown> {
  const label = `rpc ${command}${parameter === undefined ? '' : ` ${parameter}`}`
  return reader.ask(label, async () => {
    const reply = await askRpc(link, command, parameter)
    const status = rpcStatusOf(reply)
    if (!isRefusal(status)) return reply
    if (status.code === COMMAND_UNKNOWN) return undefined
    throw refused(`The rig does not tell: ${status.message ?? command}.`)
  })
}

function capabilities(reading: RigReading): Capabilities {
  const asleep = 'It sleeps. Wake it up first.'
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-mode':
        reading.settings.powerModes.length > 0 || 'This rig lists no profiles that it could be set to.',
      'set-power-limit': BY_PROFILE,
      'set-frequency': reading.state === 'paused' ? asleep : true,
      'set-voltage': reading.state === 'paused' ? asleep : true,
      'set-fan': reading.fans.length > 0 || 'This model has no fans of its own.',
    },
    'LuxOS does not offer this.',
  )
}

async function readPools(link: RigLink): Promise<PoolsSnapshot> {
  const groups = await readLuxosGroups(link)
  return {
    pools: groups.flatMap(({ pools }) => pools),
    hasPasswords: false,
    own: groups.map(({ name, quota, pools }) => ({ name, quota, count: pools.length })),
  }
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
  switch (command.kind) {
    case 'set-pools':
      return setGroups(link, [{ name: 'default', quota: 1, pools: command.pools }])
    case 'restore-pools':
      return setGroups(link, groupsOf(command.snapshot))
    case 'restart':
      return restart(link, 'resetminer', 15_000, 5 * 60_000)
    case 'reboot':
      return restart(link, 'rebootdevice', 30_000, 10 * 60_000)
    case 'pause':
      await inSession(link, (sid) => commandRpc(link, 'curtail', `${sid},sleep`))
      return accepted(3_000, 60_000)
    case 'resume':
      await inSession(link, (sid) => commandRpc(link, 'curtail', `${sid},wakeup`))
      return accepted(15_000, 10 * 60_000)
    case 'locate':
      await inSession(link, (sid) =>
        commandRpc(link, 'ledset', `${sid},red,${command.on ? 'blink' : 'auto'}`),
      )
      return accepted(500, 15_000)
    case 'set-power-mode':
      return setProfile(link, command.mode, reading)
    case 'set-power-limit':
      throw notSupported(BY_PROFILE)
    case 'set-frequency':
      return setEachBoard(link, 'frequencyset', String(Math.round(command.megahertz)))
    case 'set-voltage':
      return setEachBoard(link, 'voltageset', String(command.millivolts / 1000))
    case 'set-fan':
      await inSession(link, (sid) =>
        commandRpc(link, 'fanset', `${sid},speed=${String(command.percent ?? -1)}`),
      )
      return accepted(1_000, 30_000)
  }
}

async function setGroups(link: RigLink, groups: readonly LuxosGroup[]): Promise<WriteOutcome> {
  const cleared = await writeLuxosGroups(link, groups)
  const note = cleared
    ? null
    : 'It works for the new pools, but keeps the old ones as spares: it would not remove them.'
  return accepted(2_000, 2 * 60_000, note)
}

/** Pools of a snapshot come group after group. */
function groupsOf({ pools, own }: PoolsSnapshot): LuxosGroup[] {
  const groups: LuxosGroup[] = []
  let from = 0
  for (const entry of listOf(own)) {
    const count = Number(at(entry, 'count') ?? 0)
    groups.push({
      name: textOf(at(entry, 'name')) ?? 'default',
      quota: Number(at(entry, 'quota') ?? 1),
      pools: pools.slice(from, from + count),
    })
    from += count
  }
  const filled = groups.filter((group) => group.pools.length > 0)
  return filled.length > 0 ? filled : [{ name: 'default', quota: 1, pools }]
}

async function restart(
  link: RigLink,
  command: 'resetminer' | 'rebootdevice',
  settlesInMs: number,
  patienceMs: number,
): Promise<WriteOutcome> {
  const sid = await logOn(link)
  try {
    await commandRpc(link, command, sid)
  } catch (error) {
    if (!(error instanceof HeadframeError) || !CUT_OFF.has(error.code)) {
      await logOff(link, sid)
      throw error
    }
    return { outcome: 'unknown', note: null, settlesInMs, patienceMs }
  }
  // The session ends with what held it.
  return accepted(settlesInMs, patienceMs)
}

/** Its thermal management would choose a profile itself, so it is off while one is set. */
async function setProfile(link: RigLink, mode: string, reading: RigReading): Promise<WriteOutcome> {
  if (!reading.settings.powerModes.some(({ id }) => id === mode)) {
    throw notSupported(`This rig has no profile called "${mode}". Choose one of those it lists.`)
  }
  const atm = await askRpc(link, 'atm')
  const automatic = booleanOf(at(atm, 'ATM', 0, 'Enabled')) === true
  await inSession(link, async (sid) => {
    if (automatic) await commandRpc(link, 'atmset', `${sid},enabled=false`)
    try {
      await commandRpc(link, 'profileset', `${sid},${mode}`)
    } finally {
      if (automatic) await commandRpc(link, 'atmset', `${sid},enabled=true`)
    }
  })
  return accepted(
    10_000,
    5 * 60_000,
    automatic ? 'Its thermal management (ATM) is on and may choose another profile when it gets hot.' : null,
  )
}

async function setEachBoard(
  link: RigLink,
  command: 'frequencyset' | 'voltageset',
  value: string,
): Promise<WriteOutcome> {
  const ids = luxosBoardIds(await askRpc(link, 'devs')).slice(0, MAX_BOARDS)
  if (ids.length === 0) throw refused('The rig lists no board that could be set. Wait until it has started.')
  await inSession(link, async (sid) => {
    for (const id of ids) await commandRpc(link, command, `${sid},${String(id)},${value}`)
  })
  return accepted(10_000, 5 * 60_000)
}

/**
 * Holds the rig's session during `work`.
 * @throws HeadframeError `rig/refused` when another tool holds it, and whatever `work` throws
 */
async function inSession<T>(link: RigLink, work: (sessionId: string) => Promise<T>): Promise<T> {
  const sid = await logOn(link)
  try {
    return await work(sid)
  } finally {
    await logOff(link, sid)
  }
}

async function logOn(link: RigLink): Promise<string> {
  const reply = await askRpc(link, 'logon')
  const sid = textOf(at(reply, 'SESSION', 0, 'SessionID'))
  if (sid !== null && !isRefusal(rpcStatusOf(reply))) return sid
  const status = rpcStatusOf(reply)
  throw new HeadframeError(
    'rig/refused',
    'Another tool is changing this rig and holds its only session: its own web page, a farm manager or a script. A session ends a minute after its last use, so wait a minute and try again; if it stays so, stop the other tool.',
    { context: { command: 'logon', code: status.code, answer: status.message } },
  )
}

/** A session that cannot be ended ends by itself after a minute. */
async function logOff(link: RigLink, sid: string): Promise<void> {
  try {
    await askRpc(link, 'logoff', sid)
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
  }
}
