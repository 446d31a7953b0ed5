/**
 * MSKminer's firmware on Antminers: Bitmain's RPC tables, read only, and its own web page for the network address. How it is
 * told anything is published nowhere. Governing document: rig API digest, section 5.1 (last paragraph).
 */
import { type RigReading } from '../model/reading.ts'
import { requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type RigCredentials, type RigLink } from '../transport/rig-link.ts'
import { readToldPools } from './bitmain-configure.ts'
import { readTables } from './bitmain-talk.ts'
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
import { notSupported, offer } from './offer.ts'
import { mskminerReading } from './readings/mskminer.ts'
import { LoginExpired, WebSessions, wrongLogin } from './web-sessions.ts'

const sessions = new WebSessions()

export const mskminer: RigFamily = {
  id: 'mskminer',
  name: 'MSKminer',
  // Its login shows the network address; everything else is open, and nothing can be changed.
  login: { needed: 'never', factory: { username: 'root', password: 'root' }, locks: true },
  pollEveryMs: 15_000,
  read,
  capabilities,
  readPools,
  perform,
}

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const tables = await readTables(link, parts, { newApi: false })
  const info =
    link.credentials === null
      ? undefined
      : await parts.ask('POST /api/info_v1', () =>
          sessions.use(
            link,
            (credentials) => logIn(link, credentials),
            (cookie) => readInfo(link, cookie),
          ),
        )
  parts.requireSome()
  return { reading: mskminerReading(tables, info, clock.nowMs()), failed: parts.failed }
}

async function logIn(link: RigLink, { username, password }: RigCredentials): Promise<string> {
  const { status, headers } = await link.http({
    method: 'POST',
    path: '/admin/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username, password }).toString(),
  })
  const cookie = headers['set-cookie']?.split(';', 1)[0]
  if (status >= 400 || cookie === undefined) throw wrongLogin(null)
  return cookie
}

async function readInfo(link: RigLink, cookie: string): Promise<unknown> {
  const reply = await link.http({ method: 'POST', path: '/api/info_v1', headers: { cookie } })
  if (reply.status === 401 || reply.status === 403) throw new LoginExpired()
  requireGoodStatus(reply, 'POST /api/info_v1')
  return requireJson(reply.body, 'POST /api/info_v1')
}

const READ_ONLY =
  'How MSKminer’s firmware is told anything from outside is published nowhere. Use the rig’s own web page.'

function capabilities(): Capabilities {
  return offer({}, READ_ONLY)
}

function readPools(link: RigLink, { clock }: FamilyTools): Promise<PoolsSnapshot> {
  return readToldPools(link, clock)
}

function perform(_link: RigLink, _command: RigCommand, _reading: RigReading): Promise<WriteOutcome> {
  return Promise.reject(notSupported(READ_ONLY))
}
