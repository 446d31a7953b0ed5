import { describe, expect, it } from 'vitest'
import {
  type ListenerName,
  type RigListeners,
  startOnFreePorts,
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
        const context = { port: address.port }
        return Promise.reject(new HeadframeError('listen/port-taken', 'taken', { context }))
      }
      had[name] = address && { ...address, port: address.port === 0 ? 40_000 : address.port }
    }
    return Promise.resolve(had as RigListeners)
  }
  return { attempts, start }
}

describe('listening for rigs', () => {
  it('begins where it was asked to', async () => {
    const { start } = machine()
    expect(await startOnFreePorts({ listeners: wanted, mayMove: () => false }, start)).toEqual(wanted)
  })

  it('in practice, begins beside a real farm that has both ports', async () => {
    const { start, attempts } = machine(3333, 3336)
    const had = await startOnFreePorts({ listeners: wanted, mayMove: () => true }, start)
    expect(had).toEqual({ stratum: at(40_000), stratumV2: at(40_000), stratumWs: null })
    expect(attempts).toHaveLength(3)
  })

  it('never moves a port that rigs were pointed at', async () => {
    const { start, attempts } = machine(3336)
    const moving = { listeners: wanted, mayMove: (name: ListenerName) => name === 'stratum' }
    await expect(startOnFreePorts(moving, start)).rejects.toThrow('taken')
    expect(attempts).toHaveLength(1)
  })
})
