/**
 * From a plugged in device to a `BoardPower`: opens what controls the board, looks what is on it, and puts its power
 * together. A board whose parts are not those of its data gets no power; one that was left running is stopped here, as
 * the very first thing that is said to it.
 */
import { type Clock, errorText, HeadframeError, type Logger } from '../../base/index.ts'
import { settle, type Settled } from '../boards/settle-family.ts'
import { type BoardBridge } from '../control/buses.ts'
import { GekkoTelemetry } from '../control/gekko-telemetry.ts'
import { openBridge } from '../control/open-bridge.ts'
import { type BoardFamily, type BoardModel } from '../model/board.ts'
import { type OpenPort, type PortAddress } from '../model/byte-link.ts'
import { type AttachedDevice, type OpenUsbControl } from '../model/usb.ts'
import { type BusInventory, scanBus, tps546ConfigOf } from '../peripherals/scan.ts'
import { Tps546 } from '../peripherals/tps546.ts'
import { type BoardPower } from './board-power.ts'
import { BridgeBoard } from './bridge-board.ts'
import { bridgeParts } from './bridge-parts.ts'
import { FtdiBoard } from './ftdi-board.ts'
import { GekkoABoard } from './gekko-a-board.ts'
import { PlainBoard } from './plain-board.ts'

export interface OpenBoardParts {
  readonly clock: Clock
  readonly log: Logger
  readonly openPort: OpenPort
  readonly openUsbControl: OpenUsbControl
}

/** What is safe to do with it now. */
export interface OpenedBoard {
  /** Null: it must get no power, and was told so; its channel is closed. */
  readonly power: BoardPower | null
  /** What `power` was put together for. */
  readonly model: BoardModel | null
  /** Of a family: how far it was settled; null for a board that was known by its identity. */
  readonly settled: Settled | null
  /** Of bridge boards: for putting the power together anew once the board is settled. */
  readonly bridge: OpenedBridge | null
  /** Sentences for a person. */
  readonly notices: readonly string[]
}

export interface OpenedBridge {
  readonly bridge: BoardBridge
  readonly inventory: BusInventory
  readonly wasRunning: boolean
}

const CONTROL_LINE = { baudRate: 115_200, stopBits: 1 } as const
/** Safe with every part (asic-serial 6.3). */
const I2C_HZ = 100_000
/** Reset of every bridge board that is driven. */
const RESET_PIN = 0

/** @throws HeadframeError `port/…`, `control/…`, `usb/…`, `board/…`: it has no supervisor then */
export async function openModel(
  parts: OpenBoardParts,
  device: AttachedDevice,
  model: BoardModel,
): Promise<OpenedBoard> {
  const known = { model, settled: null, bridge: null, notices: [] }
  switch (model.control) {
    case 'none':
      return { ...known, power: new PlainBoard() }
    case 'ftdi-reset':
      return { ...known, ...(await openFtdi(parts, device, model)) }
    case 'gekko-telemetry':
      return { ...known, power: await openGekkoA(parts, device, model) }
    case 'usb-bridge': {
      const opened = await openAndHold(parts, device)
      return { ...known, bridge: opened, power: await bridgePower(parts, model, opened) }
    }
  }
}

/** @throws as `openModel` */
export async function openFamily(
  parts: OpenBoardParts,
  device: AttachedDevice,
  family: BoardFamily,
): Promise<OpenedBoard> {
  if (family.control !== 'usb-bridge') {
    const settled = settle(family, { busAddresses: null, chips: null, goldenExtraBytes: null })
    const member = family.members.find((each) => each.kind === 'model')
    const model = member?.kind === 'model' ? member.model : null
    return { power: new PlainBoard(), model, settled, bridge: null, notices: [] }
  }
  const opened = await openAndHold(parts, device)
  const settled = settleOnBus(family, opened.inventory, null)
  const model =
    settled.kind === 'settled' && settled.member.kind === 'model'
      ? settled.member.model
      : settled.kind === 'open'
        ? settled.provisional
        : null
  if (model !== null) {
    const power = await bridgePower(parts, model, opened)
    return { power, model, settled, bridge: opened, notices: [] }
  }
  const notices = await leaveWithoutPower(parts, opened)
  return { power: null, model: null, settled, bridge: null, notices }
}

/** Which board of the family it is, by the parts on its bus and, once they answered, its chips. */
export function settleOnBus(
  family: BoardFamily,
  inventory: BusInventory,
  chips: { readonly model: number; readonly count: number } | null,
): Settled {
  if (inventory.strangers.length > 0) {
    const message = `${inventory.summary} That is no board known to Headframe, so it is given no voltage.`
    return { kind: 'unknown', message }
  }
  const busAddresses = new Set(inventory.parts.map(({ address }) => address))
  return settle(family, { busAddresses, chips, goldenExtraBytes: null })
}

/** @throws HeadframeError `board/other-parts`: what is on the bus is not what the data say; the channel is closed */
export async function bridgePower(
  parts: OpenBoardParts,
  model: BoardModel,
  opened: OpenedBridge,
): Promise<BridgeBoard> {
  const { bridge, inventory, wasRunning } = opened
  const wanted = model.bridge === null ? null : `${model.bridge.regulator}-${model.bridge.fan}`
  const put = inventory.boardClass === wanted ? bridgeParts(model, bridge.i2c, parts.clock) : null
  if (put !== null) return new BridgeBoard(model, bridge, put, parts.clock, wasRunning)
  await leaveWithoutPower(parts, opened)
  throw new HeadframeError(
    'board/other-parts',
    `${inventory.summary} ${model.name} carries others, so it is given no voltage. Say which board it really is.`,
    { context: { board: model.id } },
  )
}

/** Reset first of all, then a look at what is there. */
async function openAndHold(parts: OpenBoardParts, device: AttachedDevice): Promise<OpenedBridge> {
  const { clock, log } = parts
  const link = await parts.openPort(requirePort(device, 0), CONTROL_LINE)
  const bridge = await openBridge(link, clock, { log })
  try {
    // A level that cannot be read counts as running, and keeps nobody from holding the chips.
    const wasRunning = await bridge.gpio.read(RESET_PIN, { urgency: 'shutdown' }).then(
      (level) => level === 1,
      () => true,
    )
    await bridge.gpio.write(RESET_PIN, 0, { urgency: 'shutdown' })
    // Whoever had the board before may have left the bus at a rate that not every part takes.
    await bridge.i2c.setFrequency(I2C_HZ)
    const inventory = await scanBus(bridge.i2c, clock)
    log.info('parts found', { key: device.key, summary: inventory.summary })
    return { bridge, inventory, wasRunning }
  } catch (error) {
    await bridge.close()
    throw error
  }
}

/** Chips are in reset already; a regulator that is known for what it is is switched off too. Never throws. */
export async function leaveWithoutPower(
  parts: OpenBoardParts,
  opened: OpenedBridge,
): Promise<readonly string[]> {
  const { bridge, inventory, wasRunning } = opened
  const notices: string[] = []
  try {
    await bridge.gpio.write(RESET_PIN, 0, { urgency: 'shutdown' })
    const config = inventory.boardClass === null ? null : tps546ConfigOf(inventory.boardClass)
    if (config !== null) {
      await new Tps546(bridge.i2c, parts.clock, { config, limits: { minMv: 0, maxMv: 0 } }).off()
    }
    if (wasRunning) {
      notices.push('The board was found running although nobody looked after it. It has been stopped.')
    }
  } catch (error) {
    notices.push(`The board may still be on: ${errorText(error)} Unplug it, and its power supply.`)
  }
  await bridge.close()
  return notices
}

async function openFtdi(
  parts: OpenBoardParts,
  device: AttachedDevice,
  model: BoardModel,
): Promise<{ power: BoardPower; notices: readonly string[] }> {
  try {
    return { power: new FtdiBoard(model, await parts.openUsbControl(device), parts.clock), notices: [] }
  } catch (error) {
    // Its chips answer without it too, unless they are stuck.
    const notice = `${model.name} mines without its reset line: ${errorText(error)} If its chips do not answer, unplug it and plug it in again.`
    return { power: new PlainBoard(), notices: [notice] }
  }
}

async function openGekkoA(
  parts: OpenBoardParts,
  device: AttachedDevice,
  model: BoardModel,
): Promise<BoardPower> {
  const { clock, openPort } = parts
  const address = requirePort(device, 1)
  const usb = await parts.openUsbControl(device)
  return new GekkoABoard({
    model,
    usb,
    clock,
    openTelemetry: async () => new GekkoTelemetry(await openPort(address, CONTROL_LINE), clock),
  })
}

function requirePort(device: AttachedDevice, index: number): PortAddress {
  const address = device.ports[index]
  if (address) return address
  throw new HeadframeError(
    'port/not-found',
    `The board shows ${device.ports.length} of its serial ports; the one that controls its power is missing. Unplug it and plug it in again.`,
    { context: { key: device.key } },
  )
}
