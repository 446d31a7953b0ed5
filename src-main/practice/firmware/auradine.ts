/**
 * FluxOS of Auradine on a practice rig: gcminer's RPC, and the web service on 8080 that wants a token.
 * Governing document: rig API digest, section 5.9; field names as in the vendor's samples.
 */
import { rounded } from './figures.ts'
import { toHex } from '../../base/index.ts'
import { answerCommon, envelope, invalidCommand, rateMhs, readCommand } from './cgminer-tables.ts'
import { type BootFirmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

const FAN_MAX_RPM = 7700
const LED_LOCATE = 3

export const auradineFirmware: BootFirmware = (body) => {
  const program = { body, description: 'GCMiner-2023-05.24-0ce5e7cc93a3815240fa189d0beb44b8c834936c' }
  const tokens = new Set<string>()
  body.reboots.on(() => tokens.clear())
  const say = (
    status: readonly ['S' | 'E', number, string],
    members: Readonly<Record<string, unknown>> = {},
  ): FirmwareReply => ({
    headers: { 'content-type': 'application/json' },
    body: envelope(
      {
        body,
        description: `FluxOS-${body.blueprint.firmwareVersion}-9bf070ee4408866329c93a70f2dfdc6248938aaa`,
      },
      status,
      members,
    ).slice(0, -1),
  })

  function http({ method, path, headers, body: text, port }: FirmwareRequest): FirmwareReply {
    if (path === '/' && port !== 8080) {
      return { headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><title>Miner UI</title>' }
    }
    const name = path.slice(1)
    const members = membersOf(text)
    if (name === 'token') {
      if (
        members['user'] !== body.blueprint.username ||
        body.login(String(members['password'])) !== 'welcome'
      ) {
        return say(['E', 560, 'Invalid user or password'])
      }
      const token = toHex(body.entropy(16))
      tokens.add(token)
      return say(['S', 560, 'Token'], { Token: [{ Token: token }] })
    }
    if (!tokens.has(headers['token'] ?? '')) return say(['E', 560, 'Invalid token'])
    return method === 'POST' ? change(name, members) : show(name)
  }

  function show(name: string): FirmwareReply {
    const { blueprint } = body
    const each = Array.from({ length: blueprint.boardCount }, (_, index) => index + 1)
    const chips = Array.from({ length: blueprint.chipsPerBoard }, (_, index) => index)
    const perBoard = (list: string, value: string, of: () => number): object[] =>
      each.map((ID) => ({
        ID,
        Name: `HashBoard${String(ID)}`,
        [list]: chips.map((chip) => ({ ID: chip, [value]: of() })),
      }))
    switch (name) {
      case 'ipreport':
        return say(['S', 620, 'IP Report'], {
          IPReport: [
            {
              CBSerialNo: blueprint.serial,
              ChassisSerialNo: '000020',
              HBSerialNo: each.map((id) => `${blueprint.serial}-HB${String(id)}`),
              InternalType: 'T0',
              SerialNo: blueprint.serial,
              command: 'ipreport',
              hostname: blueprint.name,
              mac: blueprint.mac,
              model: blueprint.model,
              version: blueprint.firmwareVersion,
            },
          ],
        })
      case 'fan':
        return say(['S', 510, `Total fans: ${String(blueprint.fanCount)}`], {
          Fan: Array.from({ length: blueprint.fanCount }, (_, index) => ({
            ID: index + 1,
            Max: FAN_MAX_RPM,
            Speed: body.fanRpm,
            Target: Math.round((FAN_MAX_RPM * body.fanDutyPercent) / 100),
          })),
        })
      case 'led':
        return say(['S', 530, 'Total LEDs 2'], {
          LED: [
            {
              Code: body.locating ? LED_LOCATE : 2,
              LED1: 1,
              LED2: 1,
              Msg: body.locating ? 'Locate' : 'Normal',
            },
          ],
        })
      case 'mode':
        return say(['S', 540, 'Operating mode'], { Mode: [modeOf(body)] })
      case 'psu':
        return say(['S', 570, 'PSU status'], {
          PSU: [
            {
              FanSpeed1: '4052.00 RPM',
              FanSpeed2: '4144.00 RPM',
              Iin: `${(body.powerW / 240).toFixed(2)}A`,
              PoutMax: '3452.00W',
              PowerIn: `${body.powerW.toFixed(2)}W`,
              PowerOut: `${(body.powerW * 0.94).toFixed(2)}W`,
              Vin: '240.00V',
              Vout: '11.53V',
            },
          ],
        })
      case 'temperature':
        return say(['S', 590, 'System temperature'], {
          Temperature: [
            { ID: 0, Name: 'ControlBoard', BoardTemp: [{ ID: 0, Temperature: 25 }], ChipTemp: null },
            ...each.map((ID) => ({
              ID,
              Name: `HashBoard${String(ID)}`,
              BoardTemp: [{ ID: 0, Temperature: Math.round(body.chipC - 12) }],
              ChipTemp: chips.map((chip) => ({ ID: chip, Temperature: body.chipC })),
            })),
          ],
        })
      case 'voltage':
        return say(['S', 630, 'System voltage'], {
          Voltage: perBoard('ChipVoltage', 'Voltage', () => body.coreVoltageMv / 1000),
        })
      case 'frequency':
        return say(['S', 640, 'System frequency'], {
          Frequency: perBoard('ChipFrequency', 'Frequency', () => body.frequencyMHz),
        })
      case 'asccount':
        return say(['S', 104, 'ASC count'], {
          ASCCount: [
            { AsicCount: blueprint.boardCount * blueprint.chipsPerBoard, BoardCount: blueprint.boardCount },
          ],
        })
      default:
        return say(['E', 14, 'Invalid command'])
    }
  }

  function change(name: string, members: Readonly<Record<string, unknown>>): FirmwareReply {
    switch (name) {
      case 'updatepools': {
        const pools = poolsIn(members['pools'])
        if (pools.length === 0) return say(['E', 600, 'No pools'])
        body.savePools(pools)
        if (body.miner !== 'paused') body.restartMiner()
        return say(['S', 600, 'Pools updated'])
      }
      case 'mode':
        if (members['sleep'] === 'on') body.pause()
        else if (members['sleep'] === 'off') body.resume()
        if (members['mode'] === 'custom' && members['tune'] === 'power') {
          body.powerMode = 'custom'
          body.powerLimitW = Number(members['power'])
        }
        return say(['S', 540, 'Mode set'])
      case 'led':
        body.locating = members['code'] === LED_LOCATE
        return say(['S', 530, 'LED set'])
      case 'restart':
        if (members['param'] !== 'gcminer') return say(['E', 580, 'Invalid parameter'])
        body.restartMiner()
        return say(['S', 580, 'Restarting gcminer'])
      default:
        return say(['E', 14, 'Invalid command'])
    }
  }

  return {
    family: 'auradine',
    ports: { http: [80, 8080], rpc: [4028] },
    http,
    rpc(request) {
      const command = readCommand(request)?.command ?? ''
      const { boardCount, model } = body.blueprint
      switch (command) {
        case 'version':
          return envelope(program, ['S', 22, 'GCMiner versions'], {
            VERSION: [{ API: '1.0', GCMiner: '0.5' }],
          })
        case 'devdetails':
          return envelope(program, ['S', 69, 'Device Details'], {
            DEVDETAILS: [{ DEVDETAILS: 0, Driver: 'Auradine', Model: model, Name: 'ASICBoard' }],
          })
        case 'devs':
          return envelope(program, ['S', 9, `${String(boardCount)} Dev(s)`], {
            DEVS: Array.from({ length: boardCount }, (_, index) => ({
              DEV: index + 1,
              ID: index + 1,
              Name: 'ASICBoard',
              Enabled: true,
              Status: 'Alive',
              'MHS 5s': rateMhs(body) / boardCount,
              Temperature: Math.round(body.chipC - 12),
            })),
          })
        default:
          return answerCommon(program, command) ?? invalidCommand(program)
      }
    },
  }
}

function modeOf(body: RigBody): Record<string, unknown> {
  const sleep = body.miner === 'paused' ? 'on' : 'off'
  return body.powerLimitW === null
    ? { Mode: 'normal', Sleep: sleep, Ths: rounded(body.expectedHs / 1e12, 2) }
    : { Mode: 'custom', Tune: 'power', Sleep: sleep, Power: body.powerLimitW }
}

/** A JSON body's members; none for anything else. */
function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function poolsIn(list: unknown): BodyPool[] {
  if (!Array.isArray(list)) return []
  return (list as readonly Record<string, unknown>[]).map(({ url, user, pass }) => ({
    url: String(url ?? ''),
    user: String(user ?? ''),
    password: String(pass ?? ''),
  }))
}
