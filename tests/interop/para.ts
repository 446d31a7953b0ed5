/**
 * What Parasite Pool runs, on loopback: its Stratum V1 pool, fed by our node, and its Stratum V1 rig, which hashes
 * on the processor. Both are one program (`para`) and no relative of the reference implementation.
 */
import { type BitcoinNode, RPC_PASSWORD, RPC_USER } from './bitcoin-node.ts'
import { freePort, PeerProcess } from './peer-process.ts'

/** P2WPKH of the public key that BIP 173 uses in its examples, on regtest. */
const PAYOUT_ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'

/** A user as both want it: an address, and the rig's name after a dot. */
export const paraUser = (rigName: string): string => `${PAYOUT_ADDRESS}.${rigName}`

export interface ParaPoolOptions {
  readonly startDifficulty: number
  /** Bytes of extranonce 2 to 8 each; 4 and 8 by default, as Parasite Pool grants them. */
  readonly extranonce1Size?: number
  readonly extranonce2Size?: number
  /** Bits that rigs may roll, hex of 8 digits. */
  readonly versionMaskHex?: string
}

/** What the pool's own book says, of all rigs. */
export interface ParaPoolBook {
  readonly acceptedShares: number
  readonly rejectedShares: number
  readonly blocks: number
}

export class ParaPool {
  readonly port: number
  readonly process: PeerProcess
  readonly #httpPort: number

  private constructor(process: PeerProcess, port: number, httpPort: number) {
    this.process = process
    this.port = port
    this.#httpPort = httpPort
  }

  /** Starts the pool and waits until it takes rigs. Templates are asked for once a second. */
  static async start(binary: string, node: BitcoinNode, options: ParaPoolOptions): Promise<ParaPool> {
    const { startDifficulty, extranonce1Size = 4, extranonce2Size = 8, versionMaskHex = '1fffe000' } = options
    const port = await freePort()
    const httpPort = await freePort()
    const settings: Record<string, string | number> = {
      chain: 'regtest',
      address: '127.0.0.1',
      port,
      'http-port': httpPort,
      'data-dir': '.',
      'bitcoin-rpc-port': node.rpcPort,
      'bitcoin-rpc-username': RPC_USER,
      'bitcoin-rpc-password': RPC_PASSWORD,
      'zmq-block-notifications': node.zmqEndpoint,
      'update-interval': 1,
      'start-diff': startDifficulty,
      'min-diff': startDifficulty,
      'enonce1-size': extranonce1Size,
      'enonce2-size': extranonce2Size,
      'version-mask': versionMaskHex,
    }
    const process = new PeerProcess({
      name: 'para-pool',
      binary,
      args: ['pool', ...Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)])],
      logFilter: 'info,para=debug',
    })
    try {
      await process.waitForLine(/Stratum server listening on 127\.0\.0\.1/, 'the pool to take rigs')
    } catch (error) {
      await process.stop()
      throw new Error(`${String(error)}\n${process.log}`, { cause: error })
    }
    return new ParaPool(process, port, httpPort)
  }

  /** Asks the pool. */
  async book(): Promise<ParaPoolBook> {
    const status = await this.#ask<{
      readonly block_count: number
      readonly downstream: { readonly accepted_shares: number; readonly rejected_shares: number }
    }>('status')
    return {
      acceptedShares: status.downstream.accepted_shares,
      rejectedShares: status.downstream.rejected_shares,
      blocks: status.block_count,
    }
  }

  /** By what names the pool knows the rigs of `paraUser` that delivered a share. There must be one. */
  async rigNames(): Promise<string[]> {
    const user = await this.#ask<{ readonly workers: readonly { readonly name: string }[] }>(
      `user/${PAYOUT_ADDRESS}`,
    )
    return user.workers.map(({ name }) => name)
  }

  async #ask<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#httpPort}/api/pool/${path}`)
    if (!response.ok) throw new Error(`the pool answered ${response.status} to ${path}`)
    return (await response.json()) as T
  }
}

export interface ParaRigOptions {
  readonly port: number
  readonly rigName: string
  readonly hashrateHs: number
  /** Whether it asks to roll versions; it asks for every bit. */
  readonly rollsVersions?: boolean
}

export class ParaRig {
  readonly process: PeerProcess

  constructor(binary: string, { port, rigName, hashrateHs, rollsVersions = true }: ParaRigOptions) {
    this.process = new PeerProcess({
      name: 'para-rig',
      binary,
      args: [
        ...['miner', `127.0.0.1:${port}`, '--username', paraUser(rigName), '--password', 'x'],
        ...['--cpu-cores', '1', '--throttle', String(hashrateHs)],
        ...(rollsVersions ? [] : ['--disable-version-rolling']),
      ],
    })
  }

  /** Shares the other side said yes to. */
  get accepted(): number {
    return this.process.countLines(/submitted successfully/)
  }

  /** Shares the other side said no to, or nothing. */
  get refused(): number {
    return this.process.countLines(/Failed to submit share/)
  }

  get jobs(): number {
    return this.process.countLines(/New job: job_id=/)
  }

  /** How often it had to subscribe; once, unless its socket was closed. */
  get sessions(): number {
    return this.process.countLines(/Authorized: enonce1=/)
  }
}
