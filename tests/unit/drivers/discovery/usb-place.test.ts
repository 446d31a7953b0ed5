import { describe, expect, it } from 'vitest'
import { macPlace, usbPlace, windowsPlace } from '../../../../src-main/drivers/discovery/usb-place.ts'

describe('where a device is plugged in', () => {
  it.each([
    ['001', [4, 2], '1-4.2'],
    ['14', [2], '14-2'],
    ['00', [1], '0-1'],
  ] as const)('on bus %s through %j is %s', (bus, sockets, place) => {
    expect(usbPlace(bus, sockets)).toBe(place)
  })

  it.each([
    ['14420000', '14-4.2'],
    ['0x01200000', '1-2'],
    ['2400000', '2-4'],
    ['', null],
    [undefined, null],
    ['nonsense', null],
  ])('reads %s of macOS as %s', (location, place) => {
    expect(macPlace(location)).toBe(place)
  })

  it.each([
    ['0000.0014.0000.004.002.000.000.000.000', '*-4.2'],
    ['Port_#0003.Hub_#0001', '*3'],
    ['0000.0014.0000.000.000', null],
    ['on something', null],
    [undefined, null],
  ])('reads %s of Windows as %s', (location, place) => {
    expect(windowsPlace(location)).toBe(place)
  })
})
