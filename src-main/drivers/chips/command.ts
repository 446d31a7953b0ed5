/**
 * Command frames from host to BM13xx chips: 55 AA, type, length, payload, CRC5 (asic-serial 5.1). Jobs are in
 * `job.ts`; what registers mean is in `registers.ts`.
 */
import { crc5 } from './crc.ts'

/** Bit 6: a command and not a job. Bit 4: all chips. Low bits: what to do. */
const TYPE = {
  setAddress: 0x40,
  write: 0x41,
  read: 0x42,
  all: 0x10,
  chainInactive: 0x53,
} as const

/** A chip's address, 0 to FF, or every chip on the line. */
export type ChipAddress = number | 'all'

/** Writes a 32-bit register. 11 bytes; the value travels most significant byte first. */
export function encodeWrite(address: ChipAddress, register: number, value: number): Uint8Array {
  return encodeCommand(
    address === 'all' ? TYPE.write | TYPE.all : TYPE.write,
    address === 'all' ? 0 : address,
    register,
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  )
}

/** Asks for a 32-bit register. 7 bytes. */
export function encodeRead(address: ChipAddress, register: number): Uint8Array {
  return encodeCommand(
    address === 'all' ? TYPE.read | TYPE.all : TYPE.read,
    address === 'all' ? 0 : address,
    register,
  )
}

/** The first chip that is still inactive takes this address. 7 bytes. */
export function encodeSetAddress(address: number): Uint8Array {
  return encodeCommand(TYPE.setAddress, address, 0)
}

/** All chips forget their addresses and stop relaying commands until each is given one. 7 bytes. */
export function encodeChainInactive(): Uint8Array {
  return encodeCommand(TYPE.chainInactive, 0, 0)
}

function encodeCommand(type: number, ...payload: number[]): Uint8Array {
  const frame = new Uint8Array(payload.length + 5)
  frame.set([0x55, 0xaa, type, payload.length + 3, ...payload])
  frame[frame.length - 1] = crc5(frame, 2, frame.length - 1)
  return frame
}
