/**
 * From one clock to another in steps that a regulator follows; never a jump, up or down (asic-serial 5.8). Clocks
 * between are whole multiples of the step: every chip makes those, and not every clock between them.
 */

/** @returns the clocks to set after `fromMhz`, the last being `toMhz` itself; `[toMhz]` if it is there already */
export function rampClocks(fromMhz: number, toMhz: number, stepMhz: number): number[] {
  const clocks: number[] = []
  if (toMhz >= fromMhz) {
    for (let count = Math.floor(fromMhz / stepMhz) + 1; count * stepMhz < toMhz; count++) {
      clocks.push(count * stepMhz)
    }
  } else {
    for (let count = Math.ceil(fromMhz / stepMhz) - 1; count * stepMhz > toMhz; count--) {
      clocks.push(count * stepMhz)
    }
  }
  return [...clocks, toMhz]
}
