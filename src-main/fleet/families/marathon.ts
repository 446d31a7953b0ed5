/**
 * Marathon's firmware (MaraFW, kaonsu) on Antminers: everything under `/kaonsu/v1` behind a Digest login. Its configuration
 * is written as a whole, as it was read, with the change in it.
 * Governing document: rig API digest, section 5.6.
 */
import { at, booleanOf, listOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { askJson } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
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
import { plainPools } from './plain-pools.ts'
import {
  MARATHON_POWER_MODES,
  MARATHON_SLEEP,
  marathonReading,
  type MarathonReplies,
  modeBeforeSleep,
} from './readings/marathon.ts'
import { unlessSilent } from './unless-silent.ts'
import { requireCredentials } from './web-sessions.ts'

const BASE = '/kaonsu/v1/'
const CONFIGURE_TIMEOUT_MS = 20_000
const POOL_PLACES = 3

export const marathon: RigFamily = {
  id: 'marathon',
  name: 'Marathon',
  login: { needed: 'to-read', factory: { username: 'root', password: 'root' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

/* ---- Talking ---- */

function get(link: RigLink, name: string): Promise<unknown> {
  requireCredentials(link)
  return askJson(link, { path: `${BASE}${name}`, auth: 'digest' })
}

/** @throws HeadframeError `rig/refused` with the rig's words */
async function post(link: RigLink, name: string, json: unknown): Promise<unknown> {
  requireCredentials(link)
  const reply = await askJson(link, {
    method: 'POST',
    path: `${BASE}${name}`,
    auth: 'digest',
    json,
    timeoutMs: CONFIGURE_TIMEOUT_MS,
  })
  if (booleanOf(at(reply, 'error')) !== true) return reply
  const words = textOf(at(reply, 'msg')) ?? 'it gives no reason'
  throw refused(`The rig refused the change: ${words}. Look at the same setting on its own web page.`, {
    answer: words,
  })
}

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  requireCredentials(link)
  const parts = new PartReader()
  const ask = (name: string): Promise<unknown> => parts.ask(`GET ${BASE}${name}`, () => get(link, name))
  const replies: MarathonReplies = {
    brief: await ask('brief'),
    overview: await ask('overview'),
    hashboards: await ask('hashboards'),
    details: await ask('details'),
    fans: await ask('fans'),
    pools: await ask('pools'),
    networkConfig: await ask('network_config'),
    minerConfig: await ask('miner_config'),
    locateMiner: await ask('locate_miner'),
    eventChart: await ask('event_chart'),
  }
  parts.requireSome()
  return { reading: marathonReading(replies, clock.nowMs()), failed: parts.failed }
}

/* ---- Control ---- */

const BY_TARGET =
  'Marathon’s firmware tunes clock and voltage to a target. Set a power limit or choose a power mode instead.'

function capabilities(): Capabilities {
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-mode': true,
      'set-power-limit': true,
      'set-fan': 'Marathon’s firmware steers its fans by temperature. Change that on the rig’s own web page.',
    },
    BY_TARGET,
  )
}

async function readPools(link: RigLink): Promise<PoolsSnapshot> {
  const configuration = await get(link, 'miner_config')
  return {
    pools: listOf(at(configuration, 'pools')).flatMap((pool) => {
      const url = textOf(at(pool, 'url'))
      const [user, password] = [textOf(at(pool, 'user')) ?? '', textOf(at(pool, 'pass')) ?? '']
      return url === null ? [] : [{ url, user, password }]
    }),
    hasPasswords: true,
    own: { pools: at(configuration, 'pools') ?? [], 'pool-group': at(configuration, 'pool-group') ?? [] },
  }
}

async function perform(link: RigLink, command: RigCommand, _reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities()[command.kind])
  switch (command.kind) {
    case 'set-pools': {
      const { pools, note } = plainPools(command.pools, 'Marathon’s firmware', POOL_PLACES)
      return configure(link, (read) => withPools(read, pools), note)
    }
    case 'restore-pools':
      return configure(link, (read) => withSnapshot(read, command.snapshot))
    case 'restart':
      return maintain(link, 'reload', accepted(10_000, 5 * 60_000))
    case 'reboot':
      return maintain(link, 'reboot', accepted(30_000, 10 * 60_000))
    case 'pause':
      return configure(link, (read) => withMode(read, MARATHON_SLEEP))
    case 'resume':
      return resume(link)
    case 'locate':
      await post(link, 'locate_miner', { blinking: command.on })
      return accepted(500, 20_000)
    case 'set-power-mode':
      if (!MARATHON_POWER_MODES.some(({ id }) => id === command.mode)) {
        throw notSupported(`This rig has no power mode "${command.mode}". Choose one of those it lists.`)
      }
      return configure(link, (read) => withMode(read, command.mode))
    case 'set-power-limit':
      return configure(link, (read) => withPowerTarget(read, Math.round(command.watts)))
    case 'set-frequency':
    case 'set-voltage':
    case 'set-fan':
      throw notSupported(BY_TARGET)
  }
}

/** Reads all of the configuration, changes it, and writes all of it. */
async function configure(
  link: RigLink,
  change: (read: Configuration) => Configuration,
  note: string | null = null,
): Promise<WriteOutcome> {
  const configuration = objectOf(await get(link, 'miner_config'))
  return unlessSilent(
    () => post(link, 'miner_config', change(configuration)),
    accepted(10_000, 5 * 60_000, note),
  )
}

/** Back to the mode that it slept in, which its own log knows. */
async function resume(link: RigLink): Promise<WriteOutcome> {
  const parts = new PartReader()
  const history = await parts.ask('log', () => get(link, 'log?type=miner_config_history'))
  return configure(link, (read) => {
    const mode = textOf(at(read, 'mode', 'work-mode-selector'))
    const before = modeBeforeSleep(history) ?? 'Stock'
    return withMode(read, mode === null || mode === MARATHON_SLEEP ? before : mode)
  })
}

function maintain(link: RigLink, type: 'reload' | 'reboot', outcome: WriteOutcome): Promise<WriteOutcome> {
  return unlessSilent(() => post(link, 'maintenance', { type }), outcome)
}

/* ---- The configuration ---- */

type Configuration = Readonly<Record<string, unknown>>

/** All in the first group, which then gets all of the work. */
function withPools(read: Configuration, pools: readonly PoolTarget[]): Configuration {
  const first = listOf(read['pool-group'])[0]
  const gid = at(first, 'gid') ?? 0
  return {
    ...read,
    'pool-group': [{ alias: '', ...objectOf(first), gid, percent: 100 }],
    pools: pools.map(({ url, user, password }) => ({ url, user, pass: password, gid })),
  }
}

function withSnapshot(read: Configuration, { pools, own }: PoolsSnapshot): Configuration {
  const kept = listOf(at(own, 'pools'))
  if (kept.length === 0) return withPools(read, pools)
  return { ...read, pools: kept, 'pool-group': at(own, 'pool-group') ?? read['pool-group'] }
}

function withMode(read: Configuration, mode: string): Configuration {
  return { ...read, mode: { ...objectOf(read.mode), 'work-mode-selector': mode } }
}

function withPowerTarget(read: Configuration, watts: number): Configuration {
  const mode = objectOf(read.mode)
  return {
    ...read,
    mode: {
      ...mode,
      'work-mode-selector': 'Auto',
      concorde: { ...objectOf(mode.concorde), 'mode-select': 'PowerTarget', 'power-target': watts },
    },
  }
}
