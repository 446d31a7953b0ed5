import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../../src-main/base/index.ts'
import {
  chipLatch,
  ftdiHoldReset,
  ftdiResetPulse,
  ftdiSelectHelper,
  type VendorStep,
} from '../../../../../src-main/drivers/chips/gekko/vendor-requests.ts'

function text(steps: readonly VendorStep[]): string[] {
  return steps.map((step) => {
    if (step.op === 'wait') return `wait ${step.ms}`
    const { recipient, request, value, index, data } = step.request
    return [recipient, request.toString(16), value.toString(16), index, toHex(data)].join(' ').trim()
  })
}

describe('requests past the serial port', () => {
  it('pulse the reset line of an FTDI stick: high, low for as long as the chip needs, high', () => {
    expect(text(ftdiResetPulse(1000, 200))).toEqual([
      'device b 20f2 0',
      'wait 30',
      'device b 20f0 0',
      'wait 1000',
      'device b 20f2 0',
      'wait 200',
    ])
    expect(text(ftdiHoldReset)).toEqual(['device b 20f0 0'])
  })

  it('turn the line of a BM1387 board to its helper and back', () => {
    expect(text(ftdiSelectHelper(true))).toEqual(['device b 20f3 0', 'wait 2'])
    expect(text(ftdiSelectHelper(false))).toEqual(['device b 20f2 0', 'wait 2'])
  })

  it('power the chips of A1 and A2 through the latch of their bridge, all three pins at once', () => {
    expect(text(chipLatch(true))).toEqual(['interface ff 37e1 0 0700', 'wait 100'])
    expect(text(chipLatch(false))).toEqual(['interface ff 37e1 0 0707', 'wait 100'])
  })
})
