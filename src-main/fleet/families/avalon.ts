/**
 * Avalon: the large ones, the Q, Nano 3 and 3S, Mini 3. What a model can be told is what its firmware lists under `help`;
 * where it lists nothing, what is known of the model. Governing document: rig API digest, sections 5.8 and 8.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, countOf, listOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { type RigCredentials, type RigLink } from '../transport/rig-link.ts'
import {
  askAvalonOptions,
  greetAvalon,
  type AvalonHello,
  type AvalonSent,
  readAvalonPart,
  tellAvalon,
} from './avalon-talk.ts'
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
import { notSupported, offer, requireOffered } from './offer.ts'
import { PartReader } from './part-reader.ts'
import { plainPools } from './plain-pools.ts'
import { type AvalonKind, avalonGeneration, avalonKind } from './readings/avalon-models.ts'
import { readAvalon } from './readings/avalon.ts'

const POOL_ENTRIES = 3
/** Soft-off came with the A12. */
const SOFT_OFF_FROM = 12
/** The A10 has a switch for its boards instead, and takes one pool without a number. */
const OLDEST = 10
/** How far ahead soft-off and soft-on are set for; nearer ones have been missed. */
const SOFT_AHEAD_S = 5
/** Home models, which show their Wi-Fi in `litestats`. */
const HAS_LITESTATS: readonly AvalonKind[] = ['q', 'nano3', 'nano3s', 'mini3']

export const avalon: RigFamily = {
  id: 'avalon',
  name: 'Avalon',
  login: { needed: 'to-write', factory: { username: 'root', password: 'root' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const { form, version } = await greetAvalon(link)
  const parts = new PartReader()
  const part = (command: string): Promise<unknown> =>
    parts.ask(`rpc ${command}`, () => readAvalonPart(link, form, command))
  const summary = await part('summary')
  const stats = (await part('stats')) ?? (await part('estats'))
  const pools = await part('pools')
  const kind = avalonKind(readAvalon({ version, stats }, 0).model)
  const litestats = HAS_LITESTATS.includes(kind) ? await part('litestats') : undefined
  const options = await parts.ask('rpc ascset help', () => askAvalonOptions(link, form))
  parts.requireSome()
  const replies = { version, summary, stats, pools, litestats, options: options ?? null }
  // What one of two spellings answered is not missing.
  const failed = parts.failed.filter((asked) => stats === undefined || asked !== 'rpc stats')
  return { reading: readAvalon(replies, clock.nowMs()), failed }
}

/* ---- What it can be told ---- */

function capabilities(reading: RigReading): Capabilities {
  const { model, firmwareOptions } = reading
  const kind = avalonKind(model)
  const name = model === null ? 'This Avalon' : `The ${model}`
  /** @returns true, or the reason: the firmware's own list decides where there is one */
  const listed = (option: string, otherwise: boolean, because: string): true | string =>
    (firmwareOptions === null ? otherwise : firmwareOptions.includes(option)) || because
  return offer(
    {
      'set-pools': kind !== 'nano3' || 'The Nano 3 takes new pools on its own web page or in its app only.',
      reboot: true,
      restart: `${name} restarts only as a whole: use reboot.`,
      pause: pauses(reading, name),
      resume: pauses(reading, name),
      locate: listed(
        'led',
        kind === 'a' || kind === 'nano3',
        `${name} has no light that can be told to show where it is.`,
      ),
      'set-power-mode':
        reading.settings.powerModes.length === 0
          ? `${name} did not say which work mode it has. Read it again.`
          : listed(kind === 'nano3' ? 'worklevel' : 'workmode', true, `${name} has one work mode only.`),
      'set-power-limit': `${name} takes work modes, not a limit in watts.`,
      'set-frequency': `${name} takes work modes; its frequency is for the maker's tests.`,
      'set-voltage': `${name} takes work modes; its voltage is for the maker's tests.`,
      'set-fan': `${name} sets its fans itself; its fan command is for the maker's tests.`,
    },
    'Avalon firmware does not offer that.',
  )
}

function pauses({ model, firmwareOptions }: RigReading, name: string): true | string {
  const kind = avalonKind(model)
  if (firmwareOptions?.includes('softoff') === true || (kind === 'a' && avalonGeneration(model) === OLDEST))
    return true
  const known =
    kind === 'q' || kind === 'mini3' || (kind === 'a' && (avalonGeneration(model) ?? 0) >= SOFT_OFF_FROM)
  if (firmwareOptions === null && known) return true
  return kind === 'nano3s' || kind === 'nano3'
    ? `${name} has no soft-off: its firmware keeps that for its own app.`
    : `${name} has no soft-off: it came with the A12.`
}

/* ---- Pools ---- */

async function readPools(link: RigLink): Promise<PoolsSnapshot> {
  const { form } = await greetAvalon(link)
  const entries = listOf(at(await readAvalonPart(link, form, 'pools'), 'POOLS')).map(objectOf)
  // The Q shows the passwords of its pools, others do not.
  const hasPasswords = entries.length > 0 && entries.every((entry) => textOf(entry['Password']) !== null)
  const pools = entries.flatMap((entry) => {
    const url = textOf(entry['URL'])
    return url === null
      ? []
      : [{ url, user: textOf(entry['User']) ?? '', password: textOf(entry['Password']) ?? '' }]
  })
  return { pools, hasPasswords, own: null }
}

/**
 * The changes that write these pools. There is no way to clear an entry, so that those left over get the first pool again:
 * a rig that fails over must not end at a pool the person has left.
 */
function poolChanges(
  pools: readonly PoolTarget[],
  reading: RigReading,
  login: RigCredentials,
): [string, string][] {
  const [first] = pools
  if (first === undefined) throw notSupported('There is no pool to be written. Enter at least one.')
  for (const { url, user, password } of pools) {
    if ([url, user, password, login.username, login.password].some((field) => /[,|\r\n]/.test(field))) {
      throw notSupported(
        'Avalon firmware parts its fields by commas: URL, user name and passwords must not have one, nor a bar.',
      )
    }
  }
  const kind = avalonKind(reading.model)
  const of = ({ url, user, password }: PoolTarget): string =>
    `${url},${user},${password === '' ? 'x' : password}`
  const credentials = `${login.username},${login.password}`
  if (kind === 'a' && avalonGeneration(reading.model) === OLDEST) {
    return [['ascset', `0,setpool,${credentials},${of(first)}`]]
  }
  return Array.from({ length: POOL_ENTRIES }, (_, index) => {
    const entry = `${credentials},${String(index)},${of(pools[index] ?? first)}`
    return kind === 'a' ? ['ascset', `0,setpool,${entry}`] : ['setpool', entry]
  })
}

/* ---- Changes ---- */

const REBOOTS = { settlesInMs: 15_000, patienceMs: 300_000 }

async function perform(
  link: RigLink,
  command: RigCommand,
  reading: RigReading,
  { clock }: FamilyTools,
): Promise<WriteOutcome> {
  const kind = command.kind === 'restore-pools' ? 'set-pools' : command.kind
  requireOffered(capabilities(reading)[kind])
  switch (command.kind) {
    case 'set-pools': {
      const { pools, note } = plainPools(command.pools, 'Avalon firmware', POOL_ENTRIES)
      return writePools(link, pools, reading, note)
    }
    case 'restore-pools': {
      const note = command.snapshot.hasPasswords
        ? null
        : 'The rig never shows the passwords of its pools: where none was known, "x" was written, which most pools take.'
      return writePools(link, plainPools(command.snapshot.pools, null, POOL_ENTRIES).pools, reading, note)
    }
    case 'reboot':
      return outcome(await reboot(link, await greetAvalon(link)), REBOOTS, null)
    case 'locate': {
      const { form } = await greetAvalon(link)
      const sent = await tellAvalon(link, form, 'ascset', `0,led,1-${command.on ? '1' : '0'}`)
      return outcome(sent, { settlesInMs: 1_000, patienceMs: 20_000 }, null)
    }
    case 'set-power-mode':
      return setMode(link, command.mode, reading)
    case 'pause':
    case 'resume':
      return rest(link, command.kind === 'pause', reading, clock.nowMs())
    default:
      throw notSupported('Avalon firmware does not offer that.')
  }
}

function outcome(
  sent: AvalonSent,
  takes: { readonly settlesInMs: number; readonly patienceMs: number },
  note: string | null,
): WriteOutcome {
  const silence = 'The rig ended the connection without an answer, as it does when it restarts.'
  if (sent === 'accepted') return { outcome: 'accepted', note, ...takes }
  return { outcome: 'unknown', note: note === null ? silence : `${silence} ${note}`, ...takes }
}

function reboot(link: RigLink, { form }: AvalonHello): Promise<AvalonSent> {
  return tellAvalon(link, form, 'ascset', '0,reboot,0')
}

/** Pools are taken at the next start only, so that it reboots when all of them are written. */
async function writePools(
  link: RigLink,
  pools: readonly PoolTarget[],
  reading: RigReading,
  note: string | null,
): Promise<WriteOutcome> {
  const changes = poolChanges(pools, reading, requireLogin(link))
  const hello = await greetAvalon(link)
  for (const [command, parameter] of changes) await tellAvalon(link, hello.form, command, parameter)
  return outcome(await reboot(link, hello), REBOOTS, note)
}

function requireLogin({ credentials }: RigLink): RigCredentials {
  if (credentials !== null) {
    return credentials.username === '' ? { ...credentials, username: 'root' } : credentials
  }
  throw new HeadframeError(
    'rig/wrong-password',
    'Changing the pools of an Avalon needs the user name and password of its web page, and none was entered.',
  )
}

/** The large ones take a mode at their next start, the home models at once. */
async function setMode(link: RigLink, mode: string, reading: RigReading): Promise<WriteOutcome> {
  const number = countOf(mode)
  if (number === null || !reading.settings.powerModes.some(({ id }) => id === mode)) {
    const known = reading.settings.powerModes.map(({ id }) => id).join(', ')
    throw notSupported(`The rig has no work mode "${mode}". It has: ${known}.`)
  }
  const kind = avalonKind(reading.model)
  const hello = await greetAvalon(link)
  if (kind === 'a') {
    await tellAvalon(link, hello.form, 'ascset', `0,workmode,${mode}`)
    return outcome(await reboot(link, hello), REBOOTS, null)
  }
  const option = kind === 'nano3' ? 'worklevel' : 'workmode'
  const sent = await tellAvalon(link, hello.form, 'ascset', `0,${option},set,${mode}`)
  return outcome(sent, { settlesInMs: 3_000, patienceMs: 180_000 }, null)
}

async function rest(link: RigLink, off: boolean, reading: RigReading, nowMs: number): Promise<WriteOutcome> {
  const hello = await greetAvalon(link)
  const { model, firmwareOptions } = reading
  const hasSwitch = firmwareOptions?.includes('softoff') !== true && avalonGeneration(model) === OLDEST
  if (avalonKind(model) === 'a' && hasSwitch) {
    if (!off) return outcome(await reboot(link, hello), REBOOTS, null)
    const sent = await tellAvalon(link, hello.form, 'ascset', '0,hashpower,0')
    return outcome(sent, { settlesInMs: 3_000, patienceMs: 60_000 }, null)
  }
  // By its own clock, which may be another one than ours.
  const nowS = hello.clockS ?? Math.floor(nowMs / 1000)
  const option = off ? 'softoff' : 'softon'
  const sent = await tellAvalon(link, hello.form, 'ascset', `0,${option},1:${String(nowS + SOFT_AHEAD_S)}`)
  return outcome(sent, { settlesInMs: (SOFT_AHEAD_S + 1) * 1000, patienceMs: off ? 60_000 : 300_000 }, null)
}
