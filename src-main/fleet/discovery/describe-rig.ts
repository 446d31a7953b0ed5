/**
 * Model, firmware version and identity of a rig whose family is known, as far as they can be read without a login: by what
 * the probes brought already and by few further reads, understood by the family's own parsers, so that a find and a later
 * poll say the same. Never throws. Governing document: rig API digest, section 1.4.
 */
import { at, isObject, objectOf, textOf } from '../model/lenient.ts'
import { type FamilyId, type RigReading } from '../model/reading.ts'
import { antminerReading } from '../families/readings/antminer.ts'
import { auradineReading } from '../families/readings/auradine.ts'
import { readAvalon } from '../families/readings/avalon.ts'
import { readProto } from '../families/readings/proto.ts'
import { innosiliconReading } from '../families/readings/innosilicon.ts'
import { futurebitReading } from '../families/readings/futurebit.ts'
import { readAxeos } from '../families/readings/axeos.ts'
import { readBraiinsGraphql } from '../families/readings/braiins-graphql.ts'
import { readBraiinsRpc } from '../families/readings/braiins-rpc.ts'
import { readEpic } from '../families/readings/epic.ts'
import { hiveonReading } from '../families/readings/hiveon.ts'
import { readLuxos } from '../families/readings/luxos.ts'
import { marathonReading } from '../families/readings/marathon.ts'
import { mskminerReading } from '../families/readings/mskminer.ts'
import { readNerdq } from '../families/readings/nerdq.ts'
import { sealminerReading } from '../families/readings/sealminer.ts'
import { vnishReading } from '../families/readings/vnish.ts'
import { whatsminerGeneration } from '../families/readings/whatsminer-common.ts'
import { readWhatsminerV3 } from '../families/readings/whatsminer-v3.ts'
import { readWhatsminer } from '../families/readings/whatsminer.ts'
import { parseReply } from '../transport/repair-json.ts'
import { type HttpRequest, type RigLink } from '../transport/rig-link.ts'
import { isTextReply, parseTextReply, refusesJson } from '../transport/text-reply.ts'
import { jsonOf, judgeMachine } from './decision-table.ts'
import { EPIC_PORT, type ProbeAnswers } from './probes.ts'

type Known = Pick<
  RigReading,
  'make' | 'model' | 'firmware' | 'firmwareVersion' | 'mac' | 'serial' | 'hostname'
>

export type RigDescription =
  | ({ readonly kind: 'rig' } & Known)
  /** Its own words say that it is not for Bitcoin. */
  | { readonly kind: 'declined'; readonly make: string; readonly because: string }

export interface DescribeOptions {
  /** For one request. */
  readonly timeoutMs: number
  readonly atMs: number
}

/** Reads that give undefined where nothing usable came. One at a time. */
interface Ask {
  readonly answers: ProbeAnswers
  readonly atMs: number
  /** Parsed replies to the probes. */
  readonly version: unknown
  readonly devdetails: unknown
  rpc(command: string): Promise<unknown>
  frame(command: string): Promise<unknown>
  http(request: HttpRequest): Promise<unknown>
}

/** With what it says it mines, where it says. */
type Described = Known & { readonly algorithm?: string | null }
type Describe = (ask: Ask) => Promise<Described> | Described

const DESCRIBE: Readonly<Record<FamilyId, Describe>> = {
  antminer: ({ version, atMs }) => antminerReading({ version }, atMs),
  hiveon: ({ version, atMs }) => hiveonReading({ version }, atMs),
  mskminer: ({ version, atMs }) => mskminerReading({ version }, undefined, atMs),
  braiins: describeBraiins,
  luxos: async ({ version, rpc, atMs }) => readLuxos({ version, config: await rpc('config') }, atMs),
  vnish: async ({ http, atMs }) => {
    const info = await http({ path: '/api/v1/info' })
    return { ...vnishReading({ info }, atMs), algorithm: textOf(at(info, 'algorithm')) }
  },
  epic: describeEpic,
  marathon: ({ version, answers, atMs }) => {
    const told = objectOf(at(version, 'VERSION', 0))
    const overview = {
      model: told.Model ?? told.Type,
      version_firmware: textOf(told.Miner)?.replace(/^kaonsu\s*/i, ''),
    }
    return marathonReading({ brief: jsonOf(answers.kaonsuBrief), overview }, atMs)
  },
  whatsminer: describeWhatsminer,
  axeos: ({ answers, atMs }) => readAxeos(jsonOf(answers.systemInfo), undefined, atMs) ?? plain('AxeOS'),
  nerdq: ({ answers, atMs }) => readNerdq(jsonOf(answers.systemInfo), undefined, atMs) ?? plain('NerdQ'),
  avalon: ({ version, atMs }) => readAvalon({ version }, atMs),
  // Its web service tells more, to those with a login.
  auradine: async ({ version, devdetails, rpc, atMs }) => {
    const model = textOf(at(devdetails ?? (await rpc('devdetails')), 'DEVDETAILS', 0, 'Model'))
    return { ...auradineReading({ version }, atMs), model }
  },
  proto: async ({ http, atMs }) => {
    const system = await http({ path: '/api/v1/system' })
    return readProto({ system, network: await http({ path: '/api/v1/network' }) }, atMs) ?? plain('ProtoOS')
  },
  sealminer: async ({ version, rpc, atMs }) => sealminerReading({ version, stats: await rpc('stats') }, atMs),
  // Its model is told to those with a login alone.
  innosilicon: ({ version, atMs }) => innosiliconReading({ version }, atMs),
  futurebit: async ({ http, atMs }) => {
    const told = await http({
      method: 'POST',
      path: '/api/graphql',
      port: APOLLO_PORT,
      json: { query: APOLLO_QUERY },
    })
    return futurebitReading({ stats: at(told, 'data', 'Miner', 'stats', 'result') }, atMs)
  },
}

const APOLLO_PORT = 5000
const APOLLO_QUERY =
  '{ Miner { stats { result { stats { version statVersion versions { miner } master { hwAddr } slaves { uid } } } error { message } } } }'

/** Families whose `version` says which machine it is. */
const TELLS_VERSION: ReadonlySet<FamilyId> = new Set<FamilyId>([
  'antminer',
  'hiveon',
  'mskminer',
  'luxos',
  'marathon',
  'avalon',
  'auradine',
  'sealminer',
])

/** A rig that said nothing of itself beyond what it is. */
function plain(firmware: string): Known {
  return { firmware, make: null, model: null, firmwareVersion: null, mac: null, serial: null, hostname: null }
}

export async function describeRig(
  family: FamilyId,
  link: RigLink,
  answers: ProbeAnswers,
  { timeoutMs, atMs }: DescribeOptions,
): Promise<RigDescription> {
  const ask: Ask = {
    answers,
    atMs,
    version:
      parsed(answers.version) ?? (TELLS_VERSION.has(family) ? await lateVersion(link, timeoutMs) : undefined),
    devdetails: parsed(answers.devdetails),
    rpc: (command) => quietly(() => link.rpc(JSON.stringify({ command }), { timeoutMs })),
    frame: (command) => quietly(() => link.frame(JSON.stringify({ cmd: command }), { timeoutMs })),
    http: (request) =>
      quietly(async () => {
        const { status, body } = await link.http({ timeoutMs, ...request })
        return status === 200 ? body : ''
      }),
  }
  const described = await DESCRIBE[family](ask)
  const declined = judgeMachine({ algorithm: null, ...described })
  if (declined !== null) return { kind: 'declined', ...declined }
  const { make, model, firmware, firmwareVersion, mac, serial, hostname } = described
  return { kind: 'rig', make, model, firmware, firmwareVersion, mac, serial, hostname }
}

async function describeBraiins({ version, devdetails, rpc, http, atMs }: Ask): Promise<Known> {
  const query = '{ bos { hostname info { version { full } } } bosminer { info { modelName } } }'
  const told = await http({ method: 'POST', path: '/graphql', json: { query } })
  const byGraphql = readBraiinsGraphql({ model: told, system: told, rpcVersion: version }, atMs)
  if (byGraphql.model !== null) return byGraphql
  return readBraiinsRpc({ version, devdetails: devdetails ?? (await rpc('devdetails')) }, atMs)
}

async function describeEpic({ answers, http, atMs }: Ask): Promise<Known> {
  const read = (path: string): Promise<unknown> => http({ path, port: EPIC_PORT })
  const capabilities = jsonOf(answers.capabilities) ?? (await read('/capabilities'))
  return readEpic({ capabilities, summary: await read('/summary'), network: await read('/network') }, atMs)
}

async function describeWhatsminer(ask: Ask): Promise<Known> {
  const { answers, atMs } = ask
  const info = parsed(answers.deviceInfo)
  if (isObject(at(info, 'msg'))) return readWhatsminerV3({ info }, atMs)
  const version = await ask.rpc('get_version')
  if (whatsminerGeneration(textOf(at(version, 'Msg', 'fw_ver'))) === 3) {
    const late = await ask.frame('get.device.info')
    if (isObject(at(late, 'msg'))) return readWhatsminerV3({ info: late }, atMs)
  }
  const devdetails = ask.devdetails ?? (await ask.rpc('devdetails'))
  const minerInfo = await ask.rpc('get_miner_info')
  return readWhatsminer({ get_version: version, devdetails, get_miner_info: minerInfo }, atMs)
}

/** Its web page may have decided before its other port answered, and some firmware drops a caller while it serves another. */
async function lateVersion(link: RigLink, timeoutMs: number): Promise<unknown> {
  const asked = async (request: string, limitMs: number): Promise<string | null> => {
    try {
      return new TextDecoder().decode(await link.rpc(request, { timeoutMs: limitMs }))
    } catch {
      return null
    }
  }
  const json = await asked('{"command":"version"}', timeoutMs)
  if (json !== null && !refusesJson(json)) return parsed(json)
  return parsed((await asked('version', timeoutMs / 3)) ?? json ?? undefined)
}

async function quietly(read: () => Promise<Uint8Array | string>): Promise<unknown> {
  try {
    return parsed(await read())
  } catch {
    return undefined
  }
}

/** In JSON or in cgminer's text form; undefined if it is neither. */
function parsed(reply: Uint8Array | string | null | undefined): unknown {
  if (reply === null || reply === undefined || reply.length === 0) return undefined
  const text = typeof reply === 'string' ? reply : new TextDecoder().decode(reply)
  if (isTextReply(text)) return parseTextReply(text)
  const json = parseReply(text)
  return json.ok ? json.value.value : undefined
}
