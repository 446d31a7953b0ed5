/**
 * Which networks of this machine to propose for a search. Pure: what the system says of its interfaces is passed in.
 * A large network is proposed as the /24 around the own address: routers rarely give out more, and trying 65,534
 * addresses takes minutes. Interfaces of virtual machines, containers and tunnels are proposed last.
 */
import { type NetworkInterfaceInfo } from 'node:os'
import { parseAddress } from '../../net/index.ts'
import { allowedHosts, parseTargets, SHARED_ADDRESS_RANGE_TEXT } from './targets.ts'

export interface SubnetSuggestion {
  /** As `parseTargets` reads it. */
  readonly target: string
  /** For a person: interface and own address. */
  readonly label: string
  readonly addresses: number
  /** Whether rigs are likely there. */
  readonly preferred: boolean
}

/** Networks up to this size are proposed whole. */
const LARGEST_WHOLE_BITS = 22
const AROUND_BITS = 24

/** Names that containers, hypervisors, tunnels and overlay networks give their interfaces, on any platform. */
const VIRTUAL_NAME =
  /^(?:docker|br-|bridge\d|veth|virbr|vnet|vmnet|vboxnet|vmenet|lxc|lxd|podman|cni|cali|flannel|kube|dummy|tun|tap|utun|wg|zt|tailscale|nebula|ppp|ipsec|awdl|llw|anpi)|vEthernet|Hyper-V|VirtualBox|VMware|WSL|Loopback|Bluetooth|TAP-|OpenVPN|WireGuard|ZeroTier|Tailscale/i

/**
 * @param interfaces of `os.networkInterfaces()`
 * @returns IPv4 networks of private and shared addresses, each once, likely ones first
 */
export function ownSubnets(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): SubnetSuggestion[] {
  const allowed = allowedHosts([])
  const found = new Map<string, SubnetSuggestion>()
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    for (const { family, address, netmask, internal } of addresses) {
      if (internal || family !== 'IPv4' || !allowed(address)) continue
      const target = networkAround(address, netmask)
      if (target === null) continue
      const label = `${name}, this machine is ${address}`
      const preferred = !VIRTUAL_NAME.test(name) && !isUnlikely(address)
      const before = found.get(target)
      found.set(target, {
        target,
        label: before === undefined || (preferred && !before.preferred) ? label : before.label,
        addresses: parseTargets([target]).length,
        preferred: preferred || before?.preferred === true,
      })
    }
  }
  return [...found.values()].sort((a, b) => Number(b.preferred) - Number(a.preferred))
}

/** Null for networks without room for another machine. */
function networkAround(address: string, netmask: string): string | null {
  const mask = parseAddress(netmask)
  const own = parseAddress(address)
  if (mask?.length !== 4 || own?.length !== 4) return null
  const ones = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const maskBits = ones.indexOf('0') < 0 ? 32 : ones.indexOf('0')
  if (maskBits > 30) return null
  const bits = maskBits < LARGEST_WHOLE_BITS ? AROUND_BITS : maskBits
  const network = [...own].map((byte, i) => {
    const left = Math.min(8, Math.max(0, bits - 8 * i))
    return byte & (0xff00 >> left) & 0xff
  })
  return `${network.join('.')}/${String(bits)}`
}

/** Addresses of an overlay network, or of a machine that was given none. */
function isUnlikely(address: string): boolean {
  const [a = 0, b = 0] = parseAddress(address) ?? []
  const [sharedA, sharedB] = SHARED_ADDRESS_RANGE_TEXT.split('.').map(Number)
  return (a === 169 && b === 254) || (a === sharedA && (b & 0xc0) === sharedB)
}
