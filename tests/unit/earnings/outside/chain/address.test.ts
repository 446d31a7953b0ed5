import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../../src-main/base/index.ts'
import { checkAddress, scriptHashOf } from '../../../../../src-main/earnings/outside/chain/address.ts'

describe('payout addresses', () => {
  // From BIP 173, BIP 350, the genesis block, and the Electrum protocol's example.
  it.each([
    [
      '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
      '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac',
      ['mainnet'],
      false,
    ],
    [
      'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      '0014751e76e8199196d454941c45d1b3a323f1433bd6',
      ['mainnet'],
      true,
    ],
    [
      'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
      '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
      ['testnet'],
      true,
    ],
    [
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
      ['mainnet'],
      true,
    ],
    [
      'bcrt1qn7d2x7272lznt5hhk9s07q3cqnrqljnwladrd3',
      '00149f9aa3795e57c535d2f7b160ff023804c60fca6e',
      ['regtest'],
      true,
    ],
    [
      'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn',
      '76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac',
      ['testnet', 'regtest'],
      false,
    ],
  ] as const)('reads %s', (text, script, networks, segwit) => {
    const checked = checkAddress(` ${text} `)
    expect(checked).toMatchObject({ ok: true, value: { address: text, networks, segwit } })
    if (checked.ok) expect(toHex(checked.value.script)).toBe(script)
  })

  it('takes upper case of those forms that allow it', () => {
    const checked = checkAddress('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4')
    expect(checked).toMatchObject({
      ok: true,
      value: { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
    })
  })

  it('refuses what has a wrong check sum, the other coding, or is something else', () => {
    for (const text of [
      'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd',
      '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb',
      'bC1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      '',
      'hello',
    ]) {
      expect([text, checkAddress(text).ok]).toEqual([text, false])
    }
    expect(checkAddress('xpub6CUGRUonZSQ4TWtTMmzXdrXDtypWKiKrhko4')).toMatchObject({
      ok: false,
      error: expect.stringContaining('extended public key') as string,
    })
  })

  it('names scripts as Electrum servers do', () => {
    // Protocol Basics, "Script Hashes".
    const genesis = checkAddress('1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')
    expect(genesis.ok && scriptHashOf(genesis.value.script)).toBe(
      '8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161',
    )
    const regtest = checkAddress('bcrt1qn7d2x7272lznt5hhk9s07q3cqnrqljnwladrd3')
    expect(regtest.ok && scriptHashOf(regtest.value.script)).toBe(
      'f04bf26fc16a27abaa2f10540da7a24e369e6ec408f2d901202a7c0cd4a6112d',
    )
  })
})
