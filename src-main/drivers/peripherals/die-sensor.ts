/** The thermometer within a BM1368, read over the chip's own line. asic-serial 5.5, register B4 [src: mujina]. */
import { plausibleC } from './kinds.ts'

/** @param value 32 bits of register B4: bit 31 says that there is a reading @returns degrees Celsius, or null */
export function bm1368DieC(value: number): number | null {
  if ((value & 0x8000_0000) === 0) return null
  return plausibleC((value & 0xffff) * 0.171342 - 299.5144)
}
