/**
 * The practice rigs that pyasic reads: one of every family and generation it knows, as models that it knows too. Data only.
 *
 * Not here, since pyasic 0.79 has no code for them: Proto Rig, SealMiner, FutureBit Apollo.
 */
import { type FamilyId } from '../../../src-main/fleet/model/reading.ts'
import { antminerFirmware } from '../../../src-main/practice/firmware/antminer.ts'
import { auradineFirmware } from '../../../src-main/practice/firmware/auradine.ts'
import { avalonFirmware } from '../../../src-main/practice/firmware/avalon.ts'
import { axeosFirmware } from '../../../src-main/practice/firmware/axeos.ts'
import { braiinsFirmware } from '../../../src-main/practice/firmware/braiins.ts'
import { epicFirmware } from '../../../src-main/practice/firmware/epic.ts'
import { type BootFirmware } from '../../../src-main/practice/firmware/firmware.ts'
import { hiveonFirmware } from '../../../src-main/practice/firmware/hiveon.ts'
import { innosiliconFirmware } from '../../../src-main/practice/firmware/innosilicon.ts'
import { luxosFirmware } from '../../../src-main/practice/firmware/luxos.ts'
import { marathonFirmware } from '../../../src-main/practice/firmware/marathon.ts'
import { mskminerFirmware } from '../../../src-main/practice/firmware/mskminer.ts'
import { nerdqFirmware } from '../../../src-main/practice/firmware/nerdq.ts'
import { type RigBlueprint } from '../../../src-main/practice/firmware/rig-body.ts'
import { vnishFirmware } from '../../../src-main/practice/firmware/vnish.ts'
import { whatsminerFirmware } from '../../../src-main/practice/firmware/whatsminer.ts'

export interface ComparedRig {
  /** What the table calls it. */
  readonly rig: string
  readonly family: FamilyId
  readonly boot: BootFirmware
  readonly blueprint: Partial<RigBlueprint> & Pick<RigBlueprint, 'make' | 'model'>
}

const root = { username: 'root', password: 'root' } as const
const admin = { username: 'admin', password: 'admin' } as const
const bitaxe = {
  make: 'Bitaxe',
  model: 'Gamma',
  boardCount: 1,
  chipsPerBoard: 1,
  fanCount: 1,
  nameplateHs: 1.2e12,
  nameplateW: 18,
  frequencyMHz: 525,
  coreVoltageMv: 1150,
} as const
const antminer = {
  make: 'Antminer',
  boardCount: 3,
  fanCount: 4,
  frequencyMHz: 545,
  coreVoltageMv: 13_800,
  ...root,
} as const
const s9 = {
  ...antminer,
  model: 'S9',
  chipsPerBoard: 63,
  fanCount: 2,
  nameplateHs: 13.5e12,
  nameplateW: 1350,
}
const s19 = { ...antminer, model: 'S19', chipsPerBoard: 76, nameplateHs: 95e12, nameplateW: 3250 }
const s19Pro = { ...antminer, model: 'S19 Pro', chipsPerBoard: 114, nameplateHs: 110e12, nameplateW: 3250 }
const s19jPro = { ...antminer, model: 'S19j Pro', chipsPerBoard: 126, nameplateHs: 100e12, nameplateW: 3050 }
const s19Xp = { ...antminer, model: 'S19 XP', chipsPerBoard: 110, nameplateHs: 141e12, nameplateW: 3010 }
const s19kPro = { ...antminer, model: 'S19k Pro', chipsPerBoard: 77, nameplateHs: 120e12, nameplateW: 2760 }
const s21 = { ...antminer, model: 'S21', chipsPerBoard: 108, nameplateHs: 200e12, nameplateW: 3500 }
const s21Pro = { ...antminer, model: 'S21 Pro', chipsPerBoard: 65, nameplateHs: 234e12, nameplateW: 3510 }
const whatsminer = {
  make: 'Whatsminer',
  boardCount: 3,
  fanCount: 2,
  frequencyMHz: 600,
  coreVoltageMv: 13_000,
  ...admin,
} as const
const avalon = { make: 'Avalon', frequencyMHz: 500, ...root } as const

export const COMPARED_RIGS: readonly ComparedRig[] = [
  {
    rig: 'axeos 2.4',
    family: 'axeos',
    boot: axeosFirmware('2.4'),
    blueprint: { ...bitaxe, model: 'Supra', nameplateHs: 6e11, firmwareVersion: 'v2.4.5' },
  },
  {
    rig: 'axeos 2.12',
    family: 'axeos',
    boot: axeosFirmware('2.12'),
    blueprint: { ...bitaxe, firmwareVersion: 'v2.12.2' },
  },
  {
    rig: 'axeos 2.15',
    family: 'axeos',
    boot: axeosFirmware('2.15'),
    blueprint: { ...bitaxe, firmwareVersion: 'v2.15.0' },
  },
  {
    rig: 'nerdq 1.0',
    family: 'nerdq',
    boot: nerdqFirmware('1.0'),
    blueprint: {
      ...bitaxe,
      make: 'NerdAxe',
      model: 'NerdQAxe++',
      chipsPerBoard: 4,
      nameplateHs: 4.8e12,
      nameplateW: 76,
      firmwareVersion: 'v1.0.30',
    },
  },
  {
    rig: 'nerdq 1.1',
    family: 'nerdq',
    boot: nerdqFirmware('1.1'),
    blueprint: {
      ...bitaxe,
      make: 'NerdAxe',
      model: 'NerdQAxe++',
      chipsPerBoard: 4,
      nameplateHs: 4.8e12,
      nameplateW: 76,
      firmwareVersion: 'v1.1.0',
    },
  },
  {
    rig: 'antminer S9',
    family: 'antminer',
    boot: antminerFirmware('old-web'),
    blueprint: { ...s9, firmwareVersion: 'Thu Nov 17 14:10:45 CST 2016' },
  },
  {
    rig: 'antminer 2022',
    family: 'antminer',
    boot: antminerFirmware('before-2023-07'),
    blueprint: { ...s19Pro, firmwareVersion: 'Tue Dec 6 16:12:30 CST 2022' },
  },
  {
    rig: 'antminer 2025',
    family: 'antminer',
    boot: antminerFirmware('since-2023-07'),
    blueprint: { ...s19jPro, firmwareVersion: 'Thu Oct 9 18:55:45 CST 2025' },
  },
  {
    rig: 'hiveon',
    family: 'hiveon',
    boot: hiveonFirmware,
    blueprint: { ...s19jPro, firmwareVersion: 'Fri Apr 19 10:58:21 UTC 2024' },
  },
  {
    // The name pyasic logs in with.
    rig: 'mskminer',
    family: 'mskminer',
    boot: mskminerFirmware,
    blueprint: { ...s19, username: 'admin', firmwareVersion: 'Fri Apr 19 10:58:21 UTC 2024' },
  },
  {
    rig: 'marathon',
    family: 'marathon',
    boot: marathonFirmware,
    blueprint: { ...s21, firmwareVersion: '2024.3.1' },
  },
  {
    rig: 'vnish 1.2',
    family: 'vnish',
    boot: vnishFirmware('1.2'),
    blueprint: { ...s21Pro, ...admin, firmwareVersion: '1.2.7' },
  },
  {
    rig: 'vnish 1.3',
    family: 'vnish',
    boot: vnishFirmware('1.3'),
    blueprint: { ...s19kPro, ...admin, firmwareVersion: '1.3.4' },
  },
  {
    rig: 'braiins GraphQL',
    family: 'braiins',
    boot: braiinsFirmware('graphql'),
    blueprint: { ...s9, firmwareVersion: '22.08' },
  },
  {
    rig: 'braiins REST',
    family: 'braiins',
    boot: braiinsFirmware('rest'),
    blueprint: { ...s19Xp, firmwareVersion: '25.07' },
  },
  {
    rig: 'luxos',
    family: 'luxos',
    boot: luxosFirmware,
    blueprint: { ...s19kPro, username: null, password: null, firmwareVersion: '2025.4.8.220305' },
  },
  {
    rig: 'epic',
    family: 'epic',
    boot: epicFirmware,
    blueprint: { ...s19Xp, username: null, password: 'letmein', firmwareVersion: '1.5.13' },
  },
  {
    rig: 'whatsminer v1',
    family: 'whatsminer',
    boot: whatsminerFirmware(1),
    blueprint: {
      ...whatsminer,
      model: 'M20S_V10',
      chipsPerBoard: 105,
      nameplateHs: 68e12,
      nameplateW: 3360,
      firmwareVersion: '20200917.22.REL',
    },
  },
  {
    rig: 'whatsminer v2',
    family: 'whatsminer',
    boot: whatsminerFirmware(2),
    blueprint: {
      ...whatsminer,
      model: 'M50_VH50',
      chipsPerBoard: 105,
      nameplateHs: 118e12,
      nameplateW: 3300,
      firmwareVersion: '20230803.13.REL',
    },
  },
  {
    rig: 'whatsminer v3',
    family: 'whatsminer',
    boot: whatsminerFirmware(3),
    blueprint: {
      ...whatsminer,
      username: 'super',
      password: 'super',
      model: 'M60S_VK43',
      chipsPerBoard: 75,
      nameplateHs: 186e12,
      nameplateW: 3440,
      firmwareVersion: '20250101.11.REL',
    },
  },
  {
    rig: 'avalon A',
    family: 'avalon',
    boot: avalonFirmware('a'),
    blueprint: {
      ...avalon,
      model: 'A1246',
      boardCount: 3,
      chipsPerBoard: 120,
      fanCount: 4,
      nameplateHs: 90e12,
      nameplateW: 3420,
      coreVoltageMv: 13_000,
      firmwareVersion: '21042001_4ec6bb0',
    },
  },
  {
    rig: 'avalon Q',
    family: 'avalon',
    boot: avalonFirmware('q'),
    blueprint: {
      ...avalon,
      model: 'Q',
      boardCount: 1,
      chipsPerBoard: 160,
      fanCount: 4,
      nameplateHs: 90e12,
      nameplateW: 1674,
      coreVoltageMv: 13_000,
      firmwareVersion: '25052801_14a19a2',
    },
  },
  {
    rig: 'avalon Nano 3',
    family: 'avalon',
    boot: avalonFirmware('nano3'),
    blueprint: {
      ...avalon,
      model: 'Nano 3',
      boardCount: 1,
      chipsPerBoard: 10,
      fanCount: 1,
      nameplateHs: 4e12,
      nameplateW: 140,
      coreVoltageMv: 3400,
      firmwareVersion: '24102401_ab1c2d3',
    },
  },
  {
    rig: 'avalon Nano 3S',
    family: 'avalon',
    boot: avalonFirmware('nano3s'),
    blueprint: {
      ...avalon,
      model: 'Nano 3S',
      boardCount: 1,
      chipsPerBoard: 12,
      fanCount: 1,
      nameplateHs: 6e12,
      nameplateW: 140,
      coreVoltageMv: 3400,
      firmwareVersion: '25021401_56abae7',
    },
  },
  {
    rig: 'avalon Mini 3',
    family: 'avalon',
    boot: avalonFirmware('mini3'),
    blueprint: {
      ...avalon,
      model: 'Mini 3',
      boardCount: 1,
      chipsPerBoard: 54,
      fanCount: 1,
      nameplateHs: 37.5e12,
      nameplateW: 800,
      coreVoltageMv: 5800,
      firmwareVersion: '25052801_14a19a2',
    },
  },
  {
    rig: 'auradine',
    family: 'auradine',
    boot: auradineFirmware,
    blueprint: {
      make: 'Auradine',
      model: 'AT1500',
      boardCount: 3,
      chipsPerBoard: 132,
      fanCount: 4,
      nameplateHs: 150e12,
      nameplateW: 3400,
      frequencyMHz: 500,
      coreVoltageMv: 13_000,
      ...admin,
      firmwareVersion: '2023-12.27',
    },
  },
  {
    rig: 'innosilicon',
    family: 'innosilicon',
    boot: innosiliconFirmware,
    blueprint: {
      make: 'Innosilicon',
      model: 'T3H+',
      boardCount: 3,
      chipsPerBoard: 114,
      fanCount: 4,
      nameplateHs: 57e12,
      nameplateW: 3300,
      frequencyMHz: 1000,
      coreVoltageMv: 9000,
      ...admin,
      firmwareVersion: '2020.1',
    },
  },
]
