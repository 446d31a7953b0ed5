/**
 * Whatsminer, all three generations of its API. The first two are told apart by the date of the firmware and share a port;
 * the third has its own and keeps the old reads. Which one answers is found out at every read, for firmware is updated.
 *
 * The owner's switch for changes is respected: when it is off, the person is told where it is. The maker's ways round it
 * are not in here. Governing document: rig API digest, sections 5.7 and 8.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { at, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { askRpc } from '../transport/ask.ts'
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
import { notSupported, offer } from './offer.ts'
import { plainPools, snapshotWithoutPasswords } from './plain-pools.ts'
import { whatsminerGeneration, type WhatsminerGeneration } from './readings/whatsminer-common.ts'
import { readWhatsminerV3 } from './readings/whatsminer-v3.ts'
import { readWhatsminer } from './readings/whatsminer.ts'
import { TokenStore } from './whatsminer-token.ts'
import { commandWhatsminerRpc, readWhatsminerRpc, type Sent } from './whatsminer-v2.ts'
import { askWhatsminerInfo, commandWhatsminerFrame, readWhatsminerFrames } from './whatsminer-v3.ts'

const POOL_ENTRIES = 3
/** Of the API: older ones have no command for a limit in watts. */
const POWER_LIMIT_FROM = [2, 0, 5]
const FLASH = { color: 'red', period: 200, duration: 100, start: 0 }

const ADMIN = { username: 'admin', password: 'admin' }
/** From the third generation on, `admin` may only read. */
const SUPER = { username: 'super', password: 'super' }

/** With tokens of its own. */
export function createWhatsminer(): RigFamily {
  const tokens = new TokenStore()
  return {
    id: 'whatsminer',
    name: 'Whatsminer',
    login: {
      needed: 'to-write',
      factory: ADMIN,
      factoryOf: (firmwareVersion) => (whatsminerGeneration(firmwareVersion) === 3 ? SUPER : ADMIN),
      locks: false,
    },
    pollEveryMs: 15_000,
    read: readAny,
    capabilities,
    readPools,
    perform: (link, command, reading, tools) => perform(link, command, reading, tools, tokens),
  }
}

export const whatsminer: RigFamily = createWhatsminer()

async function readAny(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  let version: unknown
  try {
    version = await askRpc(link, 'get_version')
  } catch (error) {
    // The newest firmware can have the old port closed.
    const alone = await readFrames(link, clock).catch(() => null)
    if (alone === null) throw error
    return alone
  }
  const firmware = textOf(at(version, 'Msg', 'fw_ver'))
  const generation = whatsminerGeneration(firmware)
  const missed: string[] = []
  if (generation === 3) {
    const read = await readFrames(link, clock).catch((error: unknown) => {
      if (error instanceof HeadframeError) return null
      throw error
    })
    if (read !== null) return read
    missed.push('frame get.device.info')
  }
  const { replies, failed, minerDown } = await readWhatsminerRpc(link, version, generation === 1)
  return { reading: readWhatsminer(replies, clock.nowMs(), minerDown), failed: [...missed, ...failed] }
}

async function readFrames(link: RigLink, clock: Clock): Promise<ReadResult> {
  const { replies, failed } = await readWhatsminerFrames(link)
  return { reading: readWhatsminerV3(replies, clock.nowMs()), failed }
}

function capabilities(reading: RigReading): Capabilities {
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-mode': true,
      'set-power-limit': powerLimit(reading),
      'set-frequency':
        'Whatsminer firmware takes a share of its factory clock, not a frequency. Use its power mode or power limit.',
      'set-voltage': 'Whatsminer firmware sets the voltage itself. Use its power mode or power limit.',
      'set-fan': 'Whatsminer firmware controls its fans itself.',
    },
    'Whatsminer firmware does not offer that.',
  )
}

/** @returns true, or why it is not offered */
function powerLimit({ apiVersion, firmwareVersion }: RigReading): true | string {
  if (apiVersion === null) {
    return (
      whatsminerGeneration(firmwareVersion) === 3 || 'The rig did not say which API it has. Read it again.'
    )
  }
  const parts = apiVersion.split('.').map(Number)
  for (const [index, wanted] of POWER_LIMIT_FROM.entries()) {
    const part = parts[index] ?? 0
    if (part > wanted) return true
    if (part < wanted) return `A limit in watts needs API 2.0.5 or newer; this rig has ${apiVersion}.`
  }
  return true
}

/** Neither generation shows the passwords of its pools. */
async function readPools(link: RigLink, tools: FamilyTools): Promise<PoolsSnapshot> {
  return snapshotWithoutPasswords((await readAny(link, tools)).reading.pools)
}

/** How long a change takes, in milliseconds: until it can be there, and at most. */
const AT_ONCE = { settlesInMs: 1_000, patienceMs: 20_000 }
const MINER_RESTARTS = { settlesInMs: 5_000, patienceMs: 180_000 }
const RAMPS_ANEW = { settlesInMs: 5_000, patienceMs: 300_000 }
const BOX_RESTARTS = { settlesInMs: 15_000, patienceMs: 300_000 }

/** One change in the words of both APIs. */
interface Change {
  readonly v2: readonly [cmd: string, members?: Readonly<Record<string, unknown>>]
  /** Tried in turn while the firmware does not know them. */
  readonly v3: readonly (readonly [cmd: string, param?: unknown])[]
  readonly takes: { readonly settlesInMs: number; readonly patienceMs: number }
  readonly note: string | null
}

async function perform(
  link: RigLink,
  command: RigCommand,
  reading: RigReading,
  tools: FamilyTools,
  tokens: TokenStore,
): Promise<WriteOutcome> {
  const change = changeFor(command)
  const send = generationOf(reading) === 3 ? sendNew : sendOld
  const outcome = await send(link, change, tools, tokens)
  if (outcome === 'accepted') return { outcome, note: change.note, ...change.takes }
  // It restarts what would answer, so silence is usual.
  const note = 'The rig ended the connection without an answer, as it does when it restarts.'
  return { outcome, note: change.note === null ? note : `${note} ${change.note}`, ...change.takes }
}

/** The third generation's own reads say 3.x; its old port may say less of the same firmware. */
function generationOf({ firmwareVersion, apiVersion }: RigReading): WhatsminerGeneration {
  const byDate = whatsminerGeneration(firmwareVersion)
  if (byDate !== null) return byDate
  return apiVersion?.startsWith('3.') === true ? 3 : 2
}

async function sendOld(link: RigLink, { v2 }: Change, tools: FamilyTools, tokens: TokenStore): Promise<Sent> {
  return commandWhatsminerRpc(link, tools, tokens, ...v2)
}

async function sendNew(link: RigLink, change: Change, tools: FamilyTools, tokens: TokenStore): Promise<Sent> {
  const info = await askWhatsminerInfo(link).catch((error: unknown) => {
    if (error instanceof HeadframeError) return null
    throw error
  })
  // Where nobody speaks the new API the old one may still be served.
  if (info === null) return sendOld(link, change, tools, tokens)
  for (const [cmd, param] of change.v3) {
    try {
      return await commandWhatsminerFrame(link, tools, info, cmd, param)
    } catch (error) {
      if (!(error instanceof HeadframeError) || error.code !== 'rig/not-supported') throw error
    }
  }
  return sendOld(link, change, tools, tokens)
}

function changeFor(command: RigCommand): Change {
  switch (command.kind) {
    case 'set-pools': {
      const { pools, note } = plainPools(command.pools, 'Whatsminer firmware', POOL_ENTRIES)
      return poolsChange(pools, note)
    }
    case 'restore-pools': {
      const { pools, hasPasswords } = command.snapshot
      const note = hasPasswords
        ? null
        : 'The rig never shows the passwords of its pools: where none was known, "x" was written, which most pools take.'
      return poolsChange(plainPools(pools, null, POOL_ENTRIES).pools, note)
    }
    case 'restart':
      return {
        v2: ['restart_btminer'],
        v3: [['set.miner.service', 'restart']],
        takes: MINER_RESTARTS,
        note: null,
      }
    case 'reboot':
      return { v2: ['reboot'], v3: [['set.system.reboot']], takes: BOX_RESTARTS, note: null }
    case 'pause':
      return {
        v2: ['power_off', { respbefore: 'true' }],
        v3: [['set.miner.service', 'stop']],
        takes: { settlesInMs: 3_000, patienceMs: 90_000 },
        note: null,
      }
    case 'resume':
      return { v2: ['power_on'], v3: [['set.miner.service', 'start']], takes: RAMPS_ANEW, note: null }
    case 'locate':
      return {
        v2: ['set_led', command.on ? FLASH : { param: 'auto' }],
        v3: [['set.system.led', command.on ? [FLASH] : 'auto']],
        takes: AT_ONCE,
        note: null,
      }
    case 'set-power-mode':
      return powerModeChange(command.mode)
    case 'set-power-limit': {
      const watts = Math.round(command.watts)
      return {
        v2: ['adjust_power_limit', { power_limit: String(watts) }],
        v3: [['set.miner.power_limit', watts]],
        takes: RAMPS_ANEW,
        note: 'The rig starts its miner anew for this. It takes no more than the power of its model.',
      }
    }
    case 'set-frequency':
    case 'set-voltage':
    case 'set-fan':
      throw notSupported('Whatsminer firmware does not offer that.')
  }
}

/** All three entries at once, empty ones included: what is left out stays as it was. */
function poolsChange(pools: readonly PoolTarget[], note: string | null): Change {
  const members: Record<string, string> = {}
  for (let entry = 0; entry < POOL_ENTRIES; entry++) {
    const pool = pools[entry]
    const number = String(entry + 1)
    members[`pool${number}`] = pool?.url ?? ''
    members[`worker${number}`] = pool?.user ?? ''
    members[`passwd${number}`] = pool?.password ?? ''
  }
  const list = pools.map(({ url, user, password }) => ({ pool: url, worker: user, passwd: password }))
  return { v2: ['update_pools', members], v3: [['set.miner.pools', list]], takes: MINER_RESTARTS, note }
}

function powerModeChange(mode: string): Change {
  if (mode !== 'low' && mode !== 'normal' && mode !== 'high') {
    throw notSupported(`Whatsminer has no power mode "${mode}": use low, normal or high.`)
  }
  return {
    v2: [`set_${mode}_power`],
    // The maker's manual has the first name, firmware in the field was seen with the second.
    v3: [
      ['set.miner.power_mode', mode],
      ['set.miner.mode', mode],
    ],
    takes: RAMPS_ANEW,
    note: null,
  }
}
