/**
 * Hiveon's firmware on Antminers: Bitmain's RPC tables, and Bitmain's old web forms behind the same login.
 * Governing document: rig API digest, section 5.1 (last paragraph).
 */
import { type RigReading } from '../model/reading.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { configureByForm, readConfiguredPools, restoredPools } from './bitmain-configure.ts'
import { pagePools, POOL_PLACES } from './bitmain-forms.ts'
import {
  blinkByForm,
  getPage,
  getPageIfAny,
  readBlinkByForm,
  readTables,
  rebootByPage,
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
import { notSupported, offer, requireOffered } from './offer.ts'
import { plainPools } from './plain-pools.ts'
import { type BitmainReplies } from './readings/antminer.ts'
import { hiveonReading } from './readings/hiveon.ts'

export const hiveon: RigFamily = {
  id: 'hiveon',
  name: 'Hiveon',
  login: { needed: 'to-write', factory: { username: 'root', password: 'root' }, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  let replies: BitmainReplies = await readTables(link, parts, { newApi: false })
  if (link.credentials !== null) {
    replies = {
      ...replies,
      systemInfo: await parts.ask('GET get_system_info.cgi', () => getPage(link, 'get_system_info')),
      configuration: await parts.ask('GET get_miner_conf.cgi', () => getPageIfAny(link, 'get_miner_conf')),
      blink: await parts.ask('POST blink.cgi', () => readBlinkByForm(link)),
    }
  }
  parts.requireSome()
  return { reading: hiveonReading(replies, clock.nowMs()), failed: parts.failed }
}

const ON_ITS_PAGE =
  'How Hiveon’s firmware is told this from outside is not known. Set it on the rig’s own web page.'

function capabilities(): Capabilities {
  return offer({ 'set-pools': true, reboot: true, locate: true, 'set-fan': true }, ON_ITS_PAGE)
}

function readPools(link: RigLink, { clock }: FamilyTools): Promise<PoolsSnapshot> {
  return readConfiguredPools(link, clock)
}

async function perform(link: RigLink, command: RigCommand, _reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities()[command.kind])
  switch (command.kind) {
    case 'set-pools': {
      const { pools, note } = plainPools(command.pools, 'Hiveon’s firmware', POOL_PLACES)
      return configureByForm(link, { pools: pagePools(pools) }, note)
    }
    case 'restore-pools':
      return configureByForm(link, { pools: restoredPools(command.snapshot) })
    case 'reboot':
      return rebootByPage(link)
    case 'locate':
      return blinkByForm(link, command.on)
    case 'set-fan':
      return configureByForm(link, { fanPercent: command.percent })
    default:
      throw notSupported(ON_ITS_PAGE)
  }
}
