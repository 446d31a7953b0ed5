import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import {
  encodeChainInactive,
  encodeRead,
  encodeSetAddress,
  encodeWrite,
} from '../../../../src-main/drivers/chips/command.ts'
import { midstateConfig } from '../../../../src-main/drivers/chips/registers.ts'

describe('command frames', () => {
  it('are those that ESP-Miner and mujina send', () => {
    expect(toHex(encodeRead('all', 0x00))).toBe('55aa520500000a')
    expect(toHex(encodeChainInactive())).toBe('55aa5305000003')
    expect(toHex(encodeSetAddress(4))).toBe('55aa4005040003')
    expect(toHex(encodeWrite('all', 0xa4, 0x9000ffff))).toBe('55aa510900a49000ffff1c')
    expect(toHex(encodeWrite(0, 0x3c, 0x800082aa))).toBe('55aa4109003c800082aa05')
  })

  it('shifts the mask of the pool into the midstate configuration, and leaves out what chips cannot roll', () => {
    expect(midstateConfig(0x1fffe000)).toBe(0x9000ffff)
    expect(midstateConfig(0x1fffffe0)).toBe(0x9000ffff)
    expect(midstateConfig(0x00002000)).toBe(0x90000001)
    expect(midstateConfig(0)).toBe(0x90000000)
  })
})
