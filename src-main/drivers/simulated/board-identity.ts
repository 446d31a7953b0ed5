/** What a system lists of a simulated board. */
import { type AttachedDevice } from '../model/usb.ts'

export interface BoardIdentityOptions {
  /** Tells boards of one kind apart; part of the names of its ports. */
  readonly serialNumber: string
  readonly product: string
  /** Names of its ports, in order. */
  readonly portNames: readonly string[]
  /** In place of the practice identity: a real board's, for tests of the registry. */
  readonly usb?:
    | Partial<Pick<AttachedDevice, 'vendorId' | 'productId' | 'manufacturer' | 'product' | 'bcdDevice'>>
    | undefined
}

const PRACTICE = {
  vendorId: 0x1209,
  productId: 0xf1e1,
  manufacturer: 'Headframe practice',
  bcdDevice: 0x0500,
} as const

export function identityOf(options: BoardIdentityOptions): AttachedDevice {
  const { serialNumber, portNames } = options
  const usb = { ...PRACTICE, product: options.product, ...options.usb }
  return {
    ...usb,
    key: `${hex(usb.vendorId)}:${hex(usb.productId)}:${serialNumber}`,
    serialNumber,
    ports: portNames.map((name) => ({ kind: 'channel', name: `${serialNumber}/${name}` })),
  }
}

function hex(id: number | null): string {
  return (id ?? 0).toString(16).padStart(4, '0')
}
