/**
 * The udev rules file that lets a user of Linux open boards, and keeps ModemManager away from them (asic-serial 8.2).
 * `resources/linux/70-headframe.rules` is this text, for packages; the app shows it with the commands that install it.
 */

/** Below 73, where the tag `uaccess` is acted upon. */
export const UDEV_RULES_NAME = '70-headframe.rules'

interface RuleEntry {
  readonly ids: string
  readonly what: string
}

const entries: readonly RuleEntry[] = [
  { ids: 'c0de:cafe', what: 'Bitaxe with bitaxe-raw, bitcrane' },
  { ids: '1209:256f', what: 'emberOne/00' },
  { ids: '1209:6102', what: 'Bitaxe Gamma with RHAP-D' },
  { ids: '0403:6015', what: 'GekkoScience NewPac, R606, Compac F, R909' },
  { ids: '10c4:ea70', what: 'GekkoScience Compac A1 and A2, Terminus A1 and A2' },
  { ids: '10c4:ea60', what: 'GekkoScience Compac, 2Pac, Terminus; Block Erupter, AntMiner U1 to U3' },
  { ids: '067b:2303', what: 'Icarus' },
  { ids: '1fc9:0083', what: 'Icarus of the Avalon era' },
  { ids: '0403:6001', what: 'Lancelot, Blizzard' },
  { ids: '0403:6014', what: 'Cairnsmore1' },
  { ids: '0403:8350', what: 'Cairnsmore1' },
  { ids: '067b:0230', what: 'Cairnsmore1' },
]

/** @param group whose members may open boards from a session that is not at the machine: `dialout`, on Arch `uucp` */
export function udevRules(group: string): string {
  const boards = entries.flatMap(({ ids, what }) => {
    const [vendor, product] = ids.split(':')
    return [
      `# ${what}`,
      `ATTRS{idVendor}=="${vendor}", ATTRS{idProduct}=="${product}", ENV{HEADFRAME_BOARD}="1"`,
    ]
  })
  return [
    '# Headframe: lets whoever sits at this machine, and members of a group, open USB boards with mining chips.',
    '# Some of them carry bridge chips that other gadgets carry too; those are opened up along with them.',
    '# Install as /etc/udev/rules.d/70-headframe.rules, then unplug the boards and plug them in again.',
    '',
    'ACTION=="remove", GOTO="headframe_end"',
    'SUBSYSTEM!="tty|usb|usb-serial", GOTO="headframe_end"',
    '',
    ...boards,
    '',
    'ENV{HEADFRAME_BOARD}!="1", GOTO="headframe_end"',
    '',
    '# The port, and the device itself for requests that a port cannot send (reset and power lines of sticks).',
    `SUBSYSTEM=="tty", MODE="0660", GROUP="${group}", TAG+="uaccess"`,
    `SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", MODE="0660", GROUP="${group}", TAG+="uaccess"`,
    '# No modem: ModemManager must not send it commands.',
    'SUBSYSTEM=="tty", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1"',
    'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{ID_MM_DEVICE_IGNORE}="1"',
    '# Replies come at once instead of 16 ms later.',
    'SUBSYSTEM=="usb-serial", DRIVER=="ftdi_sio", ATTR{latency_timer}="1"',
    '',
    'LABEL="headframe_end"',
    '',
  ].join('\n')
}

export interface InstallStep {
  /** A sentence. */
  readonly what: string
  /** For a shell; null for what is done by hand. */
  readonly command: string | null
}

/** How to install the rules, for a person to read and copy. */
export function udevInstallSteps(group: string): readonly InstallStep[] {
  return [
    {
      what: 'Write the rules file. It asks for your password.',
      command: `sudo tee /etc/udev/rules.d/${UDEV_RULES_NAME} > /dev/null <<'HEADFRAME'\n${udevRules(group)}HEADFRAME`,
    },
    { what: 'Tell udev that there is a new file.', command: 'sudo udevadm control --reload' },
    {
      what: 'Unplug the board, wait a few seconds and plug it in again. The machine need not be restarted.',
      command: null,
    },
    {
      what: 'Only where Headframe runs without anybody at the screen: make its user a member of the group, then log in again or restart the service.',
      command: `sudo usermod --append --groups ${group} "$USER"`,
    },
  ]
}
