import { describe, expect, it } from 'vitest'
import { fromHex, instantiateKernel } from '../../../src-main/base/index.ts'

const base64 = (hex: string): string => Buffer.from(fromHex(hex)).toString('base64')

/** `(module (memory (export "memory") 1) (func (export "add") (param i32 i32) (result i32) …))` */
const adder = base64(
  '0061736d01000000 010701 60027f7f017f 03020100 0503010001 0710 02 03616464 00 00 066d656d6f7279 02 00 0a09 01 07 00 20002001 6a 0b',
)

describe('instantiateKernel', () => {
  it('gives the functions and the memory of a kernel', () => {
    const kernel = instantiateKernel<{ add(a: number, b: number): number }>(adder)
    expect(kernel?.functions.add(40, 2)).toBe(42)
    expect(kernel?.memory.byteLength).toBe(65_536)
  })

  it('gives every caller an instance of its own', () => {
    const first = instantiateKernel<object>(adder)
    const second = instantiateKernel<object>(adder)
    expect(first?.memory).not.toBe(second?.memory)
  })

  it('answers undefined for a module this host does not accept', () => {
    expect(instantiateKernel<object>(base64('0061736d02000000'))).toBeUndefined()
  })
})
