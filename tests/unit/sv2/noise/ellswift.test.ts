import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entropy, fromHex, systemEntropy, toHex } from '../../../../src-main/base/index.ts'
import {
  agreeOnSecret,
  decodeEllswift,
  ecdhX,
  encodeEllswift,
  generateEllswiftKeyPair,
  invertXSwiftEc,
} from '../../../../src-main/sv2/noise/ellswift.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

/** A selection of the BIP 324 test vectors (BSD-3-Clause): decoding, every branch of the inverse, key agreement. */
const SELECTED_VECTORS = `
kind,n,ellswift,u,x,case,t,priv,ellswift_ours,ellswift_theirs,initiating,ecdh_x,shared_secret
decode,0,00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000,,edd1fd3e327ce90cc7a3542614289aee9682003e9cf7dcc9cf2ca9743be5aa0c,,,,,,,,
decode,20,1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f,,98bec3b2a351fa96cfd191c1778351931b9e9ba9ad1149f6d9eadca80981b801,,,,,,,,
decode,50,fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fffffffffffffffffffffffffffffffffffffffffffffffffffffffff2664bbd5,,50873db31badcc71890e4f67753a65757f97aaa7dd5f1e82b753ace32219064b,,,,,,,,
decode,75,fffffffffffffffffffffffffffffffffffffffffffffffffffffffffefbb982fffffffffffffffffffffffffffffffffffffffffffffffffffffffff6d6db1f,,1c92ccdfcf4ac550c28db57cff0c8515cb26936c786584a70114008d6c33a34b,,,,,,,,
inverse,0,,05ff6bdad900fc3261bc7fe34e2fb0f569f06e091ae437d3a52e9da0cbfb9590,80cdf63774ec7022c89a5a8558e373a279170285e0ab27412dbce510bdfe23fc,0,,,,,,,
inverse,0,,05ff6bdad900fc3261bc7fe34e2fb0f569f06e091ae437d3a52e9da0cbfb9590,80cdf63774ec7022c89a5a8558e373a279170285e0ab27412dbce510bdfe23fc,2,45654798ece071ba79286d04f7f3eb1c3f1d17dd883610f2ad2efd82a287466b,,,,,,
inverse,0,,05ff6bdad900fc3261bc7fe34e2fb0f569f06e091ae437d3a52e9da0cbfb9590,80cdf63774ec7022c89a5a8558e373a279170285e0ab27412dbce510bdfe23fc,3,0aeaa886f6b76c7158452418cbf5033adc5747e9e9b5d3b2303db96936528557,,,,,,
inverse,0,,05ff6bdad900fc3261bc7fe34e2fb0f569f06e091ae437d3a52e9da0cbfb9590,80cdf63774ec7022c89a5a8558e373a279170285e0ab27412dbce510bdfe23fc,6,ba9ab867131f8e4586d792fb080c14e3c0e2e82277c9ef0d52d1027c5d78b5c4,,,,,,
inverse,0,,05ff6bdad900fc3261bc7fe34e2fb0f569f06e091ae437d3a52e9da0cbfb9590,80cdf63774ec7022c89a5a8558e373a279170285e0ab27412dbce510bdfe23fc,7,f51557790948938ea7badbe7340afcc523a8b816164a2c4dcfc24695c9ad76d8,,,,,,
inverse,1,,1737a85f4c8d146cec96e3ffdca76d9903dcf3bd53061868d478c78c63c2aa9e,39e48dd150d2f429be088dfd5b61882e7e8407483702ae9a5ab35927b15f85ea,0,1be8cc0b04be0c681d0c6a68f733f82c6c896e0c8a262fcd392918e303a7abf4,,,,,,
inverse,1,,1737a85f4c8d146cec96e3ffdca76d9903dcf3bd53061868d478c78c63c2aa9e,39e48dd150d2f429be088dfd5b61882e7e8407483702ae9a5ab35927b15f85ea,1,605b5814bf9b8cb066667c9e5480d22dc5b6c92f14b4af3ee0a9eb83b03685e3,,,,,,
inverse,1,,1737a85f4c8d146cec96e3ffdca76d9903dcf3bd53061868d478c78c63c2aa9e,39e48dd150d2f429be088dfd5b61882e7e8407483702ae9a5ab35927b15f85ea,2,,,,,,,
inverse,1,,1737a85f4c8d146cec96e3ffdca76d9903dcf3bd53061868d478c78c63c2aa9e,39e48dd150d2f429be088dfd5b61882e7e8407483702ae9a5ab35927b15f85ea,4,e41733f4fb41f397e2f3959708cc07d3937691f375d9d032c6d6e71bfc58503b,,,,,,
inverse,1,,1737a85f4c8d146cec96e3ffdca76d9903dcf3bd53061868d478c78c63c2aa9e,39e48dd150d2f429be088dfd5b61882e7e8407483702ae9a5ab35927b15f85ea,5,9fa4a7eb4064734f99998361ab7f2dd23a4936d0eb4b50c11f56147b4fc9764c,,,,,,
ecdh,0,,,,,,61062ea5071d800bbfd59e2e8b53d47d194b095ae5a4df04936b49772ef0d4d7,ec0adff257bbfe500c188c80b4fdd640f6b45a482bbc15fc7cef5931deff0aa186f6eb9bba7b85dc4dcc28b28722de1e3d9108b985e2967045668f66098e475b,a4a94dfce69b4a2a0a099313d10f9f7e7d649d60501c9e1d274c300e0d89aafaffffffffffffffffffffffffffffffffffffffffffffffffffffffff8faf88d5,1,4eb2bf85bd00939468ea2abb25b63bc642e3d1eb8b967fb90caa2d89e716050e,c6992a117f5edbea70c3f511d32d26b9798be4b81a62eaee1a5acaa8459a3592
ecdh,1,,,,,,6f312890ec83bbb26798abaadd574684a53e74ccef7953b790fcc29409080246,a8785af31c029efc82fa9fc677d7118031358d7c6a25b5779a9b900e5ccd94aac97eb36a3c5dbcdb2ca5843cc4c2fe0aaa46d10eb3d233a81c3dde476da00eef,fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f0000000000000000000000000000000000000000000000000000000000000000,0,13c1bf6a3ca37da9ffc7f45ec1810fa935c45454c03dc0144c1a9755bb52f81f,a6f79eb08243b6f65dbe42bfe4a6cf3f131d6963fa5d06c770a18f7b9c489b78
`

type Row = Record<string, string>

function parseRows(csv: string): Row[] {
  const [header, ...lines] = csv.trim().split('\n')
  const columns = header!.split(',')
  return lines.map((line) => {
    const values = line.trim().split(',')
    return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? '']))
  })
}

const number = (hex: string | undefined): bigint => BigInt(`0x${hex}`)

function checkRow(row: Row): void {
  const name = `${row['kind']} ${row['n']}`
  switch (row['kind']) {
    case 'decode':
      expect(toHex(decodeEllswift(fromHex(row['ellswift']!))), name).toBe(row['x'])
      return
    case 'inverse': {
      const t = invertXSwiftEc(number(row['x']), number(row['u']), Number(row['case']))
      expect(t === undefined ? '' : t.toString(16).padStart(64, '0'), `${name} ${row['case']}`).toBe(row['t'])
      return
    }
    case 'ecdh': {
      const secretKey = fromHex(row['priv']!)
      const ours = fromHex(row['ellswift_ours']!)
      const theirs = fromHex(row['ellswift_theirs']!)
      const initiating = row['initiating'] === '1'
      expect(toHex(ecdhX(secretKey, theirs)), name).toBe(row['ecdh_x'])
      expect(toHex(agreeOnSecret({ secretKey, ours, theirs, initiating })), name).toBe(row['shared_secret'])
      return
    }
    default:
      throw new Error(`unknown kind of vector: ${name}`)
  }
}

describe('the BIP 324 test vectors', () => {
  const selected = parseRows(SELECTED_VECTORS)

  it('cover every branch of the inverse, with and without a solution', () => {
    const branches = new Set(selected.filter((row) => row['t'] !== '').map((row) => row['case']))
    expect([...branches].filter((branch) => branch !== '').sort()).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
    ])
  })

  it.each(selected.map((row) => [`${row['kind']} ${row['n']} ${row['case']}`, row] as const))(
    'agree: %s',
    (_name, row) => checkRow(row),
  )

  it.runIf(hasSharedFixtures)('agree, all 339 of them', () => {
    const rows = parseRows(sharedFixture('ellswift-vectors.csv'))
    expect(rows).toHaveLength(339)
    for (const row of rows) checkRow(row)
  })
})

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

/** Entropy that a property can shrink: a seed stretched by a small linear generator. */
function seededEntropy(seed: number): Entropy {
  let state = seed >>> 0
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
}

describe('encoding a public key', () => {
  it('is undone by decoding, for any key and entropy', () => {
    fc.assert(
      fc.property(bytes(64), fc.nat(), (anything, seed) => {
        const x = decodeEllswift(anything)
        expect(toHex(decodeEllswift(encodeEllswift(x, seededEntropy(seed))))).toBe(toHex(x))
      }),
      { numRuns: 30 },
    )
  })

  it('gives the same bytes for the same entropy and other bytes for other entropy', () => {
    const x = decodeEllswift(new Uint8Array(64).fill(7))
    expect(toHex(encodeEllswift(x, seededEntropy(1)))).toBe(toHex(encodeEllswift(x, seededEntropy(1))))
    expect(toHex(encodeEllswift(x, seededEntropy(1)))).not.toBe(toHex(encodeEllswift(x, seededEntropy(2))))
  })

  it('refuses an x that no point has', () => {
    expect(() => encodeEllswift(fromHex(`${'00'.repeat(31)}05`), systemEntropy)).toThrow(
      /not the x coordinate/,
    )
  })

  it('gives up on a broken entropy source instead of looping for ever', () => {
    expect(() => generateEllswiftKeyPair((length) => new Uint8Array(length))).toThrow(/never gave/)
  })
})

describe('key agreement', () => {
  it('gives both sides the same secret, and another one if the roles are confused', () => {
    const one = generateEllswiftKeyPair(systemEntropy)
    const two = generateEllswiftKeyPair(systemEntropy)
    const initiator = { secretKey: one.secretKey, ours: one.encoded, theirs: two.encoded }
    const responder = { secretKey: two.secretKey, ours: two.encoded, theirs: one.encoded }
    const secret = toHex(agreeOnSecret({ ...initiator, initiating: true }))
    expect(toHex(agreeOnSecret({ ...responder, initiating: false }))).toBe(secret)
    expect(toHex(agreeOnSecret({ ...responder, initiating: true }))).not.toBe(secret)
  })
})
