/**
 * The neighbours of the practice farm: one rig of every firmware family and generation that mines elsewhere at first, and
 * the firmware of those practice rigs that have one. What each is set to is what its maker set. Rates are what a processor
 * hashes for it; watts, chips and frequencies are the real machine's.
 */
import { BIP320_MASK } from '../../mining/index.ts'
import { antminerFirmware } from '../firmware/antminer.ts'
import { auradineFirmware } from '../firmware/auradine.ts'
import { avalonFirmware } from '../firmware/avalon.ts'
import { axeosFirmware } from '../firmware/axeos.ts'
import { braiinsFirmware } from '../firmware/braiins.ts'
import { epicFirmware } from '../firmware/epic.ts'
import { type BootFirmware } from '../firmware/firmware.ts'
import { futurebitFirmware } from '../firmware/futurebit.ts'
import { hiveonFirmware } from '../firmware/hiveon.ts'
import { innosiliconFirmware } from '../firmware/innosilicon.ts'
import { luxosFirmware } from '../firmware/luxos.ts'
import { marathonFirmware } from '../firmware/marathon.ts'
import { mskminerFirmware } from '../firmware/mskminer.ts'
import { nerdqFirmware } from '../firmware/nerdq.ts'
import { protoFirmware } from '../firmware/proto.ts'
import { type RigBlueprint } from '../firmware/rig-body.ts'
import { sealminerFirmware } from '../firmware/sealminer.ts'
import { vnishFirmware } from '../firmware/vnish.ts'
import { whatsminerFirmware } from '../firmware/whatsminer.ts'
import { type RigFamily } from './families.ts'

/** A machine and what runs on it. */
export interface FirmwareOf {
  readonly boot: BootFirmware
  readonly blueprint: RigBlueprint
}

export interface Neighbour extends FirmwareOf {
  readonly rig: RigFamily
}

interface Machine {
  readonly make: string
  readonly model: string
  readonly version: string
  readonly boards?: number
  readonly chips: number
  readonly fans?: number
  readonly watts: number
  readonly megahertz: number
  readonly millivolts: number
  /** User and password that its maker set; none if absent. */
  readonly login?: readonly [string, string]
}

const REBOOT_MS = 8_000
const RESTART_MS = 3_000
/** Of a range that nobody owns: locally administered. */
const MAC_PREFIX = '02:70:72:61:63'
const ROOT = ['root', 'root'] as const
const ADMIN = ['admin', 'admin'] as const

function blueprint(number: number, name: string, hashrateHs: number, machine: Machine): RigBlueprint {
  const { make, model, version, boards = 1, chips, fans = 1, watts, megahertz, millivolts, login } = machine
  const digits = number.toString(16).padStart(2, '0')
  return {
    name,
    make,
    model,
    firmwareVersion: version,
    mac: `${MAC_PREFIX}:${digits}`,
    serial: `PRACTICE${digits.toUpperCase()}`,
    boardCount: boards,
    chipsPerBoard: chips,
    fanCount: fans,
    nameplateHs: hashrateHs,
    nameplateW: watts,
    frequencyMHz: megahertz,
    coreVoltageMv: millivolts,
    username: login?.[0] ?? null,
    password: login?.[1] ?? null,
    rebootMs: REBOOT_MS,
    restartMs: RESTART_MS,
  }
}

const GAMMA: Machine = {
  make: 'Bitaxe',
  model: 'Gamma',
  version: 'v2.15.0',
  chips: 1,
  watts: 18,
  megahertz: 525,
  millivolts: 1150,
}
const NERDQAXE: Machine = {
  make: 'NerdAxe',
  model: 'NerdQAxe++',
  version: 'v1.1.0',
  chips: 4,
  fans: 2,
  watts: 76,
  megahertz: 600,
  millivolts: 1150,
}
const S19: Machine = {
  make: 'Antminer',
  model: 'S19j Pro',
  version: 'Thu Oct 9 18:55:45 CST 2025',
  boards: 3,
  chips: 126,
  fans: 4,
  watts: 3050,
  megahertz: 545,
  millivolts: 13_800,
  login: ROOT,
}

/** Firmware of the rigs that mine here from the start, by their names in `PRACTICE_RIGS`; the stick has none. */
export const FIRMWARE_OF_RIGS: Readonly<Record<string, (hashrateHs: number) => FirmwareOf>> = {
  'practice.gamma': (hs) => ({ boot: axeosFirmware('2.15'), blueprint: blueprint(1, 'gamma', hs, GAMMA) }),
  'practice.nerdqaxe': (hs) => ({
    boot: nerdqFirmware('1.1'),
    blueprint: blueprint(2, 'nerdqaxe', hs, NERDQAXE),
  }),
  'practice.s19': (hs) => ({
    boot: antminerFirmware('since-2023-07'),
    blueprint: blueprint(3, 's19', hs, S19),
  }),
}

interface Row extends Machine {
  readonly name: string
  readonly boot: BootFirmware
  readonly userAgent: string
  readonly hashrateHs: number
  /** Whether its chips roll version bits; true if absent. */
  readonly rollsVersions?: boolean
}

const bigRig = { boards: 3, fans: 4 } as const
const antminer = { ...bigRig, make: 'Antminer' } as const

const ROWS: readonly Row[] = [
  {
    ...GAMMA,
    name: 'supra',
    model: 'Supra',
    version: 'v2.4.5',
    megahertz: 490,
    millivolts: 1166,
    boot: axeosFirmware('2.4'),
    userAgent: 'bitaxe/BM1368/v2.4.5',
    hashrateHs: 3_000,
  },
  {
    ...GAMMA,
    name: 'gamma-turbo',
    model: 'GammaTurbo',
    version: 'v2.12.2',
    chips: 2,
    watts: 36,
    boot: axeosFirmware('2.12'),
    userAgent: 'bitaxe/BM1370/v2.12.2',
    hashrateHs: 4_000,
  },
  {
    ...NERDQAXE,
    name: 'nerdaxe',
    model: 'NerdAxeGamma',
    version: 'v1.0.30',
    chips: 1,
    fans: 1,
    watts: 19,
    boot: nerdqFirmware('1.0'),
    userAgent: 'NerdAxeGamma/BM1370/v1.0.30',
    hashrateHs: 3_500,
  },
  {
    ...bigRig,
    make: 'Proto',
    name: 'proto-rig',
    model: 'Rig',
    version: '1.8.0',
    boards: 4,
    chips: 100,
    fans: 6,
    watts: 3400,
    megahertz: 500,
    millivolts: 14_500,
    boot: protoFirmware,
    userAgent: 'mcdd/1.8.0',
    hashrateHs: 5_000,
    login: ['', 'proto'],
  },
  {
    ...antminer,
    name: 's9',
    model: 'S9',
    version: 'Fri Nov 17 17:37:49 CST 2017',
    chips: 63,
    fans: 2,
    watts: 1323,
    megahertz: 550,
    millivolts: 8_800,
    boot: antminerFirmware('old-web'),
    userAgent: 'bmminer/2.0.0/Antminer S9/13.5',
    hashrateHs: 3_000,
    rollsVersions: false,
    login: ROOT,
  },
  {
    ...antminer,
    name: 's19-pro',
    model: 'S19 Pro',
    version: 'Tue Dec  6 16:12:30 CST 2022',
    chips: 114,
    watts: 3250,
    megahertz: 675,
    millivolts: 13_700,
    boot: antminerFirmware('before-2023-07'),
    userAgent: 'bmminer/2.0.0/Antminer S19 Pro/110',
    hashrateHs: 4_500,
    login: ROOT,
  },
  {
    ...S19,
    name: 's19j-hiveon',
    version: 'Fri Apr 19 10:58:21 UTC 2024',
    boot: hiveonFirmware,
    userAgent: 'bmminer/2.0.0',
    hashrateHs: 4_000,
  },
  {
    ...S19,
    name: 's19j-msk',
    version: 'Fri Apr 19 10:58:21 UTC 2024',
    boot: mskminerFirmware,
    userAgent: 'bmminer/2.0.0 rwglr',
    hashrateHs: 4_000,
  },
  {
    ...antminer,
    name: 's19xp-mara',
    model: 'S19 XP',
    version: '2024.3.1',
    chips: 110,
    watts: 3010,
    megahertz: 600,
    millivolts: 13_600,
    boot: marathonFirmware,
    userAgent: 'marafw/2024.3.1',
    hashrateHs: 4_500,
    login: ROOT,
  },
  {
    ...antminer,
    name: 's21-vnish',
    model: 'S21 Pro',
    version: '1.2.7',
    chips: 65,
    watts: 3510,
    megahertz: 595,
    millivolts: 13_800,
    boot: vnishFirmware('1.2'),
    userAgent: 'xminer/1.2.7',
    hashrateHs: 5_000,
    login: ADMIN,
  },
  {
    ...antminer,
    name: 's19k-vnish',
    model: 'S19k Pro',
    version: '1.3.4',
    chips: 77,
    watts: 2760,
    megahertz: 580,
    millivolts: 13_500,
    boot: vnishFirmware('1.3'),
    userAgent: 'xminer/1.3.4',
    hashrateHs: 4_000,
    login: ADMIN,
  },
  {
    ...antminer,
    name: 's9-braiins',
    model: 'S9',
    version: '22.08',
    chips: 63,
    fans: 2,
    watts: 1200,
    megahertz: 650,
    millivolts: 8_800,
    boot: braiinsFirmware('graphql'),
    userAgent: 'bosminer/0.2.0',
    hashrateHs: 3_000,
    login: ['root', ''],
  },
  {
    ...antminer,
    name: 's19xp-braiins',
    model: 'S19 XP',
    version: '25.07',
    chips: 110,
    watts: 3010,
    megahertz: 590,
    millivolts: 12_900,
    boot: braiinsFirmware('rest'),
    userAgent: 'bosminer-plus-tuner/25.07',
    hashrateHs: 4_500,
    login: ['root', ''],
  },
  {
    ...antminer,
    name: 's19k-luxos',
    model: 'S19k Pro',
    version: '2025.4.8.220305',
    chips: 77,
    watts: 2760,
    megahertz: 580,
    millivolts: 13_500,
    boot: luxosFirmware,
    userAgent: 'luxminer/2025.4.8',
    hashrateHs: 4_000,
  },
  {
    ...antminer,
    name: 's19xp-epic',
    model: 'S19 XP',
    version: '1.5.13',
    chips: 110,
    watts: 3010,
    megahertz: 600,
    millivolts: 12_900,
    boot: epicFirmware,
    userAgent: 'PowerPlay-BM/1.5.13',
    hashrateHs: 4_500,
    login: ['root', 'letmein'],
  },
  {
    ...bigRig,
    make: 'Whatsminer',
    name: 'm20s',
    model: 'M20S_V10',
    version: '20200917.22.REL',
    chips: 105,
    fans: 2,
    watts: 3300,
    megahertz: 620,
    millivolts: 13_000,
    boot: whatsminerFirmware(1),
    userAgent: 'btminer/1.0',
    hashrateHs: 3_500,
    login: ADMIN,
  },
  {
    ...bigRig,
    make: 'Whatsminer',
    name: 'm50',
    model: 'M50_VH50',
    version: '20230803.13.REL',
    chips: 70,
    fans: 2,
    watts: 3300,
    megahertz: 560,
    millivolts: 13_000,
    boot: whatsminerFirmware(2),
    userAgent: 'btminer/2.0',
    hashrateHs: 4_000,
    login: ADMIN,
  },
  {
    ...bigRig,
    make: 'Whatsminer',
    name: 'm60s',
    model: 'M60S_VK43',
    version: '20250101.11.REL',
    chips: 75,
    fans: 2,
    watts: 3400,
    megahertz: 580,
    millivolts: 13_000,
    boot: whatsminerFirmware(3),
    userAgent: 'btminer/3.0',
    hashrateHs: 5_000,
    login: ['super', 'super'],
  },
  {
    ...bigRig,
    make: 'Avalon',
    name: 'avalon-a1246',
    model: 'A1246',
    version: '21042001_4ec6bb0',
    chips: 120,
    watts: 3420,
    megahertz: 550,
    millivolts: 13_000,
    boot: avalonFirmware('a'),
    userAgent: 'cgminer/4.11.1',
    hashrateHs: 4_000,
    login: ROOT,
  },
  {
    make: 'Avalon',
    name: 'avalon-q',
    model: 'Q',
    version: '25052801_14a19a2',
    chips: 160,
    fans: 4,
    watts: 1674,
    megahertz: 500,
    millivolts: 13_000,
    boot: avalonFirmware('q'),
    userAgent: 'cgminer/4.11.1',
    hashrateHs: 4_500,
    login: ROOT,
  },
  {
    make: 'Avalon',
    name: 'avalon-nano3',
    model: 'Nano 3',
    version: '24102401_ab1c2d3',
    chips: 10,
    watts: 140,
    megahertz: 480,
    millivolts: 3_400,
    boot: avalonFirmware('nano3'),
    userAgent: 'cgminer/4.11.1',
    hashrateHs: 3_000,
    login: ROOT,
  },
  {
    make: 'Avalon',
    name: 'avalon-nano3s',
    model: 'Nano 3S',
    version: '25021401_56abae7',
    chips: 12,
    watts: 140,
    megahertz: 490,
    millivolts: 3_400,
    boot: avalonFirmware('nano3s'),
    userAgent: 'cgminer/4.11.1',
    hashrateHs: 3_500,
    login: ROOT,
  },
  {
    make: 'Avalon',
    name: 'avalon-mini3',
    model: 'Mini 3',
    version: '25052801_14a19a2',
    chips: 54,
    watts: 800,
    megahertz: 480,
    millivolts: 5_800,
    boot: avalonFirmware('mini3'),
    userAgent: 'cgminer/4.11.1',
    hashrateHs: 4_000,
    login: ROOT,
  },
  {
    ...bigRig,
    make: 'Auradine',
    name: 'teraflux',
    model: 'AT1500',
    version: '2023-12.27',
    chips: 132,
    watts: 3400,
    megahertz: 500,
    millivolts: 13_000,
    boot: auradineFirmware,
    userAgent: 'gcminer/1.0',
    hashrateHs: 4_500,
    login: ADMIN,
  },
  {
    ...bigRig,
    make: 'SealMiner',
    name: 'sealminer',
    model: 'A2',
    version: '2025091001',
    chips: 100,
    watts: 3730,
    megahertz: 520,
    millivolts: 13_000,
    boot: sealminerFirmware,
    userAgent: 'bdminer/1.0',
    hashrateHs: 5_000,
    login: ['seal', 'seal'],
  },
  {
    ...bigRig,
    make: 'Innosilicon',
    name: 't3h',
    model: 'T3H',
    version: '4.10.0',
    chips: 63,
    watts: 3500,
    megahertz: 1200,
    millivolts: 13_000,
    boot: innosiliconFirmware,
    userAgent: 'innominer/4.10.0',
    hashrateHs: 3_500,
    login: ADMIN,
  },
  {
    make: 'FutureBit',
    name: 'apollo',
    model: 'Apollo II',
    version: '2.0.2',
    chips: 44,
    watts: 180,
    megahertz: 600,
    millivolts: 1_200,
    boot: futurebitFirmware(),
    userAgent: 'apollo-miner/2.0.2',
    hashrateHs: 3_000,
    login: ['', 'apollo'],
  },
]

/** After the rigs that mine here. */
const FIRST_NUMBER = 4

export const NEIGHBOURS: readonly Neighbour[] = ROWS.map((row, i) => {
  const { name, boot, userAgent, hashrateHs, make, model, rollsVersions = true } = row
  return {
    boot,
    blueprint: blueprint(FIRST_NUMBER + i, name, hashrateHs, row),
    rig: {
      name: `practice.${name}`,
      model: `${make} ${model}`,
      userAgent,
      speaks: 'stratum-v1',
      hashrateHs,
      versionRollingMask: rollsVersions ? BIP320_MASK : 0,
      subscribesExtranonce: true,
      suggestsDifficulty: true,
    },
  }
})
