/**
 * The reference implementation's SV1 to SV2 translator (`translator_sv2`) on loopback: a foreign client of an SV2
 * pool, and a foreign SV1 server for a rig.
 */
import { freePort, PeerProcess } from './peer-process.ts'

export interface SriTranslatorOptions {
  /** The SV2 pool on 127.0.0.1. */
  readonly poolPort: number
  /** Text of the pool's authority key. */
  readonly poolAuthorityKeyText: string
  readonly userIdentity: string
  /** One upstream channel for all rigs, or one each. */
  readonly aggregateChannels: boolean
  /** H/s of the weakest rig: the first difficulty follows from it. */
  readonly minRigHashrateHs: number
  readonly sharesPerMinute: number
}

export interface SriTranslator {
  /** For SV1 rigs. */
  readonly port: number
  readonly process: PeerProcess
}

/** Its configuration file. @param port where it is to listen for rigs */
export function translatorConfig(options: SriTranslatorOptions, port: number): string {
  const {
    poolPort,
    poolAuthorityKeyText,
    userIdentity,
    aggregateChannels,
    minRigHashrateHs,
    sharesPerMinute,
  } = options
  return `
downstream_address = "127.0.0.1"
downstream_port = ${port}
max_supported_version = 2
min_supported_version = 2
downstream_extranonce2_size = 4
verify_payout = false
aggregate_channels = ${aggregateChannels}
supported_extensions = []
required_extensions = []

[downstream_difficulty_config]
min_individual_miner_hashrate = ${minRigHashrateHs.toFixed(1)}
shares_per_minute = ${sharesPerMinute.toFixed(1)}
enable_vardiff = true
job_keepalive_interval_secs = 60

[[upstreams]]
address = "127.0.0.1"
port = ${poolPort}
authority_pubkey = "${poolAuthorityKeyText}"
user_identity = "${userIdentity}"
`
}

/** Starts the translator and waits until it takes rigs, which it does once its pool has answered the setup. */
export async function startSriTranslator(
  binary: string,
  options: SriTranslatorOptions,
): Promise<SriTranslator> {
  const port = await freePort()
  const process = new PeerProcess({
    name: 'translator_sv2',
    binary,
    args: ['-c', 'config.toml'],
    files: { 'config.toml': translatorConfig(options, port) },
  })
  try {
    await process.waitForLine(
      /listening on 127\.0\.0\.1:\d+/,
      'the translator to reach its pool and take rigs',
    )
  } catch (error) {
    await process.stop()
    throw new Error(`${String(error)}\n${process.log}`, { cause: error })
  }
  return { port, process }
}
