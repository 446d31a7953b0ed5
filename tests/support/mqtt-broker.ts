/** A real MQTT broker in this process, on loopback, that a test can stop and start again at the same port. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { until } from './proxy/until.ts'

export interface BrokerRules {
  readonly user: string
  readonly password: string
  /** Topics that begin so may be listened to; all without. */
  readonly mayHear?: string
}

export class TestBroker {
  readonly url: string
  readonly port: number
  /** Topics that were subscribed to, in order. */
  readonly heard: string[]
  readonly #aedes: Aedes
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(aedes: Aedes, server: Server, sockets: Set<Socket>, heard: string[]) {
    this.#aedes = aedes
    this.#server = server
    this.#sockets = sockets
    this.heard = heard
    this.port = (server.address() as AddressInfo).port
    this.url = `mqtt://127.0.0.1:${String(this.port)}`
  }

  static async start(port = 0, rules: BrokerRules | null = null): Promise<TestBroker> {
    const aedes = await Aedes.createBroker()
    const heard: string[] = []
    const sockets = new Set<Socket>()
    if (rules !== null) {
      aedes.authenticate = (_client, user, password, done) => {
        if (user === rules.user && password?.toString() === rules.password) done(null, true)
        else done(Object.assign(new Error('bad login'), { returnCode: 4 as const }), false)
      }
      aedes.authorizeSubscribe = (_client, subscription, done) =>
        done(null, subscription.topic.startsWith(rules.mayHear ?? '') ? subscription : null)
    }
    aedes.on('subscribe', (subscriptions) => heard.push(...subscriptions.map(({ topic }) => topic)))
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      aedes.handle(socket)
    })
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(port, '127.0.0.1', done)
    })
    return new TestBroker(aedes, server, sockets, heard)
  }

  /** How many are connected. */
  get clients(): number {
    return this.#aedes.connectedClients
  }

  async publish(topic: string, payload: unknown, retain = false): Promise<void> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
    await new Promise<void>((done, fail) => {
      this.#aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from(text), qos: 0, retain, dup: false },
        (error) => (error === undefined || error === null ? done() : fail(error)),
      )
    })
  }

  /** Resolves once this topic was subscribed to. */
  async hears(topic: string): Promise<void> {
    await until(`a listener of ${topic}`, () => this.heard.includes(topic))
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((done) => this.#server.close(() => done()))
    await new Promise<void>((done) => this.#aedes.close(() => done()))
  }
}
