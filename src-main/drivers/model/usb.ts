/** USB devices as the system lists them, before anyone knows what they are. */
import { type PortAddress } from './byte-link.ts'

/** One device with all its ports. */
export interface AttachedDevice {
  /** Stable: vendor, product and serial number, else where it is plugged in. For instance `c0de:cafe:1A2B3C4D`. */
  readonly key: string
  readonly vendorId: number | null
  readonly productId: number | null
  readonly manufacturer: string | null
  readonly product: string | null
  readonly serialNumber: string | null
  /** Binary coded release, for instance 0x0500; null where the system does not tell. */
  readonly bcdDevice: number | null
  /** In the order of their USB interfaces: control before data. Empty if no driver made a port of it. */
  readonly ports: readonly PortAddress[]
}

/** A vendor's control transfer that a tty cannot send (asic-serial 4.3). */
export interface VendorRequest {
  readonly recipient: 'device' | 'interface'
  readonly request: number
  readonly value: number
  readonly index: number
  readonly data: Uint8Array
}

export interface UsbControl {
  /** @throws HeadframeError `usb/…` */
  vendorOut(request: VendorRequest): Promise<void>
  close(): Promise<void>
}

/** @throws HeadframeError `usb/no-access`, `usb/not-found`, `usb/wrong-driver` (says which driver is needed and how to get it) */
export type OpenUsbControl = (device: AttachedDevice) => Promise<UsbControl>
