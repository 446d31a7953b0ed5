/**
 * Message vectors of the Stratum V2 reference, sections 1, 3 and 4.11: the frame as hex (blanks are for
 * reading) and the message it carries. Origins: the template provider's tests, ESP-Miner's C code for most
 * mining messages, our own layout from the field tables where the reference says so.
 */
import { fromHex } from '../../../src-main/base/index.ts'
import { type MiningConnectionMessage } from '../../../src-main/sv2/message-set.ts'

/** 1000 H/s at one share a minute, little endian. */
export const TARGET = fromHex('058215af34444e5887d6f718a4a3ee04fcc407c311dddaff61a761989d170100')
export const ALL_ONES = new Uint8Array(32).fill(0xff)
export const PREV_HASH = fromHex('17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000')
export const NODE_1 = fromHex('f84024409dfae4dec34c3143adcacb4acdea488acac45aae8ab88461b5c2ec2d')
export const NODE_2 = fromHex('4fc83e3213f806b7510a83fcbe8a99718c0b063a66b5b5936640479d9184ff82')

const T = '058215af34444e5887d6f718a4a3ee04fcc407c311dddaff61a761989d170100'
const P = '17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000'
const N1 = 'f84024409dfae4dec34c3143adcacb4acdea488acac45aae8ab88461b5c2ec2d'
const N2 = '4fc83e3213f806b7510a83fcbe8a99718c0b063a66b5b5936640479d9184ff82'
const FF32 = 'ff'.repeat(32)
const COINBASE_PREFIX = `02000000 01 ${'00'.repeat(32)} ffffffff 2a 5200 06 5376322f2f2f 20`
const OUTPUTS = `02 00f2052a01000000 16 0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc
  0000000000000000 26 6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9`

/** Share time of the vectors, unix seconds. */
export const NTIME = 1_745_611_105

export interface Vector {
  readonly message: MiningConnectionMessage
  readonly frame: Uint8Array
}

const vector = (message: MiningConnectionMessage, hex: string): Vector => ({ message, frame: fromHex(hex) })

export const vectors: readonly Vector[] = [
  vector(
    {
      name: 'SetupConnection',
      protocol: 2,
      minVersion: 2,
      maxVersion: 2,
      flags: 1,
      endpointHost: '0.0.0.0',
      endpointPort: 8545,
      vendor: 'Bitmain',
      hardwareVersion: 'S9i 13.5',
      firmware: 'braiins-os-2018-09-22-1-hash',
      deviceId: 'some-device-uuid',
    },
    `000000520000 02 0200 0200 01000000 07302e302e302e30 6121 074269746d61696e 085339692031332e35
     1c 62726169696e732d6f732d323031382d30392d32322d312d68617368
     10 736f6d652d6465766963652d75756964`,
  ),
  vector({ name: 'SetupConnection.Success', usedVersion: 2, flags: 3 }, '000001060000 0200 03000000'),
  vector(
    { name: 'SetupConnection.Error', flags: 0, errorCode: 'protocol-version-mismatch' },
    '0000021e0000 00000000 19 70726f746f636f6c2d76657273696f6e2d6d69736d61746368',
  ),
  vector({ name: 'ChannelEndpointChanged', channelId: 7 }, '008003040000 07000000'),
  vector(
    { name: 'Reconnect', newHost: 'pool2.example.com', newPort: 3333 },
    '000004140000 11 706f6f6c322e6578616d706c652e636f6d 050d',
  ),
  vector(
    {
      name: 'OpenStandardMiningChannel',
      requestId: 1,
      userIdentity: 'user.bitaxe',
      nominalHashRate: Math.fround(1e12),
      maxTarget: ALL_ONES,
    },
    `000010340000 01000000 0b757365722e626974617865 a5d46853 ${FF32}`,
  ),
  vector(
    {
      name: 'OpenExtendedMiningChannel',
      requestId: 1,
      userIdentity: 'user.bitaxe',
      nominalHashRate: Math.fround(1e12),
      maxTarget: ALL_ONES,
      minExtranonceSize: 2,
    },
    `000013360000 01000000 0b757365722e626974617865 a5d46853 ${FF32} 0200`,
  ),
  vector(
    {
      name: 'OpenStandardMiningChannel.Success',
      requestId: 1,
      channelId: 7,
      target: TARGET,
      extranoncePrefix: fromHex('00'.repeat(19) + '01'),
      groupChannelId: 9,
    },
    `000011410000 01000000 07000000 ${T} 14 ${'00'.repeat(19)}01 09000000`,
  ),
  vector(
    {
      name: 'OpenExtendedMiningChannel.Success',
      requestId: 1,
      channelId: 7,
      target: TARGET,
      extranonceSize: 8,
      extranoncePrefix: fromHex('00'.repeat(23) + '01'),
      groupChannelId: 9,
    },
    `000014470000 01000000 07000000 ${T} 0800 18 ${'00'.repeat(23)}01 09000000`,
  ),
  vector(
    {
      name: 'NewMiningJob',
      channelId: 7,
      jobId: 1,
      minNtime: null,
      version: 0x20000000,
      merkleRoot: NODE_1,
    },
    `0080152d0000 07000000 01000000 00 00000020 ${N1}`,
  ),
  vector(
    {
      name: 'NewMiningJob',
      channelId: 7,
      jobId: 2,
      minNtime: NTIME,
      version: 0x20000000,
      merkleRoot: NODE_1,
    },
    `008015310000 07000000 02000000 01 61e90b68 00000020 ${N1}`,
  ),
  vector(
    {
      name: 'NewExtendedMiningJob',
      channelId: 7,
      jobId: 1,
      minNtime: null,
      version: 0x20000000,
      versionRollingAllowed: true,
      merklePath: [NODE_1, NODE_2],
      coinbaseTxPrefix: fromHex(COINBASE_PREFIX),
      coinbaseTxSuffix: fromHex(`ffffffff ${OUTPUTS} 00000000`),
    },
    `00801fde0000 07000000 01000000 00 00000020 01 02 ${N1} ${N2}
     3400 ${COINBASE_PREFIX} 5700 ffffffff ${OUTPUTS} 00000000`,
  ),
  vector(
    {
      name: 'SetNewPrevHash',
      channelId: 7,
      jobId: 1,
      prevHash: PREV_HASH,
      minNtime: NTIME,
      nbits: 0x1b00d7c0,
    },
    `008020300000 07000000 01000000 ${P} 61e90b68 c0d7001b`,
  ),
  vector({ name: 'SetTarget', channelId: 7, maximumTarget: TARGET }, `008021240000 07000000 ${T}`),
  vector(
    {
      name: 'SubmitSharesStandard',
      channelId: 7,
      sequenceNumber: 0,
      jobId: 1,
      nonce: 16647,
      ntime: NTIME,
      version: 0x20000000,
    },
    '00801a180000 07000000 00000000 01000000 07410000 61e90b68 00000020',
  ),
  vector(
    {
      name: 'SubmitSharesExtended',
      channelId: 7,
      sequenceNumber: 0,
      jobId: 1,
      nonce: 16647,
      ntime: NTIME,
      version: 0x20000000,
      extranonce: fromHex('0100000000000000'),
    },
    '00801b210000 07000000 00000000 01000000 07410000 61e90b68 00000020 08 0100000000000000',
  ),
  vector(
    {
      name: 'SubmitShares.Success',
      channelId: 7,
      lastSequenceNumber: 9,
      newSubmitsAcceptedCount: 10,
      newSharesSum: 640n,
    },
    '00801c140000 07000000 09000000 0a000000 8002000000000000',
  ),
  vector(
    { name: 'SubmitShares.Error', channelId: 7, sequenceNumber: 3, errorCode: 'stale-share' },
    '00801d140000 07000000 03000000 0b 7374616c652d7368617265',
  ),
  vector(
    { name: 'OpenMiningChannel.Error', requestId: 1, errorCode: 'unknown-user' },
    '000012110000 01000000 0c 756e6b6e6f776e2d75736572',
  ),
  vector(
    { name: 'UpdateChannel', channelId: 7, nominalHashRate: Math.fround(1e14), maximumTarget: TARGET },
    `008016280000 07000000 21e6b556 ${T}`,
  ),
  vector(
    { name: 'UpdateChannel.Error', channelId: 7, errorCode: 'invalid-channel-id' },
    '008017170000 07000000 12 696e76616c69642d6368616e6e656c2d6964',
  ),
  vector({ name: 'CloseChannel', channelId: 7, reasonCode: 'bye' }, '008018080000 07000000 03 627965'),
  vector(
    { name: 'SetExtranoncePrefix', channelId: 7, extranoncePrefix: fromHex('0a0b0c0d') },
    '008019090000 07000000 04 0a0b0c0d',
  ),
  vector(
    { name: 'SetGroupChannel', groupChannelId: 9, channelIds: [7, 8] },
    '0000250e0000 09000000 0200 07000000 08000000',
  ),
  vector(
    {
      name: 'SetCustomMiningJob',
      channelId: 7,
      requestId: 5,
      miningJobToken: fromHex('0102030405060708'),
      version: 0x20000000,
      prevHash: PREV_HASH,
      minNtime: NTIME,
      nbits: 0x1b00d7c0,
      coinbaseTxVersion: 2,
      coinbasePrefix: fromHex('5200'),
      coinbaseTxInputNSequence: 0xffffffff,
      coinbaseTxOutputs: fromHex(OUTPUTS),
      coinbaseTxLocktime: 0,
      merklePath: [NODE_1],
    },
    `008022be0000 07000000 05000000 08 0102030405060708 00000020 ${P} 61e90b68 c0d7001b 02000000 02 5200
     ffffffff 4f00 ${OUTPUTS} 00000000 01 ${N1}`,
  ),
  vector(
    { name: 'SetCustomMiningJob.Success', channelId: 7, requestId: 5, jobId: 42 },
    '0080230c0000 07000000 05000000 2a000000',
  ),
  vector(
    { name: 'SetCustomMiningJob.Error', channelId: 7, requestId: 5, errorCode: 'stale-chain-tip' },
    '008024180000 07000000 05000000 0f 7374616c652d636861696e2d746970',
  ),
  vector(
    { name: 'RequestExtensions', requestId: 1, requestedExtensions: [2] },
    '010000060000 0100 0100 0200',
  ),
]

/** SubmitSharesExtended with the worker name `Worker_001` as a little-endian TLV. */
export const submitWithWorkerName: Uint8Array = fromHex(
  `00801b300000 07000000 00000000 01000000 07410000 61e90b68 00000020 08 0100000000000000
   0200 01 0a00 576f726b65725f303031`,
)
