/** What the mining thread is asked about devices: procedures of its service beside those of the proxy. */
import { type MessagePort } from 'node:worker_threads'
import { type Clock, type Entropy, HeadframeError, type Logger, type Timer } from '../base/index.ts'
import { createHeaderHasher } from '../checker/index.ts'
import { ChannelPorts, type ClockSetting, createOpenPort, MessageChannelPort } from '../drivers/index.ts'
import { type HashHeader } from '../mining/index.ts'
import { type ProxyEngine } from '../proxy/index.ts'
import {
  type ChainOrder,
  type ChainStatus,
  DeviceChains,
  type FoundChips,
  type IdentifyOrder,
} from './device-chains.ts'
import { RemotePower } from './power-link.ts'

export interface DeviceProcedures extends Record<string, (argument: never) => unknown> {
  /** The way to the safety thread; before anything else. */
  connectPower(port: MessagePort): void
  /** A port that is no tty: opened by this name from now on. */
  addPort(port: { name: string; port: MessagePort }): void
  removePort(name: string): void
  attachDevice(order: ChainOrder): Promise<void>
  detachDevice(order: { id: string; reason: string }): Promise<void>
  retuneDevice(order: { id: string; settings: ClockSetting }): void
  resumeDevice(id: string): void
  restartDevice(id: string): Promise<void>
  identifyDevice(order: IdentifyOrder): Promise<FoundChips>
  /** Every board off; before the safety thread ends. */
  stopDevices(argument: null): Promise<void>
}

export interface MiningDevicesParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** @throws HeadframeError while there is no proxy */
  engine(): ProxyEngine
  tell(status: readonly ChainStatus[]): void
  /** A port has to be waited for. @param message a sentence for a person */
  tellWait(id: string, message: string): void
}

const STATUS_PERIOD_MS = 1000

export class MiningDevices {
  readonly procedures: DeviceProcedures
  readonly #parts: MiningDevicesParts
  readonly #ports = new ChannelPorts()
  readonly #chains: DeviceChains
  /** Made for the first device: most farms have none. */
  #hasher: HashHeader | null = null
  #power: RemotePower | null = null
  #timer: Timer | null = null
  #toldNone = true

  constructor(parts: MiningDevicesParts) {
    this.#parts = parts
    const { clock, entropy, log } = parts
    const chains = new DeviceChains({
      ...{ clock, entropy, log },
      openPort: createOpenPort(this.#ports, { clock, platform: process.platform }),
      hash: (header) => (this.#hasher ??= createHeaderHasher())(header),
      connectDevice: (introduction) => parts.engine().connectDevice(introduction),
      authority: (id) => this.#requirePower().authority(id),
      onWait: (id, message) => parts.tellWait(id, message),
    })
    this.#chains = chains
    this.procedures = {
      connectPower: (port) => this.#connect(port),
      addPort: ({ name, port }) => this.#ports.add(name, new MessageChannelPort(name, port, clock)),
      removePort: (name) => this.#ports.remove(name),
      attachDevice: (order) => chains.attach(order),
      detachDevice: async ({ id, reason }) => {
        await chains.detach(id, reason)
        this.#power?.forget(id)
      },
      retuneDevice: ({ id, settings }) => chains.retune(id, settings),
      resumeDevice: (id) => chains.resume(id),
      restartDevice: (id) => chains.restart(id),
      identifyDevice: (order) => chains.identify(order),
      stopDevices: () => this.stop(),
    }
  }

  /** Every board off, then nothing more. */
  async stop(): Promise<void> {
    await this.#chains.stop()
    this.#timer?.cancel()
    this.#power?.stop()
  }

  #connect(port: MessagePort): void {
    this.#power = new RemotePower(port, this.#parts.clock)
    this.#timer ??= this.#parts.clock.every(STATUS_PERIOD_MS, () => {
      const status = this.#chains.status()
      if (status.length === 0 && this.#toldNone) return
      this.#toldNone = status.length === 0
      this.#parts.tell(status)
    })
  }

  #requirePower(): RemotePower {
    if (this.#power) return this.#power
    throw new HeadframeError(
      'safety/not-there',
      'Nobody watches heat and power of boards now, so none is switched on. Restart Headframe.',
    )
  }
}
