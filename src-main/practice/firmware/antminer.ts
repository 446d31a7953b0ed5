/**
 * Bitmain's own firmware on a practice rig, in its three generations: the pages of forms (S9, S17), the JSON pages before
 * July 2023 that want the whole form, and those since, which take a part of it and have the service on port 6060.
 * Governing document: rig API digest, sections 2 and 5.1.
 */
import {
  answerBitmainRpc,
  type BitmainProgram,
  chainedStats,
  MINER_GONE,
  webSummary,
} from './bitmain-tables.ts'
import { digestLogin } from './digest-login.ts'
import {
  type BootFirmware,
  type Firmware,
  type FirmwareReply,
  type FirmwareRequest,
  HANG_UP,
} from './firmware.ts'
import { type FirmwareReplyOrNone, formPages } from './bitmain-form-pages.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

/** old-web: forms. before-2023-07: the whole form as JSON. since-2023-07: a part of it is enough; port 6060. */
export type AntminerGeneration = 'old-web' | 'before-2023-07' | 'since-2023-07'

const REALM = 'antMiner Configuration'
/** Places of chains and fans in the flat table: the S9's are the sparse ones. */
const SPARSE_PLACES = { chains: 16, firstChain: 6, fans: 8, usedFans: [3, 6] }
/** Modes by what they do to the clock; 1 is asleep. */
const MODES: Readonly<Record<string, number>> = { '0': 1, '2': 1.1, '3': 0.8 }

/** `body.notes`: `warning` (a code of `:6060/warning`) and `complaints` (the list `status` of `summary.cgi`). */
export function antminerFirmware(generation: AntminerGeneration): BootFirmware {
  return (body) => {
    const { model, firmwareVersion, fanCount, boardCount } = body.blueprint
    const program: BitmainProgram = {
      body,
      description: generation === 'old-web' ? 'bmminer 1.0.0' : 'cgminer 1.0.0',
      version: {
        BMMiner: generation === 'old-web' ? '2.0.0' : '1.0.0',
        Miner: generation === 'old-web' ? '30.0.1.3' : '49.0.1.3',
        CompileTime: firmwareVersion,
        Type: `Antminer ${model}`,
      },
      places:
        generation === 'old-web'
          ? SPARSE_PLACES
          : {
              chains: boardCount + 1,
              firstChain: 1,
              fans: fanCount,
              usedFans: Array.from({ length: fanCount }, (_, index) => index + 1),
            },
      hasNewApi: generation !== 'old-web',
    }
    const turnAway = digestLogin({ body, realm: REALM })
    const pages =
      generation === 'old-web'
        ? formPages(program, { blinkCodes: false })
        : jsonPages(program, generation === 'since-2023-07')
    const has6060 = generation === 'since-2023-07'
    return {
      family: 'antminer',
      ports: { http: has6060 ? [80, 6060] : [80], rpc: [4028] },
      rpc: (request) => answerBitmainRpc(program, request),
      http(request) {
        if (has6060) {
          const plain = plainService(body, request)
          if (plain !== null) return plain
        }
        return turnAway(request) ?? pages(request) ?? notFound()
      },
    } satisfies Firmware
  }
}

function notFound(): FirmwareReply {
  return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404 - Not Found</h1>' }
}

/** Port 6060: no login, one word as path. */
function plainService(body: RigBody, { path, port }: FirmwareRequest): FirmwareReply | null {
  switch (path) {
    case '/warning':
      return { json: { error_message: body.notes.get('warning') ?? 'None' } }
    case '/miner_power':
      return { body: `miner power:${String(Math.round(body.powerW))}` }
    case '/get_sn':
      return { body: body.blueprint.serial }
    default:
      return port === 6060 ? { body: 'error 6060 cmd' } : null
  }
}

/* ---- The JSON pages ---- */

interface Configuration {
  'bitmain-fan-ctrl': boolean
  'bitmain-fan-pwm': string
  'bitmain-work-mode': string
  'bitmain-freq-level': string
}

const DEFAULTS: Configuration = {
  'bitmain-fan-ctrl': false,
  'bitmain-fan-pwm': '100',
  'bitmain-work-mode': '0',
  'bitmain-freq-level': '100',
}

/** @param takesParts whether keys that are not sent stay as they are; else they fall back to the factory's */
function jsonPages(
  program: BitmainProgram,
  takesParts: boolean,
): (request: FirmwareRequest) => FirmwareReplyOrNone {
  const { body } = program
  const { blueprint } = body
  let configuration = { ...DEFAULTS }

  const apply = (form: Record<string, unknown>): FirmwareReply => {
    const base = takesParts ? configuration : DEFAULTS
    const mode = textOr(form['miner-mode'], base['bitmain-work-mode'])
    configuration = {
      'bitmain-fan-ctrl':
        typeof form['bitmain-fan-ctrl'] === 'boolean' ? form['bitmain-fan-ctrl'] : base['bitmain-fan-ctrl'],
      'bitmain-fan-pwm': textOr(form['bitmain-fan-pwm'], base['bitmain-fan-pwm']),
      'bitmain-work-mode': mode,
      'bitmain-freq-level': textOr(form['freq-level'], base['bitmain-freq-level']),
    }
    const pools = poolsOf(form.pools)
    if (pools !== null) body.savePools(pools)
    else if (!takesParts) body.savePools([])
    body.fanPercent = configuration['bitmain-fan-ctrl'] ? Number(configuration['bitmain-fan-pwm']) : null
    body.powerMode = mode
    body.frequencyMHz = blueprint.frequencyMHz * (MODES[mode] ?? 1)
    if (mode === '1') body.pause()
    else body.restartMiner()
    return success('M000')
  }

  return ({ path, method, body: sent }) => {
    const name = /^\/cgi-bin\/(\w+)\.cgi$/.exec(path)?.[1]
    switch (name) {
      case undefined:
        return path === '/'
          ? { headers: { 'content-type': 'text/html' }, body: '<title>AntMiner</title>' }
          : null
      case 'get_system_info':
        return {
          json: {
            minertype: `Antminer ${blueprint.model}`,
            nettype: 'DHCP',
            netdevice: 'eth0',
            macaddr: blueprint.mac.toUpperCase(),
            hostname: blueprint.name,
            ipaddress: '192.0.2.10',
            netmask: '255.255.255.0',
            gateway: '',
            dnsservers: '',
            system_mode: 'GNU/Linux',
            system_kernel_version: 'Linux 4.9.113',
            system_filesystem_version: blueprint.firmwareVersion,
            firmware_type: 'Release',
            serinum: blueprint.serial,
          },
        }
      case 'miner_type':
        return {
          json: {
            miner_type: `Antminer ${blueprint.model}`,
            subtype: 'AMLCtrl_BHB42XXX',
            fw_version: blueprint.firmwareVersion,
          },
        }
      case 'get_network_info':
        return { json: { nettype: 'DHCP', netdevice: 'eth0', macaddr: blueprint.mac.toUpperCase() } }
      case 'get_miner_conf':
        return {
          json: {
            pools: threePools(body),
            'api-listen': true,
            'api-network': true,
            'api-groups': 'A:stats:pools:devs:summary:version',
            'api-allow': 'A:0/0,W:*',
            'bitmain-use-vil': true,
            'bitmain-freq': String(blueprint.frequencyMHz),
            'bitmain-voltage': '1400',
            ...configuration,
          },
        }
      case 'set_miner_conf':
        return method === 'POST' ? apply(parsedForm(sent)) : null
      case 'summary':
        return isGone(body) ?? { json: webSummary(program, complaintsOf(body)) }
      case 'stats':
        return isGone(body) ?? { json: chainedStats(program) }
      case 'pools':
        return isGone(body) ?? { json: webPools(body) }
      case 'get_blink_status':
        return { json: { blink: body.locating } }
      case 'blink': {
        if (method !== 'POST') return null
        const { blink } = parsedForm(sent)
        body.locating = blink === true || blink === 'true'
        return success(body.locating ? 'B000' : 'B100')
      }
      case 'reboot':
        body.reboot()
        return HANG_UP
      default:
        return null
    }
  }
}

/** The pages that ask the miner program pass its silence on. */
function isGone(body: RigBody): FirmwareReply | null {
  return body.miner === 'starting' ? { headers: { 'content-type': 'text/plain' }, body: MINER_GONE } : null
}

function success(code: string): FirmwareReply {
  return { json: { stats: 'success', code, msg: 'OK!' } }
}

function complaintsOf(body: RigBody): Record<string, unknown>[] {
  const noted = body.notes.get('complaints')
  const well = ['rate', 'network', 'fans', 'temp'].map((type) => ({ type, status: 's', code: 0, msg: '' }))
  return Array.isArray(noted) ? (noted as Record<string, unknown>[]) : well
}

function webPools(body: RigBody): Record<string, unknown> {
  const counts = body.measures.counts()
  return {
    POOLS: threePools(body).map(({ url, user }, index) => {
      const isActive = index === body.activePool && body.measures.poolAlive()
      return {
        index,
        url,
        user,
        status: isActive ? 'Alive' : url === '' ? 'Dead' : 'Alive',
        priority: index,
        accepted: isActive ? counts.accepted : 0,
        rejected: isActive ? counts.rejected : 0,
        stale: isActive ? counts.stale : 0,
        diff: isActive ? String(counts.difficulty) : '',
        lstime: '0',
      }
    }),
  }
}

function threePools(body: RigBody): { url: string; user: string; pass: string }[] {
  return [0, 1, 2].map((index) => {
    const pool = body.pools[index]
    return { url: pool?.url ?? '', user: pool?.user ?? '', pass: pool?.password ?? '' }
  })
}

function parsedForm(sent: string): Record<string, unknown> {
  try {
    const parsed = JSON.parse(sent) as unknown
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Three entries or none at all: with fewer the page takes nothing. */
function poolsOf(value: unknown): BodyPool[] | null {
  if (!Array.isArray(value) || value.length !== 3) return null
  return value.map((entry: unknown) => {
    const pool = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>
    return { url: textOr(pool.url, ''), user: textOr(pool.user, ''), password: textOr(pool.pass, '') }
  })
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise
}
