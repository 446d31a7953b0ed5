/**
 * One complete Noise NX session with fixed keys: every value of the handshake, the first frame of each
 * side and the chunking of long frames. Keys: initiator ephemeral 32 x 11, responder ephemeral 32 x 22,
 * responder static 32 x 33, authority: the published test secret of the reference implementation.
 */
import { fromHex } from '../../src-main/base/index.ts'

const ACT_1 = fromHex(`
  aecbd7b55dddc60aab4a5a03f6d7785fe269b77d92e2789a3c33a00e74133e6a
  b3eacf1a056a26c6dd80e79f75694a989a581a8f7cc66a7956517200dada2f37`)

const ACT_2 = fromHex(`
  73c923c555e29c122a3dc5517254cc4e4a4c5d7d762365c897d63399899272f1
  6a8c26d1af74c8342b189c3eaaa5fb66399dbb586d439f105e722d442a687a66
  ab2b2bcf50fc6a62d72e00d3bd7d5748722945692c95d9b50e88e12fbd13f650
  40575aec0e4767aa7e8461df3e1def921a226959a1079716e63fae2208da1f4f
  10f55de447f3f3b8873ddd25c2515ed6e6c62f0a6247d6110bd2be11393d8678
  bd9a2630e635103a67341b5a60cb3d69ca4229859d641263e5cd09cca49377af
  b99d2ec14405b67cd783e1665ffa0b2a747e33442efe6a48f76f3016ae3891af
  5107a833a6beb88568fb`)

/** Bytes, times in milliseconds, hex where a test compares text. */
export const transcript = {
  initiatorEphemeral: { secretKey: new Uint8Array(32).fill(0x11), encoded: ACT_1 },
  responderEphemeral: { secretKey: new Uint8Array(32).fill(0x22), encoded: ACT_2.slice(0, 64) },
  responderStaticSecret: new Uint8Array(32).fill(0x33),
  authority: {
    secretKey: fromHex('65995eb19631f478a46ffa5cf1e545091efe950eaeac7482ffdc06eb6a89f697'),
    publicKey: fromHex('24ee3c3804a1aaa4c03b80ea19f7a5863c916e8994b7db94a3bad7ee092b6ce7'),
  },
  validFromMs: 1_700_000_000_000,
  notValidAfterMs: 1_700_003_600_000,
  nowMs: 1_700_000_100_000,
  act1: ACT_1,
  act2: ACT_2,
  hashAfterAct1: 'c3cc024e71166fd3b72f0fc3863e7c4b1c020a0cac38ded98868fac930dd903b',
  secretEe: '2f1afac1f30882f62aeb443491ae8052746cc3dbae921811888cf50d065ee09e',
  chainingKeyAfterEe: '25552d6c8790230b9e559db2e8ab2c954adaa560461b5e6b6bf371a621b18dce',
  keyAfterEe: '49e3e891efd22bb696a9b6fe5b5da82cb267657f9133760538925ff1bc6ca4d5',
  staticXOnly: '3c72addb4fdf09af94f0c94d7fe92a386a7e70cf8a1d85916386bb2535c7b1b1',
  secretEs: 'fca4800ad82b6ee10514957cd6f6bde788759eb1528391a26846f6a62993200b',
  chainingKeyAfterEs: '272f54ca753d14680efad19c149213f07e091b816fde44093d40689a94e032f1',
  keyAfterEs: 'e68676ac426bc05549c6ad3fc38398d694fd45c773d7049506be1940bb97c1f4',
  certificateDigest: '9f6c849a9298b0b84f3feb84ec3c72022b171214d9b1675198d2f478c97e8fbb',
  certificate: fromHex(`
    000000f1536510ff5365abe38b18ce867e8f75631101b51ed54c075e8de93e216f73a7c5
    c3d486f1cdcf3c527bbb61b67fc7345f5e361266ef5e9755ce82a5450be64930bdb657ac72a7`),
  hashFinal: 'b28034b841d11f8dd714449d433e16338f965156c53e5a07d24db3fa2f91e647',
  initiatorKey: '2c1df73d01379e482ac953b5136d7c29e40a0991e91780071bb12a489f1615ea',
  responderKey: '45b7bdf047cc7f3b15d55963d755fb313a2db767a4cf5eee0de975b7e47ca0c4',
  firstFromInitiator: {
    plain: fromHex(`000000250000 00020002000400000009 3132372e302e302e31 ce85
                    04 61636d65 05 70726f7879 03 312e30 00`),
    wire: fromHex(`
      9aed284fb7e62c867dd56c4ae211816cc79fd31834d6a041e76e76ba5ddd6a564b236c87634a7d51104594cf
      91836ae68bdd678ecb0a146f4ecef2705c34432e2c2008843b208892184cd6`),
  },
  firstFromResponder: {
    plain: fromHex('000001060000 020000000000'),
    wire: fromHex('dfc2fd046dbc37a1c69fe734b54f8af530ea4547a0f11f63c3a9c6fb36b3ebc460e61a38fd8c34a913dc24fd'),
  },
} as const

/**
 * Frames sealed with `transcript.initiatorKey` from counter 0: header 00 00 74 and the length, payload byte
 * i = i mod 256.
 */
export const chunkingVectors = [
  {
    payloadLength: 0,
    wireLength: 22,
    nonces: 1,
    sha256: '577596866a07af4e794f8c82a8b7cdded10c0dcb17dd0e9aa86c39fa11825d2b',
    last16: '30b10ad7875677dda08db7b4267a2dd7',
  },
  {
    payloadLength: 1,
    wireLength: 39,
    nonces: 2,
    sha256: '56d39d929fde81578850cc1820f0f29c0696d244a1b3b2cc7106435c9b8a5cbb',
    last16: 'ff8f766be3026d25193c40c89be34bdc',
  },
  {
    payloadLength: 65_519,
    wireLength: 65_557,
    nonces: 2,
    sha256: '70b8981e526863759fd6f5a002e4bd2eb6dd9f07f8e1fd58e68c512953d1d5bc',
    last16: 'b8f0c215693f7acb31f451b5fe72de48',
  },
  {
    payloadLength: 65_520,
    wireLength: 65_574,
    nonces: 3,
    sha256: '1e3f6e3fc6de00f63749690bb38d2417a35223a8420a0c1fe98f407a79cbd544',
    last16: 'ddd250941da879623dbd2429f9d46753',
  },
  {
    payloadLength: 131_039,
    wireLength: 131_109,
    nonces: 4,
    sha256: '1df9f0829d62ff32274bb088dea0b336568da833d9346f42296b404f619dca04',
    last16: '5b1780ab4ded44018282eebf45588676',
  },
] as const

/** The plaintext frame of a chunking vector. */
export function chunkingFrame(payloadLength: number): Uint8Array {
  const frame = new Uint8Array(6 + payloadLength)
  frame.set([0, 0, 0x74, payloadLength, payloadLength >>> 8, payloadLength >>> 16])
  for (let i = 0; i < payloadLength; i++) frame[6 + i] = i
  return frame
}
