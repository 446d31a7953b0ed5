/**
 * Antminers with Bitmain's own firmware, from the S9 to the S21: reads the RPC tables, the web pages behind their login and
 * the plain service on port 6060; writes through the web pages.
 * Governing document: rig API digest, section 5.1.
 */
import { HeadframeError } from '../../base/index.ts'
import { listOf, textOf, at } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { configureByForm, configureByJson, readConfiguredPools, restoredPools } from './bitmain-configure.ts'
import { type ConfigurationChange, pagePools, POOL_PLACES } from './bitmain-forms.ts'
import {
  blinkByForm,
  getPage,
  getPageIfAny,
  postPage,
  readBlinkByForm,
  readTables,
  rebootByPage,
  requireTaken,
} from './bitmain-talk.ts'
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
import { accepted, notSupported, offer, requireOffered } from './offer.ts'
import { plainPools } from './plain-pools.ts'
import { antminerReading, type BitmainReplies } from './readings/antminer.ts'
import { antminerModelName, hasFormPages, hasWarningService } from './readings/antminer-models.ts'
import { BITMAIN_POWER_MODES, firmwareMonth, readBitmainVersion } from './readings/bitmain-replies.ts'

const WARNING_PORT = 6060
/** On the same machine and without work to do: it answers at once or not at all. */
const WARNING_TIMEOUT_MS = 2_000
/** From this firmware on a part of the form is enough, and what was not sent stays. */
const PARTS_SINCE = 202_307
const ASLEEP = '1'
const AWAKE = '0'

export const antminer: RigFamily = {
  id: 'antminer',
  name: 'Antminer (stock)',
  login: { needed: 'to-write', factory: { username: 'root', password: 'root' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

/* ---- Reading ---- */

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const tables = await readTables(link, parts, { newApi: true })
  let replies: BitmainReplies = tables
  let modelName = antminerModelName(readBitmainVersion(tables.version).type)
  if (link.credentials !== null) {
    const systemInfo = await parts.ask('GET get_system_info.cgi', () => getPage(link, 'get_system_info'))
    modelName ??= antminerModelName(textOf(at(systemInfo, 'minertype')))
    replies = { ...replies, systemInfo, ...(await readPages(link, parts, replies, modelName)) }
  }
  parts.requireSome()
  if (hasWarningService(modelName)) {
    replies = {
      ...replies,
      warning: await plainText(link, '/warning'),
      minerPower: await plainText(link, '/miner_power'),
    }
  }
  return { reading: antminerReading(replies, clock.nowMs()), failed: parts.failed }
}

async function readPages(
  link: RigLink,
  parts: PartReader,
  tables: BitmainReplies,
  modelName: string | null,
): Promise<BitmainReplies> {
  const page = (name: string): Promise<unknown> =>
    parts.ask(`GET ${name}.cgi`, () => getPageIfAny(link, name))
  const configuration = await page('get_miner_conf')
  if (hasFormPages(modelName)) {
    const blink = await parts.ask('POST blink.cgi', () => readBlinkByForm(link))
    return { configuration, blink }
  }
  const replies: BitmainReplies = {
    configuration,
    blink: await page('get_blink_status'),
    minerType: await page('miner_type'),
  }
  if (tables.minerDown === true) return replies
  const webSummary = await page('summary')
  // Where the RPC is closed to this machine, the pages say the same.
  if (tables.stats !== undefined && listOf(at(tables.stats, 'STATS')).length > 0) {
    return { ...replies, webSummary }
  }
  return { ...replies, webSummary, stats: await page('stats'), pools: await page('pools') }
}

/** Text of the service on port 6060, '' where it is not served. */
async function plainText(link: RigLink, path: string): Promise<string> {
  try {
    const { status, body } = await link.http({ path, port: WARNING_PORT, timeoutMs: WARNING_TIMEOUT_MS })
    return status === 200 ? new TextDecoder().decode(body) : ''
  } catch (error) {
    if (error instanceof HeadframeError && error.code !== 'rig/given-up') return ''
    throw error
  }
}

/* ---- Control ---- */

const NO_RESTART =
  'Bitmain’s firmware cannot restart its miner alone. Reboot the rig, or pause and resume it.'
const BY_MODE = 'Bitmain’s firmware chooses clock and voltage itself. Choose one of its power modes instead.'
const OLD_BY_ITSELF =
  'What clock and voltage the boards of this model bear differs from board to board, so they are not changed from here.'

function capabilities({ model }: RigReading): Capabilities {
  if (hasFormPages(model)) {
    return offer(
      {
        'set-pools': true,
        reboot: true,
        locate: true,
        'set-fan': true,
        restart: 'The old firmware of this model cannot restart its miner alone. Reboot the rig.',
        pause: 'The old firmware of this model cannot sleep. Switch it off at the wall instead.',
        resume: 'The old firmware of this model cannot sleep, so there is nothing to wake it from.',
        'set-power-mode': 'The old firmware of this model has no power modes.',
        'set-power-limit': 'The old firmware of this model has no power limit.',
      },
      OLD_BY_ITSELF,
    )
  }
  return offer(
    {
      'set-pools': true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-mode': true,
      'set-fan': true,
      restart: NO_RESTART,
    },
    BY_MODE,
  )
}

function readPools(link: RigLink, { clock }: FamilyTools): Promise<PoolsSnapshot> {
  return readConfiguredPools(link, clock)
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
  switch (command.kind) {
    case 'set-pools': {
      const { pools, note } = plainPools(command.pools, 'Bitmain’s firmware', POOL_PLACES)
      return configure(link, { pools: pagePools(pools) }, reading, note)
    }
    case 'restore-pools':
      return configure(link, { pools: restoredPools(command.snapshot) }, reading)
    case 'reboot':
      return rebootByPage(link)
    case 'pause':
      return configure(link, { mode: ASLEEP }, reading)
    case 'resume':
      return configure(link, { mode: AWAKE }, reading)
    case 'locate':
      return hasFormPages(reading.model) ? blinkByForm(link, command.on) : blink(link, command.on)
    case 'set-power-mode':
      if (!BITMAIN_POWER_MODES.some(({ id }) => id === command.mode)) {
        throw notSupported(`This rig has no power mode "${command.mode}". Choose one of those it lists.`)
      }
      return configure(link, { mode: command.mode }, reading)
    case 'set-fan':
      return configure(link, { fanPercent: command.percent }, reading)
    case 'restart':
      throw notSupported(NO_RESTART)
    case 'set-power-limit':
    case 'set-frequency':
    case 'set-voltage':
      throw notSupported(BY_MODE)
  }
}

function configure(
  link: RigLink,
  change: ConfigurationChange,
  { model, firmwareVersion }: RigReading,
  note: string | null = null,
): Promise<WriteOutcome> {
  if (hasFormPages(model)) return configureByForm(link, change, note)
  return configureByJson(link, change, (firmwareMonth(firmwareVersion) ?? 0) < PARTS_SINCE, note)
}

/** It goes on until it is told to stop. */
async function blink(link: RigLink, on: boolean): Promise<WriteOutcome> {
  requireTaken(await postPage(link, { name: 'blink', json: { blink: String(on) } }), 'to blink')
  return accepted(500, 20_000)
}
