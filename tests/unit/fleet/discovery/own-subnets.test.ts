import { type NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { ownSubnets } from '../../../../src-main/fleet/discovery/own-subnets.ts'

const ipv4 = (address: string, netmask: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask,
  family: 'IPv4',
  mac: '02:00:00:00:00:01',
  internal,
  cidr: null,
})

describe('own subnets', () => {
  it('proposes the network of each interface, without loopback', () => {
    expect(
      ownSubnets({
        lo: [ipv4('127.0.0.1', '255.0.0.0', true)],
        eth0: [ipv4('192.168.1.20', '255.255.255.0')],
      }),
    ).toEqual([
      {
        target: '192.168.1.0/24',
        label: 'eth0, this machine is 192.168.1.20',
        addresses: 254,
        preferred: true,
      },
    ])
  })

  it('proposes the /24 around the own address where the network is huge, and smaller networks whole', () => {
    const targets = ownSubnets({
      eth0: [ipv4('10.7.3.9', '255.255.0.0')],
      eth1: [ipv4('192.168.6.9', '255.255.252.0')],
      eth2: [ipv4('172.20.1.70', '255.255.255.192')],
    }).map(({ target, addresses }) => [target, addresses])
    expect(targets).toEqual([
      ['10.7.3.0/24', 254],
      ['192.168.4.0/22', 1022],
      ['172.20.1.64/26', 62],
    ])
  })

  it('puts virtual machines, containers, tunnels and unconfigured networks last', () => {
    const found = ownSubnets({
      docker0: [ipv4('172.17.0.1', '255.255.0.0')],
      'vEthernet (WSL)': [ipv4('172.28.0.1', '255.255.240.0')],
      tailscale0: [ipv4('100.101.1.2', '255.255.255.0')],
      eth1: [ipv4('169.254.9.9', '255.255.0.0')],
      eth2: [ipv4('100.101.7.2', '255.255.255.0')],
      wlan0: [ipv4('192.168.178.4', '255.255.255.0')],
    })
    expect(found[0]?.target).toBe('192.168.178.0/24')
    expect(found.map(({ preferred }) => preferred)).toEqual([true, false, false, false, false, false])
  })

  it('names a network once when two interfaces are in it', () => {
    const found = ownSubnets({
      'br-12': [ipv4('192.168.1.2', '255.255.255.0')],
      eth0: [ipv4('192.168.1.3', '255.255.255.0')],
    })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ label: 'eth0, this machine is 192.168.1.3', preferred: true })
  })

  it('leaves out public networks, lines between two ends, and IPv6', () => {
    expect(
      ownSubnets({
        eth0: [ipv4('203.0.113.4', '255.255.255.0'), ipv4('10.0.0.1', '255.255.255.255')],
        eth1: [{ ...ipv4('fd00::1', 'ffff:ffff:ffff:ffff::'), family: 'IPv6', scopeid: 0 }],
        eth2: undefined,
      }),
    ).toEqual([])
  })
})
