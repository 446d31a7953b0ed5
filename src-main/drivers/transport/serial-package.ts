/** The serialport package, loaded when it is first needed; its absence on a system is a failure in words. */
import { type SerialPort } from 'serialport'
import { errorText, HeadframeError } from '../../base/index.ts'
import { type PortRow } from '../discovery/list-devices.ts'

/** @throws HeadframeError `port/open-failed` */
export async function loadSerialPort(path: string): Promise<typeof SerialPort> {
  try {
    return (await import('serialport')).SerialPort
  } catch (cause) {
    throw new HeadframeError(
      'port/open-failed',
      `${path} could not be opened: this copy of Headframe has no serial port support for this system. Install Headframe again.`,
      { context: { port: path, system: errorText(cause) }, cause },
    )
  }
}

/** All ports of this system. Touches none of them. @throws HeadframeError `port/list-failed` */
export async function listSerialPorts(): Promise<readonly PortRow[]> {
  try {
    const { SerialPort } = await import('serialport')
    return await SerialPort.list()
  } catch (cause) {
    throw new HeadframeError(
      'port/list-failed',
      `The system does not list its ports: ${errorText(cause)}. Devices that are plugged in now are not found until it does.`,
      { cause },
    )
  }
}
