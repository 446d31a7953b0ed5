/** One way to open a port, whatever stands behind it: a tty of the system or a channel to a simulated board. */
import { type OpenPort } from '../model/byte-link.ts'
import { type ChannelPorts } from './channel-ports.ts'
import { openSerialLink, type SerialEnvironment } from './serial-link.ts'

/** @param channels the ports of this thread that are no tty */
export function createOpenPort(channels: ChannelPorts, environment: SerialEnvironment): OpenPort {
  return (address, line) =>
    address.kind === 'tty'
      ? openSerialLink(address.path, line, environment)
      : channels.open(address.name, line)
}
