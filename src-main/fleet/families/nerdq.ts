/**
 * NerdQ (NerdAxe, NerdQAxe, NerdOctaxe): talking and writing. A fork of AxeOS with settings of its own; what it does not
 * know it answers with a redirect to its page. With one-time codes switched on nothing is written: codes are a person's to
 * give, and wrong ones lock. Governing document: rig API digest, section 4.
 */
import { HeadframeError } from '../../base/index.ts'
import { type LooseObject, listOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { type AxeTarget, axeTarget } from './axe-targets.ts'
import { askAsic, findJson, INFO_PATH, restartRig, settingAccepted, tell } from './axe-talk.ts'
import {
  type Capabilities,
  type PoolsSnapshot,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { axePoolText, isAxeInfo, poolUrlOf } from './readings/axe-info.ts'
import { type NerdqOption, readNerdq } from './readings/nerdq.ts'

const SETTINGS_PATH = '/api/system'
/** Connects anew by itself. */
const RECONNECT_SETTLES_MS = 5_000
const RECONNECT_PATIENCE_MS = 60_000
const FAN_MANUAL = 0
const FAN_PID = 2
const NO_KEY = 'x'

export const nerdq: RigFamily = {
  id: 'nerdq',
  name: 'NerdAxe',
  login: { needed: 'never', factory: null, locks: true },
  pollEveryMs: 5_000,

  async read(link, { clock }): Promise<ReadResult> {
    const info = await requireInfo(link)
    const { asic, failed } = await askAsic(link)
    const reading = readNerdq(info, asic, clock.nowMs())
    if (reading === null) throw noNerdq()
    return { reading, failed }
  },

  capabilities,

  async readPools(link): Promise<PoolsSnapshot> {
    const info = await requireInfo(link)
    const pools = (['stratum', 'fallbackStratum'] as const).flatMap((prefix, i) => {
      const text = axePoolText(info, prefix, i === 0 ? 'sv2AuthorityPubkey' : 'fallbackSv2AuthorityPubkey')
      return text === null
        ? []
        : [{ url: poolUrlOf(text), user: textOf(info[`${prefix}User`]) ?? '', password: '' }]
    })
    const members = Object.fromEntries(Object.entries(info).filter(([member]) => POOL_MEMBERS.test(member)))
    return { pools, hasPasswords: false, own: { members } }
  },

  async perform(link, command, reading): Promise<WriteOutcome> {
    const kind = command.kind === 'restore-pools' ? 'set-pools' : command.kind
    requireOffered(capabilities(reading)[kind])
    return perform(link, command, reading)
  },
}

const POOL_MEMBERS =
  /^(?:(?:fallbackStratum|stratum)(?:URL|Port|User|TLS|EnonceSubscribe|Protocol)|(?:fallbackSv2|sv2)(?:AuthorityPubkey|ChannelType))$/

const hasOption = ({ firmwareOptions }: RigReading, option: NerdqOption): boolean =>
  firmwareOptions?.includes(option) ?? false

const CODES_NEEDED =
  'One-time codes are switched on at this rig, and every change needs one. Change it on its own page, or switch them off there.'

function capabilities(reading: RigReading): Capabilities {
  const { settings, state } = reading
  if (hasOption(reading, 'otp')) {
    return offer({}, CODES_NEEDED)
  }
  const shuts =
    hasOption(reading, 'shutdown') || 'This version cannot shut its chips down. Update its firmware.'
  const listed = (options: readonly number[]): true | string =>
    options.length > 0 || 'This version does not say what its board bears. Update its firmware.'
  return offer(
    {
      'set-pools': true,
      restart: 'On this rig firmware and miner are one: use Reboot.',
      reboot: true,
      pause: shuts,
      resume:
        shuts === true && (state === 'paused' || state === 'overheated')
          ? true
          : 'Its chips are not shut down.',
      locate: 'This firmware has no way to show which rig it is.',
      'set-power-mode': 'This rig has no power modes: set frequency and voltage.',
      'set-power-limit': 'This rig has no power limit: set frequency and voltage.',
      'set-frequency': listed(settings.frequencyOptionsMHz),
      'set-voltage': listed(settings.coreVoltageOptionsMv),
      'set-fan': settings.fanAuto !== null || 'This firmware does not show how its fan is set.',
    },
    'This firmware has no such control.',
  )
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  const { settings } = reading
  switch (command.kind) {
    case 'set-pools': {
      const can = { tls: hasOption(reading, 'TLS'), sv2: hasOption(reading, 'SV2') }
      const [first, second = first] = command.pools.map((pool) => axeTarget(pool, can))
      if (first === undefined || second === undefined) {
        throw notSupported('A rig cannot be without a pool. Name at least one.')
      }
      const note =
        command.pools.length > 2
          ? 'This firmware works with two pools: the first two were written, the others not.'
          : null
      return writePools(link, (info) => ({ ...members(info, 0, first), ...members(info, 1, second) }), note)
    }
    case 'restore-pools':
      return restorePools(link, command.snapshot)
    case 'reboot':
      return restartRig(link)
    case 'pause':
      await tell(link, 'POST', '/api/system/shutdown')
      return settingAccepted('Its chips are shut down. Resume restarts it.')
    case 'resume':
      return restartRig(link, 'It restarts, which switches its chips on.')
    case 'set-frequency':
      return set(link, 'frequency', command.megahertz, settings.frequencyOptionsMHz, 'MHz')
    case 'set-voltage':
      return set(link, 'coreVoltage', command.millivolts, settings.coreVoltageOptionsMv, 'mV')
    case 'set-fan':
      return setFan(link, command.percent)
    default:
      throw notSupported('This firmware has no such control.')
  }
}

/** Only members that this version has: it takes each only in the type in which it shows it. */
function members(info: LooseObject, place: 0 | 1, target: AxeTarget): Record<string, unknown> {
  const prefix = place === 0 ? 'stratum' : 'fallbackStratum'
  const known: Record<string, unknown> = {
    [`${prefix}TLS`]: target.tls,
    [`${prefix}Protocol`]: target.sv2 ? 1 : 0,
    [place === 0 ? 'sv2AuthorityPubkey' : 'fallbackSv2AuthorityPubkey']: target.authorityKey,
  }
  return {
    [`${prefix}URL`]: target.host,
    [`${prefix}Port`]: target.port,
    [`${prefix}User`]: target.user,
    [`${prefix}Password`]: target.password,
    ...Object.fromEntries(Object.entries(known).filter(([member]) => Object.hasOwn(info, member))),
  }
}

async function restorePools(link: RigLink, snapshot: PoolsSnapshot): Promise<WriteOutcome> {
  const kept = objectOf(objectOf(snapshot.own)['members'])
  const note = snapshot.hasPasswords
    ? null
    : 'The rig does not show pool passwords, so the usual "x" was written. If your pool needs another, enter it on the rig.'
  return writePools(
    link,
    () => ({
      ...Object.fromEntries(Object.entries(kept).filter(([member]) => POOL_MEMBERS.test(member))),
      stratumPassword: snapshot.pools[0]?.password || NO_KEY,
      fallbackStratumPassword: snapshot.pools[1]?.password || NO_KEY,
    }),
    note,
  )
}

/** Firmware that manages connections by itself moves at once; older one after a restart. */
async function writePools(
  link: RigLink,
  bodyFor: (info: LooseObject) => Record<string, unknown>,
  note: string | null,
): Promise<WriteOutcome> {
  const body = bodyFor(await requireInfo(link))
  await tell(link, 'PATCH', SETTINGS_PATH, body)
  const after = await requireInfo(link)
  const kept = ['stratumURL', 'stratumPort', 'stratumUser'].every(
    (member) => textOf(after[member]) === textOf(body[member]),
  )
  if (!kept) {
    throw refused(
      'The rig said yes to the new pools and did not keep them; it works as before. Set them on its own page, and update its firmware.',
    )
  }
  if (Object.hasOwn(after, 'stratum')) return accepted(RECONNECT_SETTLES_MS, RECONNECT_PATIENCE_MS, note)
  return restartRig(link, note)
}

async function set(
  link: RigLink,
  member: 'frequency' | 'coreVoltage',
  value: number,
  options: readonly number[],
  unit: string,
): Promise<WriteOutcome> {
  const [lowest = value, highest = value] = [options.at(0), options.at(-1)]
  if (value < lowest || value > highest) {
    throw notSupported(
      `Its board is made for ${String(lowest)} to ${String(highest)} ${unit}. For more, use the rig's own page.`,
    )
  }
  // Fractions are passed over without a word.
  await tell(link, 'PATCH', SETTINGS_PATH, { [member]: Math.round(value) })
  return settingAccepted()
}

/** Fans are set one by one where they are listed, together before. */
async function setFan(link: RigLink, percent: number | null): Promise<WriteOutcome> {
  const info = await requireInfo(link)
  const mode = percent === null ? FAN_PID : FAN_MANUAL
  const speed = percent === null ? {} : { manualSpeed: Math.round(percent) }
  const fans = listOf(info['fans']).map(() => ({ mode, ...speed }))
  await tell(link, 'PATCH', SETTINGS_PATH, {
    autofanspeed: mode,
    ...(percent === null ? {} : { manualFanSpeed: Math.round(percent) }),
    ...(fans.length === 0 ? {} : { fans }),
  })
  return settingAccepted()
}

async function requireInfo(link: RigLink): Promise<LooseObject> {
  const info = await findJson(link, INFO_PATH)
  if (info === null || !isAxeInfo(info)) throw noNerdq()
  return info
}

function noNerdq(): HeadframeError {
  return new HeadframeError(
    'rig/bad-reply',
    `What answers at ${INFO_PATH} is not a NerdAxe. Look for rigs again: another device may have got this address.`,
  )
}
