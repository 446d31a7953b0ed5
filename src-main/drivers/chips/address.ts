/** Addresses of chips on one chain (asic-serial 5.11 and 5.3). */

/** Distance between the addresses of neighbours: floor(256 / chips). */
export function addressInterval(chipCount: number): number {
  return Math.floor(256 / chipCount)
}

/** Addresses in the order in which chips take them. */
export function chipAddresses(chipCount: number, interval: number = addressInterval(chipCount)): number[] {
  return Array.from({ length: chipCount }, (_, index) => index * interval)
}

/** Which chip an address belongs to; null if it belongs to none. */
export function chipOfAddress(address: number, chipCount: number): number | null {
  const index = Math.floor(address / addressInterval(chipCount))
  return index < chipCount ? index : null
}
