/**
 * One plug that speaks over MQTT: joins what comes in parts to readings, and tells its presence. What a broker kept from
 * before (retained) is of unknown age and counts for nothing but presence.
 */
import { type Clock, type HeadframeError, type Timer } from '../../base/index.ts'
import { brokerAddress, type MeterConfig, type MeterReading } from './meter-config.ts'
import { meterError } from './meter-errors.ts'
import { brokerEntry, type BrokerListener, type MqttBroker } from './mqtt-broker.ts'
import { comesInParts, meterTopics, readMeterMessage } from './mqtt-topics.ts'

export interface MqttMeterEvents {
  onReading(reading: MeterReading): void
  onFailed(error: HeadframeError): void
}

/** Counter and power are sent one right after the other. */
const JOIN_MS = 300

export class MqttMeter implements BrokerListener {
  readonly #config: MeterConfig
  readonly #clock: Clock
  readonly #events: MqttMeterEvents
  readonly #of: { readonly entry: string; readonly host: string }
  #broker: MqttBroker | null = null
  #powerW: number | null = null
  #energyTotalWh: number | null = null
  #joining: Timer | null = null

  constructor(config: MeterConfig, clock: Clock, events: MqttMeterEvents) {
    this.#config = config
    this.#clock = clock
    this.#events = events
    const address = brokerAddress(config)
    this.#of = { entry: address === null ? '' : brokerEntry(address), host: address?.text ?? '' }
  }

  get listening(): boolean {
    return this.#broker !== null
  }

  listen(broker: MqttBroker): void {
    this.#broker = broker
    broker.add(this, meterTopics(this.#config))
  }

  stop(): void {
    this.#broker?.remove(this)
    this.#broker = null
    this.#joining?.cancel()
    this.#joining = null
  }

  onReady(): void {
    // Parts of before the connection broke say nothing of now.
    this.#powerW = null
    this.#energyTotalWh = null
  }

  onDown(error: HeadframeError): void {
    this.#joining?.cancel()
    this.#joining = null
    this.#events.onFailed(error)
  }

  onMessage(topic: string, text: string, retained: boolean): void {
    const message = readMeterMessage(this.#config, topic, text, this.#of)
    if (message.kind === 'presence') {
      if (message.online) return
      this.#events.onFailed(
        meterError(
          'meters/offline',
          'The broker says that the plug is offline. Check that it has power and is in the network.',
        ),
      )
      return
    }
    if (retained || message.kind === 'other') return
    if (message.kind === 'failed') {
      this.#events.onFailed(message.error)
      return
    }
    const { powerW, energyTotalWh } = message.part
    if (powerW !== undefined) this.#powerW = powerW
    if (energyTotalWh !== undefined) this.#energyTotalWh = energyTotalWh
    if (!comesInParts(this.#config)) this.#tell()
    else this.#joining ??= this.#clock.after(JOIN_MS, () => this.#tell())
  }

  #tell(): void {
    this.#joining = null
    // A counter alone is no reading; the power comes with the next one.
    if (this.#powerW === null) return
    this.#events.onReading({
      atMs: this.#clock.nowMs(),
      powerW: this.#powerW,
      energyTotalWh: this.#energyTotalWh,
    })
  }
}
