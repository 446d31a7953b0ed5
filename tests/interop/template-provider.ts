/**
 * A template provider out of thin air, on 127.0.0.1: what a foreign pool needs before it serves anyone. It speaks
 * template distribution over Noise and invents templates without transactions. Not a node: it checks nothing that a
 * pool sends, it records it.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { fromHex, systemEntropy } from '../../src-main/base/index.ts'
import { networkTarget, sha256d } from '../../src-main/mining/index.ts'
import {
  type CoinbaseOutputConstraints,
  createResponderIdentity,
  formatAuthorityKey,
  generateAuthorityKeyPair,
  type NewTemplate,
  PROTOCOL_VERSION,
  Protocol,
  type ResponderIdentity,
  type SubmitSolution,
  templateConnection,
  type TemplateConnectionMessage,
  type TemplateSetNewPrevHash,
} from '../../src-main/sv2/index.ts'
import { answer, type Sv2Session } from './sv2-session.ts'

/** Difficulty 1 of the main network: far beyond a test's processor, so shares are not blocks. */
export const HARD_N_BITS = 0x1d00ffff
/** Every second hash is a block. */
export const EASY_N_BITS = 0x207fffff

/** A zero-value output that commits to no witnesses. */
const WITNESS_COMMITMENT = fromHex(`0000000000000000 26 6a24aa21a9ed ${'00'.repeat(32)}`)
const BLOCK_VERSION = 0x20000000
const FIRST_HEIGHT = 500

export class TemplateProvider {
  /** For `address` of a pool's configuration. */
  readonly address: string
  /** For `public_key` of a pool's configuration. */
  readonly authorityKeyText: string
  /** What pools told us about their outputs, oldest first. */
  readonly constraints: CoinbaseOutputConstraints[] = []
  /** Blocks that pools found. */
  readonly solutions: SubmitSolution[] = []
  readonly #server: Server
  readonly #sessions = new Set<Sv2Session<TemplateConnectionMessage>>()
  #templateId = 0n
  #height = FIRST_HEIGHT
  /** The template and tip a pool is given when it connects. */
  #current: { readonly template: NewTemplate; readonly tip: TemplateSetNewPrevHash }

  private constructor(server: Server, port: number, authorityKey: Uint8Array, nBits: number) {
    this.#server = server
    this.address = `127.0.0.1:${port}`
    this.authorityKeyText = formatAuthorityKey(authorityKey)
    this.#current = this.#nextTip(nBits)
  }

  /** @param nBits compact network target of the first tip */
  static async start(nBits = HARD_N_BITS): Promise<TemplateProvider> {
    const authority = generateAuthorityKeyPair(systemEntropy)
    const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => Date.now() })
    const server = createServer()
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (typeof address === 'object' && address !== null) resolve(address.port)
      })
    })
    const provider = new TemplateProvider(server, port, authority.publicKey, nBits)
    server.on('connection', (socket) => provider.#accept(socket, identity))
    return provider
  }

  /** Pools that take templates now. */
  get connectionCount(): number {
    return this.#sessions.size
  }

  /** The transactions changed, the tip did not. @returns the template's id */
  pushTemplate(): bigint {
    const template = this.#makeTemplate(false)
    this.#send(template)
    return template.templateId
  }

  /** A block was found: a future template, then the tip that makes it current. @returns the template's id */
  pushTip(nBits = HARD_N_BITS): bigint {
    this.#current = this.#nextTip(nBits)
    this.#send(this.#current.template, this.#current.tip)
    return this.#current.template.templateId
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions) session.close()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket, identity: ResponderIdentity): void {
    const session = answer(socket, identity, templateConnection)
    session.onMessage = (message) => {
      switch (message.name) {
        case 'SetupConnection':
          if (message.protocol === Protocol.templateDistribution)
            session.send({ name: 'SetupConnection.Success', usedVersion: PROTOCOL_VERSION, flags: 0 })
          else {
            session.send({ name: 'SetupConnection.Error', flags: 0, errorCode: 'unsupported-protocol' })
            session.close()
          }
          return
        case 'CoinbaseOutputConstraints':
          this.constraints.push(message)
          this.#sessions.add(session)
          session.send(this.#current.template, this.#current.tip)
          return
        case 'RequestTransactionData':
          session.send({
            name: 'RequestTransactionData.Success',
            templateId: message.templateId,
            excessData: new Uint8Array(0),
            transactionList: [],
          })
          return
        case 'SubmitSolution':
          this.solutions.push(message)
          return
        default:
          // Nothing else is a client's to send; a pool that does is told so by a closed connection.
          session.close()
      }
    }
    void session.ended.then(() => this.#sessions.delete(session))
  }

  #send(...messages: readonly TemplateConnectionMessage[]): void {
    for (const session of this.#sessions) session.send(...messages)
  }

  #nextTip(nBits: number): { template: NewTemplate; tip: TemplateSetNewPrevHash } {
    this.#height++
    const template = this.#makeTemplate(true)
    return {
      template,
      tip: {
        name: 'SetNewPrevHash',
        templateId: template.templateId,
        prevHash: sha256d(Uint8Array.from([this.#height & 0xff, this.#height >>> 8])),
        headerTimestamp: Math.floor(Date.now() / 1000),
        nBits,
        target: networkTarget(nBits),
      },
    }
  }

  #makeTemplate(futureTemplate: boolean): NewTemplate {
    return {
      name: 'NewTemplate',
      templateId: ++this.#templateId,
      futureTemplate,
      version: BLOCK_VERSION,
      coinbaseTxVersion: 2,
      // BIP34: the height as a push of two bytes.
      coinbasePrefix: Uint8Array.of(2, this.#height & 0xff, this.#height >>> 8),
      coinbaseTxInputSequence: 0xffffffff,
      coinbaseTxValueRemaining: 5_000_000_000n + this.#templateId,
      coinbaseTxOutputsCount: 1,
      coinbaseTxOutputs: WITNESS_COMMITMENT,
      coinbaseTxLocktime: 0,
      merklePath: [],
    }
  }
}
