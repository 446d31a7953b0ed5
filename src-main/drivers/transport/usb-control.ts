/**
 * Vendor requests that a tty cannot send (asic-serial 4.3): FTDI's bit mode, to the device; CP2105's latch, to an
 * interface. What each system allows, as read in the sources of usbfs, nusb 0.2 and the usb package 3.1; not tried on
 * hardware:
 * - Linux: usbfs lets requests of type vendor pass without a claimed interface (`check_ctrlrecip`), and the port stays
 *   with its kernel driver. The package sends those to the device like that; for those to an interface it wants some
 *   interface claimed, not necessarily the one that is meant. So one is borrowed: its port vanishes for the moment of
 *   the request and comes back. It is another than the one meant where there is another, so that of a CP2105 the data
 *   port stays and the telemetry port, which belongs to the same owner as the latch, goes: close that one before.
 * - Windows: an interface must be claimed, which takes the WinUSB driver, and then there is no COM port.
 * - macOS: requests to the device are tried; if the driver of the system keeps the device, they are refused.
 */
import { errorText, HeadframeError } from '../../base/index.ts'
import { listDevices } from '../discovery/list-devices.ts'
import {
  type AttachedDevice,
  type OpenUsbControl,
  type UsbControl,
  type VendorRequest,
} from '../model/usb.ts'
import { type ListUsbHandles, type UsbHandle, usbRow } from './usb-package.ts'

/** @param list `listUsbHandles`, or what stands in for it */
export function createOpenUsbControl(platform: NodeJS.Platform, list: ListUsbHandles): OpenUsbControl {
  return async (device) => {
    const handle = findHandle(device, await list(), platform)
    if (handle === null) throw notThere(device)
    try {
      await handle.open()
    } catch (cause) {
      throw usbError(device, platform, cause)
    }
    return new SystemUsbControl(device, handle, platform)
  }
}

/** The one that surely is the device: by its key, which says where it is plugged in if nothing else tells. */
function findHandle(
  device: AttachedDevice,
  handles: readonly UsbHandle[],
  platform: NodeJS.Platform,
): UsbHandle | null {
  const alike = handles
    .filter(({ vendorId, productId }) => vendorId === device.vendorId && productId === device.productId)
    .map((handle) => ({ handle, row: usbRow(handle) }))
  const listed = listDevices(
    platform,
    [],
    alike.map(({ row }) => row),
    () => true,
  )
  // Keys come in the order of places, as many as there are rows.
  const inOrder = [...alike].sort((a, b) => comparePlaces(a.row.place, b.row.place))
  const byKey = inOrder.find((_, index) => listed[index]?.key === device.key)
  if (byKey !== undefined) return byKey.handle
  const serial = device.serialNumber
  const named = alike.filter(({ row }) => serial !== null && row.serialNumber === serial)
  if (named.length === 1) return named[0]?.handle ?? null
  return alike.length === 1 && serial === null ? (alike[0]?.handle ?? null) : null
}

/** Control transfers take a millisecond. */
const TRANSFER_TIMEOUT_MS = 1_000

const comparePlaces = new Intl.Collator('en', { numeric: true }).compare

class SystemUsbControl implements UsbControl {
  readonly #device: AttachedDevice
  readonly #handle: UsbHandle
  readonly #platform: NodeJS.Platform
  #last: Promise<void> = Promise.resolve()
  #closed = false

  constructor(device: AttachedDevice, handle: UsbHandle, platform: NodeJS.Platform) {
    this.#device = device
    this.#handle = handle
    this.#platform = platform
  }

  async vendorOut(request: VendorRequest): Promise<void> {
    if (this.#closed) {
      throw new HeadframeError('usb/closed', `USB control of ${nameOf(this.#device)} is closed already.`)
    }
    const sent = this.#last.then(() => this.#send(request))
    this.#last = sent.catch(() => undefined)
    await sent
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#last
    // A device that is gone cannot be closed, and need not be.
    await this.#handle.close().catch(() => undefined)
  }

  async #send(request: VendorRequest): Promise<void> {
    try {
      if (this.#platform !== 'win32' && request.recipient === 'device') await this.#transfer(request)
      else await this.#transferWithInterface(request)
    } catch (cause) {
      throw usbError(this.#device, this.#platform, cause)
    }
  }

  async #transfer({ recipient, request, value, index, data }: VendorRequest): Promise<void> {
    const setup = { requestType: 'vendor', recipient, request, value, index } as const
    const taken = await this.#handle.nativeControlTransferOut(setup, TRANSFER_TIMEOUT_MS, data)
    if (taken !== data.length) throw new Error(`the device took ${taken} of ${data.length} bytes`)
  }

  async #transferWithInterface(request: VendorRequest): Promise<void> {
    const meant = request.index & 0xff
    const other = meant === 0 ? 1 : 0
    // Elsewhere than on Linux the request must go through the interface that it is for.
    const candidates = this.#platform === 'linux' ? [other, meant] : [meant]
    let failure: unknown = null
    for (const number of candidates) {
      let giveBack: () => Promise<void>
      try {
        giveBack = await this.#borrow(number)
      } catch (error) {
        failure = error
        if (/not found/i.test(errorText(error))) continue
        throw error
      }
      try {
        return await this.#transfer(request)
      } finally {
        await giveBack()
      }
    }
    throw failure
  }

  /** @returns how to give it back; gives back what was taken if it fails */
  async #borrow(number: number): Promise<() => Promise<void>> {
    const handle = this.#handle
    try {
      await handle.claimInterface(number)
      return () => handle.releaseInterface(number)
    } catch (error) {
      if (this.#platform !== 'linux' || !/busy/i.test(errorText(error))) throw error
    }
    await handle.detachKernelDriver(number)
    try {
      await handle.claimInterface(number)
    } catch (error) {
      await handle.attachKernelDriver(number)
      throw error
    }
    return async () => {
      // The driver comes back though letting go failed: without it the port is gone until the next plugging in.
      await handle.releaseInterface(number).catch(() => undefined)
      await handle.attachKernelDriver(number)
    }
  }
}

function nameOf(device: AttachedDevice): string {
  return device.product ?? device.key
}

function notThere(device: AttachedDevice): HeadframeError {
  return new HeadframeError(
    'usb/not-found',
    `${nameOf(device)} is not plugged in any more, or cannot be told from another just like it. Plug it in again, alone if there are several.`,
    { context: { device: device.key } },
  )
}

function usbError(device: AttachedDevice, platform: NodeJS.Platform, cause: unknown): HeadframeError {
  if (cause instanceof HeadframeError) return cause
  const system = errorText(cause)
  const details = { context: { device: device.key, system }, cause }
  const name = nameOf(device)
  if (/not found|disconnected|no such device/i.test(system)) return notThere(device)
  if (
    platform === 'win32' &&
    /incompatible driver|not.?supported|access denied|invalid state/i.test(system)
  ) {
    return new HeadframeError(
      'usb/wrong-driver',
      `Windows lets programs control ${name} only with the WinUSB driver, which Zadig installs and which takes its COM port away; Headframe needs the COM port. This function is not to be had on Windows: use Linux for it.`,
      details,
    )
  }
  if (platform === 'darwin' && /exclusive|busy|denied|not permitted|invalid state|unknown/i.test(system)) {
    return new HeadframeError(
      'usb/wrong-driver',
      `The driver of macOS keeps ${name} to itself and lets no program control it while its port exists. This function is not to be had on macOS: use Linux for it.`,
      details,
    )
  }
  if (/denied|not permitted/i.test(system)) {
    return new HeadframeError(
      'usb/no-access',
      `This user may not control ${name} over USB. Install the udev rule that Headframe shows under Devices and plug it in again.`,
      details,
    )
  }
  return new HeadframeError(
    'usb/transfer-failed',
    `${name} did not take a USB request: ${system}. Unplug it and plug it in again.`,
    details,
  )
}
