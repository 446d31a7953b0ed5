/** What a person should know about USB boards on each system, as data for a screen (asic-serial 8.2 to 8.4, 10). */

export interface PlatformNote {
  readonly title: string
  /** Sentences. */
  readonly text: string
}

const everywhere: readonly PlatformNote[] = [
  {
    title: 'A board is not found',
    text: 'Use a cable from USB-A to USB-C: several Bitaxe boards lack the parts that a C-to-C cable asks for and stay invisible on one. Also try a cable that is known to carry data.',
  },
  {
    title: 'Sticks vanish in pairs',
    text: 'A hub that cannot feed them switches off several at once. Use a hub with a power supply of its own.',
  },
  {
    title: 'After a crash',
    text: 'A Bitaxe goes on with its last job, at its last fan speed, when its port is closed without a farewell. Headframe puts every board into a safe state first when it finds it again; unplug a board that it is not to find again.',
  },
]

const linux: readonly PlatformNote[] = [
  {
    title: 'Permission',
    text: 'Ports belong to the group dialout (uucp on Arch). The udev rules let whoever sits at the machine open boards; a board must be plugged in again after they were installed.',
  },
  {
    title: 'A new board is busy for ten seconds',
    text: 'ModemManager tries whether it is a modem. The udev rules stop that.',
  },
  {
    title: 'A stick has no port, or loses it',
    text: 'brltty takes some USB adapters for Braille displays; remove it if you have none. cgminer and bfgminer take the port away while they run.',
  },
  {
    title: 'Snap and Flatpak',
    text: 'A confined package needs the interfaces raw-usb and serial-port, which its store lets you connect.',
  },
  {
    title: 'Power of Compac A1 and A2',
    text: 'While it is switched, the telemetry port of the stick vanishes for a moment and comes back: that is how the request gets past the driver of the port.',
  },
]

const mac: readonly PlatformNote[] = [
  {
    title: 'Drivers',
    text: 'Recent releases of macOS carry those for FTDI and Silicon Labs adapters. Adapters with Prolific chips may need the driver of their maker.',
  },
  {
    title: 'What macOS does not allow',
    text: 'The system keeps adapters with a port to itself. Headframe therefore cannot switch the power of Compac A1 and A2, nor reset Compac F, NewPac, R606 and R909; the latter mine without it.',
  },
]

const windows: readonly PlatformNote[] = [
  {
    title: 'Drivers',
    text: 'Bitaxe boards need none on Windows 10 and later and appear as two ports named “USB Serial Device”. The drivers for FTDI and Silicon Labs adapters come through Windows Update.',
  },
  {
    title: 'Coming from cgminer',
    text: 'Zadig gave the stick the WinUSB driver, which takes its COM port away. In the Device Manager, uninstall the device with “Delete the driver software”, then plug it in again.',
  },
  {
    title: 'What Windows does not allow',
    text: 'A device has a COM port or takes USB requests, never both. Headframe therefore cannot switch the power of Compac A1 and A2, nor reset Compac F, NewPac, R606 and R909; the latter mine without it.',
  },
  {
    title: 'A board disconnects now and then',
    text: 'In the Device Manager, open the properties of the port and of its hub and forbid Windows to turn them off to save power (selective suspend).',
  },
]

export function platformNotes(platform: NodeJS.Platform): readonly PlatformNote[] {
  if (platform === 'win32') return [...windows, ...everywhere]
  if (platform === 'darwin') return [...mac, ...everywhere]
  return platform === 'linux' ? [...linux, ...everywhere] : everywhere
}
