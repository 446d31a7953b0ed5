/**
 * Output scripts as addresses and back, for display and for "does this coinbase pay me". Encoding is
 * @scure/btc-signer's; nothing here signs or holds keys.
 */
import { Address, NETWORK, OutScript, TEST_NETWORK } from '@scure/btc-signer'

/** Which addresses to write. Signet's are those of testnet. */
export type BitcoinNetwork = 'mainnet' | 'testnet' | 'regtest'

const CODERS = {
  mainnet: Address(NETWORK),
  testnet: Address(TEST_NETWORK),
  regtest: Address({ ...TEST_NETWORK, bech32: 'bcrt' }),
}

/** The address of an output script, or null if it has none (a commitment, bare multisig, anything unknown). */
export function addressOfScript(script: Uint8Array, network: BitcoinNetwork): string | null {
  try {
    return CODERS[network].encode(OutScript.decode(script))
  } catch {
    return null
  }
}

/** The output script that pays `address`, or undefined if it is no address of this network. */
export function scriptOfAddress(address: string, network: BitcoinNetwork): Uint8Array | undefined {
  try {
    return OutScript.encode(CODERS[network].decode(address))
  } catch {
    return undefined
  }
}

/** Whether a script can never be spent and only carries data (OP_RETURN): a commitment, not a payment. */
export function isDataScript(script: Uint8Array): boolean {
  return script[0] === 0x6a
}
