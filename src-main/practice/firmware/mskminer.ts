/**
 * MSKminer's firmware on a practice rig: Bitmain's RPC tables with totals in the first entry of `stats`, and a web page of
 * its own with a login by form and cookie. Governing document: rig API digest, sections 1.2 and 5.1.
 */
import { rounded } from './figures.ts'
import { toHex } from '../../base/index.ts'
import { answerBitmainRpc, type BitmainProgram } from './bitmain-tables.ts'
import { type BootFirmware, type Firmware } from './firmware.ts'

export const mskminerFirmware: BootFirmware = (body) => {
  const { model, firmwareVersion, boardCount, fanCount, username } = body.blueprint
  const program: BitmainProgram = {
    body,
    description: 'bmminer 1.0.0',
    version: {
      BMMiner: '4.11.1 rwglr',
      Miner: '49.0.1.3',
      CompileTime: firmwareVersion,
      Type: `${model.replaceAll(' ', '-')} (practice)`,
    },
    places: {
      chains: boardCount + 1,
      firstChain: 1,
      fans: fanCount,
      usedFans: Array.from({ length: fanCount }, (_, index) => index + 1),
    },
    hasNewApi: false,
    extra: {
      first: () => ({
        total_rate: rounded(body.measures.hashrateHs() / 1e9, 3),
        total_power: Math.round(body.powerW),
      }),
    },
  }
  const sessions = new Set<string>()
  return {
    family: 'mskminer',
    ports: { http: [80], rpc: [4028] },
    rpc: (request) => answerBitmainRpc(program, request),
    http({ method, path, headers, body: sent }) {
      if (path === '/') return { headers: { 'content-type': 'text/html' }, body: '<title>MSK Miner</title>' }
      if (path === '/admin/login' && method === 'POST') {
        const form = new URLSearchParams(sent)
        const isWelcome =
          form.get('username') === username && body.login(form.get('password') ?? '') === 'welcome'
        if (!isWelcome) return { status: 403, body: 'Forbidden' }
        const session = toHex(body.entropy(16))
        sessions.add(session)
        return { status: 302, headers: { 'set-cookie': `session=${session}; Path=/`, location: '/' } }
      }
      if (path === '/api/info_v1' && method === 'POST') {
        const session = /session=([0-9a-f]+)/.exec(headers.cookie ?? '')?.[1] ?? ''
        if (!sessions.has(session)) return { status: 401, body: 'Unauthorized' }
        return {
          json: {
            network_info: {
              result: { macaddr: body.blueprint.mac, hostname: body.blueprint.name, nettype: 'DHCP' },
            },
          },
        }
      }
      return { status: 404, body: 'Not Found' }
    },
  } satisfies Firmware
}
