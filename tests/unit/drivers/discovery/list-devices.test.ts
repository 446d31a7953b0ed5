import { describe, expect, it } from 'vitest'
import {
  listDevices,
  type PortRow,
  type UsbRow,
} from '../../../../src-main/drivers/discovery/list-devices.ts'
import { type AttachedDevice } from '../../../../src-main/drivers/model/usb.ts'

const bitaxe: UsbRow = {
  vendorId: 0xc0de,
  productId: 0xcafe,
  bcdDevice: 0x0500,
  manufacturer: 'OSMU',
  product: 'Bitaxe',
  serialNumber: '1A2B3C4D',
  place: '1-4.2',
}

const compacF: UsbRow = {
  vendorId: 0x0403,
  productId: 0x6015,
  bcdDevice: 0x1000,
  manufacturer: 'GekkoScience',
  product: 'CompacF Bitcoin Miner',
  serialNumber: 'GS-10010042',
  place: '1-3',
}

const keyboard: UsbRow = {
  vendorId: 0x046d,
  productId: 0xc31c,
  bcdDevice: 0x6400,
  manufacturer: 'Logitech',
  product: 'USB Keyboard',
  serialNumber: null,
  place: '1-1',
}

const known = (vendorId: number): boolean => vendorId !== keyboard.vendorId

const paths = (device: AttachedDevice | undefined): string[] =>
  (device?.ports ?? []).map((port) => (port.kind === 'tty' ? port.path : port.name))

describe('devices on Linux', () => {
  const rows: PortRow[] = [
    { path: '/dev/ttyS0', pnpId: undefined },
    {
      path: '/dev/ttyACM1',
      vendorId: 'c0de',
      productId: 'cafe',
      serialNumber: '1A2B3C4D',
      manufacturer: 'OSMU',
      pnpId: 'usb-OSMU_Bitaxe_1A2B3C4D-if00',
      place: '1-4.2',
      interfaceNumber: 0,
    },
    {
      path: '/dev/ttyACM0',
      vendorId: 'c0de',
      productId: 'cafe',
      serialNumber: '1A2B3C4D',
      manufacturer: 'OSMU',
      pnpId: 'usb-OSMU_Bitaxe_1A2B3C4D-if02',
      place: '1-4.2',
      interfaceNumber: 2,
    },
  ]

  it('have their ports in the order of interfaces, whatever the kernel numbered them', () => {
    expect(listDevices('linux', rows, [bitaxe], known)).toEqual([
      {
        key: 'c0de:cafe:1A2B3C4D',
        vendorId: 0xc0de,
        productId: 0xcafe,
        manufacturer: 'OSMU',
        product: 'Bitaxe',
        serialNumber: '1A2B3C4D',
        bcdDevice: 0x0500,
        ports: [
          { kind: 'tty', path: '/dev/ttyACM1' },
          { kind: 'tty', path: '/dev/ttyACM0' },
        ],
      },
    ])
  })

  it('are understood from by-id names alone where nothing else can be read', () => {
    const bare = rows.map(({ place: _place, interfaceNumber: _number, ...row }) => row)
    const [device] = listDevices('linux', bare, [], known)
    expect(paths(device)).toEqual(['/dev/ttyACM1', '/dev/ttyACM0'])
    expect(device).toMatchObject({ manufacturer: 'OSMU', product: 'Bitaxe', bcdDevice: null })
  })

  it('get the spaces back that by-id names write as underscores', () => {
    const [device] = listDevices(
      'linux',
      [
        {
          path: '/dev/ttyUSB0',
          vendorId: '10c4',
          productId: 'ea60',
          serialNumber: 'GS-20030007',
          manufacturer: 'GekkoScience',
          pnpId: 'usb-GekkoScience_2Pac_BM1384_Bitcoin_Miner_GS-20030007-if00-port0',
        },
      ],
      [],
      known,
    )
    expect(device).toMatchObject({ product: '2Pac BM1384 Bitcoin Miner', key: '10c4:ea60:GS-20030007' })
  })

  it('of one kind are told apart by where they are plugged in', () => {
    const twin = (path: string, place: string): PortRow => ({
      path,
      vendorId: '10c4',
      productId: 'ea60',
      serialNumber: '0001',
      manufacturer: 'Silicon Labs',
      place,
      interfaceNumber: 0,
    })
    const usb = (place: string, product: string): UsbRow => ({
      ...compacF,
      vendorId: 0x10c4,
      productId: 0xea60,
      serialNumber: '0001',
      product,
      place,
    })
    const devices = listDevices(
      'linux',
      [twin('/dev/ttyUSB0', '1-10'), twin('/dev/ttyUSB1', '1-2')],
      [usb('1-2', 'CP2102'), usb('1-10', 'Block Erupter')],
      known,
    )
    expect(devices.map((device) => [device.key, device.product, ...paths(device)])).toEqual([
      ['10c4:ea60@1-2', 'CP2102', '/dev/ttyUSB1'],
      ['10c4:ea60@1-10', 'Block Erupter', '/dev/ttyUSB0'],
    ])
  })

  it('never share a key, though two were given one serial number', () => {
    const devices = listDevices('linux', [], [bitaxe, { ...bitaxe, place: '1-4.3' }], known)
    expect(devices.map(({ key }) => key)).toEqual(['c0de:cafe:1A2B3C4D', 'c0de:cafe:1A2B3C4D@1-4.3'])
  })

  it('without a port are listed if somebody knows them, and only then', () => {
    const devices = listDevices('linux', [], [compacF, keyboard], known)
    expect(devices).toEqual([
      expect.objectContaining({ key: '0403:6015:GS-10010042', product: 'CompacF Bitcoin Miner', ports: [] }),
    ])
  })

  it('that are strangers keep their port and have no words put into their mouth', () => {
    const [device] = listDevices(
      'linux',
      [{ path: '/dev/ttyUSB4', vendorId: '1a86', productId: '7523', place: '2-1', interfaceNumber: 0 }],
      [],
      known,
    )
    expect(device).toEqual({
      key: '1a86:7523@2-1',
      vendorId: 0x1a86,
      productId: 0x7523,
      manufacturer: null,
      product: null,
      serialNumber: null,
      bcdDevice: null,
      ports: [{ kind: 'tty', path: '/dev/ttyUSB4' }],
    })
  })
})

describe('devices on macOS', () => {
  const rows: PortRow[] = [
    {
      path: '/dev/tty.usbmodem1A2B3C4D3',
      manufacturer: 'OSMU',
      serialNumber: '1A2B3C4D',
      locationId: '14420000',
      vendorId: 'C0DE',
      productId: 'CAFE',
    },
    {
      path: '/dev/tty.usbmodem1A2B3C4D1',
      manufacturer: 'OSMU',
      serialNumber: '1A2B3C4D',
      locationId: '14420000',
      vendorId: 'c0de',
      productId: 'cafe',
    },
    { path: '/dev/tty.Bluetooth-Incoming-Port' },
  ]

  it('are opened by their cu. twin, the control port being the lower number', () => {
    const devices = listDevices('darwin', rows, [{ ...bitaxe, place: '14-4.2' }], known)
    expect(devices).toHaveLength(1)
    expect(devices[0]).toMatchObject({ key: 'c0de:cafe:1A2B3C4D', product: 'Bitaxe', bcdDevice: 0x0500 })
    expect(paths(devices[0])).toEqual(['/dev/cu.usbmodem1A2B3C4D1', '/dev/cu.usbmodem1A2B3C4D3'])
  })

  it('of one kind are kept apart by their location', () => {
    const second = rows.slice(0, 2).map((row, index) => ({
      ...row,
      path: `/dev/tty.usbmodem99${1 + 2 * index}`,
      locationId: '14430000',
      serialNumber: '99999999',
    }))
    const devices = listDevices('darwin', [...rows, ...second], [], known)
    expect(devices.map(paths)).toEqual([
      ['/dev/cu.usbmodem1A2B3C4D1', '/dev/cu.usbmodem1A2B3C4D3'],
      ['/dev/cu.usbmodem991', '/dev/cu.usbmodem993'],
    ])
  })
})

describe('devices on Windows', () => {
  const composite = (path: string, parent: string, number: string, location: string): PortRow => ({
    path,
    manufacturer: 'Microsoft',
    serialNumber: `${parent}&${number}`,
    pnpId: `USB\\VID_C0DE&PID_CAFE&MI_${number.slice(2)}\\${parent}&${number}`,
    locationId: location,
    vendorId: 'C0DE',
    productId: 'CAFE',
  })
  const chain = '0000.0014.0000.004.002.000.000.000.000'

  it('join the interfaces of one parent, the control port first', () => {
    const devices = listDevices(
      'win32',
      [composite('COM3', '6&2A3B4C5D&0', '0002', chain), composite('COM12', '6&2A3B4C5D&0', '0000', chain)],
      [{ ...bitaxe, place: 'PCIROOT(0)#PCI(1400)#USBROOT(0)-4.2' }],
      known,
    )
    expect(devices).toHaveLength(1)
    expect(devices[0]).toMatchObject({ key: 'c0de:cafe:1A2B3C4D', manufacturer: 'OSMU', product: 'Bitaxe' })
    expect(paths(devices[0])).toEqual(['COM12', 'COM3'])
  })

  it('of one kind are matched to their descriptors by their sockets', () => {
    const other = '0000.0014.0000.004.003.000.000.000.000'
    const devices = listDevices(
      'win32',
      [
        composite('COM3', '6&2A3B4C5D&0', '0000', chain),
        composite('COM4', '6&2A3B4C5D&0', '0002', chain),
        composite('COM5', '6&11111111&0', '0000', other),
        composite('COM6', '6&11111111&0', '0002', other),
      ],
      [
        { ...bitaxe, place: 'PCIROOT(0)#USBROOT(0)-4.3', serialNumber: 'BBBBBBBB' },
        { ...bitaxe, place: 'PCIROOT(0)#USBROOT(0)-4.2', serialNumber: 'AAAAAAAA' },
      ],
      known,
    )
    expect(devices.map((device) => [device.serialNumber, ...paths(device)])).toEqual([
      ['AAAAAAAA', 'COM3', 'COM4'],
      ['BBBBBBBB', 'COM5', 'COM6'],
    ])
  })

  it('have no maker where only the driver gives a name, and none is made up', () => {
    const [device] = listDevices('win32', [composite('COM3', '6&2A3B4C5D&0', '0000', chain)], [], known)
    expect(device).toMatchObject({ manufacturer: null, product: null, serialNumber: null })
  })

  it('behind the driver of FTDI have their serial number in its id', () => {
    const [device] = listDevices(
      'win32',
      [
        {
          path: 'COM7',
          manufacturer: 'FTDI',
          serialNumber: 'GS-10010042',
          pnpId: 'FTDIBUS\\VID_0403+PID_6015+GS-10010042A\\0000',
          vendorId: '0403',
          productId: '6015',
        },
      ],
      [{ ...compacF, place: 'PCIROOT(0)#USBROOT(0)-3' }],
      known,
    )
    expect(device).toMatchObject({
      key: '0403:6015:GS-10010042',
      product: 'CompacF Bitcoin Miner',
      ports: [{ kind: 'tty', path: 'COM7' }],
    })
  })

  it('without interfaces end with their serial number, or with one that Windows made up', () => {
    const stick = (path: string, last: string, location: string): PortRow => ({
      path,
      pnpId: `USB\\VID_10C4&PID_EA60\\${last}`,
      locationId: location,
      vendorId: '10C4',
      productId: 'EA60',
    })
    const devices = listDevices(
      'win32',
      [
        stick('COM8', 'GS-20030007', 'Port_#0003.Hub_#0001'),
        stick('COM9', '5&1A2B3C4D&0&7', 'Port_#0007.Hub_#0001'),
      ],
      [
        {
          ...compacF,
          vendorId: 0x10c4,
          productId: 0xea60,
          product: 'Block Erupter',
          serialNumber: null,
          place: 'USBROOT(0)-7',
        },
      ],
      known,
    )
    expect(devices.map((device) => [device.serialNumber, device.product, ...paths(device)])).toEqual([
      ['GS-20030007', null, 'COM8'],
      [null, 'Block Erupter', 'COM9'],
    ])
  })

  it('without a COM port are still listed: another driver has them', () => {
    expect(listDevices('win32', [], [{ ...compacF, place: 'USBROOT(0)-3' }], known)).toEqual([
      expect.objectContaining({ key: '0403:6015:GS-10010042', ports: [] }),
    ])
  })
})
