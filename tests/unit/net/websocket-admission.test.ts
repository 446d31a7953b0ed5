import { describe, expect, it } from 'vitest'
import {
  type Admission,
  type AdmissionRules,
  judgeUpgrade,
  type UpgradeRequest,
} from '../../../src-main/net/websocket-admission.ts'

const RULES: AdmissionRules = {
  allowedOrigins: ['https://farm.example'],
  allowedHosts: ['headframe.local'],
  pathToken: null,
}
const REQUEST: UpgradeRequest = {
  path: '/',
  host: '192.168.1.10:3337',
  origin: undefined,
  subprotocols: 'stratum1-json.v1',
}

const judge = (request: Partial<UpgradeRequest>, rules: Partial<AdmissionRules> = {}): Admission =>
  judgeUpgrade({ ...RULES, ...rules }, { ...REQUEST, ...request })
const status = (admission: Admission): number => (admission.kind === 'refused' ? admission.status : 101)

describe('admission of a WebSocket', () => {
  it('takes a rig that names an address, a local name or one that is allowed', () => {
    for (const host of [
      '192.168.1.10:3337',
      '127.0.0.1',
      '[::1]:3337',
      '[fd00::10]',
      'localhost:3337',
      'Headframe.local:3337',
    ]) {
      expect(judge({ host }), host).toEqual({ kind: 'admitted', subprotocol: 'stratum1-json.v1' })
    }
  })

  it('refuses a name that is not ours: it may have been made to point here', () => {
    for (const host of ['evil.example', 'headframe.local.evil.example:3337', '192.168.1.10.evil.example']) {
      expect(status(judge({ host })), host).toBe(421)
    }
    expect(judge({ host: 'evil.example' })).toMatchObject({
      message: expect.stringContaining('"evil.example"') as unknown,
    })
  })

  it('refuses a request without a host or with one that is none', () => {
    for (const host of [undefined, '', ':3337', 'a:b:c', '[::1']) {
      expect(status(judge({ host })), String(host)).toBe(400)
    }
  })

  it('refuses every web page but those that are allowed', () => {
    for (const origin of [
      'https://evil.example',
      'http://farm.example',
      'https://farm.example.evil.example',
      'null',
      '',
    ]) {
      expect(status(judge({ origin })), origin).toBe(403)
    }
    expect(status(judge({ origin: 'https://Farm.example' }))).toBe(101)
    expect(status(judge({ origin: 'https://farm.example' }, { allowedOrigins: [] }))).toBe(403)
  })

  it('refuses another path when there is a token, whatever its query', () => {
    const rules = { pathToken: 'a1b2' }
    for (const path of ['/', '/a1b', '/a1b2c', '/a1b2/', '//a1b2', '/x?/a1b2']) {
      expect(status(judge({ path }, rules)), path).toBe(404)
    }
    expect(status(judge({ path: '/a1b2' }, rules))).toBe(101)
    expect(status(judge({ path: '/a1b2?rig=7' }, rules))).toBe(101)
  })

  it('does not give the token away', () => {
    expect(JSON.stringify(judge({ path: '/' }, { pathToken: 'a1b2' }))).not.toContain('a1b2')
  })

  it('takes the first subprotocol that it speaks', () => {
    expect(judge({ subprotocols: 'mqtt, sv2-noise.v1,stratum1-json.v1' })).toEqual({
      kind: 'admitted',
      subprotocol: 'sv2-noise.v1',
    })
  })

  it('names both subprotocols to a peer that asks for none of them', () => {
    for (const subprotocols of [undefined, '', 'mqtt', 'sv2-noise.v2', 'SV2-NOISE.V1']) {
      const admission = judge({ subprotocols })
      expect(status(admission)).toBe(400)
      expect(admission).toMatchObject({ message: expect.stringContaining('sv2-noise.v1') as unknown })
      expect(admission).toMatchObject({ message: expect.stringContaining('stratum1-json.v1') as unknown })
    }
  })
})
