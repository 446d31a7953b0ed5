/**
 * The second port of Compac and Terminus A1 and A2: regulator, core voltage, fan, light and readings. Its bytes are
 * `chips/gekko/telemetry.ts`; this is who speaks them, one command at a time and with the pauses that the firmware
 * needs (asic-serial 4.11). Replies carry neither id nor length: what is there when the pause is over is the reply, and
 * what was there before the command is thrown away.
 */
import { type Clock, HeadframeError, sleep, type Unsubscribe } from '../../base/index.ts'
import {
  askFields,
  askReadings,
  askVersion,
  CORE_OFFSET_MV,
  impliedFields,
  parseReadings,
  parseTelemetryVersion,
  setCoreOffset,
  setFanPercent,
  setLight,
  setRegulator,
  TELEMETRY_PAUSE_MS,
  type TelemetryLight,
  type TelemetryReadings,
  type TelemetryVersion,
} from '../chips/gekko/telemetry.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type ControlLoss, type Urgency } from './buses.ts'

/** So many in a row without an answer, and the port counts as lost. */
const MISSES_UNTIL_LOST = 3
const IDENTIFY_ATTEMPTS = 3
const READINGS_BYTES = 7
const OFF_ATTEMPTS = 3

interface Command {
  readonly bytes: Uint8Array
  readonly maxBytes: number
  readonly what: string
  readonly urgency: Urgency
  readonly resolve: (reply: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

/** Methods throw HeadframeError `control/timeout`, `control/lost`, `control/closed`, `control/not-identified`. */
export class GekkoTelemetry {
  readonly #link: ByteLink
  readonly #clock: Clock
  readonly #lossListeners = new Set<(loss: ControlLoss) => void>()
  readonly #subscriptions: Unsubscribe[]
  readonly #waiting: Record<Urgency, Command[]> = { shutdown: [], command: [], poll: [] }
  #isBusy = false
  #received: Uint8Array = new Uint8Array(0)
  #version: TelemetryVersion | null = null
  #fields = 0
  #missesInRow = 0
  /** How often it was switched off: what began before the last time must not switch on any more. */
  #offs = 0
  #loss: ControlLoss | null = null

  /** Takes the link over, at 115200; `close` closes it. */
  constructor(link: ByteLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
    this.#subscriptions = [
      link.onBytes((bytes) => {
        // More than any reply has is kept out: a port that floods must not fill memory.
        if (this.#received.length < 64) this.#received = Uint8Array.from([...this.#received, ...bytes])
      }),
    ]
    this.#subscriptions.push(
      link.onEnd((end) => this.#lose('control/closed', `The telemetry port is gone: ${end.message}`)),
    )
  }

  get loss(): ControlLoss | null {
    return this.#loss
  }

  /** Called once; at once if it is lost already. */
  onLoss(listener: (loss: ControlLoss) => void): Unsubscribe {
    if (this.#loss !== null) {
      listener(this.#loss)
      return () => undefined
    }
    const own = (loss: ControlLoss): void => listener(loss)
    this.#lossListeners.add(own)
    return () => void this.#lossListeners.delete(own)
  }

  /**
   * Firmware and the fields that it measures: first of all, for nothing else is known to be understood before.
   * @throws HeadframeError `control/unknown-firmware`
   */
  async identify(): Promise<TelemetryVersion> {
    this.#version = null
    const version = await this.#askVersion()
    const implied = impliedFields(version)
    this.#fields = implied ?? (await this.#byte(askFields, 'fields'))
    this.#version = version
    return version
  }

  /** @param millivolts above the regulator's base, 0 to 500 in steps of 5; rounded down to a step */
  async setCoreOffset(millivolts: number): Promise<void> {
    this.#requireIdentified()
    const { min, max } = CORE_OFFSET_MV
    // Not limited but refused: whoever asks for more than there is has computed wrongly.
    if (!(millivolts >= min && millivolts <= max)) {
      throw new HeadframeError(
        'safety/out-of-range',
        `A core voltage of ${millivolts} mV above the base is outside what this stick takes: ${min} to ${max} mV.`,
        { context: { millivolts, min, max } },
      )
    }
    await this.#byte(setCoreOffset(millivolts), 'core voltage')
  }

  /**
   * Sets the core voltage, then switches on. `regulatorOff` ends it where it stands: nothing of it is sent afterwards.
   * @param millivolts as `setCoreOffset` @throws HeadframeError `control/cancelled`
   */
  async powerOn(millivolts: number): Promise<void> {
    const offs = this.#offs
    await this.setCoreOffset(millivolts)
    if (offs !== this.#offs) throw switchedOff()
    await this.#byte(setRegulator(true), 'regulator on')
    if (offs !== this.#offs) throw switchedOff()
  }

  /**
   * Goes before everything that waits, and needs no identification. Tried three times.
   * @throws HeadframeError `safety/off-failed`: power may still be on
   */
  async regulatorOff(): Promise<void> {
    this.#offs++
    for (const dropped of this.#waiting.command.splice(0)) dropped.reject(switchedOff())
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#byte(setRegulator(false), 'regulator off', 'shutdown')
        return
      } catch (error) {
        if (attempt >= OFF_ATTEMPTS || this.#loss?.code === 'control/closed')
          throw offFailed(this.#link.name, error)
      }
    }
  }

  /** @param permille 0 to 1000; what lies outside is limited, and not a number is full speed */
  async setFan(permille: number): Promise<void> {
    this.#requireIdentified()
    await this.#byte(setFanPercent(Number.isNaN(permille) ? 100 : permille / 10), 'fan')
  }

  async setLight(light: TelemetryLight): Promise<void> {
    this.#requireIdentified()
    await this.#byte(setLight(light), 'light', 'poll')
  }

  async read(): Promise<TelemetryReadings> {
    const version = this.#requireIdentified()
    const reply = await this.#send(askReadings, READINGS_BYTES, 'readings', 'poll')
    return parseReadings(reply, version, this.#fields)
  }

  /** Switches nothing off. Harmless when repeated. */
  async close(): Promise<void> {
    this.#lose('control/closed', 'The telemetry port was closed.')
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe()
    await this.#link.close()
  }

  async #askVersion(): Promise<TelemetryVersion> {
    for (let attempt = 1; ; attempt++) {
      try {
        const byte = await this.#byte(askVersion, 'firmware version')
        const version = parseTelemetryVersion(byte)
        if (version !== null) return version
        if (attempt >= IDENTIFY_ATTEMPTS) throw unknownFirmware(this.#link.name, byte)
      } catch (error) {
        if (attempt >= IDENTIFY_ATTEMPTS || this.#loss !== null) throw error
      }
    }
  }

  #requireIdentified(): TelemetryVersion {
    if (this.#version !== null) return this.#version
    const text = `Which firmware answers on ${this.#link.name} was not asked yet. Start the stick anew.`
    throw new HeadframeError('control/not-identified', text)
  }

  async #byte(bytes: Uint8Array, what: string, urgency: Urgency = 'command'): Promise<number> {
    const [byte = 0] = await this.#send(bytes, 1, what, urgency)
    return byte
  }

  /** @returns 1 to `maxBytes` bytes */
  #send(bytes: Uint8Array, maxBytes: number, what: string, urgency: Urgency): Promise<Uint8Array> {
    const loss = this.#loss
    if (loss !== null && (loss.code === 'control/closed' || urgency !== 'shutdown')) {
      return Promise.reject(new HeadframeError(loss.code, loss.message))
    }
    return new Promise((resolve, reject) => {
      this.#waiting[urgency].push({ bytes, maxBytes, what, urgency, resolve, reject })
      void this.#work()
    })
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    for (let next = this.#take(); next; next = this.#take()) await this.#exchange(next)
    this.#isBusy = false
  }

  #take(): Command | undefined {
    return this.#waiting.shutdown.shift() ?? this.#waiting.command.shift() ?? this.#waiting.poll.shift()
  }

  /** Write, pause, read for as long, pause again: nothing is sent sooner than 300 ms after the last command. */
  async #exchange(command: Command): Promise<void> {
    await this.#link.discardInput().catch(() => undefined)
    this.#received = new Uint8Array(0)
    // Not awaited: a port that takes no bytes must not hold up what would switch off.
    this.#link.write(command.bytes).catch(() => undefined)
    await sleep(this.#clock, TELEMETRY_PAUSE_MS)
    if (this.#received.length < command.maxBytes) await sleep(this.#clock, TELEMETRY_PAUSE_MS)
    const reply = this.#received
    if (this.#loss?.code === 'control/closed') {
      command.reject(new HeadframeError(this.#loss.code, this.#loss.message))
      return
    }
    // More bytes than a reply has are noise, and nothing in them can be trusted.
    if (reply.length === 0 || reply.length > command.maxBytes) this.#miss(command)
    else {
      this.#missesInRow = 0
      command.resolve(reply)
    }
    await sleep(this.#clock, TELEMETRY_PAUSE_MS)
  }

  #miss({ what, reject }: Command): void {
    this.#missesInRow++
    const port = this.#link.name
    reject(
      new HeadframeError(
        'control/timeout',
        `The stick did not answer on ${port} within ${2 * TELEMETRY_PAUSE_MS} ms (${what}).`,
        {
          context: { port, what },
        },
      ),
    )
    if (this.#missesInRow < MISSES_UNTIL_LOST) return
    this.#lose('control/lost', `The stick does not answer on ${port}. Unplug it and plug it in again.`)
  }

  #lose(code: ControlLoss['code'], message: string): void {
    const isFirst = this.#loss === null
    const loss: ControlLoss = { code, message: this.#loss?.message ?? message }
    if (isFirst || code === 'control/closed') this.#loss = loss
    for (const urgency of ['shutdown', 'command', 'poll'] as const) {
      if (urgency === 'shutdown' && code !== 'control/closed') continue
      for (const { reject } of this.#waiting[urgency].splice(0)) reject(new HeadframeError(code, message))
    }
    if (!isFirst) return
    const listeners = [...this.#lossListeners]
    this.#lossListeners.clear()
    for (const listener of listeners) listener(loss)
  }
}

function unknownFirmware(port: string, byte: number): HeadframeError {
  const text = `The stick on ${port} runs firmware ${byte.toString(16)}, which Headframe does not know: it is given no power.`
  return new HeadframeError('control/unknown-firmware', text, { context: { port, byte } })
}

function switchedOff(): HeadframeError {
  return new HeadframeError(
    'control/cancelled',
    'The regulator was switched off while it was being switched on.',
  )
}

function offFailed(port: string, cause: unknown): HeadframeError {
  const text = `The stick on ${port} did not confirm that its regulator was switched off. Unplug it.`
  return new HeadframeError('safety/off-failed', text, { context: { port }, cause })
}
