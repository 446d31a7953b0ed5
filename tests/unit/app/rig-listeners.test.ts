import { describe, expect, it } from 'vitest'
import {
  type ListenerName,
  type RigListeners,
  startListeners,
  type WhenTaken,
} from '../../../src-main/app/rig-listeners.ts'
import { HeadframeError } from '../../../src-main/base/index.ts'

const at = (port: number): { host: string; port: number } => ({ host: '0.0.0.0', port })
const wanted: RigListeners = { stratum: at(3333), stratumV2: at(3336), stratumWs: null }

/** A machine on which some ports are taken; gives 40000 and up for port 0. */
function machine(...taken: number[]) {
  const attempts: RigListeners[] = []
  const start = (listeners: RigListeners): Promise<RigListeners> => {
    attempts.push(listeners)
    const had: Partial<Record<ListenerName, { host: string; port: number } | null>> = {}
    for (const name of ['stratum', 'stratumV2', 'stratumWs'] as const) {
      const address = listeners[name]
      if (address && taken.includes(address.port)) {
        const optionName = { stratum: '--stratum', stratumV2: '--stratum-v2', stratumWs: '--stratum-ws' }[
          name
        ]
        const context = { port: address.port, optionName }
        return Promise.reject(new HeadframeError('listen/port-taken', 'taken', { context }))
      }
      had[name] = address && { ...address, port: address.port === 0 ? 40_000 : address.port }
    }
    return Promise.resolve(had as RigListeners)
  }
  return { attempts, start }
}

/** Listeners as wanted above, and what was left out of them. */
function wish(whenTaken: (name: ListenerName) => WhenTaken) {
  const leftOut: string[] = []
  const onLeftOut = (name: ListenerName, { code }: HeadframeError): void =>
    void leftOut.push(`${name} ${code}`)
  return { leftOut, listeners: wanted, whenTaken, onLeftOut }
}

describe('listening for rigs', () => {
  it('begins where it was asked to', async () => {
    const { start } = machine()
    expect(
      await startListeners(
        wish(() => 'fail'),
        start,
      ),
    ).toEqual(wanted)
  })

  it('in practice, begins beside a real farm that has both ports', async () => {
    const { start, attempts } = machine(3333, 3336)
    const wished = wish(() => 'move')
    const had = await startListeners(wished, start)
    expect(had).toEqual({ stratum: at(40_000), stratumV2: at(40_000), stratumWs: null })
    expect(attempts).toHaveLength(3)
    expect(wished.leftOut).toEqual([])
  })

  it('serves V1 rigs also when the port for V2 is taken, and says what is missing', async () => {
    const { start } = machine(3336)
    const wished = wish((name) => (name === 'stratum' ? 'fail' : 'leave-out'))
    expect(await startListeners(wished, start)).toEqual({ ...wanted, stratumV2: null })
    expect(wished.leftOut).toEqual(['stratumV2 listen/port-taken'])
  })

  it('knows which of two was refused that were given the same port', async () => {
    const attempts: RigListeners[] = []
    const start = (listeners: RigListeners): Promise<RigListeners> => {
      attempts.push(listeners)
      const second = listeners.stratumV2?.port === listeners.stratum?.port
      const context = { port: 3333, optionName: '--stratum-v2' }
      return second
        ? Promise.reject(new HeadframeError('listen/port-taken', 'taken', { context }))
        : Promise.resolve(listeners)
    }
    const both = { ...wish(() => 'leave-out'), listeners: { ...wanted, stratumV2: at(3333) } }
    expect(await startListeners(both, start)).toEqual({ ...wanted, stratumV2: null })
    expect(both.leftOut).toEqual(['stratumV2 listen/port-taken'])
  })

  it('never moves a port that rigs were pointed at', async () => {
    const { start, attempts } = machine(3336)
    const wished = wish((name) => (name === 'stratum' ? 'move' : 'fail'))
    await expect(startListeners(wished, start)).rejects.toThrow('taken')
    expect(attempts).toHaveLength(1)
  })
})
