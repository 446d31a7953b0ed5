/**
 * USB devices and their ports as the kernel of Linux shows them under /sys: which port belongs to which socket and
 * interface, without udev and without opening anything. Read once a second, so what a device says about itself is kept
 * until another takes its place.
 */
import { readdir, readFile, realpath } from 'node:fs/promises'
import { type PortRow, type UsbRow } from './list-devices.ts'

export interface SystemListing {
  readonly ports: readonly PortRow[]
  readonly usb: readonly UsbRow[]
}

const USB_TTY = /^tty(ACM|USB|WCH|XRUSB)\d+$/
/** `1-4.2` but neither interfaces (`1-4.2:1.0`) nor root hubs (`usb1`). */
const DEVICE = /^\d+-[\d.]+$/
/** The interface in the path of a port's device: `…/1-4.2:1.0` or `…/1-4.2:1.0/ttyUSB0`. */
const INTERFACE = /\/(\d+-[\d.]+):\d+\.(\d+)(?:\/|$)/

export class LinuxSysfs {
  readonly #root: string
  /** By place; the number that the kernel gave the device tells whether it is still the same. */
  #kept = new Map<string, { readonly number: string; readonly row: UsbRow }>()

  constructor(root = '/sys') {
    this.#root = root
  }

  /** @returns null where this system shows no such thing, for instance in a container */
  async list(): Promise<SystemListing | null> {
    const names = await entries(`${this.#root}/bus/usb/devices`)
    if (names === null) return null
    const usb = await this.#devices(names.filter((name) => DEVICE.test(name)))
    const ttys = ((await entries(`${this.#root}/class/tty`)) ?? []).filter((name) => USB_TTY.test(name))
    const ports = await Promise.all(ttys.map((name) => this.#port(name, usb)))
    return { ports: ports.filter((port) => port !== null), usb }
  }

  async #devices(places: readonly string[]): Promise<readonly UsbRow[]> {
    const kept = new Map<string, { readonly number: string; readonly row: UsbRow }>()
    for (const place of places) {
      const path = `${this.#root}/bus/usb/devices/${place}`
      const number = await attribute(path, 'devnum')
      if (number === null) continue
      const before = this.#kept.get(place)
      const row = before?.number === number ? before.row : await readDevice(path, place)
      if (row !== null) kept.set(place, { number, row })
    }
    this.#kept = kept
    return [...kept.values()].map(({ row }) => row)
  }

  async #port(name: string, usb: readonly UsbRow[]): Promise<PortRow | null> {
    const path = await realpath(`${this.#root}/class/tty/${name}/device`).catch(() => null)
    const [, place, interfaceNumber] = INTERFACE.exec(path ?? '') ?? []
    const device = usb.find((row) => row.place === place)
    // Gone between two readings: the next will tell.
    if (place === undefined || device === undefined) return null
    return {
      path: `/dev/${name}`,
      vendorId: device.vendorId.toString(16),
      productId: device.productId.toString(16),
      place,
      interfaceNumber: Number(interfaceNumber),
    }
  }
}

async function readDevice(path: string, place: string): Promise<UsbRow | null> {
  const [vendor, product, release] = await Promise.all(
    ['idVendor', 'idProduct', 'bcdDevice'].map((name) => attribute(path, name)),
  )
  const [manufacturer, productName, serialNumber] = await Promise.all(
    ['manufacturer', 'product', 'serial'].map((name) => attribute(path, name)),
  )
  if (!vendor || !product) return null
  return {
    vendorId: Number.parseInt(vendor, 16),
    productId: Number.parseInt(product, 16),
    bcdDevice: Number.parseInt(release ?? '0', 16),
    manufacturer: manufacturer ?? null,
    product: productName ?? null,
    serialNumber: serialNumber ?? null,
    place,
  }
}

async function attribute(path: string, name: string): Promise<string | null> {
  const text = await readFile(`${path}/${name}`, 'utf8').catch(() => '')
  return text.trim() === '' ? null : text.trim()
}

async function entries(path: string): Promise<readonly string[] | null> {
  return await readdir(path).catch(() => null)
}
