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

const NETWORKS: readonly BitcoinNetwork[] = ['mainnet', 'testnet', 'regtest']

/**
 * The output script that pays `address`, whatever network it belongs to, and which that may be: the old forms of
 * testnet and regtest are the same. Undefined if it is no address of any.
 */
export function scriptOfAnyAddress(
  address: string,
): { readonly script: Uint8Array; readonly networks: readonly BitcoinNetwork[] } | undefined {
  const trimmed = address.trim()
  const networks = NETWORKS.filter((network) => scriptOfAddress(trimmed, network) !== undefined)
  const [first] = networks
  const script = first === undefined ? undefined : scriptOfAddress(trimmed, first)
  return script === undefined ? undefined : { script, networks }
}

const WITNESS_COMMITMENT_SIZE = 38
const WITNESS_COMMITMENT_START = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed]

/** Whether a script commits to the witnesses of its block (BIP141). */
export function isWitnessCommitment(script: Uint8Array): boolean {
  return (
    script.length >= WITNESS_COMMITMENT_SIZE &&
    WITNESS_COMMITMENT_START.every((byte, index) => script[index] === byte)
  )
}

/** Whether a script can never be spent and only carries data (OP_RETURN): a commitment, not a payment. */
export function isDataScript(script: Uint8Array): boolean {
  return script[0] === 0x6a
}
