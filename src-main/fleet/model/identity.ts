/**
 * Which rig is which. A MAC address decides, then a serial number, then the address it answers at; an address alone says
 * little, because leases move and boards are swapped. Pure. Governing document: rig API digest, section 7 (id).
 */

/** What tells rigs apart. */
export interface RigTraits {
  /** As the rig spells it; only a real MAC address counts. */
  readonly mac: string | null
  readonly serial: string | null
  readonly host: string
  readonly port: number | null
}

export interface KnownRig extends RigTraits {
  readonly id: string
}

/**
 * new: nobody knows it; `displaces` was known at its address and is another rig. known: it is where it was.
 * elsewhere: known at another address, by what nobody else should have; whether it moved or two share it is seen by
 * asking at the old address.
 */
export type Recognition =
  | { readonly kind: 'new'; readonly displaces: string | null }
  | { readonly kind: 'known'; readonly id: string }
  | { readonly kind: 'elsewhere'; readonly ids: readonly string[]; readonly displaces: string | null }

/** Lower-case colon form; null for what is no MAC address, or one that many have (all zeros, all ones). */
export function realMac(text: string | null): string | null {
  if (text === null) return null
  const digits = text.toLowerCase().replace(/[:\-. ]/g, '')
  if (!/^[0-9a-f]{12}$/.test(digits) || /^(?:0{12}|f{12})$/.test(digits)) return null
  return (digits.match(/../g) ?? []).join(':')
}

/** A serial number that can tell rigs apart; null for blanks, zeros and words that stand for none. */
export function realSerial(text: string | null): string | null {
  const serial = text?.trim() ?? ''
  return serial.length < 4 || /^(?:0+|f+|x+|-+|none|null|n\/a|unknown|default)$/i.test(serial) ? null : serial
}

/** `host`, or `host:port`; IPv6 hosts in brackets where a port follows. */
export function addressText({ host, port }: { readonly host: string; readonly port: number | null }): string {
  if (port === null) return host
  return host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`
}

const sameAddress = (a: RigTraits, b: RigTraits): boolean =>
  a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port

/** The id of a rig that is added now: its MAC address, else its serial number, else where it was found. */
export function idFor(traits: RigTraits, isTaken: (id: string) => boolean): string {
  const serial = realSerial(traits.serial)?.replace(/[^A-Za-z0-9._-]+/g, '-')
  const wanted = realMac(traits.mac) ?? serial ?? addressText(traits)
  if (!isTaken(wanted)) return wanted
  for (let n = 2; ; n++) if (!isTaken(`${wanted}-${String(n)}`)) return `${wanted}-${String(n)}`
}

/** Who a find is, by what is known. */
export function recognise(find: RigTraits, known: readonly KnownRig[]): Recognition {
  const mac = realMac(find.mac)
  const serial = realSerial(find.serial)
  const here = known.filter((rig) => sameAddress(rig, find))
  const same = here.find((rig) => isSame(rig, { mac, serial }) === 'yes')
  if (same) return { kind: 'known', id: same.id }
  const alike = known.filter((rig) => !sameAddress(rig, find) && isSame(rig, { mac, serial }) === 'yes')
  const undecided = here.find((rig) => isSame(rig, { mac, serial }) === 'unclear')
  const displaces = here[0]?.id ?? null
  if (alike.length > 0) return { kind: 'elsewhere', ids: alike.map(({ id }) => id), displaces }
  if (undecided) return { kind: 'known', id: undecided.id }
  return { kind: 'new', displaces }
}

/** Whether what answers at a rig's address is that rig, as far as both say who they are. */
export function isSame(
  known: Pick<RigTraits, 'mac' | 'serial'>,
  seen: Pick<RigTraits, 'mac' | 'serial'>,
): 'yes' | 'no' | 'unclear' {
  const macs = [realMac(known.mac), realMac(seen.mac)]
  if (macs[0] !== null && macs[1] !== null) return macs[0] === macs[1] ? 'yes' : 'no'
  const serials = [realSerial(known.serial), realSerial(seen.serial)]
  if (serials[0] !== null && serials[1] !== null) return serials[0] === serials[1] ? 'yes' : 'no'
  return 'unclear'
}

/**
 * Whether two that share a MAC address and answer at once are one machine with two addresses, not two machines: their
 * serial numbers say so.
 */
export function isOneMachine(known: Pick<RigTraits, 'serial'>, find: Pick<RigTraits, 'serial'>): boolean {
  const serial = realSerial(known.serial)
  return serial !== null && serial === realSerial(find.serial)
}
