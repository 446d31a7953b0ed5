/**
 * Made-up rigs as the fleet sees them: many families, states and capabilities, the same every time. Values only; what
 * they do is `pretend-fleet`. Addresses are documentation addresses, MAC addresses locally administered.
 */
import {
  rigAction,
  type Rig,
  type RigAction,
  type RigBoard,
  type RigCapability,
  type RigDetail,
} from '../../src-preload/contract/index.ts'

type Capabilities = Record<RigAction, RigCapability>

/** Everything offered, except what `lacking` names with its reason. */
export function pretendCapabilities(lacking: Partial<Record<RigAction, string>> = {}): Capabilities {
  const offered = rigAction.options.map((action): [RigAction, RigCapability] => {
    const because = lacking[action] ?? ''
    return [action, { offered: because === '', because }]
  })
  return Object.fromEntries(offered) as Capabilities
}

export function pretendFleetRig(given: Partial<Rig> & { id: string }): Rig {
  return {
    name: given.id,
    namedByPerson: true,
    address: '192.0.2.60',
    mac: null,
    serial: null,
    hostname: null,
    family: 'axeos',
    familyName: 'AxeOS',
    make: 'Bitaxe',
    model: 'Gamma 601',
    firmware: 'AxeOS',
    firmwareVersion: 'v2.15.0',
    state: 'mining',
    freshness: 'live',
    readAt: 0,
    addedAt: 0,
    hashrateHs: 1.18e12,
    expectedHs: 1.2e12,
    effectiveHs: null,
    chipMaxC: 58,
    boardMaxC: 46,
    fanRpm: 4800,
    fanPercent: 62,
    powerW: 18.2,
    powerSource: 'measured',
    efficiencyJTh: 15.4,
    uptimeS: 86_400,
    accepted: 5120,
    rejected: 6,
    lastShareAt: null,
    bestShare: 1.9e9,
    pool: { url: 'stratum+tcp://pool.example.com:3333', user: `farm.${given.id}`, alive: true },
    minesHere: false,
    managedBy: null,
    locating: false,
    errors: { count: 0, worst: null, first: null },
    group: null,
    place: { room: '', shelf: '' },
    notes: '',
    downstreamId: null,
    login: 'not-needed',
    problem: null,
    busy: null,
    capabilities: pretendCapabilities(),
    canRestorePools: false,
    ...given,
  }
}

interface Kind {
  slug: string
  family: string
  familyName: string
  make: string
  model: string
  firmware: string
  firmwareVersion: string
  hashrateHs: number
  powerW: number | null
  powerSource: Rig['powerSource']
  chipC: number | null
  fanRpm: number | null
  login: Rig['login']
  lacking: Partial<Record<RigAction, string>>
  boards: number
}

const NO_TUNING = {
  'set-frequency': 'This firmware sets the frequency by its own presets.',
  'set-voltage': 'This firmware sets the voltage by its own presets.',
}
const STOCK = {
  restart: 'Stock firmware cannot restart only the miner. Reboot the rig instead.',
  'set-power-limit': 'Stock firmware has power modes, not a limit in watts.',
  ...NO_TUNING,
}
const AXE = {
  restart: 'AxeOS restarts the whole board: use Reboot.',
  'set-power-mode': 'AxeOS has no power modes: it has frequency and voltage.',
  'set-power-limit': 'AxeOS has no power limit: it has frequency and voltage.',
}

const kind = (
  slug: string,
  [family, familyName]: readonly [string, string],
  [make, model]: readonly [string, string],
  [firmware, firmwareVersion]: readonly [string, string],
  [hashrateHs, powerW, chipC, fanRpm]: readonly [number, number | null, number | null, number | null],
  rest: Partial<Kind> = {},
): Kind => ({
  slug,
  family,
  familyName,
  make,
  model,
  firmware,
  firmwareVersion,
  hashrateHs,
  powerW,
  powerSource: powerW === null ? null : 'measured',
  chipC,
  fanRpm,
  login: 'entered',
  lacking: {},
  boards: 3,
  ...rest,
})

const OPEN = { login: 'not-needed', boards: 1 } as const
const KINDS: readonly Kind[] = [
  kind(
    'gamma',
    ['axeos', 'AxeOS'],
    ['Bitaxe', 'Gamma 601'],
    ['AxeOS', 'v2.15.0'],
    [1.18e12, 18.2, 58, 4800],
    {
      ...OPEN,
      lacking: AXE,
    },
  ),
  kind(
    's21',
    ['antminer', 'Antminer stock'],
    ['Antminer', 'S21'],
    ['Stock', '2024-06-18'],
    [2e14, 3510, 74, 6120],
    {
      powerSource: 'nameplate',
      lacking: STOCK,
    },
  ),
  kind(
    'qaxe',
    ['nerdq', 'NerdQAxe'],
    ['NerdQAxe', 'NerdQAxe++'],
    ['NerdQ', 'v1.0.36'],
    [4.8e12, 76, 61, 3900],
    {
      ...OPEN,
      lacking: {
        ...AXE,
        pause: 'This firmware can only shut down, which ends remote control.',
        resume: 'It cannot be paused.',
      },
    },
  ),
  kind(
    'm60',
    ['whatsminer', 'Whatsminer'],
    ['Whatsminer', 'M60S'],
    ['Stock', '20241218'],
    [1.86e14, 3440, 79, 5560],
    {
      lacking: NO_TUNING,
    },
  ),
  kind(
    's19-bos',
    ['braiins', 'Braiins OS'],
    ['Antminer', 'S19j Pro'],
    ['Braiins OS', '25.07'],
    [1.04e14, 2870, 71, 5040],
    {
      powerSource: 'estimated',
      lacking: NO_TUNING,
    },
  ),
  kind('nano', ['avalon', 'Avalon'], ['Avalon', 'Nano 3S'], ['Stock', '25032701'], [6.1e12, 131, 83, 2610], {
    ...OPEN,
    lacking: {
      ...AXE,
      'set-power-mode': '',
      pause: 'The Nano 3S does not offer standby over the network.',
      resume: 'It cannot be paused.',
      'set-frequency': 'Only its maker sets the frequency.',
      'set-voltage': 'Only its maker sets the voltage.',
    },
  }),
  kind(
    's19-vnish',
    ['vnish', 'VNish'],
    ['Antminer', 'S19 XP'],
    ['VNish', '1.2.7'],
    [1.42e14, 3050, 76, 5760],
    {},
  ),
  kind(
    's19k-lux',
    ['luxos', 'LuxOS'],
    ['Antminer', 'S19k Pro'],
    ['LuxOS', '2026.2.1'],
    [1.19e14, 2760, 72, 5200],
    {},
  ),
  kind('supra', ['axeos', 'AxeOS'], ['Bitaxe', 'Supra 401'], ['AxeOS', 'v2.11.0'], [6.9e11, 14.1, 60, 4300], {
    ...OPEN,
    lacking: {
      ...AXE,
      pause: 'Pausing needs AxeOS 2.14 or newer.',
      resume: 'Pausing needs AxeOS 2.14 or newer.',
    },
  }),
  kind(
    'epic',
    ['epic', 'ePIC'],
    ['Antminer', 'S19j Pro+'],
    ['ePIC', '1.15.4'],
    [1.21e14, 2980, 70, 5400],
    {},
  ),
  kind('avalon-q', ['avalon', 'Avalon'], ['Avalon', 'Q'], ['Stock', '25061801'], [8.9e13, 1670, 81, 1840], {
    ...OPEN,
    lacking: { restart: 'It can only be rebooted.', ...NO_TUNING },
  }),
  kind('proto', ['proto', 'Proto'], ['Proto', 'Rig'], ['Proto OS', '1.8.2'], [6.3e14, 10_900, 66, 3720], {
    boards: 9,
    lacking: NO_TUNING,
  }),
  kind(
    's19-mara',
    ['marathon', 'Marathon'],
    ['Antminer', 'S19j Pro'],
    ['MaraFW', '2025.4.0'],
    [1.0e14, 2810, 73, 5010],
    {
      powerSource: 'estimated',
      lacking: NO_TUNING,
    },
  ),
  kind(
    'tera',
    ['auradine', 'Auradine'],
    ['Auradine', 'AT1500'],
    ['FluxOS', '2.3.1'],
    [1.5e14, 2520, 68, 4052],
    {
      lacking: {
        reboot: 'Whether this firmware can reboot is not known, so it is not offered.',
        ...NO_TUNING,
      },
    },
  ),
  kind(
    'seal',
    ['sealminer', 'SealMiner'],
    ['SealMiner', 'A2'],
    ['Stock', '2025031201'],
    [2.26e14, 3730, 77, 6000],
    {
      lacking: { ...STOCK },
    },
  ),
  kind(
    'apollo',
    ['futurebit', 'FutureBit'],
    ['FutureBit', 'Apollo II'],
    ['Apollo OS', '2.1.0'],
    [9.2e12, 305, 69, 3100],
    {
      boards: 1,
      lacking: { ...STOCK, locate: 'The Apollo has no light to flash.' },
    },
  ),
  kind('s9', ['hiveon', 'Hiveon'], ['Antminer', 'S9'], ['Hiveon', '1.03'], [1.35e13, 1320, 82, 4440], {
    lacking: STOCK,
  }),
  kind(
    't2t',
    ['innosilicon', 'Innosilicon'],
    ['Innosilicon', 'T2T'],
    ['Stock', '20190917'],
    [2.6e13, null, 78, null],
    {
      lacking: {
        ...STOCK,
        locate: 'This firmware has no light to flash.',
        pause: 'It cannot be paused.',
        resume: 'It cannot be paused.',
      },
    },
  ),
]

const ROOMS = ['Shed', 'Attic', 'Garage', 'Cellar'] as const
export const PRETEND_GROUPS = [
  { id: 'heating', name: 'Heating', hasCredentials: false },
  { id: 'night', name: 'Night tariff', hasCredentials: true },
] as const

/** What befalls one rig among many, so that every state has someone in it. */
function fate(index: number, now: number): Partial<Rig> {
  switch (index % 40) {
    case 6:
      return {
        state: 'overheated',
        hashrateHs: null,
        chipMaxC: 97,
        errors: { count: 1, worst: 'error', first: 'Too hot: it stopped to protect its chips.' },
      }
    case 9:
      return {
        state: 'error',
        hashrateHs: null,
        errors: { count: 2, worst: 'error', first: 'Board 2 is missing. Check its cables.' },
      }
    case 12:
      return { state: 'paused', hashrateHs: null, chipMaxC: 34, powerW: 22, efficiencyJTh: null }
    case 15:
      return {
        state: 'unreachable',
        freshness: 'gone',
        readAt: now - 1_260_000,
        problem: {
          code: 'rig/unreachable',
          message: 'It has not answered for 21 min. Check its power and its network cable.',
          at: now - 20_000,
        },
      }
    case 18:
      return {
        freshness: 'stale',
        readAt: now - 95_000,
        problem: { code: 'rig/timeout', message: 'No answer within 5 s; tried twice.', at: now - 12_000 },
      }
    case 21:
      return {
        state: 'unknown',
        freshness: 'never',
        readAt: null,
        login: 'missing',
        problem: {
          code: 'rig/login-needed',
          message: 'It asks for a password. Enter its login to read it.',
          at: now - 30_000,
        },
      }
    case 24:
      return {
        login: 'wrong',
        capabilities: pretendCapabilities(
          Object.fromEntries(rigAction.options.map((action) => [action, 'It refused the stored password.'])),
        ),
        problem: {
          code: 'rig/wrong-password',
          message: 'It refused the stored password. It is not tried again until you change it.',
          at: now - 300_000,
        },
      }
    case 27:
      return {
        errors: { count: 1, worst: 'warning', first: 'Fan 2 turns slower than it should.' },
        fanRpm: 2100,
      }
    case 30:
      return { managedBy: 'foremanGroup' }
    case 33:
      return { state: 'tuning' }
    case 36:
      return {
        state: 'miner-down',
        hashrateHs: null,
        errors: { count: 1, worst: 'error', first: 'The box answers, its miner does not run.' },
      }
    default:
      return {}
  }
}

/** `count` rigs of all families. */
export function pretendFleetRigs(count: number, now: number): Rig[] {
  return Array.from({ length: count }, (_, index) => {
    const made = KINDS[index % KINDS.length]!
    const round = Math.floor(index / KINDS.length)
    const room = ROOMS[(index * 7 + round) % ROOMS.length]!
    const wobble = 0.94 + ((index * 37) % 13) / 100
    const own = fate(index, now)
    const state = own.state ?? 'mining'
    const unread = own.freshness === 'never' || own.freshness === 'gone'
    const hashrateHs = unread || own.hashrateHs === null ? null : made.hashrateHs * wobble
    const powerW = own.powerW ?? (made.powerW === null ? null : Math.round(made.powerW * wobble * 10) / 10)
    const named = index % 5 !== 3
    const hostname = `${made.slug}-${(0x1a0 + index).toString(16)}`
    const group = index % 4 === 1 ? PRETEND_GROUPS[0] : index % 9 === 2 ? PRETEND_GROUPS[1] : null
    const mac = `02:00:5e:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 0xff).toString(16).padStart(2, '0')}`
    return pretendFleetRig({
      id: mac,
      mac,
      name: named ? `${room.toLowerCase()}-${made.slug}-${index + 1}` : hostname,
      namedByPerson: named,
      hostname,
      serial: index % 3 === 0 ? `SN${(70_210_000 + index * 37).toString()}` : null,
      address: `192.0.2.${20 + (index % 220)}`,
      family: made.family,
      familyName: made.familyName,
      make: made.make,
      model: made.model,
      firmware: made.firmware,
      firmwareVersion: made.firmwareVersion,
      readAt: now - 4000,
      addedAt: now - 8e8,
      hashrateHs,
      expectedHs: made.hashrateHs,
      chipMaxC: made.chipC === null ? null : made.chipC + ((index * 5) % 7) - 3,
      boardMaxC: made.chipC === null ? null : made.chipC - 14,
      fanRpm: made.fanRpm === null ? null : made.fanRpm + ((index * 113) % 300),
      fanPercent: made.fanRpm === null ? null : 55 + ((index * 11) % 40),
      powerW,
      powerSource: powerW === null ? null : made.powerSource,
      efficiencyJTh:
        powerW === null || hashrateHs === null ? null : Math.round((powerW / (hashrateHs / 1e12)) * 10) / 10,
      uptimeS: 3600 * (5 + ((index * 29) % 400)),
      accepted: 900 + index * 211,
      rejected: index % 6,
      lastShareAt: state === 'mining' ? now - 3000 * (1 + (index % 9)) : now - 1_800_000,
      bestShare: 2e8 * (1 + ((index * 71) % 97)),
      pool: {
        url:
          index % 3 === 0
            ? 'stratum+tcp://192.0.2.10:3333'
            : 'stratum+tcp://stratum.old-pool.example.com:3333',
        user: `farm.${made.slug}${index + 1}`,
        alive: true,
      },
      minesHere: index % 3 === 0,
      effectiveHs: index % 3 === 0 && hashrateHs !== null ? hashrateHs * 0.985 : null,
      group: group === null ? null : { id: group.id, name: group.name },
      place: { room, shelf: `${1 + (index % 3)}` },
      login: made.login,
      capabilities: pretendCapabilities(made.lacking),
      canRestorePools: index % 3 === 0,
      ...(unread
        ? {
            chipMaxC: null,
            boardMaxC: null,
            fanRpm: null,
            fanPercent: null,
            powerW: null,
            powerSource: null,
            efficiencyJTh: null,
          }
        : {}),
      ...own,
      ...(own.freshness === 'never'
        ? {
            uptimeS: null,
            accepted: null,
            rejected: null,
            bestShare: null,
            pool: null,
            minesHere: null,
            lastShareAt: null,
          }
        : {}),
    })
  })
}

/** Miners that are not for Bitcoin, and what is no miner: what a scan also meets. */
export const PRETEND_STRANGERS = [
  {
    address: '192.0.2.211',
    outcome: 'declined',
    make: 'Goldshell',
    model: 'Mini-DOGE',
    note: 'It mines scrypt coins, not Bitcoin. Headframe leaves it alone.',
  },
  {
    address: '192.0.2.212',
    outcome: 'declined',
    make: 'Elphapex',
    model: 'DG1',
    note: 'It mines scrypt coins, not Bitcoin. Headframe leaves it alone.',
  },
  {
    address: '192.0.2.1',
    outcome: 'other',
    make: null,
    model: null,
    note: 'A web page that is no miner: it calls itself “Router”.',
  },
] as const

const NOTHING_BOARD: RigBoard = {
  slot: 0,
  label: '',
  serial: null,
  hashrateHs: null,
  expectedHs: null,
  chipsWorking: null,
  chipsExpected: null,
  boardC: null,
  chipMinC: null,
  chipAverageC: null,
  chipMaxC: null,
  inletC: null,
  outletC: null,
  frequencyMHz: null,
  voltageV: null,
  hardwareErrors: null,
  active: null,
  missing: false,
}

const BIG_MODES = [
  { id: 'low', label: 'Low power' },
  { id: 'normal', label: 'Normal' },
  { id: 'high', label: 'High power' },
]

/** Everything the last reading of a rig said. */
export function pretendRigDetail(rig: Rig, given: Partial<RigDetail> = {}): RigDetail {
  const made = KINDS.find(({ model, make }) => model === rig.model && make === rig.make) ?? KINDS[0]!
  const share = rig.hashrateHs === null ? null : rig.hashrateHs / made.boards
  const axe = rig.family === 'axeos' || rig.family === 'nerdq'
  const offers = (action: RigAction): boolean => rig.capabilities[action].offered
  return {
    rig,
    apiVersion: null,
    controlBoard: null,
    hashrates: {
      nowHs: rig.hashrateHs,
      minuteHs: rig.hashrateHs,
      fiveMinutesHs: null,
      fifteenMinutesHs: null,
      hourHs: rig.hashrateHs === null ? null : rig.hashrateHs * 0.99,
      dayHs: null,
      averageHs: rig.hashrateHs,
    },
    stickerHs: rig.expectedHs,
    boards: Array.from({ length: made.boards }, (_, slot) => ({
      ...NOTHING_BOARD,
      slot,
      label: String(slot + 1),
      hashrateHs: share,
      expectedHs: rig.expectedHs === null ? null : rig.expectedHs / made.boards,
      chipsWorking: axe ? 1 : 126,
      chipsExpected: axe ? 1 : 126,
      boardC: rig.boardMaxC,
      chipMaxC: rig.chipMaxC === null ? null : rig.chipMaxC - slot,
      frequencyMHz: axe ? 525 : 610,
      voltageV: axe ? 1.15 : 13.4,
      active: rig.state === 'mining',
    })),
    chips: [],
    fans: [
      { label: 'Fan 1', rpm: rig.fanRpm, dutyPercent: rig.fanPercent, ok: rig.fanRpm === null ? null : true },
    ],
    psuFans: [],
    temperatures: {
      ambientC: null,
      chipMaxC: rig.chipMaxC,
      boardMaxC: rig.boardMaxC,
      regulatorC: axe ? 61 : null,
      waterInC: null,
      waterOutC: null,
    },
    inputVoltageV: axe ? 5.1 : null,
    inputCurrentA: null,
    settings: {
      powerMode: offers('set-power-mode') ? 'normal' : null,
      powerModes: offers('set-power-mode') ? BIG_MODES : [],
      powerLimitW: offers('set-power-limit') ? Math.round(made.powerW ?? 3000) : null,
      powerLimitRangeW: offers('set-power-limit')
        ? { min: 900, max: Math.round((made.powerW ?? 3000) * 1.2) }
        : null,
      frequencyMHz: axe ? 525 : null,
      frequencyOptionsMHz: axe ? [400, 490, 525, 550, 600, 625] : [],
      coreVoltageMv: axe ? 1150 : null,
      coreVoltageOptionsMv: axe ? [1000, 1060, 1100, 1150, 1200, 1250] : [],
      fanAuto: true,
      fanPercent: rig.fanPercent,
      targetC: null,
    },
    systemUptimeS: rig.uptimeS,
    minerUptimeS: rig.uptimeS,
    stale: 2,
    rejectReasons:
      rig.rejected === null || rig.rejected === 0 ? [] : [{ reason: 'Stale', count: rig.rejected }],
    bestSession: rig.bestShare,
    blocksFound: null,
    pools:
      rig.pool === null
        ? []
        : [
            {
              index: 0,
              url: rig.pool.url,
              user: rig.pool.user,
              group: rig.managedBy,
              alive: rig.pool.alive,
              active: true,
              devFee: false,
              accepted: rig.accepted,
              rejected: rig.rejected,
              stale: 0,
              difficulty: 65_536,
              pingMs: 21,
              lastShareAtMs: rig.lastShareAt,
            },
          ],
    errors:
      rig.errors.first === null
        ? []
        : [
            {
              code: 'example',
              text: rig.errors.first,
              remedy: 'Let it cool, clean its filters, then resume it.',
              severity: rig.errors.worst ?? 'warning',
              component: 'board 2',
              sinceMs: null,
              firstSeenAt: rig.addedAt,
              lastSeenAt: rig.readAt ?? rig.addedAt,
            },
          ],
    wifiRssiDbm: axe ? -58 : null,
    hashErrorPercent: axe ? 0.3 : null,
    hardwareErrors: null,
    unread: rig.freshness === 'stale' ? ['summary'] : [],
    credentials: {
      from: rig.login === 'entered' || rig.login === 'wrong' ? 'rig' : 'none',
      username: rig.login === 'entered' || rig.login === 'wrong' ? 'root' : null,
      neededFor: rig.login === 'not-needed' ? 'nothing' : rig.login === 'missing' ? 'reading' : 'writing',
      factoryUsername: rig.login === 'not-needed' ? null : 'root',
      refused: rig.login === 'wrong',
    },
    ...given,
  }
}
