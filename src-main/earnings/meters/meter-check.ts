/** Asks a meter once and tells step by step how far it came: for the button beside what a person enters. */
import { type Clock, type Entropy, errorText, HeadframeError } from '../../base/index.ts'
import { hostOfUrl, type OutsideClient } from '../outside/http.ts'
import { type FoundMeter, HttpMeter, type HttpMeterKind, identifyMeter, isHttpMeter } from './http-meter.ts'
import {
  brokerAddress,
  type BrokerAddress,
  type MeterConfig,
  METER_KINDS,
  meterProblem,
  type MeterReading,
  meterUrl,
} from './meter-config.ts'
import { meterError } from './meter-errors.ts'
import { brokerEntry, MqttBroker } from './mqtt-broker.ts'
import { MqttMeter } from './mqtt-meter.ts'

export interface MeterCheck {
  readonly ok: boolean
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly detail: string }[]
  /** What is at the address, also if it is not what was entered; null for nothing that is known, and over MQTT. */
  readonly found: FoundMeter | null
  readonly reading: MeterReading | null
}

interface CheckTools {
  readonly client: OutsideClient
  readonly clock: Clock
  readonly entropy: Entropy
}

/** A plug may speak only every few minutes; a person at a screen does not wait for that. */
const LISTEN_MS = 15_000

/** @param entry of the register for this check alone */
export async function checkMeter(
  tools: CheckTools,
  config: MeterConfig,
  entry: string,
  signal?: AbortSignal,
): Promise<MeterCheck> {
  const problem = meterProblem(config)
  if (problem !== null) {
    return {
      ok: false,
      steps: [{ step: 'What you entered', ok: false, detail: problem }],
      found: null,
      reading: null,
    }
  }
  return isHttpMeter(config) ? checkHttp(tools, config, entry, signal) : checkMqtt(tools, config, signal)
}

async function checkHttp(
  tools: CheckTools,
  config: MeterConfig & { readonly kind: HttpMeterKind },
  entry: string,
  signal: AbortSignal | undefined,
): Promise<MeterCheck> {
  const { register } = tools.client
  const steps: { step: string; ok: boolean; detail: string }[] = []
  let found: FoundMeter | null
  register.declare({
    id: entry,
    host: hostOfUrl(meterUrl(config) ?? '') ?? '',
    purpose: 'A try at a plug, once',
    learns: 'It learns that this machine asks it',
    everyMs: null,
  })
  register.choose(entry, true)
  try {
    found = await identifyMeter(tools.client, entry, config, signal)
    const said =
      found === null
        ? null
        : `${METER_KINDS[found.kind].name}${found.model === '' ? '' : ` (${found.model})`}`
    steps.push({ step: 'Is it there', ok: true, detail: said ?? 'It answers, but does not say what it is.' })
    if (found !== null && found.kind !== config.kind) {
      steps.push({ step: 'Is it of this kind', ok: false, detail: `It is ${said ?? ''}: choose that kind.` })
      return { ok: false, steps, found, reading: null }
    }
  } catch (error) {
    register.remove(entry)
    steps.push({ step: 'Is it there', ok: false, detail: errorText(error) })
    return { ok: false, steps, found: null, reading: null }
  }
  try {
    const reading = await new HttpMeter(tools, config, entry).read(signal)
    steps.push({ step: 'What it says', ok: true, detail: describe(reading) })
    return { ok: true, steps, found, reading }
  } catch (error) {
    steps.push({ step: 'What it says', ok: false, detail: errorText(error) })
    return { ok: false, steps, found, reading: null }
  } finally {
    register.remove(entry)
  }
}

async function checkMqtt(
  tools: CheckTools,
  config: MeterConfig,
  signal: AbortSignal | undefined,
): Promise<MeterCheck> {
  const address = brokerAddress(config) as BrokerAddress
  const { register } = tools.client
  const entry = brokerEntry(address)
  const wasThere = register.entries().find(({ id }) => id === entry)
  if (wasThere === undefined) {
    register.declare({
      id: entry,
      host: address.text,
      purpose: 'A try at an MQTT broker, once',
      learns: 'It learns which plug is listened to',
      everyMs: null,
    })
  }
  if (wasThere?.chosen !== true) register.choose(entry, true)
  const broker = new MqttBroker(tools, address, config)
  let connected = false
  try {
    const reading = await new Promise<MeterReading>((resolve, reject) => {
      const meter = new MqttMeter(config, tools.clock, { onReading: resolve, onFailed: reject })
      const ready = meter.onReady.bind(meter)
      meter.onReady = () => {
        connected = true
        ready()
      }
      const end = (): void =>
        reject(
          meterError(
            'meters/silent',
            `Nothing came within ${String(LISTEN_MS / 1000)} s. The topic may be wrong, or the plug speaks less often: some do every five minutes.`,
          ),
        )
      const timer = tools.clock.after(LISTEN_MS, end)
      signal?.addEventListener('abort', () => {
        timer.cancel()
        end()
      })
      meter.listen(broker)
      broker.start()
    })
    return {
      ok: true,
      steps: [brokerStep(true, address), { step: 'What it says', ok: true, detail: describe(reading) }],
      found: null,
      reading,
    }
  } catch (error) {
    const detail = error instanceof HeadframeError ? error.message : errorText(error)
    const steps = connected
      ? [brokerStep(true, address), { step: 'What it says', ok: false, detail }]
      : [{ step: 'Is the broker there', ok: false, detail }]
    return { ok: false, steps, found: null, reading: null }
  } finally {
    await broker.stop()
    if (wasThere === undefined) register.remove(entry)
    else if (!wasThere.chosen) register.choose(entry, false)
  }
}

function brokerStep(ok: boolean, { text }: BrokerAddress): { step: string; ok: boolean; detail: string } {
  return { step: 'Is the broker there', ok, detail: `${text} let us in.` }
}

function describe({ powerW, energyTotalWh }: MeterReading): string {
  const counter =
    energyTotalWh === null
      ? 'it has no counter'
      : `its counter is at ${(energyTotalWh / 1000).toFixed(2)} kWh`
  return `${powerW.toFixed(1)} W now; ${counter}.`
}
