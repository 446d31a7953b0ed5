/**
 * Where pyasic 0.79 and our adapters differ over the same practice rigs, and why. Reasons were found in pyasic's sources and
 * in recordings of real machines; "the digest" is the rig API digest. Data only.
 */
import { type Difference } from './compare.ts'

export interface Explained extends Difference {
  readonly because: string
}

type Row = readonly [rig: string, field: string, ours: string, pyasic: string]

const explained = (because: string, ...rows: readonly Row[]): Explained[] =>
  rows.map(([rig, field, ours, pyasic]) => ({ rig, field, ours, pyasic, because }))

const NOTHING = '-'
const TOLD = 'told'

export const EXPLAINED: readonly Explained[] = [
  ...explained(
    'pyasic counts the firmware that a maker ships as “Stock” where it has a name of its own.',
    ['axeos 2.4', 'firmware', 'AxeOS', 'Stock'],
    ['axeos 2.12', 'firmware', 'AxeOS', 'Stock'],
    ['axeos 2.15', 'firmware', 'AxeOS', 'Stock'],
    ['auradine', 'firmware', 'FluxOS', 'Stock'],
  ),
  ...explained(
    'pyasic takes the voltage regulator (vrTemp) for the board; we keep it as the regulator.',
    ['axeos 2.4', 'board °C', NOTHING, '64'],
    ['axeos 2.12', 'board °C', NOTHING, '64'],
    ['axeos 2.15', 'board °C', NOTHING, '64'],
  ),
  ...explained(
    'pyasic reads no pools of this firmware.',
    ['axeos 2.4', 'pools', '2 pools', '0 pools'],
    ['axeos 2.12', 'pools', '2 pools', '0 pools'],
    ['axeos 2.15', 'pools', '2 pools', '0 pools'],
    ['auradine', 'pools', '2 pools', '0 pools'],
  ),
  ...explained(
    'pyasic does not know NerdQ firmware.',
    ['nerdq 1.0', 'found', 'a rig', 'nothing'],
    ['nerdq 1.1', 'found', 'a rig', 'nothing'],
  ),
  ...explained(
    'pyasic reads an S9 over RPC alone; we read its web pages too.',
    ['antminer S9', 'MAC', TOLD, NOTHING],
    ['antminer S9', 'host name', TOLD, NOTHING],
    ['antminer S9', 'light', 'false', NOTHING],
  ),
  ...explained(
    'pyasic looks for the fans of an S9 two places behind the group that turns; they may stand anywhere (digest 5.1).',
    ['antminer S9', 'fans', '3300 3300', '0 0'],
  ),
  ...explained(
    'tempN is the board and temp2_N are the chips (digest 5.1); pyasic has them the other way round.',
    ['antminer S9', 'board °C', '49', '61'],
    ['antminer S9', 'chip °C', '55 to 61', '49'],
    ['hiveon', 'board °C', '49', '61'],
    ['hiveon', 'chip °C', '55 to 61', '49'],
    ['vnish 1.2', 'board °C', '49', '61'],
    ['vnish 1.2', 'chip °C', '53 to 61', '49'],
    ['vnish 1.3', 'board °C', '49', '61'],
    ['vnish 1.3', 'chip °C', '53 to 61', '49'],
  ),
  ...explained(
    'The firmware measures no power; we estimate it of the nameplate and say so, pyasic leaves it out.',
    ['antminer S9', 'power', '1323 W', NOTHING],
    ['antminer 2022', 'power', '3245 W', NOTHING],
    ['antminer 2025', 'power', '2950 W', NOTHING],
  ),
  ...explained(
    'pyasic has a reader for the model of MSKminer’s rigs that it never calls: without a model it lists no boards and no fans.',
    ['mskminer', 'make', 'Antminer', NOTHING],
    ['mskminer', 'model', 'S19', NOTHING],
    ['mskminer', 'firmware', 'MSKminer', 'Stock'],
    ['mskminer', 'boards', '3', '0'],
    ['mskminer', 'fans', '3300 3300 3300 3300', NOTHING],
  ),
  ...explained(
    'pyasic asks for it, and then looks one level too high in what it gathered.',
    ['hiveon', 'host name', TOLD, NOTHING],
    ['hiveon', 'light', 'false', NOTHING],
    ['mskminer', 'MAC', TOLD, NOTHING],
  ),
  ...explained('pyasic does not read it of MSKminer.', ['mskminer', 'host name', TOLD, NOTHING]),
  ...explained(
    'pyasic’s readers of it return before they look at the answer.',
    ['marathon', 'power', '3500 W', NOTHING],
    ['marathon', 'uptime', '26 h', NOTHING],
    ['luxos', 'MAC', TOLD, NOTHING],
  ),
  ...explained(
    'pyasic looks for VNish’s host name in the summary; it is in info.',
    ['vnish 1.2', 'host name', TOLD, NOTHING],
    ['vnish 1.3', 'host name', TOLD, NOTHING],
  ),
  ...explained(
    'pyasic does not read VNish’s light.',
    ['vnish 1.2', 'light', 'false', NOTHING],
    ['vnish 1.3', 'light', 'false', NOTHING],
  ),
  ...explained(
    'pyasic reads it of old Braiins OS over SSH, which practice rigs do not have.',
    ['braiins GraphQL', 'read whole', 'yes', 'without config'],
    ['braiins GraphQL', 'host name', TOLD, NOTHING],
  ),
  ...explained('The rig lists four sockets, two of them still; pyasic knows how many fans an S9 has.', [
    'braiins GraphQL',
    'fans',
    '3300 3300 0 0',
    '3300 3300',
  ]),
  ...explained(
    'pyasic talks gRPC to this release, which practice rigs do not have; we talk REST, which says the same.',
    [
      'braiins REST',
      'read whole',
      'yes',
      'without serial_number, psu_serial_number, mac, fw_ver, hostname, expected_hashrate, hashboards, wattage, wattage_limit, fans, fault_light, config, pools',
    ],
    ['braiins REST', 'version', '25.07', NOTHING],
    ['braiins REST', 'MAC', TOLD, NOTHING],
    ['braiins REST', 'host name', TOLD, NOTHING],
    ['braiins REST', 'expected rate', '141 TH/s', NOTHING],
    ['braiins REST', 'boards', '3', '0'],
    ['braiins REST', 'board rate', '47 TH/s', NOTHING],
    ['braiins REST', 'chips', '110', NOTHING],
    ['braiins REST', 'board °C', '45.5', NOTHING],
    ['braiins REST', 'chip °C', '60.5', NOTHING],
    ['braiins REST', 'fans', '3300 3300 3300 3300', NOTHING],
    ['braiins REST', 'power', '3010 W', NOTHING],
    ['braiins REST', 'pools', '2 pools', '0 pools'],
    ['braiins REST', 'light', 'false', NOTHING],
  ),
  ...explained('pyasic does not read LuxOS’s host name.', ['luxos', 'host name', TOLD, NOTHING]),
  ...explained(
    'Of the four sensors of a board pyasic takes the two at the intake for the board; we say intake and exhaust apart, and the hottest.',
    ['luxos', 'board °C', '61', '27'],
  ),
  ...explained(
    'LuxOS repeats its board sensors as chip sensors (recording of 2025.4.8): it has none on chips.',
    ['luxos', 'chip °C', NOTHING, '61'],
  ),
  ...explained(
    'At rest the red light is “auto” (recording of 2025.4.8); pyasic takes all but “off” for lit.',
    ['luxos', 'light', 'false', 'true'],
  ),
  ...explained('ePIC lists twelve sockets, null where no fan is; pyasic counts them all.', [
    'epic',
    'fans',
    '3300 3300 3300 3300',
    '3300 3300 3300 3300 - - - - - - - -',
  ]),
  ...explained('pyasic reads the pool in use alone, we read all that are entered.', [
    'epic',
    'pools',
    '2 pools',
    '1 pools',
  ]),
  ...explained(
    'pyasic takes the coolest chip for the board, and nothing for the chips.',
    ['whatsminer v3', 'board °C', '48.5', '54.5'],
    ['whatsminer v3', 'chip °C', '54.5 to 60.5', NOTHING],
  ),
  ...explained('pyasic looks for pools in the reply to “summary”; they are in the reply to “pools”.', [
    'whatsminer v3',
    'pools',
    '2 pools',
    '0 pools',
  ]),
  ...explained(
    'pyasic gives the version of cgminer, we give the firmware’s (LVERSION).',
    ['avalon A', 'version', '21042001_4ec6bb0', '4.11.1'],
    ['avalon Q', 'version', '25052801_14a19a2', '4.11.1'],
    ['avalon Nano 3', 'version', '24102401_ab1c2d3', '4.11.1'],
    ['avalon Nano 3S', 'version', '25021401_56abae7', '4.11.1'],
  ),
  ...explained(
    'MTmax is the hottest chip of a board; pyasic gives it as the board too.',
    ['avalon A', 'board °C', NOTHING, '61'],
    ['avalon Q', 'board °C', NOTHING, '61'],
    ['avalon Nano 3', 'board °C', NOTHING, '61'],
    ['avalon Nano 3S', 'board °C', NOTHING, '61'],
  ),
  ...explained(
    'pyasic reads power of WALLPOWER alone, which these do not have; it is the last number of PS.',
    ['avalon A', 'power', '3420 W', NOTHING],
    ['avalon Q', 'power', '1674 W', NOTHING],
    ['avalon Nano 3', 'power', '140 W', NOTHING],
  ),
  ...explained('A Q names four fans (recording of 25052801); pyasic asks for two.', [
    'avalon Q',
    'fans',
    '3300 3300 3300 3300',
    '3300 3300',
  ]),
  ...explained(
    'The rig does not say whether its light is on; pyasic then says it is off.',
    ['avalon Q', 'light', NOTHING, 'false'],
    ['avalon Nano 3S', 'light', NOTHING, 'false'],
    ['avalon Mini 3', 'light', NOTHING, 'false'],
  ),
  ...explained(
    'This one understands commands as text alone (digest 1.2, traps); pyasic asks in JSON and learns the make at most.',
    ['avalon Mini 3', 'model', 'Mini 3', NOTHING],
    ['avalon Mini 3', 'version', '25052801_14a19a2', NOTHING],
    ['avalon Mini 3', 'MAC', TOLD, NOTHING],
    ['avalon Mini 3', 'rate', '37.5 TH/s', NOTHING],
    ['avalon Mini 3', 'expected rate', '37.5 TH/s', NOTHING],
    ['avalon Mini 3', 'boards', '1', '0'],
    ['avalon Mini 3', 'fans', '3300', NOTHING],
    ['avalon Mini 3', 'power', '800 W', NOTHING],
    ['avalon Mini 3', 'pools', '2 pools', '0 pools'],
    ['avalon Mini 3', 'uptime', '26 h', NOTHING],
  ),
  ...explained(
    'pyasic does not read it of Auradine.',
    ['auradine', 'expected rate', '150 TH/s', NOTHING],
    ['auradine', 'chips', '132', NOTHING],
    ['auradine', 'chip °C', '60.5', NOTHING],
  ),
  ...explained(
    'The rig names a coolest and a hottest sensor of each board; pyasic takes the coolest for the board.',
    ['innosilicon', 'board °C', NOTHING, '53'],
  ),
  ...explained(
    'The rig tells one duty in percent for all fans; pyasic makes speeds of it, 60 rpm a percent.',
    ['innosilicon', 'fans', NOTHING, '3300 3300 3300 3300'],
  ),
]
