/** A practice Bitaxe: AxeOS of three generations. Rig API digest, section 3. */
import { type Timer } from '../../base/index.ts'
import { type AxeosGeneration, asicPage, infoPage } from './axeos-info.ts'
import { flatPools, slotPools } from './axeos-pool-store.ts'
import { type BootFirmware, type Firmware, type FirmwareReply } from './firmware.ts'
import { type RigBody } from './rig-body.ts'

const MAX_PATCH_BYTES = 10_240
const GREETING_MS = 30_000
/** It answers first; a real one waits a second. */
const GOES_AFTER_RATIO = 0.1
const LIVE_PERIOD_MS = 500
const MAX_LIVE_CLIENTS = 10
const HOME_PAGE =
  '<!doctype html><html><head><title>AxeOS</title></head><body><app-root></app-root></body></html>'

type Members = Readonly<Record<string, unknown>>

export function axeosFirmware(generation: AxeosGeneration): BootFirmware {
  return (body) => new Axeos(body, generation).firmware
}

class Axeos {
  readonly #body: RigBody
  readonly #generation: AxeosGeneration
  readonly #pools
  #hostname: string
  #manualFan = 100
  #targetC = 60
  #greeting: Timer | null = null
  #liveClients = 0

  constructor(body: RigBody, generation: AxeosGeneration) {
    this.#body = body
    this.#generation = generation
    this.#pools = generation === '2.15' ? slotPools(body) : flatPools(body)
    this.#hostname = body.blueprint.name
  }

  get firmware(): Firmware {
    return {
      family: 'axeos',
      ports: { http: [80] },
      http: ({ method, path, body }) => this.#answer(method, path, body),
      ...(this.#generation === '2.15' ? { socket: (path, send) => this.#live(path, send) } : {}),
    }
  }

  #answer(method: string, path: string, text: string): FirmwareReply {
    const windows = this.#generation !== '2.4'
    const slots = this.#generation === '2.15'
    switch (`${method} ${path}`) {
      case 'GET /':
        return { headers: { 'content-type': 'text/html' }, body: HOME_PAGE }
      case 'GET /api/system/info':
        return { json: this.#info() }
      case 'GET /api/system/asic':
        return windows ? { json: asicPage(this.#body) } : notFound()
      case 'PATCH /api/system':
        return this.#patch(text)
      case 'POST /api/system/restart':
        return this.#restart()
      case 'POST /api/system/identify':
        return windows ? this.#greet() : notFound()
      case 'POST /api/system/pause':
        if (!slots) return notFound()
        this.#body.pause()
        return plain('Mining paused')
      case 'POST /api/system/resume':
        if (!slots) return notFound()
        this.#body.resume()
        return plain('Mining resumed')
    }
    if (path.startsWith('/api/')) return notFound()
    return { status: 302, headers: { location: '/' }, body: 'Redirect to the captive portal' }
  }

  #info(): Record<string, unknown> {
    const settings = {
      hostname: this.#hostname,
      autoFan: this.#body.fanPercent === null,
      manualFan: this.#manualFan,
      targetC: this.#targetC,
    }
    return { ...infoPage(this.#body, this.#generation, settings), ...this.#pools.page() }
  }

  #patch(text: string): FirmwareReply {
    if (text.length >= MAX_PATCH_BYTES) return { ...plain('content too long'), status: 500 }
    let patch: Members
    try {
      patch = JSON.parse(text) as Members
    } catch {
      return { ...plain('Invalid JSON'), status: 400 }
    }
    const numbers = ['frequency', 'coreVoltage', 'manualFanSpeed', 'temptarget', 'overheat_mode']
    const wrongType = numbers.some(
      (member) => patch[member] !== undefined && typeof patch[member] !== 'number',
    )
    const overheat = patch['overheat_mode']
    if (wrongType || (overheat !== undefined && overheat !== 0) || !this.#pools.accepts(patch)) {
      return { ...plain('Wrong API input'), status: 400 }
    }
    this.#apply(patch)
    this.#pools.apply(patch)
    return plain('')
  }

  /** Members that it does not know are passed over without a word. */
  #apply(patch: Members): void {
    const take = (member: string, set: (value: number) => void): void => {
      const value = patch[member]
      if (typeof value === 'number') set(value)
    }
    take('frequency', (value) => (this.#body.frequencyMHz = value))
    take('coreVoltage', (value) => (this.#body.coreVoltageMv = value))
    take('temptarget', (value) => (this.#targetC = value))
    take('overheat_mode', () => this.#body.notes.delete('overheat_mode'))
    take(this.#generation === '2.4' ? 'fanspeed' : 'manualFanSpeed', (value) => {
      this.#manualFan = value
      if (this.#body.fanPercent !== null) this.#body.fanPercent = value
    })
    const automatic = patch['autofanspeed']
    if (automatic !== undefined) {
      this.#body.fanPercent = automatic === 1 || automatic === true ? null : this.#manualFan
    }
    if (typeof patch['hostname'] === 'string') this.#hostname = patch['hostname']
  }

  #restart(): FirmwareReply {
    this.#body.clock.after(this.#body.blueprint.rebootMs * GOES_AFTER_RATIO, () => {
      // What was saved until now is what it starts with.
      this.#body.savePools(this.#pools.loaded())
      this.#body.reboot()
    })
    return plain('System will restart shortly.')
  }

  /** A second call within the half minute takes it back. */
  #greet(): FirmwareReply {
    const on = this.#greeting === null
    this.#greeting?.cancel()
    this.#greeting = on ? this.#body.clock.after(GREETING_MS, () => this.#endGreeting()) : null
    this.#body.locating = on
    return plain(on ? 'The device says "Hi!" for 30 seconds.' : 'The device no longer says "Hi!".')
  }

  #endGreeting(): void {
    this.#greeting = null
    this.#body.locating = false
  }

  #live(path: string, send: (text: string) => void): (() => void) | null {
    if (path !== '/api/ws/live' || this.#liveClients >= MAX_LIVE_CLIENTS) return null
    this.#liveClients++
    let shown: Record<string, unknown> = {}
    const show = (): void => {
      const now = this.#info()
      const data = changes(shown, now)
      shown = now
      if (data !== null) send(JSON.stringify({ event: 'update', data }))
    }
    show()
    const timer = this.#body.clock.every(LIVE_PERIOD_MS, show)
    return () => {
      timer.cancel()
      this.#liveClients--
    }
  }
}

/** Only what changed: objects by member, lists whole, nothing that went away. Null if nothing changed. */
function changes(before: Members, now: Members): Record<string, unknown> | null {
  const changed: Record<string, unknown> = {}
  for (const [member, value] of Object.entries(now)) {
    const old = before[member]
    if (isMembers(value) && isMembers(old)) {
      const inner = changes(old, value)
      if (inner !== null) changed[member] = inner
    } else if (JSON.stringify(old) !== JSON.stringify(value)) changed[member] = value
  }
  return Object.keys(changed).length === 0 ? null : changed
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** This kind of server says `text/html` of everything that has no type of its own. */
function plain(text: string): FirmwareReply {
  return { headers: { 'content-type': 'text/html' }, body: text }
}

function notFound(): FirmwareReply {
  return { ...plain('Nothing matches the given URI'), status: 404 }
}
