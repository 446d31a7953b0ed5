/** Why a port did not open, in words for the person who plugged it in: what is wrong, and what to do. Pure. */
import { HeadframeError } from '../../base/index.ts'
import { type PortHolder, type PortHolders } from './port-holders.ts'

export type OpenFailureKind = 'not-found' | 'no-access' | 'busy' | 'open-failed'

/** @param text what the system said, in the words of the serialport package */
export function openFailureKind(text: string, platform: NodeJS.Platform): OpenFailureKind {
  if (/no such (file|device)|file not found|not a typewriter|inappropriate ioctl/i.test(text))
    return 'not-found'
  // Windows opens ports for one program only, and says of a second that its access is denied.
  if (/access denied/i.test(text)) return platform === 'win32' ? 'busy' : 'no-access'
  if (/permission denied|not permitted/i.test(text)) return 'no-access'
  if (/cannot lock port|resource busy|resource temporarily unavailable/i.test(text)) return 'busy'
  return 'open-failed'
}

export interface OpenFailure {
  readonly path: string
  /** What the system said. */
  readonly text: string
  readonly platform: NodeJS.Platform
  /** Of a busy port. */
  readonly holders: PortHolders
  /** Our own process. */
  readonly pid: number
  readonly cause: unknown
}

export function openFailureError(failure: OpenFailure): HeadframeError {
  const { path, text, platform, cause } = failure
  const kind = openFailureKind(text, platform)
  const context = { port: path, system: text }
  switch (kind) {
    case 'not-found':
      return new HeadframeError(
        'port/not-found',
        `There is no port ${path} any more. Plug the device in again; if it is plugged in, try another cable or socket.`,
        { context, cause },
      )
    case 'no-access':
      return new HeadframeError('port/no-access', noAccess(path, platform), { context, cause })
    case 'busy': {
      const first = mainHolder(failure)
      return new HeadframeError('port/busy', busy(failure), {
        context: { ...context, holder: first?.name ?? null, holderPid: first?.pid ?? null },
        cause,
      })
    }
    case 'open-failed':
      return new HeadframeError(
        'port/open-failed',
        `${path} could not be opened. The system says: ${text}. Unplug the device, wait a few seconds and plug it in again.`,
        { context, cause },
      )
  }
}

function noAccess(path: string, platform: NodeJS.Platform): string {
  if (platform === 'linux') {
    return `This user may not open ${path}. Install the udev rule that Headframe shows under Devices and plug the device in again, or add the user to the group dialout (uucp on Arch) and log in again.`
  }
  return `This user may not open ${path}. Allow Headframe access to serial ports in the system's settings and plug the device in again.`
}

/** Ourselves, if we are among them: then nobody else is to blame. */
function mainHolder({ holders, pid }: OpenFailure): PortHolder | undefined {
  return holders.holders.find((holder) => holder.pid === pid) ?? holders.holders[0]
}

function busy(failure: OpenFailure): string {
  const { path, platform, holders, pid } = failure
  if (platform !== 'linux') {
    const system = platform === 'win32' ? 'Windows' : 'The system'
    return `${path} is in use by another program. ${system} does not tell which: close other mining software, serial monitors and firmware tools.`
  }
  const first = mainHolder(failure)
  if (first === undefined) {
    return holders.incomplete
      ? `${path} is in use by a program that this user may not look at, most likely one of the system's. ${LIKELY}`
      : `${path} is in use by another program that has gone meanwhile. Try again.`
  }
  if (first.pid === pid) return `${path} is in use by Headframe itself already. Close it there first.`
  const names = holders.holders.slice(0, 3).map(({ name, pid }) => `${name} (process ${pid})`)
  const who = `${path} is in use by ${names.join(' and ')}.`
  const has = (name: string): boolean => holders.holders.some((holder) => holder.name === name)
  if (has('ModemManager')) {
    return `${who} It tries out new ports for modems: wait ten seconds, or install the udev rule that Headframe shows under Devices, which tells it to leave boards alone.`
  }
  if (has('brltty')) {
    return `${who} It takes the adapter for a Braille display: remove brltty if you have none, then plug the device in again.`
  }
  return `${who} Close it, then try again.`
}

const LIKELY =
  'ModemManager tries out new ports for about ten seconds: wait, or install the udev rule that Headframe shows under Devices. brltty keeps adapters that it takes for Braille displays: remove it if you have none.'
