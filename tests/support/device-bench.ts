/** Everything that drives one simulated board in one thread, on time moved by hand: safety, chains, no proxy. */
import { type ChainOrder, type ChainStatus, DeviceChains } from '../../src-main/app/device-chains.ts'
import { type HeadframeError, ManualClock, silentLogger, systemEntropy } from '../../src-main/base/index.ts'
import {
  type BoardSettings,
  ChannelPorts,
  createVirtualBoard,
  findBoardModel,
  type OpenPort,
  plainFinder,
  SafetyDesk,
  type VirtualBoard,
  type VirtualBoardKind,
  type VirtualBoardOptions,
} from '../../src-main/drivers/index.ts'
import { hashHeader } from '../../src-main/mining/index.ts'
import { deviceJob, KeptWork, targetOfZeroBits } from './hashing/device-jobs.ts'
import { turn, within } from './settled-time.ts'

/** Chains and the desk of safety as one program runs them, and a board whose time goes on when the program dies. */
export class DeviceBench {
  readonly clock = new ManualClock()
  readonly boardClock: ManualClock
  readonly notices: string[] = []
  readonly board: VirtualBoard
  readonly works: KeptWork[] = []
  readonly waits: string[] = []
  readonly safety: SafetyDesk
  readonly chains: DeviceChains
  /** What opening the data port throws, for so long. */
  refuse: { readonly error: HeadframeError; readonly untilMs: number } | null = null
  opened = 0

  /** @param usb its identity; a practice board's if absent */
  static of(kind: VirtualBoardKind, usb?: VirtualBoardOptions['usb']): DeviceBench {
    const clock = new ManualClock()
    // One part in a thousand of the rate of a simulated board: enough for a session, and quick.
    const board = createVirtualBoard(kind, {
      ...{ clock, usb },
      finder: plainFinder,
      serialNumber: 'B1',
      rateRatio: 0.001,
    })
    return new DeviceBench(board, clock)
  }

  private constructor(board: VirtualBoard, boardClock: ManualClock) {
    const { clock } = this
    this.board = board
    this.boardClock = boardClock
    // In the same breath; a program that died moves no clock any more.
    clock.every(1, () => boardClock.advance(1))
    const ports = new ChannelPorts()
    for (const port of this.board.ports) ports.add(port.name, port)
    const open: OpenPort = (address, line) =>
      ports.open(address.kind === 'channel' ? address.name : address.path, line)
    this.safety = new SafetyDesk({
      ...{ clock, openPort: open },
      log: silentLogger,
      openUsbControl: () => Promise.reject(new Error('it has none')),
    })
    this.safety.onEvent((event) => {
      if (event.kind === 'notice') this.notices.push(event.notice.message)
    })
    this.chains = new DeviceChains({
      clock,
      entropy: systemEntropy,
      log: silentLogger,
      hash: hashHeader,
      openPort: async (address, line) => {
        this.opened++
        if (this.refuse && clock.monotonicMs() < this.refuse.untilMs) throw this.refuse.error
        return await open(address, line)
      },
      connectDevice: () => {
        const work = new KeptWork(deviceJob({ target: targetOfZeroBits(12) }))
        this.works.push(work)
        return work
      },
      authority: (id) => this.safety.authority(id),
      onWait: (_id, message) => void this.waits.push(message),
    })
  }

  /**
   * The program is killed: the system closes its ports, and nobody says anything to the board.
   * @returns the program started anew
   */
  killed(): DeviceBench {
    for (const port of this.board.ports) port.unplug()
    this.board.replug()
    return new DeviceBench(this.board, this.boardClock)
  }

  get key(): string {
    return this.board.device.key
  }

  order(modelId: string, settings: Partial<ChainOrder['settings']> = {}): ChainOrder {
    const model = findBoardModel(modelId)!
    return {
      id: this.key,
      model,
      dataPort: this.board.device.ports.at(-1)!,
      introduction: { key: this.key, name: model.name, model: model.name },
      nominalHashrateHs: 1,
      settings: {
        frequencyMhz: model.frequencyMhz.min,
        coreVoltageMv: model.coreVoltageMv?.default ?? null,
        ...settings,
      },
    }
  }

  async lookAfter(boardId: string, settings: BoardSettings | null = null): Promise<void> {
    await within(this.clock, this.safety.attach({ device: this.board.device, boardId, settings }))
  }

  get status(): ChainStatus | undefined {
    return this.chains.status()[0]
  }

  get state(): string | undefined {
    return this.status?.chain.state
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20) {
      this.clock.advance(20)
      await turn()
    }
  }

  async until(state: string): Promise<void> {
    for (let passed = 0; this.state !== state; passed += 100) {
      if (passed > 60_000) throw new Error(`${this.state} instead of ${state}: ${this.status?.chain.doing}`)
      await this.pass(100)
    }
  }

  async stop(): Promise<void> {
    await within(this.clock, this.chains.stop())
    await within(this.clock, this.safety.close())
    this.board.stop()
  }
}
