/** A pool to be written, in the parts in which AxeOS and its forks keep one. Pure. */
import { notSupported } from './offer.ts'
import { type PoolTarget } from './family.ts'
import { type AxePoolText } from './readings/axe-info.ts'

/** What these firmwares take for "no password": they do not keep an empty one. */
const NO_PASSWORD = 'x'

export interface AxeTarget extends AxePoolText {
  readonly user: string
  readonly password: string
}

/** What the firmware can connect to. */
export interface AxeTransports {
  readonly tls: boolean
  readonly sv2: boolean
}

/** @throws HeadframeError `rig/not-supported` for a kind of pool that this firmware has no word for */
export function axeTarget({ url, user, password }: PoolTarget, can: AxeTransports): AxeTarget {
  const match = /^stratum(2)?\+(tcp|ssl|tls):\/\/(\[[^\]]+\]|[^/:]+):(\d{1,5})(?:\/([^/?#]*))?$/i.exec(
    url.trim(),
  )
  if (match === null) {
    throw notSupported(
      `This rig mines over stratum+tcp://host:port and its kin, and ${url} is none of them. Choose another address of that pool, or send the rig to Headframe.`,
    )
  }
  const sv2 = match[1] === '2'
  const tls = !sv2 && match[2]?.toLowerCase() !== 'tcp'
  if (sv2 && !can.sv2) {
    throw notSupported(
      'The firmware of this rig speaks no Stratum V2. Give it a stratum+tcp:// address, update it, or send it to Headframe.',
    )
  }
  if (tls && !can.tls) {
    throw notSupported(
      'The firmware of this rig speaks no TLS. Give it a stratum+tcp:// address, update it, or send it to Headframe.',
    )
  }
  return {
    host: (match[3] ?? '').replace(/^\[|\]$/g, ''),
    port: Number(match[4]),
    sv2,
    tls,
    authorityKey: sv2 ? (match[5] ?? '') : '',
    user,
    password: password === '' ? NO_PASSWORD : password,
  }
}

/** Whether two are the same place and account, whatever the password. */
export function sameTarget(
  a: AxePoolText & { readonly user: string },
  b: AxePoolText & { readonly user: string },
): boolean {
  return (
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    a.user === b.user &&
    a.sv2 === b.sv2 &&
    a.tls === b.tls &&
    a.authorityKey === b.authorityKey
  )
}
