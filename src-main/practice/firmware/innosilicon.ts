/**
 * Innosilicon's firmware on a practice rig: RPC, and a web service of POST requests with a token.
 * Governing document: rig API digest, section 5.11.
 */
import { toHex } from '../../base/index.ts'
import { answerCommon, envelope, invalidCommand, readCommand } from './cgminer-tables.ts'
import { type BootFirmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { type BodyPool } from './rig-body.ts'

const SLOTS = [1, 2, 3]

export const innosiliconFirmware: BootFirmware = (body) => {
  const program = { body, description: 'innominer 1.0' }
  const tokens = new Set<string>()
  body.reboots.on(() => tokens.clear())
  const refuse = (msg: string): FirmwareReply => ({ json: { success: false, msg } })
  const yes = (members: object = {}): FirmwareReply => ({ json: { success: true, ...members } })

  function http({ path, headers, body: text }: FirmwareRequest): FirmwareReply {
    if (path === '/') {
      return { headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><title>DragonMint</title>' }
    }
    if (path === '/api/auth') {
      const form = new URLSearchParams(text)
      const isUser = form.get('username') === body.blueprint.username
      if (!isUser || body.login(form.get('password') ?? '') !== 'welcome')
        return refuse('Invalid username or password')
      const token = toHex(body.entropy(16))
      tokens.add(token)
      return yes({ jwt: token })
    }
    if (!tokens.has((headers['authorization'] ?? '').replace(/^Bearer /, ''))) {
      return { json: { success: false, token: 'expired' } }
    }
    return answer(path.replace('/api/', ''), text)
  }

  function answer(name: string, text: string): FirmwareReply {
    const { blueprint } = body
    const rateHs = body.measures.hashrateHs()
    switch (name) {
      case 'type':
        return yes({ type: blueprint.model })
      case 'overview':
        return yes({ version: { ethaddr: blueprint.mac.toUpperCase() } })
      case 'getErrorDetail':
        return yes({ code: body.notes.get('error') ?? 0 })
      case 'getAll':
        return yes({
          all: {
            mac: blueprint.mac.toUpperCase(),
            total_hash: { 'Hash Rate H': rateHs },
            chain: Array.from({ length: blueprint.boardCount }, (_, ASC) => ({
              ASC,
              'Temp min': Math.round(body.chipC - 8),
              'Temp max': Math.round(body.chipC),
              'Hash Rate H': rateHs / blueprint.boardCount,
            })),
            power: body.powerW,
            fansSpeed: body.fanDutyPercent,
            running_mode: { level: 3 },
          },
        })
      case 'pools':
        return yes({ pools: body.pools.map(({ url, user, password }) => ({ url, user, pass: password })) })
      case 'updatePools': {
        const members = JSON.parse(text) as Readonly<Record<string, string>>
        const pools: BodyPool[] = SLOTS.map((slot) => ({
          url: members[`Pool${String(slot)}`] ?? '',
          user: members[`UserName${String(slot)}`] ?? '',
          password: members[`Password${String(slot)}`] ?? '',
        }))
        if (pools[0]?.url === '') return refuse('Pool1 is empty')
        body.savePools(pools)
        body.restartMiner()
        return yes()
      }
      case 'restartCgMiner':
        body.restartMiner()
        return yes()
      case 'reboot':
        body.reboot()
        return yes()
      default:
        return refuse('unknown command')
    }
  }

  return {
    family: 'innosilicon',
    ports: { http: [80], rpc: [4028] },
    http,
    rpc(request) {
      const { command = '' } = readCommand(request) ?? {}
      const { boardCount, chipsPerBoard, firmwareVersion } = body.blueprint
      switch (command) {
        case 'version':
          return envelope(program, ['S', 22, 'INNOMINER versions'], {
            VERSION: [{ CGMiner: firmwareVersion, API: '3.7', Type: 'INNOMINER' }],
          })
        case 'stats':
          return envelope(program, ['S', 70, 'stats'], {
            STATS: Array.from({ length: boardCount }, (_, id) => ({
              STATS: id,
              Elapsed: body.minerUptimeS,
              'Chain ID': id,
              'Num active chips': chipsPerBoard,
              power: body.powerW,
            })),
          })
        default:
          return answerCommon(program, command) ?? invalidCommand(program)
      }
    },
  }
}
