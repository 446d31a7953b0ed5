/** A machine for each practice firmware, as searches and foreign clients meet them. Data only. */
import { type FamilyId } from '../../src-main/fleet/model/reading.ts'
import { antminerFirmware } from '../../src-main/practice/firmware/antminer.ts'
import { auradineFirmware } from '../../src-main/practice/firmware/auradine.ts'
import { axeosFirmware } from '../../src-main/practice/firmware/axeos.ts'
import { avalonFirmware } from '../../src-main/practice/firmware/avalon.ts'
import { braiinsFirmware } from '../../src-main/practice/firmware/braiins.ts'
import { epicFirmware } from '../../src-main/practice/firmware/epic.ts'
import { futurebitFirmware } from '../../src-main/practice/firmware/futurebit.ts'
import { innosiliconFirmware } from '../../src-main/practice/firmware/innosilicon.ts'
import { luxosFirmware } from '../../src-main/practice/firmware/luxos.ts'
import { protoFirmware } from '../../src-main/practice/firmware/proto.ts'
import { type BootFirmware } from '../../src-main/practice/firmware/firmware.ts'
import { hiveonFirmware } from '../../src-main/practice/firmware/hiveon.ts'
import { marathonFirmware } from '../../src-main/practice/firmware/marathon.ts'
import { mskminerFirmware } from '../../src-main/practice/firmware/mskminer.ts'
import { nerdqFirmware } from '../../src-main/practice/firmware/nerdq.ts'
import { type RigBlueprint } from '../../src-main/practice/firmware/rig-body.ts'
import { sealminerFirmware } from '../../src-main/practice/firmware/sealminer.ts'
import { vnishFirmware } from '../../src-main/practice/firmware/vnish.ts'
import { whatsminerFirmware } from '../../src-main/practice/firmware/whatsminer.ts'

export interface PracticeExample {
  readonly what: string
  readonly family: FamilyId
  readonly boot: BootFirmware
  readonly blueprint: Partial<RigBlueprint>
  /** As searches and polls must call it. */
  readonly make: string
  readonly model: string
  readonly firmware: string
  /** Whether it tells strangers its model. */
  readonly tellsModel: boolean
}

const big = { boardCount: 3, chipsPerBoard: 76, fanCount: 4, nameplateHs: 95e12, nameplateW: 3250 }
const small = { boardCount: 1, chipsPerBoard: 1, fanCount: 1, nameplateHs: 1.2e12, nameplateW: 18 }
const root = { username: 'root', password: 'root' }
const admin = { username: 'admin', password: 'admin' }

const example = (
  what: string,
  family: FamilyId,
  boot: BootFirmware,
  blueprint: Partial<RigBlueprint> & { readonly model: string },
  make: string,
  firmware: string,
  more: { readonly model?: string; readonly tellsModel?: boolean } = {},
): PracticeExample => ({
  what,
  family,
  boot,
  blueprint: { make, ...blueprint },
  make,
  model: more.model ?? blueprint.model,
  firmware,
  tellsModel: more.tellsModel ?? true,
})

export const PRACTICE_EXAMPLES: readonly PracticeExample[] = [
  example('AxeOS 2.4', 'axeos', axeosFirmware('2.4'), { ...small, model: 'Supra' }, 'Bitaxe', 'AxeOS'),
  example('AxeOS 2.12', 'axeos', axeosFirmware('2.12'), { ...small, model: 'Gamma' }, 'Bitaxe', 'AxeOS'),
  example('AxeOS 2.15', 'axeos', axeosFirmware('2.15'), { ...small, model: 'Gamma' }, 'Bitaxe', 'AxeOS'),
  example('NerdQ 1.1', 'nerdq', nerdqFirmware('1.1'), { ...small, model: 'NerdQAxe++' }, 'NerdAxe', 'NerdQ'),
  example(
    'Antminer, form pages',
    'antminer',
    antminerFirmware('old-web'),
    { ...big, ...root, model: 'S9' },
    'Antminer',
    'Stock',
  ),
  example(
    'Antminer',
    'antminer',
    antminerFirmware('since-2023-07'),
    { ...big, ...root, model: 'S19 Pro' },
    'Antminer',
    'Stock',
  ),
  example('Hiveon', 'hiveon', hiveonFirmware, { ...big, ...root, model: 'S19j Pro' }, 'Antminer', 'Hiveon'),
  example(
    'MSKminer',
    'mskminer',
    mskminerFirmware,
    { ...big, ...root, model: 'S19' },
    'Antminer',
    'MSKminer',
  ),
  example(
    'Marathon',
    'marathon',
    marathonFirmware,
    { ...big, ...root, model: 'S21' },
    'Antminer',
    'Marathon',
  ),
  example(
    'VNish 1.2',
    'vnish',
    vnishFirmware('1.2'),
    { ...big, ...admin, model: 'S21 Pro' },
    'Antminer',
    'VNish',
  ),
  example(
    'VNish 1.3',
    'vnish',
    vnishFirmware('1.3'),
    { ...big, ...admin, model: 'S19' },
    'Antminer',
    'VNish',
  ),
  example(
    'Whatsminer v1',
    'whatsminer',
    whatsminerFirmware(1),
    { ...big, ...admin, model: 'M30S' },
    'Whatsminer',
    'Stock',
  ),
  example(
    'Whatsminer v2',
    'whatsminer',
    whatsminerFirmware(2),
    { ...big, ...admin, model: 'M50S' },
    'Whatsminer',
    'Stock',
  ),
  example(
    'Whatsminer v3',
    'whatsminer',
    whatsminerFirmware(3),
    { ...big, ...admin, model: 'M60S' },
    'Whatsminer',
    'Stock',
  ),
  example(
    'Auradine',
    'auradine',
    auradineFirmware,
    { ...big, ...admin, model: 'AT1500' },
    'Auradine',
    'FluxOS',
  ),
  example(
    'SealMiner',
    'sealminer',
    sealminerFirmware,
    { ...big, username: 'seal', password: 'seal', model: 'A2' },
    'SealMiner',
    'Stock',
  ),
  example(
    'Braiins OS, GraphQL',
    'braiins',
    braiinsFirmware('graphql'),
    { ...big, ...root, model: 'S9', firmwareVersion: '22.08' },
    'Antminer',
    'Braiins OS',
  ),
  example(
    'Braiins OS, REST',
    'braiins',
    braiinsFirmware('rest'),
    { ...big, ...root, model: 'S19 XP', firmwareVersion: '25.07' },
    'Antminer',
    'Braiins OS',
  ),
  example(
    'LuxOS',
    'luxos',
    luxosFirmware,
    { ...big, model: 'S19k Pro', make: 'Antminer' },
    'Antminer',
    'LuxOS',
  ),
  example('ePIC', 'epic', epicFirmware, { ...big, password: 'letmein', model: 'S19 XP' }, 'Antminer', 'ePIC'),
  example('Avalon A', 'avalon', avalonFirmware('a'), { ...big, ...root, model: 'A1246' }, 'Avalon', 'Stock'),
  example('Avalon Q', 'avalon', avalonFirmware('q'), { ...small, ...root, model: 'Q' }, 'Avalon', 'Stock'),
  example(
    'Avalon Nano 3',
    'avalon',
    avalonFirmware('nano3'),
    { ...small, ...root, model: 'Nano 3' },
    'Avalon',
    'Stock',
  ),
  example(
    'Avalon Nano 3S',
    'avalon',
    avalonFirmware('nano3s'),
    { ...small, ...root, model: 'Nano 3S' },
    'Avalon',
    'Stock',
  ),
  example(
    'Avalon Mini 3',
    'avalon',
    avalonFirmware('mini3'),
    { ...small, ...root, model: 'Mini 3' },
    'Avalon',
    'Stock',
  ),
  example(
    'Proto Rig',
    'proto',
    protoFirmware,
    { ...big, password: 'secret', model: 'Rig' },
    'Proto',
    'ProtoOS',
  ),
  example(
    'Innosilicon',
    'innosilicon',
    innosiliconFirmware,
    { ...big, ...admin, model: 'T3H' },
    'Innosilicon',
    'Stock',
    { tellsModel: false },
  ),
  example(
    'FutureBit Apollo',
    'futurebit',
    futurebitFirmware(),
    { ...small, password: 'secret', model: 'Apollo II' },
    'FutureBit',
    'Apollo OS',
  ),
]
