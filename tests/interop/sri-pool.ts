/**
 * The reference implementation's pool (`pool_sv2`) on loopback, fed by our template provider. Its keys are the
 * test pair that its own examples publish.
 */
import { fromHex } from '../../src-main/base/index.ts'
import { freePort, PeerProcess } from './peer-process.ts'
import { type TemplateProvider } from './template-provider.ts'

/** Text of the public key in `authorityKey`. */
export const POOL_AUTHORITY_KEY_TEXT = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72'
const POOL_AUTHORITY_SECRET_TEXT = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n'

/** P2WPKH of the public key that BIP 173 uses in its examples, on regtest. */
const REWARD_ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
/** The script of that address. */
export const REWARD_SCRIPT = fromHex('0014751e76e8199196d454941c45d1b3a323f1433bd6')

export interface SriPool {
  readonly port: number
  /** x-only, 32 bytes. */
  readonly authorityKey: Uint8Array
  readonly process: PeerProcess
}

export interface SriPoolOptions {
  /** What the pool aims at when it derives a channel's target from its nominal hashrate. */
  readonly sharesPerMinute: number
  /** Accepted shares of one acknowledgement. */
  readonly shareBatchSize: number
  /** Authority key the pool expects of its template provider; the provider's own if absent. */
  readonly providerKeyText?: string
}

/** Starts the pool and waits until it takes miners, which it does once it has a template. */
export async function startSriPool(
  binary: string,
  provider: TemplateProvider,
  { sharesPerMinute, shareBatchSize, providerKeyText = provider.authorityKeyText }: SriPoolOptions,
): Promise<SriPool> {
  const port = await freePort()
  const config = `
listen_address = "127.0.0.1:${port}"
authority_public_key = "${POOL_AUTHORITY_KEY_TEXT}"
authority_secret_key = "${POOL_AUTHORITY_SECRET_TEXT}"
cert_validity_sec = 3600
coinbase_reward_script = "addr(${REWARD_ADDRESS})"
server_id = 1
pool_signature = "interop"
shares_per_minute = ${sharesPerMinute.toFixed(1)}
share_batch_size = ${shareBatchSize}

[template_provider_type.Sv2Tp]
address = "${provider.address}"
public_key = "${providerKeyText}"
`
  const process = new PeerProcess({
    name: 'pool_sv2',
    binary,
    args: ['-c', 'config.toml'],
    files: { 'config.toml': config },
  })
  try {
    await process.waitForLine(/ready to accept connections/, 'the pool to have a template and take miners')
  } catch (error) {
    await process.stop()
    throw new Error(`${String(error)}\n${process.log}`, { cause: error })
  }
  return {
    port,
    process,
    authorityKey: fromHex('24ee3c3804a1aaa4c03b80ea19f7a5863c916e8994b7db94a3bad7ee092b6ce7'),
  }
}
