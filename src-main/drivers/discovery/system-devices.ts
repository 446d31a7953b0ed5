/** The devices of this machine, asked of the system: the effectful side of `list-devices.ts`. Touches no device. */
import { type Unsubscribe } from '../../base/index.ts'
import { type AttachedDevice } from '../model/usb.ts'
import { listSerialPorts } from '../transport/serial-package.ts'
import { listUsbHandles, onUsbChange, type UsbHandle, usbRow } from '../transport/usb-package.ts'
import { type DeviceSource } from './hotplug.ts'
import { LinuxSysfs } from './linux-sysfs.ts'
import { listDevices, type UsbRow } from './list-devices.ts'

export interface SystemDevicesOptions {
  readonly platform: NodeJS.Platform
  /** Which vendor and product ids are ours to ask about: no other device is read from. */
  readonly concerns: (vendorId: number, productId: number) => boolean
}

/** All USB devices with ports, and those that concern us without. */
export function createSystemDevices({ platform, concerns }: SystemDevicesOptions): DeviceSource {
  const sysfs = new LinuxSysfs()
  const descriptors = new Descriptors(concerns)
  return {
    name: 'USB',
    /** @throws HeadframeError `port/list-failed` */
    async list(): Promise<readonly AttachedDevice[]> {
      const shown = platform === 'linux' ? await sysfs.list() : null
      if (shown !== null) return listDevices(platform, shown.ports, shown.usb, concerns)
      const [ports, usb] = await Promise.all([listSerialPorts(), descriptors.read()])
      return listDevices(platform, ports, usb, concerns)
    },
    onChange: (listener): Unsubscribe => onUsbChange(listener),
  }
}

/** Reading strings may take a transfer to the device, so it is done once for each that is plugged in. */
class Descriptors {
  readonly #concerns: (vendorId: number, productId: number) => boolean
  #kept = new Map<string, UsbRow>()

  constructor(concerns: (vendorId: number, productId: number) => boolean) {
    this.#concerns = concerns
  }

  async read(): Promise<readonly UsbRow[]> {
    // Without descriptors the ports are still there; what needs strings to be told apart is asked for.
    const handles = await listUsbHandles().catch((): readonly UsbHandle[] => [])
    const kept = new Map<string, UsbRow>()
    for (const handle of handles) {
      if (!this.#concerns(handle.vendorId, handle.productId)) continue
      const id = [handle.bus, handle.address, ...handle.ports, handle.vendorId, handle.productId].join(' ')
      kept.set(id, this.#kept.get(id) ?? usbRow(handle))
    }
    this.#kept = kept
    return [...kept.values()]
  }
}
