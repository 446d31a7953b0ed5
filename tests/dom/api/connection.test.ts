import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createConnection, retryDelayMs, type Connection, type ConnectionState } from '@/api/connection.ts'
import { DisconnectedError } from '@/api/problem.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pass, useFakeClock } from '../mount-app.ts'

describe('the connection', () => {
  let core: PretendCore
  let connection: Connection
  let seen: ConnectionState['phase'][]
  beforeEach(() => {
    useFakeClock()
    core = new PretendCore()
    connection = createConnection({ transport: core, random: () => 0.5 })
    seen = []
    connection.onChange((state) => seen.push(state.phase))
  })
  afterEach(() => {
    connection.stop()
    vi.useRealTimers()
  })

  it('is live once the first call was answered', async () => {
    connection.start()
    expect(connection.state.value.phase).toBe('connecting')
    await pass()
    expect(seen).toEqual(['connecting', 'live'])
    expect(await connection.client.app.health()).toMatchObject({ status: 'ok' })
  })

  it('tries again with growing pauses, up to ten seconds', async () => {
    core.refuse('unreachable')
    connection.start()
    const pauses: number[] = []
    for (let attempt = 1; attempt <= 7; attempt++) {
      await pass()
      const state = connection.state.value
      if (state.phase !== 'disconnected') throw new Error(state.phase)
      expect(state.attempt).toBe(attempt)
      pauses.push(Math.round((state.retryAt - Date.now()) / 100) * 100)
      await pass(state.retryAt - Date.now())
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  })

  it('spreads its attempts', () => {
    expect(retryDelayMs(1, 0)).toBe(400)
    expect(retryDelayMs(1, 1)).toBe(600)
    expect(retryDelayMs(1000, 0.5)).toBe(10_000)
  })

  it('refuses a call at once while there is no link, rather than sending it later', async () => {
    await expect(connection.client.pools.activate({ id: 'a' })).rejects.toBeInstanceOf(DisconnectedError)
    connection.start()
    await pass()
    expect(core.callsOf('pools.activate')).toEqual([])
  })

  it('comes back by itself after the link was lost', async () => {
    connection.start()
    await pass()
    core.cut()
    await pass()
    expect(connection.state.value.phase).toBe('disconnected')
    await pass(600)
    expect(seen).toEqual(['connecting', 'live', 'disconnected', 'connecting', 'live'])
  })

  it('stops asking when it is not authorised, until told to try', async () => {
    core.refuse('unauthorised')
    connection.start()
    await pass(120_000)
    expect(connection.state.value.phase).toBe('unauthorised')
    expect(core.openings).toBe(1)
    core.refuse(null)
    connection.retryNow()
    await pass()
    expect(connection.state.value.phase).toBe('live')
  })

  it('will not drive another version than the page was made for', async () => {
    connection.start()
    await pass()
    core.info = { ...core.info, version: '9.9.9' }
    core.cut()
    await pass(600)
    expect(connection.state.value).toEqual({
      phase: 'incompatible',
      pageVersion: '0.1.0',
      coreVersion: '9.9.9',
    })
    core.cut()
    await pass(60_000)
    expect(connection.state.value.phase).toBe('incompatible')
  })

  it('treats a link that cannot answer the first call as no link', async () => {
    core.answerNext('app.info', () => new Error('not ready'))
    connection.start()
    await pass()
    expect(connection.state.value.phase).toBe('disconnected')
    await pass(600)
    expect(connection.state.value.phase).toBe('live')
  })

  it('leaves nothing running when stopped', async () => {
    connection.start()
    await pass()
    connection.stop()
    core.cut()
    await pass(60_000)
    expect(core.openings).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
