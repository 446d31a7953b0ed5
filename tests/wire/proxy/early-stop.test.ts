/** Headframe is told to stop while it is still starting: a service manager, or a person who thinks better of it. */
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ManualClock, systemEntropy } from '../../../src-main/base/index.ts'
import { createShareChecker } from '../../../src-main/checker/index.ts'
import { ProxyEngine } from '../../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

describe('a proxy that is stopped while it starts', () => {
  it('leaves no port open and no timer behind', async () => {
    const clock = new ManualClock()
    const engine = new ProxyEngine({
      clock,
      entropy: systemEntropy,
      createChecker: createShareChecker,
      userAgent: 'headframe/0.1.0',
      authority: generateAuthorityKeyPair(systemEntropy),
      stratum: LOOPBACK,
      stratumV2: LOOPBACK,
      stratumWs: LOOPBACK,
    })
    const before = clock.pending
    const starting = engine.start([], null)
    await engine.stop()
    await expect(starting).rejects.toMatchObject({ code: 'pool/stopping' })
    const ports = [engine.stratumAddress, engine.stratumV2Address, engine.stratumWsAddress]
    for (const place of ports) if (place !== null) expect(await answers(place.port)).toBe(false)
    expect(clock.pending).toBe(before)
  })
})
