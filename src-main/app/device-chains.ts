/**
 * The mining thread's side of devices: opens data ports, gives each board a place in the proxy and a session that makes
 * it hash, and tells how they do. Power, fans and heat are the safety thread's; which devices there are, the host's.
 */
import { type Clock, type Entropy, type Logger } from '../base/index.ts'
import {
  type BoardModel,
  type ByteLink,
  ChainSession,
  type ChainView,
  type ChipProfile,
  type ClockSetting,
  identifyChips,
  openPatiently,
  type OpenPort,
  type PortAddress,
  type PowerAuthority,
  chipProfile,
} from '../drivers/index.ts'
import {
  type DeviceIntroduction,
  type DeviceShareCounts,
  type DeviceWork,
  type HashHeader,
} from '../mining/index.ts'

/** A board that is to mine. Plain data: it crosses a thread. */
export interface ChainOrder {
  /** Of the device. */
  readonly id: string
  readonly model: BoardModel
  readonly dataPort: PortAddress
  readonly introduction: Omit<DeviceIntroduction, 'nominalHashrateHs'>
  readonly nominalHashrateHs: number
  readonly settings: ClockSetting
}

/** A board whose model is not known yet: power enough to ask its chips. */
export interface IdentifyOrder {
  readonly id: string
  readonly dataPort: PortAddress
  readonly coreVoltageMv: number | null
}

export interface FoundChips {
  /** For instance 0x1370; null if none answered. */
  readonly model: number | null
  readonly count: number
}

/** How a board does, about every second. */
export interface ChainStatus {
  readonly id: string
  readonly rigKey: string
  readonly chain: ChainView
  readonly shares: DeviceShareCounts
  /** Why the proxy has no work for it; null if it has. */
  readonly problem: string | null
  readonly shareDifficulty: number | null
  readonly versionRolling: boolean
  /** So often its job is replaced; null while it has no clock. */
  readonly jobIntervalMs: number | null
  /** Epoch milliseconds; null before the first nonce. */
  readonly lastNonceAtMs: number | null
}

export interface DeviceChainsParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly openPort: OpenPort
  readonly hash: HashHeader
  connectDevice(introduction: DeviceIntroduction): DeviceWork
  authority(id: string): PowerAuthority
  /** The data port of a device has to be waited for. @param message why, a sentence for a person */
  onWait(id: string, message: string): void
}

interface Chain {
  readonly work: DeviceWork
  readonly session: ChainSession
  readonly profile: ChipProfile
}

export class DeviceChains {
  readonly #parts: DeviceChainsParts
  readonly #chains = new Map<string, Chain>()
  /** What is under way for a device: one thing after the other. */
  readonly #turns = new Map<string, Promise<unknown>>()
  /** Ports that are waited for. */
  readonly #waits = new Map<string, AbortController>()

  constructor(parts: DeviceChainsParts) {
    this.#parts = parts
  }

  /**
   * Opens the port and lets the board mine as soon as there is work. One that is there already is replaced. A port that
   * another program tries out because it is new is waited for, until `detach`.
   * @throws HeadframeError `port/…`, `device/…`, `board/out-of-range`, `chip/bad-clock`
   */
  attach(order: ChainOrder): Promise<void> {
    return this.#inTurn(order.id, async () => {
      await this.#dispose(order.id, 'It is set up anew.')
      const { connectDevice, authority, clock, entropy, log, hash } = this.#parts
      const profile = chipProfile(order.model.chip)
      const link = await this.#open(order, profile)
      let work: DeviceWork | null = null
      try {
        work = connectDevice({ ...order.introduction, nominalHashrateHs: order.nominalHashrateHs })
        const session = new ChainSession({
          ...{ clock, entropy, hash, link, work, profile },
          log: log.child('device'),
          board: order.model,
          power: authority(order.id),
          settings: order.settings,
        })
        this.#chains.set(order.id, { work, session, profile })
        session.start()
      } catch (error) {
        work?.leave('It could not be started.')
        await link.close()
        throw error
      }
    })
  }

  /** For good: chips idle, power off, the port closed. Harmless for a device that is not here. */
  detach(id: string, reason: string): Promise<void> {
    this.#waits.get(id)?.abort()
    return this.#inTurn(id, () => this.#dispose(id, reason))
  }

  /** @throws HeadframeError `board/out-of-range`, `chip/bad-clock`: nothing is changed then */
  retune(id: string, settings: ClockSetting): void {
    this.#chains.get(id)?.session.retune(settings)
  }

  /** A person wants it to run now: after a cut, or instead of waiting for the next try. */
  resume(id: string): void {
    this.#chains.get(id)?.session.resume()
  }

  /** Power off, and on again. */
  async restart(id: string): Promise<void> {
    const chain = this.#chains.get(id)
    if (!chain) return
    await chain.session.stop('It is started anew.')
    chain.session.resume()
  }

  /**
   * Powers the board as little as it may be powered and asks its chips what they are.
   * @throws HeadframeError `port/…`, `safety/…`
   */
  identify({ id, dataPort, coreVoltageMv }: IdentifyOrder): Promise<FoundChips> {
    return this.#inTurn(id, async () => {
      await this.#dispose(id, 'It is asked what it is.')
      const { authority, clock } = this.#parts
      const profile = chipProfile('BM1370')
      const power = authority(id)
      const link = await this.#open({ id, dataPort }, profile)
      try {
        await power.powerUp(coreVoltageMv)
        const signs = clock.every(500, () => power.sign({ hashing: false, sinceNonceMs: null }))
        try {
          return await identifyChips({ link, profile, clock })
        } finally {
          signs.cancel()
        }
      } finally {
        // The port is given back whatever becomes of the power: it is opened again for the next try.
        await power.release().finally(() => link.close())
      }
    })
  }

  status(): ChainStatus[] {
    return [...this.#chains].map(([id, { work, session, profile }]) => {
      const chain = session.view()
      const versionMask = work.job?.versionRollingMask ?? 0
      const { actualMhz } = chain.frequency
      return {
        id,
        rigKey: work.rigKey,
        chain,
        shares: work.counts,
        problem: work.problem,
        shareDifficulty: work.job?.difficulty ?? null,
        versionRolling: versionMask !== 0 && profile.rolling !== 'none',
        jobIntervalMs:
          actualMhz === null ? null : profile.jobIntervalMs(actualMhz, chain.chipCount, versionMask),
        lastNonceAtMs:
          chain.sinceNonceMs === null || chain.counts.nonces === 0
            ? null
            : Math.round(this.#parts.clock.nowMs() - chain.sinceNonceMs),
      }
    })
  }

  /** All boards off, together; also those that are about to start. */
  async stop(): Promise<void> {
    const ids = new Set([...this.#chains.keys(), ...this.#turns.keys()])
    await Promise.all([...ids].map((id) => this.detach(id, 'Headframe is stopping.')))
  }

  async #open(
    { id, dataPort }: Pick<ChainOrder, 'id' | 'dataPort'>,
    profile: ChipProfile,
  ): Promise<ByteLink> {
    const { openPort, clock, onWait } = this.#parts
    const wait = new AbortController()
    this.#waits.set(id, wait)
    try {
      return await openPatiently(openPort, dataPort, profile.line, {
        clock,
        signal: wait.signal,
        onWait: ({ message }) => onWait(id, message),
      })
    } finally {
      this.#waits.delete(id)
    }
  }

  async #dispose(id: string, reason: string): Promise<void> {
    const chain = this.#chains.get(id)
    if (!chain) return
    this.#chains.delete(id)
    await chain.session.dispose(reason)
  }

  #inTurn<T>(id: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(run)
    const settled = turn.catch(() => undefined)
    this.#turns.set(id, settled)
    void settled.then(() => {
      if (this.#turns.get(id) === settled) this.#turns.delete(id)
    })
    return turn
  }
}
