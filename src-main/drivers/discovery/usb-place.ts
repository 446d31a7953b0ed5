/**
 * Where a device is plugged in, as each system writes it, in one form: the bus, then the sockets from the root to the
 * device, `1-4.2`. A place that starts with `*` lacks its beginning. Pure.
 */

/** @param bus as the usb package names it @param sockets from the root hub on */
export function usbPlace(bus: string, sockets: readonly number[]): string {
  return `${busName(bus)}-${sockets.join('.')}`
}

/** Linux pads bus numbers where sysfs does not: `001` is `1`. */
function busName(bus: string): string {
  return bus.replace(/^0+(?=[0-9a-f])/i, '').toLowerCase()
}

/** @param locationId eight hex digits: the bus in two, then one for each socket; null if it is none */
export function macPlace(locationId: string | undefined): string | null {
  const digits = (locationId ?? '').replace(/^0x/i, '')
  if (!/^[0-9a-f]{1,8}$/i.test(digits)) return null
  const padded = digits.padStart(8, '0')
  const sockets = [...padded.slice(2).replace(/0+$/, '')].map((digit) => Number.parseInt(digit, 16))
  return usbPlace(padded.slice(0, 2), sockets)
}

/**
 * @param location `0000.0014.0000.003.004.000.000.000.000`: controller, then sockets; or `Port_#0003.Hub_#0001`: the
 * last socket alone
 */
export function windowsPlace(location: string | undefined): string | null {
  const text = location ?? ''
  const chain = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}((?:\.\d{3})+)$/i.exec(text)?.[1]
  if (chain !== undefined) {
    const sockets = chain.slice(1).split('.').map(Number)
    while (sockets.at(-1) === 0) sockets.pop()
    return sockets.length === 0 ? null : `*-${sockets.join('.')}`
  }
  const socket = /^Port_#(\d+)\.Hub_#\d+$/i.exec(text)?.[1]
  return socket === undefined ? null : `*${Number(socket)}`
}
