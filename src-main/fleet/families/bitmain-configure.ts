/**
 * Changes the configuration of Bitmain's firmware and of those that kept its pages: read it, put the change in, write all of
 * it back. Governing document: rig API digest, section 5.1.
 */
import { type Clock } from '../../base/index.ts'
import { at } from '../model/lenient.ts'
import { type RigLink } from '../transport/rig-link.ts'
import {
  type ConfigurationChange,
  configurationForm,
  configurationJson,
  fieldOrder,
  type PagePool,
  pagePools,
  poolsOf,
} from './bitmain-forms.ts'
import { getPage, getPageText, postConfiguration, readTables } from './bitmain-talk.ts'
import { type PoolsSnapshot, type WriteOutcome } from './family.ts'
import { PartReader } from './part-reader.ts'
import { snapshotWithoutPasswords } from './plain-pools.ts'
import { readBitmainPools, withScheme } from './readings/bitmain-replies.ts'

/** By the JSON pages of S19 and later. @param wantsWhole firmware before July 2023 */
export async function configureByJson(
  link: RigLink,
  change: ConfigurationChange,
  wantsWhole: boolean,
  note: string | null = null,
): Promise<WriteOutcome> {
  const configuration = await getPage(link, 'get_miner_conf')
  return postConfiguration(link, { json: configurationJson(configuration, change, wantsWhole) }, note)
}

/** By the forms of S9, S17 and Hiveon, whose fields go by their place: the page itself says in which order. */
export async function configureByForm(
  link: RigLink,
  change: ConfigurationChange,
  note: string | null = null,
): Promise<WriteOutcome> {
  const configuration = await getPage(link, 'get_miner_conf')
  const order = fieldOrder((await getPageText(link, 'minerConfiguration')) ?? '')
  return postConfiguration(link, { form: configurationForm(configuration, change, order) }, note)
}

/** With passwords from the pages; without a login, as the RPC tells them. */
export async function readConfiguredPools(link: RigLink, clock: Clock): Promise<PoolsSnapshot> {
  if (link.credentials === null) return readToldPools(link, clock)
  const places = poolsOf(await getPage(link, 'get_miner_conf'))
  return {
    pools: places
      .filter(({ url }) => url !== '')
      .map(({ url, user, pass }) => ({ url: withScheme(url), user, password: pass })),
    hasPasswords: true,
    own: { pools: places },
  }
}

/** The places as a snapshot has them: exactly as they were read, where they were. */
export function restoredPools({ pools, own }: PoolsSnapshot): PagePool[] {
  return at(own, 'pools') === undefined ? pagePools(pools) : poolsOf(own)
}

/** As the RPC tells them, which is without passwords. */
export async function readToldPools(link: RigLink, clock: Clock): Promise<PoolsSnapshot> {
  const parts = new PartReader()
  const { pools } = await readTables(link, parts, { newApi: false })
  parts.requireSome()
  return snapshotWithoutPasswords(readBitmainPools(pools, clock.nowMs(), null))
}
