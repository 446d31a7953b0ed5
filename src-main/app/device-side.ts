/**
 * Everything of USB and serial devices beside the proxy: the safety thread, the way between it and the mining thread,
 * the watch over what is plugged in, and the desk that a person deals with.
 */
import { MessageChannel } from 'node:worker_threads'
import { type DeviceFault } from '../../src-preload/contract/index.ts'
import { DisposalStack, errorText, type HeadframeError, type LogFields } from '../base/index.ts'
import {
  type AttachedDevice,
  concernsBoards,
  createSystemDevices,
  type DeviceSource,
  expectedPorts,
  type HotplugEvent,
  HotplugWatcher,
  knownBoards,
} from '../drivers/index.ts'
import { type PracticeBoards } from '../practice/index.ts'
import { DeviceBook } from './device-book.ts'
import { DeviceDesk, type DeviceDeskParts } from './device-desk.ts'
import { concerns } from './device-keeper.ts'
import { type MiningProcedures } from './mining-service.ts'
import { type SafetyMessage, type SafetyProcedures } from './safety-service.ts'
import { startThread } from './thread-host.ts'
import { type ThreadClient } from './thread-link.ts'

export interface DeviceSideParts extends Pick<
  DeviceDeskParts,
  'clock' | 'log' | 'downstreams' | 'poolName' | 'startTuning' | 'sawRig' | 'forgetRig' | 'tell'
> {
  readonly dataDir: string
  readonly mining: ThreadClient<MiningProcedures, never> | Pick<ThreadClient<MiningProcedures>, 'call'>
  /** The practice farm's boards; then the machine's own ports are none of its affair. Null without. */
  readonly practice: PracticeBoards | null
  onFatal(error: HeadframeError): void
}

export interface DeviceSide {
  readonly desk: DeviceDesk
  stop(): Promise<void>
}

/** @throws HeadframeError `settings/…` if what was chosen for devices cannot be read */
export async function startDevices(parts: DeviceSideParts): Promise<DeviceSide> {
  const { clock, log, dataDir, mining, practice } = parts
  const disposal = new DisposalStack()
  const book = await DeviceBook.open(dataDir, clock)
  for (const { title, detail } of book.notices) parts.tell('warning', title, detail)

  const safety = startThread<SafetyProcedures, SafetyMessage>(
    'safety',
    (message) => {
      if (message.kind === 'safety') return desk.onSafety(message.event)
      const { level, scope, fields } = message
      tellLog(level, scope, message.message, fields)
    },
    parts.onFatal,
  )
  const tellLog = (
    level: 'info' | 'warn' | 'error' | 'debug' | 'trace',
    scope: string,
    text: string,
    fields: LogFields,
  ): void => log.child(scope)[level](text, fields)
  disposal.add('safety thread', () => safety.terminate())
  disposal.add('boards', () => safety.client.call('close', null))
  const { port1, port2 } = new MessageChannel()
  await safety.client.call('connect', port1, [port1])
  await mining.call('connectPower', port2, [port2])
  disposal.add('boards at work', () => mining.call('stopDevices', null))

  const desk: DeviceDesk = new DeviceDesk({
    ...parts,
    platform: process.platform,
    book,
    mining,
    safety: safety.client,
    cutAll: () => safety.client.call('stopAll', null),
    misbehave: practice && ((serialNumber, fault) => misbehave(practice, serialNumber, fault)),
  })
  const watcher = new HotplugWatcher({ clock, expectedPorts: expectedPorts(knownBoards, process.platform) })
  const lines = new ChannelLines(safety.client, mining, practice)
  // One after the other: a plug that was pulled while its port was handed over has been pulled.
  let turn: Promise<void> = Promise.resolve()
  watcher.onEvent((event) => {
    turn = turn
      .then(() => onHotplug(event))
      .catch((error: unknown) => log.warn('a device was not taken in', { error: errorText(error) }))
  })
  const onHotplug = async (event: HotplugEvent): Promise<void> => {
    switch (event.kind) {
      case 'attached':
      case 'changed':
        if (!concerns(event.device)) return
        await lines.open(event.device)
        return desk.attached(event.device)
      case 'detached':
        return desk.detached(event.device.key)
      case 'hub-power':
        return parts.tell('warning', 'USB devices vanished together', event.message)
      case 'trouble':
        return parts.tell('warning', 'USB devices cannot be listed', event.message)
      case 'recovered':
        return
    }
  }
  watcher.addSource(practice ?? systemDevices())
  watcher.start()
  disposal.add('device desk', () => desk.stop())
  disposal.add('devices', () => watcher.stop())
  return {
    desk,
    async stop() {
      for (const { name, error } of await disposal.dispose())
        log.warn('could not stop a part', { part: name, error: errorText(error) })
    },
  }
}

function systemDevices(): DeviceSource {
  return createSystemDevices({ platform: process.platform, concerns: concernsBoards(knownBoards) })
}

/** Ports that are no ttys are handed to the thread that opens them, once. */
class ChannelLines {
  readonly #safety: Pick<ThreadClient<SafetyProcedures>, 'call'>
  readonly #mining: Pick<ThreadClient<MiningProcedures>, 'call'>
  readonly #boards: PracticeBoards | null
  readonly #known = new Set<string>()

  constructor(
    safety: Pick<ThreadClient<SafetyProcedures>, 'call'>,
    mining: Pick<ThreadClient<MiningProcedures>, 'call'>,
    boards: PracticeBoards | null,
  ) {
    this.#safety = safety
    this.#mining = mining
    this.#boards = boards
  }

  async open({ ports }: AttachedDevice): Promise<void> {
    if (this.#boards === null) return
    for (const [index, address] of ports.entries()) {
      if (address.kind !== 'channel' || this.#known.has(address.name)) continue
      this.#known.add(address.name)
      const { name } = address
      const port = this.#boards.portFor(name)
      // Where there are two, the first is the control port.
      const isControl = ports.length > 1 && index === 0
      if (isControl) await this.#safety.call('addPort', { name, port }, [port])
      else await this.#mining.call('addPort', { name, port }, [port])
    }
  }
}

/** @param fault in the words of a screen */
function misbehave(boards: PracticeBoards, serialNumber: string, fault: DeviceFault): void {
  switch (fault) {
    case 'unplug':
      return boards.unplug(serialNumber)
    case 'plug-in':
      return boards.replug(serialNumber)
    case 'heal':
      return boards.clear(serialNumber)
    case 'overheat':
      return boards.inject(serialNumber, { kind: 'overheat', addedW: 60 })
    case 'stuck-fan':
      return boards.inject(serialNumber, { kind: 'stuck-fan' })
    case 'dead-chip':
      return boards.inject(serialNumber, { kind: 'dead-chip', chip: 0 })
    case 'lost-bytes':
      return boards.inject(serialNumber, { kind: 'lost-bytes', everyNth: 3 })
    case 'bad-crc':
      return boards.inject(serialNumber, { kind: 'wrong-crc', everyNth: 3 })
    case 'silence':
      return boards.inject(serialNumber, { kind: 'mute' })
  }
}
