/**
 * The reference implementation's processor rig (`mining_device`) on loopback: a foreign Stratum V2 client that opens
 * one standard channel, insists on standard jobs, and hashes whatever it is given.
 */
import { PeerProcess } from './peer-process.ts'

export interface MiningDeviceOptions {
  /** The SV2 server on 127.0.0.1. */
  readonly port: number
  /** Text of the server's authority key. */
  readonly authorityKeyText: string
  readonly userIdentity: string
  /** What it claims to deliver, as a multiple of what it measured. Default 1. */
  readonly hashrateMultiplier?: number
  /** Microseconds it rests between nonces, of which it tries `NONCES_A_TURN` at once. */
  readonly restUs?: number
}

/** Shares are told apart by their nonce alone; a turn is cut short by a new job. */
const NONCES_A_TURN = 32
/** With a turn each, some ten thousand hashes a second: enough for low targets, and room for the rest. */
const DEFAULT_REST_US = 2000

export class MiningDevice {
  readonly process: PeerProcess

  /** Starts it. It measures itself for five seconds before it opens its channel. */
  constructor(binary: string, options: MiningDeviceOptions) {
    const { port, authorityKeyText, userIdentity, hashrateMultiplier = 1, restUs = DEFAULT_REST_US } = options
    this.process = new PeerProcess({
      name: 'mining_device',
      binary,
      args: [
        ...['--address-pool', `127.0.0.1:${port}`, '--pubkey-pool', authorityKeyText],
        ...['--id-user', userIdentity, '--id-device', 'interop-device'],
        ...['--nominal-hashrate-multiplier', String(hashrateMultiplier)],
        ...['--cores', '1', '--handicap', String(restUs), '--nonces-per-call', String(NONCES_A_TURN)],
      ],
    })
  }

  /** Acknowledgements it heard; one may stand for many shares. */
  get acknowledgements(): number {
    return this.process.countLines(/Received SubmitSharesSuccess/)
  }

  /** Refusals it heard. */
  get refusals(): number {
    return this.process.countLines(/Received SubmitSharesError/)
  }

  get jobs(): number {
    return this.process.countLines(/Received new mining job/)
  }

  get tips(): number {
    return this.process.countLines(/Received SetNewPrevHash/)
  }
}
