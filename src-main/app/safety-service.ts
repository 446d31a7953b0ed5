/**
 * What the safety thread runs: everybody who looks after a board's power. It holds the control channels, decides alone,
 * and goes on when the host or the mining thread does not; what it sees it tells the host as it happens.
 */
import { type MessagePort } from 'node:worker_threads'
import { createLogger, type LogFields, type LogLevel, systemClock } from '../base/index.ts'
import {
  type AttachOutcome,
  ChannelPorts,
  createOpenPort,
  createOpenUsbControl,
  type FanSetting,
  listUsbHandles,
  MessageChannelPort,
  type SafetyAttachment,
  SafetyDesk,
  type SafetyEvent,
} from '../drivers/index.ts'
import { type ServedPower, servePower } from './power-link.ts'
import { serveThread, type ThreadPort } from './thread-link.ts'

export interface SafetyProcedures extends Record<string, (argument: never) => unknown> {
  /** The way to the mining thread; before anything else. */
  connect(port: MessagePort): void
  /** A port that is no tty: opened by this name from now on. */
  addPort(port: { name: string; port: MessagePort }): void
  removePort(name: string): void
  /** As `SafetyDesk.attach`. */
  attach(attachment: SafetyAttachment): Promise<AttachOutcome>
  detach(order: { key: string; cause: 'unplugged' | 'stopped' }): Promise<void>
  /** As `SafetyDesk.settle`. */
  settle(found: { key: string; model: number; count: number }): Promise<AttachOutcome>
  setFan(order: { key: string; fan: FanSetting }): Promise<void>
  stop(key: string): Promise<void>
  acknowledge(key: string): void
  stopAll(argument: null): Promise<void>
  /** Every board off and let go; resolves within a bounded time. */
  close(argument: null): Promise<void>
}

export type SafetyMessage =
  | { readonly kind: 'safety'; readonly event: SafetyEvent }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly scope: string
      readonly message: string
      readonly fields: LogFields
    }

/** Serves the care for boards over `port`. */
export function runSafetyService(port: ThreadPort): void {
  const clock = systemClock
  const ports = new ChannelPorts()
  const log = createLogger((level, scope, message, fields) => {
    if (level !== 'trace' && level !== 'debug') post({ kind: 'log', level, scope, message, fields })
  }, 'safety')
  const desk = new SafetyDesk({
    clock,
    log,
    openPort: createOpenPort(ports, { clock, platform: process.platform }),
    openUsbControl: createOpenUsbControl(process.platform, listUsbHandles),
  })
  let power: ServedPower | null = null
  const procedures: SafetyProcedures = {
    connect(hashing) {
      power?.stop()
      power = servePower(hashing, clock, (key) => desk.authority(key))
    },
    addPort: ({ name, port: board }) => ports.add(name, new MessageChannelPort(name, board, clock)),
    removePort: (name) => ports.remove(name),
    attach: (attachment) => desk.attach(attachment),
    detach: ({ key, cause }) => desk.detach(key, cause),
    settle: ({ key, ...chips }) => desk.settle(key, chips),
    setFan: ({ key, fan }) => desk.setFan(key, fan),
    stop: (key) => desk.stop(key),
    acknowledge: (key) => desk.acknowledge(key),
    stopAll: () => desk.stopAll(),
    async close() {
      await desk.close()
      power?.stop()
    },
  }
  const post = serveThread<SafetyMessage>(port, procedures)
  desk.onEvent((event) => {
    // The hashing side first: it has to stop, the host only to know.
    if (event.kind === 'cut') power?.cut(event.key, event.cut)
    post({ kind: 'safety', event })
  })
}
