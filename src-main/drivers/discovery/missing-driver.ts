/** What to do when a board is plugged in and has no port: the words for each system (asic-serial 8.3, 8.4). Pure. */
import { type AttachedDevice } from '../model/usb.ts'

interface BridgeDriver {
  /** Of the kernel of Linux. */
  readonly module: string
  /** Where Windows and older releases of macOS get it from. */
  readonly maker: string
}

const SILICON_LABS: BridgeDriver = { module: 'cp210x', maker: 'Silicon Labs (CP210x VCP)' }
const FTDI: BridgeDriver = { module: 'ftdi_sio', maker: 'FTDI (VCP)' }
const PROLIFIC: BridgeDriver = { module: 'pl2303', maker: 'Prolific (PL2303)' }

const drivers: ReadonlyMap<number | null, BridgeDriver> = new Map([
  [0x10c4, SILICON_LABS],
  [0x0403, FTDI],
  [0x067b, PROLIFIC],
])

/** @param portsNeeded how many ports make the board; it has fewer */
export function missingDriver(
  device: AttachedDevice,
  portsNeeded: number,
  platform: NodeJS.Platform,
): string {
  if (device.ports.length > 0) {
    return `Only ${device.ports.length} of its ${portsNeeded} ports are there. Unplug it, wait a few seconds and plug it in again, into another socket if that does not help.`
  }
  const driver = drivers.get(device.vendorId)
  if (platform === 'win32') return windows(driver)
  if (platform === 'darwin') return mac(driver)
  return linux(driver)
}

function windows(driver: BridgeDriver | undefined): string {
  const back =
    'In the Device Manager, open it under “Universal Serial Bus devices”, choose “Uninstall device” with “Delete the driver software”, then unplug it and plug it in again.'
  const source =
    driver === undefined
      ? 'Windows 10 and later then use their own driver for it.'
      : `Windows Update then installs the driver of ${driver.maker}; if it does not, get it from the maker.`
  return `Windows shows it without a COM port: most likely Zadig once gave it the WinUSB driver, as cgminer wants it, and a device has one or the other. ${back} ${source}`
}

function mac(driver: BridgeDriver | undefined): string {
  if (driver === undefined) {
    return 'macOS made no port of it. Unplug it and plug it in again, without a hub if there is one.'
  }
  return `macOS made no port of it. Recent releases carry the driver; on others, install the one of ${driver.maker}, allow it in the system settings under Privacy & Security, and plug the device in again.`
}

function linux(driver: BridgeDriver | undefined): string {
  const module = driver?.module ?? 'cdc_acm'
  return `The kernel made no port of it: another mining program may have taken it (cgminer and bfgminer do), brltty may have, or the kernel lacks the driver ${module}. Close such programs, unplug the device and plug it in again; “sudo modprobe ${module}” loads the driver.`
}
