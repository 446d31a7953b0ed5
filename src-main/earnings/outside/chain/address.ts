/**
 * Payout addresses: whether they are any, what script pays them, by what name an Electrum server knows that script.
 * Checking is @scure/btc-signer's: base58 with its check sum, bech32 and bech32m. Nothing here signs or holds keys.
 */
import { createHash } from 'node:crypto'
import { Address, NETWORK, OutScript, TEST_NETWORK } from '@scure/btc-signer'
import { err, ok, type Result, reverseBytes, toHex } from '../../../base/index.ts'

/** The old forms of testnet and regtest are the same; signet writes testnet's. */
export type AddressNetwork = 'mainnet' | 'testnet' | 'regtest'

export interface CheckedAddress {
  /** As it is asked for: bech32 in lower case. */
  readonly address: string
  /** Networks it can belong to, at least one. */
  readonly networks: readonly AddressNetwork[]
  readonly script: Uint8Array
  /** Whether outputs to it can only exist since segregated witness. */
  readonly segwit: boolean
}

const CODERS: readonly (readonly [AddressNetwork, ReturnType<typeof Address>])[] = [
  ['mainnet', Address(NETWORK)],
  ['testnet', Address(TEST_NETWORK)],
  ['regtest', Address({ ...TEST_NETWORK, bech32: 'bcrt' })],
]

/** @returns the address, or a sentence that says what is wrong with it */
export function checkAddress(text: string): Result<CheckedAddress, string> {
  const trimmed = text.trim()
  const segwit = /^(?:bc|tb|bcrt)1/i.test(trimmed)
  const address = segwit && trimmed === trimmed.toUpperCase() ? trimmed.toLowerCase() : trimmed
  const networks: AddressNetwork[] = []
  let script: Uint8Array | undefined
  for (const [network, coder] of CODERS) {
    try {
      script = OutScript.encode(coder.decode(address))
      networks.push(network)
    } catch {
      // Not of this network.
    }
  }
  if (script !== undefined) return ok({ address, networks, script, segwit })
  if (/^[xyzt]pub/i.test(trimmed)) {
    return err('That is an extended public key, from which all your addresses follow. Enter one address.')
  }
  return err(
    `"${trimmed.slice(0, 100)}" is no Bitcoin address: its check sum does not fit. Copy it again from your wallet, whole.`,
  )
}

/** The name of a script in the Electrum protocol: its SHA-256, last byte first, hex (Protocol Basics, "Script Hashes"). */
export function scriptHashOf(script: Uint8Array): string {
  return toHex(reverseBytes(createHash('sha256').update(script).digest()))
}
