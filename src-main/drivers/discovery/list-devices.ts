/**
 * From what the system lists, ports here and USB devices there, to devices with their ports in order (asic-serial 8.1).
 * Pure: reading the lists is `system-devices.ts`, knowing what a device is `match-board.ts`.
 */
import { type PortAddress } from '../model/byte-link.ts'
import { type AttachedDevice } from '../model/usb.ts'
import { macPlace, windowsPlace } from './usb-place.ts'

/** A port, in the words of the serialport package, with what sysfs adds on Linux. */
export interface PortRow {
  readonly path: string
  readonly manufacturer?: string | undefined
  readonly serialNumber?: string | undefined
  /** Linux: name under /dev/serial/by-id. Windows: instance id. */
  readonly pnpId?: string | undefined
  /** macOS: eight hex digits. Windows: text of several forms. */
  readonly locationId?: string | undefined
  /** Hex digits in upper or lower case. */
  readonly vendorId?: string | undefined
  readonly productId?: string | undefined
  /** Where the device is plugged in, as in `UsbRow`. */
  readonly place?: string | undefined
  readonly interfaceNumber?: number | undefined
}

/** A USB device's own words about itself. */
export interface UsbRow {
  readonly vendorId: number
  readonly productId: number
  readonly bcdDevice: number
  readonly manufacturer: string | null
  readonly product: string | null
  readonly serialNumber: string | null
  /** Bus, then the sockets on the way: `1-4.2`. */
  readonly place: string
}

/**
 * @param concerns whether a device without a port is worth listing: keyboards are not
 * @returns devices in the order of their places
 */
export function listDevices(
  platform: NodeJS.Platform,
  ports: readonly PortRow[],
  usb: readonly UsbRow[],
  concerns: (vendorId: number, productId: number) => boolean,
): readonly AttachedDevice[] {
  const groups = new Map<string, Group>()
  for (const row of ports) {
    const vendorId = hexNumber(row.vendorId)
    const productId = hexNumber(row.productId)
    // Ports that are no USB device, built into the machine: nothing that we know hides behind one.
    if (vendorId === null || productId === null) continue
    const seat = seatOf(platform, row)
    const groupKey = `${vendorId}:${productId}:${seat.group}`
    const group = groups.get(groupKey) ?? { vendorId, productId, seat, rows: [] }
    group.rows.push({ row, order: seat.order })
    groups.set(groupKey, group)
  }
  const left = new Set(usb)
  const found: Found[] = []
  for (const group of groups.values()) {
    const alike = [...groups.values()].filter((other) => sameModel(other, group)).length
    const device = descriptorOf(group, [...left], alike === 1)
    if (device !== null) left.delete(device)
    found.push(deviceWithPorts(platform, group, device))
  }
  for (const row of left) {
    if (concerns(row.vendorId, row.productId)) found.push({ ...identity(row), place: row.place, ports: [] })
  }
  return withKeys(found)
}

interface Group {
  readonly vendorId: number
  readonly productId: number
  readonly seat: Seat
  readonly rows: { readonly row: PortRow; readonly order: number }[]
}

/** What tells which device a port belongs to, and where it comes among its ports. */
interface Seat {
  readonly group: string
  readonly order: number
  /** As far as the row itself says; Windows may know the end of it alone. */
  readonly place: string | null
  readonly serialNumber: string | null
}

type Found = Omit<AttachedDevice, 'key'> & { readonly place: string }

function seatOf(platform: NodeJS.Platform, row: PortRow): Seat {
  if (platform === 'win32') return windowsSeat(row)
  const serialNumber = row.serialNumber ?? null
  if (platform === 'darwin') {
    const place = macPlace(row.locationId)
    return { group: place ?? serialNumber ?? row.path, order: trailingNumber(row.path), place, serialNumber }
  }
  // by-id names end with the number of the interface, in hex.
  const interfaceText = /-if([0-9a-f]{2})(-port\d+)?$/i.exec(row.pnpId ?? '')?.[1]
  const fromName = interfaceText === undefined ? trailingNumber(row.path) : Number.parseInt(interfaceText, 16)
  const place = row.place ?? null
  return {
    group: place ?? serialNumber ?? row.path,
    order: row.interfaceNumber ?? fromName,
    place,
    serialNumber,
  }
}

/**
 * `USB\VID_C0DE&PID_CAFE&MI_02\6&2A3B4C5D&0&0002`: interfaces of one device share all but the last number.
 * `USB\VID_10C4&PID_EA60\0001`: no interfaces; the last part is the serial number, or made up if it has a `&`.
 * `FTDIBUS\VID_0403+PID_6015+GS12345A\0000`: the serial number, then a letter for the channel.
 */
function windowsSeat(row: PortRow): Seat {
  const id = (row.pnpId ?? '').toUpperCase()
  const place = windowsPlace(row.locationId)
  const ftdi = /^FTDIBUS\\.*\+([^+\\]+?)A?\\/i.exec(row.pnpId ?? '')?.[1]
  if (ftdi !== undefined) return { group: ftdi, order: 0, place, serialNumber: ftdi }
  const instance = (row.pnpId ?? '').split('\\').at(2) ?? ''
  const interfaceText = /&MI_([0-9A-F]{2})/.exec(id)?.[1]
  if (interfaceText !== undefined) {
    const parent = instance.toUpperCase().replace(/&[0-9A-F]+$/, '')
    return { group: parent, order: Number.parseInt(interfaceText, 16), place, serialNumber: null }
  }
  const serialNumber = instance === '' || instance.includes('&') ? null : instance
  return { group: instance.toUpperCase() || row.path, order: trailingNumber(row.path), place, serialNumber }
}

/** The descriptors of the device that a group's ports belong to; null if it cannot be told for certain. */
function descriptorOf(group: Group, usb: readonly UsbRow[], onlyOfItsModel: boolean): UsbRow | null {
  const candidates = usb.filter((row) => sameModel(row, group))
  const { place, serialNumber } = group.seat
  const there = candidates.filter((row) => place !== null && isPlace(row.place, place))
  if (there.length === 1) return there[0] ?? null
  const named = candidates.filter(
    (row) => serialNumber !== null && row.serialNumber?.toUpperCase() === serialNumber.toUpperCase(),
  )
  if (named.length === 1) return named[0] ?? null
  return candidates.length === 1 && onlyOfItsModel ? (candidates[0] ?? null) : null
}

/** Windows does not number buses as USB does: a place without a bus is compared by its sockets, or the last of them. */
function isPlace(whole: string, known: string): boolean {
  if (!known.startsWith('*')) return whole === known
  const sockets = whole.slice(whole.lastIndexOf('-') + 1)
  if (known.startsWith('*-')) return sockets === known.slice(2)
  return sockets.split('.').at(-1) === known.slice(1)
}

function deviceWithPorts(platform: NodeJS.Platform, group: Group, descriptor: UsbRow | null): Found {
  const rows = [...group.rows].sort((a, b) => a.order - b.order || comparePaths(a.row.path, b.row.path))
  const first = rows[0]?.row
  const paths = rows.map(({ row }) => (platform === 'darwin' ? calloutPath(row.path) : row.path))
  // Windows gives the name of the driver's maker, not of the device's.
  const listed = platform === 'win32' ? null : (first?.manufacturer ?? null)
  const { vendorId, productId, seat } = group
  return {
    vendorId,
    productId,
    manufacturer: descriptor?.manufacturer ?? listed,
    product: descriptor?.product ?? productOf(platform, first?.pnpId, listed),
    serialNumber: descriptor?.serialNumber ?? seat.serialNumber,
    bcdDevice: descriptor?.bcdDevice ?? null,
    ports: [...new Set(paths)].map((path): PortAddress => ({ kind: 'tty', path })),
    place: descriptor?.place ?? (seat.place?.startsWith('*') === false ? seat.place : (paths[0] ?? '')),
  }
}

/**
 * The product out of a by-id name, `usb-OSMU_Bitaxe_1A2B3C4D-if00`: what is left between maker and serial number.
 * Spaces come back as underscores.
 */
function productOf(
  platform: NodeJS.Platform,
  byId: string | undefined,
  manufacturer: string | null,
): string | null {
  if (platform !== 'linux' || byId === undefined || manufacturer === null) return null
  const maker = manufacturer.trim().replaceAll(/\s+/g, '_')
  const name = byId.replace(/^usb-/, '').replace(/-if[0-9a-f]{2}(-port\d+)?$/i, '')
  if (!name.startsWith(`${maker}_`)) return null
  const product = name.slice(maker.length + 1).replace(/_[^_]*$/, '')
  return product === '' ? null : product.replaceAll('_', ' ')
}

function identity(row: UsbRow): Omit<AttachedDevice, 'key' | 'ports'> {
  const { vendorId, productId, manufacturer, product, serialNumber, bcdDevice } = row
  return { vendorId, productId, manufacturer, product, serialNumber, bcdDevice }
}

/** Serial numbers that bridge chips leave the factory with: thousands have the same. */
const PLACEHOLDER_SERIALS: ReadonlySet<string> = new Set(['0', '0001', '0000', '00000000', '0123456789'])

function withKeys(found: readonly Found[]): readonly AttachedDevice[] {
  const taken = new Set<string>()
  return [...found]
    .sort((a, b) => comparePaths(a.place, b.place))
    .map(({ place, ...device }) => {
      const serial = PLACEHOLDER_SERIALS.has(device.serialNumber ?? '0') ? null : device.serialNumber
      const named = deviceKey(device.vendorId, device.productId, serial, place)
      const key = taken.has(named) ? `${named}@${place}` : named
      taken.add(key)
      return { key, ...device }
    })
}

/** For instance `c0de:cafe:1A2B3C4D`, or `10c4:ea60@1-4.2` for a device that has no serial number of its own. */
function deviceKey(
  vendorId: number | null,
  productId: number | null,
  serialNumber: string | null,
  place: string,
): string {
  const model = [vendorId, productId].map((id) => (id ?? 0).toString(16).padStart(4, '0')).join(':')
  return serialNumber === null ? `${model}@${place}` : `${model}:${serialNumber}`
}

/** Opening a `tty.` path of macOS waits for a carrier that never comes; its `cu.` twin does not. */
function calloutPath(path: string): string {
  return path.replace(/^\/dev\/tty\./, '/dev/cu.')
}

function sameModel(
  a: { readonly vendorId: number; readonly productId: number },
  b: { readonly vendorId: number; readonly productId: number },
): boolean {
  return a.vendorId === b.vendorId && a.productId === b.productId
}

function hexNumber(text: string | undefined): number | null {
  return text !== undefined && /^(0x)?[0-9a-f]{1,4}$/i.test(text)
    ? Number.parseInt(text.replace(/^0x/i, ''), 16)
    : null
}

function trailingNumber(path: string): number {
  return Number(/(\d+)\D*$/.exec(path)?.[1] ?? 0)
}

const collator = new Intl.Collator('en', { numeric: true })

function comparePaths(a: string, b: string): number {
  return collator.compare(a, b)
}
