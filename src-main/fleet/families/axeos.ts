/**
 * AxeOS (Bitaxe and kin) and forks that keep its paths: talking and writing. No login: whoever is in its network may do
 * everything. What a version can do is told from what it shows. Governing document: rig API digest, section 3.
 */
import { HeadframeError } from '../../base/index.ts'
import { booleanOf, type LooseObject } from '../model/lenient.ts'
import { type RigReading, type RigSettings } from '../model/reading.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { askAsic, findJson, INFO_PATH, restartRig, settingAccepted, tell } from './axe-talk.ts'
import { followAxeos } from './axeos-live.ts'
import { planPools, planRestore, type PoolsPlan, snapshotPools } from './axeos-pools.ts'
import {
  type Capabilities,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { notSupported, offer, refused, requireOffered } from './offer.ts'
import { isAxeInfo } from './readings/axe-info.ts'
import { type AxeosOption, readAxeos } from './readings/axeos.ts'

const SETTINGS_PATH = '/api/system'

export const axeos: RigFamily = {
  id: 'axeos',
  name: 'AxeOS',
  login: { needed: 'never', factory: null, locks: false },
  pollEveryMs: 5_000,

  async read(link, { clock }): Promise<ReadResult> {
    const info = await requireInfo(link)
    const { asic, failed } = await askAsic(link)
    const reading = readAxeos(info, asic, clock.nowMs())
    if (reading === null) throw noAxeos()
    return { reading, failed }
  },

  capabilities,

  async readPools(link) {
    return snapshotPools(await requireInfo(link))
  },

  async perform(link, command, reading): Promise<WriteOutcome> {
    if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
    return perform(link, command, reading)
  },

  follow: followAxeos,
}

function capabilities(reading: RigReading): Capabilities {
  const has = (option: AxeosOption): boolean => reading.firmwareOptions?.includes(option) ?? false
  const { settings, state, pools } = reading
  const pausing = has('pause') || 'This version cannot pause. Update AxeOS to 2.14 or newer.'
  return offer(
    {
      'set-pools':
        pools.length > 0 || has('pools') || 'This firmware does not show its pools, so they are not written.',
      restart: 'On this rig firmware and miner are one: use Reboot.',
      reboot: true,
      pause: pausing,
      resume: state === 'overheated' || pausing,
      locate: has('identify') || 'This version cannot show a greeting. Update AxeOS to 2.12 or newer.',
      'set-power-mode': 'This rig has no power modes: set frequency and voltage.',
      'set-power-limit': 'This rig has no power limit: set frequency and voltage.',
      'set-frequency': tunable(settings, 'frequencyMHz', 'frequencies'),
      'set-voltage': tunable(settings, 'coreVoltageMv', 'voltages'),
      'set-fan': settings.fanAuto !== null || 'This firmware does not show how its fan is set.',
    },
    'AxeOS has no such control.',
  )
}

function tunable(
  settings: RigSettings,
  value: 'frequencyMHz' | 'coreVoltageMv',
  what: string,
): true | string {
  const options = value === 'frequencyMHz' ? settings.frequencyOptionsMHz : settings.coreVoltageOptionsMv
  if (settings[value] !== null && options.length > 0) return true
  return `This firmware does not say which ${what} its board bears. Update AxeOS to 2.7 or newer.`
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  const { settings } = reading
  switch (command.kind) {
    case 'set-pools':
      return writePools(link, (info) => planPools(info, command.pools))
    case 'restore-pools':
      return writePools(link, (info) => planRestore(info, command.snapshot))
    case 'reboot':
      return restartRig(link)
    case 'pause':
      await tell(link, 'POST', '/api/system/pause')
      return settingAccepted()
    case 'resume':
      if (reading.state === 'overheated') {
        await tell(link, 'PATCH', SETTINGS_PATH, { overheat_mode: 0 })
        return restartRig(link, 'Its overheat lock was cleared, and it restarts.')
      }
      await tell(link, 'POST', '/api/system/resume')
      return settingAccepted()
    case 'locate':
      // The call switches over and the rig does not say which way; said twice it would undo itself.
      if (!command.on) return settingAccepted('The greeting on its screen ends by itself after 30 seconds.')
      await tell(link, 'POST', '/api/system/identify')
      return settingAccepted('It shows a greeting on its screen for 30 seconds.')
    case 'set-frequency':
      return set(link, 'frequency', command.megahertz, settings.frequencyOptionsMHz, 'MHz')
    case 'set-voltage':
      return set(link, 'coreVoltage', command.millivolts, settings.coreVoltageOptionsMv, 'mV')
    case 'set-fan':
      return setFan(link, command.percent)
    default:
      throw notSupported('AxeOS has no such control.')
  }
}

/** Writes, looks whether it was kept, and restarts: only then is it worked for. */
async function writePools(link: RigLink, plan: (info: LooseObject) => PoolsPlan): Promise<WriteOutcome> {
  const { body, kept, note } = plan(await requireInfo(link))
  await tell(link, 'PATCH', SETTINGS_PATH, body)
  if (!kept(await requireInfo(link))) {
    throw refused(
      'The rig said yes to the new pools and did not keep them. It was not restarted and works as before. Set them on its own page, and update its firmware.',
    )
  }
  return restartRig(link, note)
}

/** Outside of what its board lists only where its owner switched that on, on its page. */
async function set(
  link: RigLink,
  member: 'frequency' | 'coreVoltage',
  value: number,
  options: readonly number[],
  unit: string,
): Promise<WriteOutcome> {
  const [lowest = value, highest = value] = [options.at(0), options.at(-1)]
  if (value < lowest || value > highest) {
    const info = await requireInfo(link)
    if (booleanOf(info['overclockEnabled']) !== true) {
      throw notSupported(
        `Its board is made for ${String(lowest)} to ${String(highest)} ${unit}. For more, switch overclocking on, on the rig's own page.`,
      )
    }
  }
  await tell(link, 'PATCH', SETTINGS_PATH, { [member]: value })
  return settingAccepted()
}

/** `manualFanSpeed` from 2.11 on, `fanspeed` before; each version takes no notice of the other's name. */
async function setFan(link: RigLink, percent: number | null): Promise<WriteOutcome> {
  const info = await requireInfo(link)
  const automatic = (on: boolean): unknown => (typeof info['autofanspeed'] === 'boolean' ? on : on ? 1 : 0)
  const member = Object.hasOwn(info, 'manualFanSpeed') ? 'manualFanSpeed' : 'fanspeed'
  await tell(link, 'PATCH', SETTINGS_PATH, {
    autofanspeed: automatic(percent === null),
    ...(percent === null ? {} : { [member]: Math.round(percent) }),
  })
  return settingAccepted()
}

async function requireInfo(link: RigLink): Promise<LooseObject> {
  const info = await findJson(link, INFO_PATH)
  if (info === null || !isAxeInfo(info)) throw noAxeos()
  return info
}

function noAxeos(): HeadframeError {
  return new HeadframeError(
    'rig/bad-reply',
    `What answers at ${INFO_PATH} is not AxeOS. Look for rigs again: another device may have got this address.`,
  )
}
