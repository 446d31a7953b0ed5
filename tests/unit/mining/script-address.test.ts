import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-main/base/index.ts'
import {
  addressOfScript,
  type BitcoinNetwork,
  isDataScript,
  isWitnessCommitment,
  scriptOfAddress,
  scriptOfAnyAddress,
} from '../../../src-main/mining/index.ts'

/** Addresses of the BIP173, BIP350 and BIP16 documents and of the first block; nobody's to pay. */
const KNOWN: readonly (readonly [BitcoinNetwork, string, string])[] = [
  ['mainnet', '0014751e76e8199196d454941c45d1b3a323f1433bd6', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
  ['testnet', '0014751e76e8199196d454941c45d1b3a323f1433bd6', 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx'],
  [
    'testnet',
    '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
    'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
  ],
  [
    'mainnet',
    '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
  ],
  ['mainnet', '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
]

describe('address of a script', () => {
  it.each(KNOWN)('on %s of %s is %s, and back', (network, hex, address) => {
    expect(addressOfScript(fromHex(hex), network)).toBe(address)
    expect(toHex(scriptOfAddress(address, network) ?? new Uint8Array(0))).toBe(hex)
  })

  it('on regtest starts with bcrt1', () => {
    const script = fromHex('0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc')
    const address = addressOfScript(script, 'regtest')
    expect(address).toMatch(/^bcrt1q/)
    expect(scriptOfAddress(address ?? '', 'regtest')).toEqual(script)
  })

  it('is not understood on another network', () => {
    expect(scriptOfAddress('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'testnet')).toBeUndefined()
    expect(scriptOfAddress('tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', 'regtest')).toBeUndefined()
    expect(scriptOfAddress('', 'mainnet')).toBeUndefined()
    expect(scriptOfAddress('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'mainnet')).toBeUndefined()
  })

  it('is null for commitments and nonsense, never an exception', () => {
    const commitment = fromHex('6a24aa21a9ed' + '00'.repeat(32))
    expect(addressOfScript(commitment, 'mainnet')).toBeNull()
    expect(isDataScript(commitment)).toBe(true)
    expect(isDataScript(fromHex('0014' + '00'.repeat(20)))).toBe(false)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (script) => {
        const address = addressOfScript(script, 'mainnet')
        if (address !== null) expect(scriptOfAddress(address, 'mainnet')).toEqual(script)
      }),
    )
  })
})

describe('an address of whatever network', () => {
  it('is found with the networks it may belong to', () => {
    for (const [network, hex, address] of KNOWN) {
      const found = scriptOfAnyAddress(` ${address}\n`)
      expect(toHex(found?.script ?? new Uint8Array(0))).toBe(hex)
      expect(found?.networks).toContain(network)
    }
  })

  it('belongs to testnet and regtest alike in the old form', () => {
    const address = addressOfScript(fromHex('76a914' + '07'.repeat(20) + '88ac'), 'testnet')
    expect(scriptOfAnyAddress(address ?? '')?.networks).toEqual(['testnet', 'regtest'])
  })

  it('is nothing else', () => {
    for (const text of ['', 'farm.worker', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5']) {
      expect(scriptOfAnyAddress(text)).toBeUndefined()
    }
  })
})

describe('a witness commitment', () => {
  it('is told from other data', () => {
    expect(isWitnessCommitment(fromHex('6a24aa21a9ed' + '00'.repeat(32)))).toBe(true)
    expect(isWitnessCommitment(fromHex('6a24aa21a9ed' + '00'.repeat(31)))).toBe(false)
    expect(isWitnessCommitment(fromHex('6a24aa21a9ee' + '00'.repeat(32)))).toBe(false)
  })
})
