import { describe, expect, it } from 'vitest'
import { agentOf, limitsOf } from '../../../../src-main/proxy/downstream/sv2-firmware.ts'
import { type SetupConnection } from '../../../../src-main/sv2/index.ts'

const setup = (vendor: string, hardwareVersion = '', firmware = ''): SetupConnection => ({
  name: 'SetupConnection',
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '',
  endpointPort: 0,
  vendor,
  hardwareVersion,
  firmware,
  deviceId: '',
})

describe('what a peer calls itself', () => {
  it.each([
    [setup('bitaxe', '601', 'v2.9'), 'bitaxe 601 v2.9'],
    [setup('', ' ', ''), null],
    [setup('SRI'), 'SRI'],
    [setup('x'.repeat(255), 'y'.repeat(255)), 'x'.repeat(120)],
  ])('is one text', (message, agent) => expect(agentOf(message)).toBe(agent))
})

describe('limits of firmware', () => {
  it.each(['bitaxe 601', 'ESP-Miner', 'NerdQAxe++ 1.0', 'NerdOctaxe'])('are known of %s', (agent) => {
    expect(limitsOf(agent)).toEqual({ maxPayloadLength: 8192, maxMerkleNodes: 20, takesNewPrefix: false })
  })

  it.each([null, 'SRI translator_sv2', 'Braiins OS', 'headframe'])('are none of %s', (agent) => {
    expect(limitsOf(agent)).toEqual({
      maxPayloadLength: Infinity,
      maxMerkleNodes: Infinity,
      takesNewPrefix: true,
    })
  })
})
