/**
 * The part of the `usb` package that we use, in types of our own: tests stand in for it, and the package is loaded only
 * when somebody needs it. Its absence is a failure in words. Read of version 3.1 (nusb): listing is harmless on every
 * system, but reading a string that the system does not keep opens the device, and may throw.
 */
import { errorText, HeadframeError, type Unsubscribe } from '../../base/index.ts'
import { type UsbRow } from '../discovery/list-devices.ts'
import { usbPlace } from '../discovery/usb-place.ts'

export interface ControlSetup {
  readonly requestType: 'vendor'
  readonly recipient: 'device' | 'interface'
  readonly request: number
  readonly value: number
  readonly index: number
}

export interface UsbHandle {
  readonly vendorId: number
  readonly productId: number
  readonly deviceVersionMajor: number
  readonly deviceVersionMinor: number
  readonly deviceVersionSubminor: number
  readonly manufacturerName?: string | null | undefined
  readonly productName?: string | null | undefined
  readonly serialNumber?: string | null | undefined
  readonly bus: string
  /** New each time a device is plugged in. */
  readonly address: number
  readonly ports: readonly number[]
  open(): Promise<void>
  close(): Promise<void>
  claimInterface(interfaceNumber: number): Promise<void>
  releaseInterface(interfaceNumber: number): Promise<void>
  /** Linux only, as the next. */
  detachKernelDriver(interfaceNumber: number): Promise<void>
  attachKernelDriver(interfaceNumber: number): Promise<void>
  /** As `controlTransferOut` of WebUSB, with a time limit. @returns how many bytes of data were taken */
  nativeControlTransferOut(setup: ControlSetup, timeoutMs: number, data: Uint8Array): Promise<number>
}

/** @throws HeadframeError `usb/unavailable` */
export type ListUsbHandles = () => Promise<readonly UsbHandle[]>

export const listUsbHandles: ListUsbHandles = async () => {
  try {
    const { usb } = await import('usb')
    return await usb.getDevices()
  } catch (cause) {
    throw new HeadframeError(
      'usb/unavailable',
      `USB devices cannot be reached here: ${errorText(cause)}. Boards that need no more than a serial port work all the same.`,
      { context: { system: errorText(cause) }, cause },
    )
  }
}

/** What a device says about itself. Strings that cannot be read are null. */
export function usbRow(handle: UsbHandle): UsbRow {
  const { deviceVersionMajor, deviceVersionMinor, deviceVersionSubminor } = handle
  return {
    vendorId: handle.vendorId,
    productId: handle.productId,
    bcdDevice: (deviceVersionMajor << 8) | (deviceVersionMinor << 4) | deviceVersionSubminor,
    manufacturer: text(() => handle.manufacturerName),
    product: text(() => handle.productName),
    serialNumber: text(() => handle.serialNumber),
    place: usbPlace(handle.bus, handle.ports),
  }
}

function text(read: () => string | null | undefined): string | null {
  try {
    const value = read()?.trim()
    return value === undefined || value === '' ? null : value
  } catch {
    // No access, or gone meanwhile: then the name is not known.
    return null
  }
}

/**
 * Calls back when anything is plugged in or out; never where the package or the system has no such news. The package's
 * own event target throws where nobody can catch when its listing fails, so its emitter is used directly.
 */
export function onUsbChange(listener: () => void): Unsubscribe {
  let stopped = false
  let end = (): void => undefined
  const start = async (): Promise<void> => {
    const { Emitter } = await import('usb/index.js')
    const emitter = new Emitter()
    await emitter.addAttach(() => listener())
    await emitter.addDetach(() => listener())
    const remove = async (): Promise<void> => {
      await emitter.removeAttach()
      await emitter.removeDetach()
    }
    end = () => void remove().catch(() => undefined)
    if (stopped) end()
  }
  // Without news the list is still asked each second.
  start().catch(() => undefined)
  return () => {
    stopped = true
    end()
  }
}
