import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LinuxSysfs } from '../../../../src-main/drivers/discovery/linux-sysfs.ts'
import { listDevices } from '../../../../src-main/drivers/discovery/list-devices.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

/** A tree as the kernel makes it: devices by topology, and by class as links into it. */
function sysfs(): {
  root: string
  device: (place: string, attributes: Record<string, string>) => string
  port: (devicePath: string, interfaceName: string, tty: string) => void
} {
  const root = temporaryDir()
  mkdirSync(join(root, 'bus/usb/devices'), { recursive: true })
  mkdirSync(join(root, 'class/tty'), { recursive: true })
  mkdirSync(join(root, 'bus/usb/devices/usb1'))
  return {
    root,
    device(place, attributes) {
      const path = join(root, 'devices/pci0000:00/0000:00:14.0/usb1', place)
      mkdirSync(path, { recursive: true })
      for (const [name, value] of Object.entries(attributes)) writeFileSync(join(path, name), `${value}\n`)
      rmSync(join(root, 'bus/usb/devices', place), { force: true })
      symlinkSync(path, join(root, 'bus/usb/devices', place))
      return path
    },
    port(devicePath, interfaceName, tty) {
      const isAcm = tty.startsWith('ttyACM')
      const interfacePath = join(devicePath, interfaceName)
      const target = isAcm ? interfacePath : join(interfacePath, tty)
      mkdirSync(target, { recursive: true })
      mkdirSync(join(root, 'class/tty', tty))
      symlinkSync(target, join(root, 'class/tty', tty, 'device'))
    },
  }
}

const bitaxe = {
  devnum: '7',
  idVendor: 'c0de',
  idProduct: 'cafe',
  bcdDevice: '0500',
  manufacturer: 'OSMU',
  product: 'Bitaxe',
  serial: '1A2B3C4D',
}

describe('devices as the kernel of Linux shows them', () => {
  it('come with their ports in the order of interfaces', async () => {
    const { root, device, port } = sysfs()
    const path = device('1-4.2', bitaxe)
    port(path, '1-4.2:1.0', 'ttyACM1')
    port(path, '1-4.2:1.2', 'ttyACM0')
    mkdirSync(join(root, 'class/tty/ttyS0'))
    const listing = await new LinuxSysfs(root).list()
    expect(listDevices('linux', listing?.ports ?? [], listing?.usb ?? [], () => true)).toEqual([
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

  it('have ports of bridge chips, too, two for a CP2105', async () => {
    const { root, device, port } = sysfs()
    const path = device('1-3', {
      devnum: '9',
      idVendor: '10c4',
      idProduct: 'ea70',
      bcdDevice: '0100',
      product: 'GekkoScience Compac A1',
    })
    port(path, '1-3:1.1', 'ttyUSB0')
    port(path, '1-3:1.0', 'ttyUSB1')
    const listing = await new LinuxSysfs(root).list()
    const [found] = listDevices('linux', listing?.ports ?? [], listing?.usb ?? [], () => true)
    expect(found).toMatchObject({
      key: '10c4:ea70@1-3',
      manufacturer: null,
      ports: [
        { kind: 'tty', path: '/dev/ttyUSB1' },
        { kind: 'tty', path: '/dev/ttyUSB0' },
      ],
    })
  })

  it('are read anew when another is plugged into the same socket', async () => {
    const { root, device } = sysfs()
    device('1-1', bitaxe)
    const reader = new LinuxSysfs(root)
    const serials = async (): Promise<(string | null)[]> =>
      ((await reader.list())?.usb ?? []).map(({ serialNumber }) => serialNumber)
    expect(await serials()).toEqual(['1A2B3C4D'])
    device('1-1', { ...bitaxe, serial: 'FFFFFFFF' })
    expect(await serials()).toEqual(['1A2B3C4D'])
    device('1-1', { ...bitaxe, serial: 'FFFFFFFF', devnum: '8' })
    expect(await serials()).toEqual(['FFFFFFFF'])
    rmSync(join(root, 'bus/usb/devices/1-1'))
    expect(await serials()).toEqual([])
  })

  it('that go while they are read are left out', async () => {
    const { root, device, port } = sysfs()
    port(device('1-4', bitaxe), '1-4:1.0', 'ttyACM0')
    symlinkSync('/nowhere', join(root, 'bus/usb/devices/1-5'))
    rmSync(join(root, 'bus/usb/devices/1-4'))
    expect(await new LinuxSysfs(root).list()).toEqual({ ports: [], usb: [] })
  })

  it('are not to be had where the system shows none', async () => {
    expect(await new LinuxSysfs('/nowhere').list()).toBeNull()
  })
})
