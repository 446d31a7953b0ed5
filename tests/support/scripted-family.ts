/**
 * A firmware family without sockets: rigs that say and do what a test tells them, for tests of the fleet itself. Time is
 * the test's. What firmware really says is tested with practice firmware.
 */
import { type Clock, HeadframeError } from '../../src-main/base/index.ts'
import {
  type Capabilities,
  type PoolsSnapshot,
  type ReadResult,
  type RigCommand,
  type RigFamily,
} from '../../src-main/fleet/families/family.ts'
import { type FamilyId, poolEntry, reading, type RigReading } from '../../src-main/fleet/model/reading.ts'
import { type LinkOpener } from '../../src-main/fleet/ports.ts'
import { type RigLink } from '../../src-main/fleet/transport/rig-link.ts'

const OFFERED = { offered: true } as const
export const ALL_OFFERED: Capabilities = {
  'set-pools': OFFERED,
  restart: OFFERED,
  reboot: OFFERED,
  pause: OFFERED,
  resume: OFFERED,
  locate: OFFERED,
  'set-power-mode': OFFERED,
  'set-power-limit': OFFERED,
  'set-frequency': OFFERED,
  'set-voltage': OFFERED,
  'set-fan': OFFERED,
}

export class ScriptedRig {
  readonly clock: Clock
  mac: string | null
  serial: string | null = null
  hostname: string
  pools: { url: string; user: string; password: string }[]
  state: RigReading['state'] = 'mining'
  accepted: number | null = 100
  startedAtMs: number
  frequencyMHz = 500
  coreVoltageMv = 1150
  locating = false
  fanPercent: number | null = null
  password: string | null = null
  /** Thrown by every request while set. */
  failure: HeadframeError | null = null
  /** No request ends while set. */
  isSilent = false
  /** Commands that it takes and does not do. */
  readonly ignores = new Set<RigCommand['kind']>()
  /** Commands that end the connection, although they are done. */
  readonly cutsOff = new Set<RigCommand['kind']>()
  /** Shares that its pool takes with every look. */
  sharesPerLook = 1
  /** Requests named as failed, with what the reading lacks then. */
  partial: { failed: readonly string[]; without: Partial<RigReading> } | null = null
  capabilities: Capabilities = ALL_OFFERED
  /** Called after a command took effect. */
  onDone: (command: RigCommand) => void = () => {}
  reads = 0
  logins = 0
  readonly commands: RigCommand[] = []
  atOnce = 0
  mostAtOnce = 0

  constructor(clock: Clock, mac: string | null, hostname: string) {
    this.clock = clock
    this.mac = mac
    this.hostname = hostname
    this.pools = [{ url: 'stratum+tcp://pool.example.com:3333', user: `farm.${hostname}`, password: 'x' }]
    this.startedAtMs = clock.nowMs() - 3_600_000
  }

  reading(family: FamilyId): RigReading {
    const uptimeS = Math.floor((this.clock.nowMs() - this.startedAtMs) / 1000)
    return reading({
      atMs: this.clock.nowMs(),
      family,
      firmware: 'Scripted',
      firmwareVersion: '1.0',
      state: this.state,
      make: 'Bitaxe',
      model: 'Gamma',
      mac: this.mac,
      serial: this.serial,
      hostname: this.hostname,
      hashrates: {
        nowHs: 1.1e12,
        minuteHs: 1e12,
        fiveMinutesHs: null,
        fifteenMinutesHs: null,
        hourHs: null,
        dayHs: null,
        averageHs: null,
      },
      powerW: 15,
      powerSource: 'measured',
      systemUptimeS: uptimeS,
      minerUptimeS: uptimeS,
      locating: this.locating,
      shares: {
        accepted: this.accepted,
        rejected: 0,
        stale: null,
        lastShareAtMs: this.clock.nowMs(),
        rejectReasons: [],
      },
      settings: {
        ...reading({ atMs: 0, family, firmware: '', state: 'mining' }).settings,
        frequencyMHz: this.frequencyMHz,
        coreVoltageMv: this.coreVoltageMv,
        fanAuto: this.fanPercent === null,
        fanPercent: this.fanPercent,
      },
      pools: this.pools.map(({ url, user }, index) =>
        poolEntry({
          index,
          url,
          user,
          active: index === 0,
          alive: true,
          accepted: index === 0 ? this.accepted : 0,
        }),
      ),
    })
  }

  obey(command: RigCommand): void {
    this.commands.push(command)
    if (this.ignores.has(command.kind)) return
    switch (command.kind) {
      case 'set-pools':
        this.pools = command.pools.map((pool) => ({ ...pool }))
        this.accepted = 0
        break
      case 'restore-pools':
        this.pools = command.snapshot.pools.map((pool) => ({ ...pool }))
        this.accepted = 0
        break
      case 'restart':
      case 'reboot':
        this.startedAtMs = this.clock.nowMs()
        break
      case 'pause':
        this.state = 'paused'
        break
      case 'resume':
        this.state = 'mining'
        break
      case 'locate':
        this.locating = command.on
        break
      case 'set-frequency':
        this.frequencyMHz = command.megahertz
        break
      case 'set-voltage':
        this.coreVoltageMv = command.millivolts
        break
      case 'set-fan':
        this.fanPercent = command.percent
        break
      case 'set-power-mode':
      case 'set-power-limit':
        break
    }
    this.onDone(command)
  }
}

export interface ScriptedFamilyOptions {
  readonly id?: FamilyId
  readonly login?: RigFamily['login']
  readonly pollEveryMs?: number
  readonly follow?: RigFamily['follow']
}

/** @param rigs by the address where they answer now, `host` or `host:port`; a test may move them */
export function scriptedFamily(
  rigs: ReadonlyMap<string, ScriptedRig>,
  {
    id = 'axeos',
    login = { needed: 'never', factory: null, locks: false },
    pollEveryMs = 10_000,
    follow,
  }: ScriptedFamilyOptions = {},
): RigFamily {
  const at = async (link: RigLink, work: 'read' | 'write'): Promise<ScriptedRig> => {
    const { host, port } = link.address
    const rig = rigs.get(port === null ? host : `${host}:${String(port)}`)
    if (!rig) throw new HeadframeError('rig/unreachable', 'Nobody answers there.')
    rig.atOnce++
    rig.mostAtOnce = Math.max(rig.mostAtOnce, rig.atOnce)
    try {
      if (rig.isSilent) await new Promise(() => {})
      await Promise.resolve()
      if (rig.failure) throw rig.failure
      const isAsked = login.needed === 'to-read' || (login.needed === 'to-write' && work === 'write')
      if (isAsked && rig.password !== null) {
        if (link.credentials === null) throw new HeadframeError('rig/wrong-password', 'It wants a login.')
        rig.logins++
        if (link.credentials.password !== rig.password) {
          throw new HeadframeError('rig/wrong-password', 'It refused the login.')
        }
      }
      return rig
    } finally {
      rig.atOnce--
    }
  }
  return {
    id,
    name: 'Scripted',
    login,
    pollEveryMs,
    async read(link): Promise<ReadResult> {
      const rig = await at(link, 'read')
      rig.reads++
      if (rig.accepted !== null) rig.accepted += rig.sharesPerLook
      const whole = rig.reading(id)
      return rig.partial
        ? { reading: { ...whole, ...rig.partial.without }, failed: rig.partial.failed }
        : { reading: whole, failed: [] }
    },
    capabilities: (said) =>
      [...rigs.values()].find(({ hostname }) => hostname === said.hostname)?.capabilities ?? ALL_OFFERED,
    async readPools(link): Promise<PoolsSnapshot> {
      const rig = await at(link, 'read')
      return { pools: rig.pools.map((pool) => ({ ...pool })), hasPasswords: true, own: null }
    },
    async perform(link, command) {
      const rig = await at(link, 'write')
      rig.obey(command)
      if (rig.cutsOff.has(command.kind)) throw new HeadframeError('rig/cut-off', 'The connection ended.')
      return { outcome: 'accepted', note: null, settlesInMs: 1000, patienceMs: 20_000 }
    },
    ...(follow ? { follow } : {}),
  }
}

/** A link that knows its address and login, and through which nothing goes. */
export const scriptedLink: LinkOpener = ({ address, credentials }) => {
  const none = (): Promise<never> => Promise.reject(new Error('a scripted rig has no sockets'))
  return { address, credentials, http: none, rpc: none, frame: none }
}
