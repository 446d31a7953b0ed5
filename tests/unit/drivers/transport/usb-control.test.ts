import { describe, expect, it } from 'vitest'
import { type AttachedDevice, type VendorRequest } from '../../../../src-main/drivers/model/usb.ts'
import { createOpenUsbControl } from '../../../../src-main/drivers/transport/usb-control.ts'
import {
  listUsbHandles,
  onUsbChange,
  type UsbHandle,
  usbRow,
} from '../../../../src-main/drivers/transport/usb-package.ts'

const device: AttachedDevice = {
  key: '10c4:ea70:GS-1',
  vendorId: 0x10c4,
  productId: 0xea70,
  manufacturer: 'Silicon Labs',
  product: 'GekkoScience Compac A1',
  serialNumber: 'GS-1',
  bcdDevice: 0x0100,
  ports: [],
}

/** The CP2105's latch, chips on. */
const latch: VendorRequest = {
  recipient: 'interface',
  request: 0xff,
  value: 0x37e1,
  index: 0,
  data: Uint8Array.of(0x07, 0x00),
}

/** FTDI's bit mode, reset line high. */
const bitMode: VendorRequest = {
  recipient: 'device',
  request: 0x0b,
  value: 0x20f2,
  index: 0,
  data: new Uint8Array(0),
}

/** A device that behaves as the package was read to: which interfaces the system keeps, and what was done. */
function pretendHandle(
  options: {
    kept?: number[]
    interfaces?: number[]
    openError?: string
    claimError?: string
    transferError?: string
    serialNumber?: string | null
    ports?: number[]
  } = {},
): { handle: UsbHandle; done: string[] } {
  const interfaces = options.interfaces ?? [0, 1]
  const kept = new Set(options.kept ?? interfaces)
  const claimed = new Set<number>()
  const done: string[] = []
  const handle: UsbHandle = {
    vendorId: 0x10c4,
    productId: 0xea70,
    deviceVersionMajor: 1,
    deviceVersionMinor: 0,
    deviceVersionSubminor: 0,
    manufacturerName: 'Silicon Labs',
    productName: 'GekkoScience Compac A1',
    serialNumber: options.serialNumber === undefined ? 'GS-1' : options.serialNumber,
    bus: '001',
    address: 7,
    ports: options.ports ?? [4],
    async open() {
      if (options.openError !== undefined) throw new Error(options.openError)
      done.push('open')
    },
    async close() {
      done.push('close')
    },
    async claimInterface(number) {
      if (!interfaces.includes(number))
        throw new Error('claimInterface error: interface not found (errno 22)')
      if (options.claimError !== undefined) throw new Error(options.claimError)
      if (kept.has(number)) throw new Error('claimInterface error: interface is busy (errno 16)')
      claimed.add(number)
      done.push(`claim ${number}`)
    },
    async releaseInterface(number) {
      claimed.delete(number)
      done.push(`release ${number}`)
    },
    async detachKernelDriver(number) {
      kept.delete(number)
      done.push(`detach ${number}`)
    },
    async attachKernelDriver(number) {
      kept.add(number)
      done.push(`attach ${number}`)
    },
    async nativeControlTransferOut(setup, _timeoutMs, data) {
      if (setup.recipient === 'interface' && claimed.size === 0) {
        throw new Error('controlTransferOut error: invalid state')
      }
      if (options.transferError !== undefined) throw new Error(options.transferError)
      const hex = [setup.request, setup.value, setup.index].map((value) => value.toString(16)).join(' ')
      done.push(`${setup.requestType} ${setup.recipient} ${hex} +${data.byteLength}`)
      return data.byteLength
    },
  }
  return { handle, done }
}

const opened = (platform: NodeJS.Platform, ...handles: UsbHandle[]) =>
  createOpenUsbControl(platform, () => Promise.resolve(handles))(device)

describe('vendor requests on Linux', () => {
  it('to the device are sent without touching the drivers of its ports', async () => {
    const { handle, done } = pretendHandle()
    const control = await opened('linux', handle)
    await control.vendorOut(bitMode)
    await control.close()
    expect(done).toEqual(['open', 'vendor device b 20f2 0 +0', 'close'])
  })

  it('to an interface borrow the other one, and give it back', async () => {
    const { handle, done } = pretendHandle()
    const control = await opened('linux', handle)
    await control.vendorOut(latch)
    expect(done).toEqual([
      'open',
      'detach 1',
      'claim 1',
      'vendor interface ff 37e1 0 +2',
      'release 1',
      'attach 1',
    ])
  })

  it('to an interface of a device that has only one borrow that', async () => {
    const { handle, done } = pretendHandle({ interfaces: [0] })
    const control = await opened('linux', handle)
    await control.vendorOut(latch)
    expect(done.slice(1, 3)).toEqual(['detach 0', 'claim 0'])
    expect(done.at(-1)).toBe('attach 0')
  })

  it('leave the drivers alone where no driver has an interface', async () => {
    const { handle, done } = pretendHandle({ kept: [] })
    const control = await opened('linux', handle)
    await control.vendorOut(latch)
    expect(done.slice(1)).toEqual(['claim 1', 'vendor interface ff 37e1 0 +2', 'release 1'])
  })

  it('give the port back to its driver though the request failed', async () => {
    const { handle, done } = pretendHandle({ transferError: 'controlTransferOut error: endpoint stalled' })
    const control = await opened('linux', handle)
    await expect(control.vendorOut(latch)).rejects.toMatchObject({ code: 'usb/transfer-failed' })
    expect(done.slice(-2)).toEqual(['release 1', 'attach 1'])
  })

  it('are sent one after another', async () => {
    const { handle, done } = pretendHandle()
    const control = await opened('linux', handle)
    await Promise.all([control.vendorOut(latch), control.vendorOut(bitMode), control.close()])
    expect(done.slice(1)).toEqual([
      'detach 1',
      'claim 1',
      'vendor interface ff 37e1 0 +2',
      'release 1',
      'attach 1',
      'vendor device b 20f2 0 +0',
      'close',
    ])
  })

  it('that are not allowed say what to install', async () => {
    const { handle } = pretendHandle({ openError: 'open error: permission denied (errno 13)' })
    await expect(opened('linux', handle)).rejects.toMatchObject({
      code: 'usb/no-access',
      message: expect.stringContaining('udev rule'),
    })
  })

  it('are refused after closing', async () => {
    const control = await opened('linux', pretendHandle().handle)
    await control.close()
    await control.close()
    await expect(control.vendorOut(bitMode)).rejects.toMatchObject({ code: 'usb/closed' })
  })
})

describe('vendor requests elsewhere', () => {
  it('say on Windows that the driver of the port stands in the way', async () => {
    const { handle, done } = pretendHandle({
      claimError: 'claimInterface error: incompatible driver is installed for this device',
    })
    const control = await opened('win32', handle)
    for (const request of [bitMode, latch]) {
      await expect(control.vendorOut(request)).rejects.toMatchObject({
        code: 'usb/wrong-driver',
        message: expect.stringMatching(/WinUSB.*COM port/),
      })
    }
    expect(done).toEqual(['open'])
  })

  it('go on Windows through a claimed interface where WinUSB has the device', async () => {
    const { handle, done } = pretendHandle({ kept: [] })
    const control = await opened('win32', handle)
    await control.vendorOut(bitMode)
    expect(done.slice(1)).toEqual(['claim 0', 'vendor device b 20f2 0 +0', 'release 0'])
  })

  it('say on macOS that the system keeps the device', async () => {
    const { handle } = pretendHandle()
    const control = await opened('darwin', handle)
    await control.vendorOut(bitMode)
    await expect(control.vendorOut(latch)).rejects.toMatchObject({ code: 'usb/wrong-driver' })
  })
})

describe('the device that requests are sent to', () => {
  it('is the one of that serial number', async () => {
    const [other, own] = [pretendHandle({ serialNumber: 'GS-2' }), pretendHandle({ ports: [5] })]
    const control = await opened('linux', other.handle, own.handle)
    await control.vendorOut(bitMode)
    expect([other.done.length, own.done.length]).toEqual([0, 2])
  })

  it('is the one that is plugged in there, where no serial number tells', async () => {
    const [at4, at5] = [
      pretendHandle({ serialNumber: null, ports: [4] }),
      pretendHandle({ serialNumber: null, ports: [5] }),
    ]
    const open = createOpenUsbControl('linux', () => Promise.resolve([at5.handle, at4.handle]))
    await open({ ...device, serialNumber: null, key: '10c4:ea70@1-5' })
    expect([at4.done, at5.done]).toEqual([[], ['open']])
  })

  it('is none rather than the wrong one', async () => {
    const twins = [4, 5].map((port) => pretendHandle({ serialNumber: null, ports: [port] }).handle)
    await expect(opened('linux', ...twins)).rejects.toMatchObject({ code: 'usb/not-found' })
    await expect(opened('linux', pretendHandle({ serialNumber: 'GS-9' }).handle)).rejects.toMatchObject({
      code: 'usb/not-found',
    })
  })
})

describe('the words of a device about itself', () => {
  it('carry its release as binary coded decimal', () => {
    const { handle } = pretendHandle()
    expect(
      usbRow({ ...handle, deviceVersionMajor: 5, deviceVersionMinor: 1, deviceVersionSubminor: 2 }),
    ).toEqual({
      vendorId: 0x10c4,
      productId: 0xea70,
      bcdDevice: 0x0512,
      manufacturer: 'Silicon Labs',
      product: 'GekkoScience Compac A1',
      serialNumber: 'GS-1',
      place: '1-4',
    })
  })

  it('are null where they cannot be read', () => {
    const { handle } = pretendHandle()
    const shy: UsbHandle = {
      ...handle,
      get productName(): string {
        throw new Error('open error: permission denied')
      },
      manufacturerName: ' ',
    }
    expect(usbRow(shy)).toMatchObject({ product: null, manufacturer: null })
  })
})

describe('the real package', () => {
  it('lists what there is, or says in words that it cannot', async () => {
    const outcome = await listUsbHandles().then(
      (handles) => handles.map(usbRow).every(({ vendorId }) => vendorId >= 0),
      (error: unknown) => error,
    )
    if (outcome !== true) expect(outcome).toMatchObject({ code: 'usb/unavailable' })
  })

  it('is listened to and left without a trace', async () => {
    const stop = onUsbChange(() => undefined)
    stop()
    stop()
    const again = onUsbChange(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 50))
    again()
  })
})
