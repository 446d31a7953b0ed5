/**
 * The old web pages of Bitmain's firmware (S9, S17), kept by Hiveon: forms, of which the receiving script takes the fields
 * by their place and not by their name. It says `ok` when the miner program was told to start anew.
 * Governing document: rig API digest, section 5.1 (last paragraph).
 */
import { type BitmainProgram } from './bitmain-tables.ts'
import { type FirmwareReply, type FirmwareRequest, HANG_UP, SAY_NOTHING } from './firmware.ts'

export type FirmwareReplyOrNone = FirmwareReply | typeof HANG_UP | typeof SAY_NOTHING | null

const FIELDS = [
  '_ant_pool1url',
  '_ant_pool1user',
  '_ant_pool1pw',
  '_ant_pool2url',
  '_ant_pool2user',
  '_ant_pool2pw',
  '_ant_pool3url',
  '_ant_pool3user',
  '_ant_pool3pw',
  '_ant_nobeeper',
  '_ant_notempoverctrl',
  '_ant_fan_customize_switch',
  '_ant_fan_customize_value',
  '_ant_freq',
  '_ant_voltage',
] as const

export interface FormPagesOptions {
  /** Whether blinking answers with a code (Hiveon); else nothing answers and the page has to be asked. */
  readonly blinkCodes: boolean
}

export function formPages(
  { body }: BitmainProgram,
  { blinkCodes }: FormPagesOptions,
): (request: FirmwareRequest) => FirmwareReplyOrNone {
  const { blueprint } = body
  let noBeeper = 'false'
  let noTemperatureControl = 'false'
  let frequency = String(blueprint.frequencyMHz)
  let voltage = '0706'

  const apply = (sent: string): FirmwareReply => {
    const values = sent
      .split('&')
      .map((pair) => decodeURIComponent(pair.replace(/^[^=]*=/, '').replaceAll('+', ' ')))
    const field = (name: (typeof FIELDS)[number]): string => values[FIELDS.indexOf(name)] ?? ''
    body.savePools(
      ([1, 2, 3] as const).map((n) => ({
        url: field(`_ant_pool${n}url`),
        user: field(`_ant_pool${n}user`),
        password: field(`_ant_pool${n}pw`),
      })),
    )
    noBeeper = field('_ant_nobeeper')
    noTemperatureControl = field('_ant_notempoverctrl')
    const isManual = field('_ant_fan_customize_switch') === 'true'
    body.fanPercent = isManual ? Number(field('_ant_fan_customize_value')) : null
    // Empty ones keep what was stored.
    frequency = field('_ant_freq') || frequency
    voltage = field('_ant_voltage') || voltage
    body.restartMiner()
    return { body: 'ok' }
  }

  return ({ path, method, body: sent }) => {
    const name = /^\/cgi-bin\/(\w+)\.cgi$/.exec(path)?.[1]
    switch (name) {
      case undefined:
        return path === '/'
          ? { headers: { 'content-type': 'text/html' }, body: '<title>AntMiner</title>' }
          : null
      case 'minerConfiguration':
        return { headers: { 'content-type': 'text/html' }, body: configurationPage() }
      case 'get_system_info':
        return {
          json: {
            minertype: `Antminer ${blueprint.model}`,
            nettype: 'DHCP',
            netdevice: 'eth0',
            macaddr: blueprint.mac.toUpperCase(),
            hostname: blueprint.name,
            ipaddress: '192.0.2.9',
            bmminer_version: '2.0.0',
            system_filesystem_version: blueprint.firmwareVersion,
            hardware_version: '30.0.1.3',
          },
        }
      case 'get_network_info':
        return { json: { nettype: 'DHCP', netdevice: 'eth0', macaddr: blueprint.mac.toUpperCase() } }
      case 'get_miner_conf':
        return {
          json: {
            pools: [0, 1, 2].map((index) => {
              const pool = body.pools[index]
              return { url: pool?.url ?? '', user: pool?.user ?? '', pass: pool?.password ?? '' }
            }),
            'api-listen': true,
            'api-network': true,
            'api-allow': 'A:0/0,W:*',
            // Written only where it is on.
            ...(noBeeper === 'true' ? { 'bitmain-nobeeper': true } : {}),
            ...(noTemperatureControl === 'true' ? { 'bitmain-notempoverctrl': true } : {}),
            ...(body.fanPercent === null
              ? {}
              : { 'bitmain-fan-ctrl': true, 'bitmain-fan-pwm': String(body.fanPercent) }),
            'bitmain-use-vil': true,
            'bitmain-freq': frequency,
            'bitmain-voltage': voltage,
          },
        }
      case 'set_miner_conf':
        return method === 'POST' ? apply(sent) : null
      case 'blink': {
        const action = new URLSearchParams(sent).get('action')
        if (action === 'onPageLoaded') return { json: { isBlinking: body.locating } }
        if (action !== 'startBlink' && action !== 'stopBlink') return null
        body.locating = action === 'startBlink'
        if (blinkCodes) return { json: { stats: 'success', code: body.locating ? 'B000' : 'B100' } }
        return body.locating ? SAY_NOTHING : { json: { isBlinking: false } }
      }
      case 'get_blink_status':
        return blinkCodes ? { json: { blink: body.locating } } : null
      case 'reboot':
        body.reboot()
        return HANG_UP
      default:
        return null
    }
  }
}

/** A page whose script names the fields in the order in which the receiver takes them. */
function configurationPage(): string {
  const data = FIELDS.map((field) => `${field}:${field}`).join(', ')
  return `<html><head><script>
jQuery.ajax({ url: '/cgi-bin/set_miner_conf.cgi', type: 'POST', dataType: 'json', timeout: 30000,
data: {${data}},
success: function(data) { window.location.reload(); } });
</script></head><body></body></html>
`
}
