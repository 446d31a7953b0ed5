import { describe, expect, it } from 'vitest'
import { SELDOM_EVERY_MS, SeldomLink, SeldomReplies } from '../../../../src-main/fleet/polling/seldom-link.ts'
import { type RigLink } from '../../../../src-main/fleet/transport/rig-link.ts'

interface Bench {
  readonly link: RigLink
  readonly replies: SeldomReplies
  /** What went to the rig. */
  readonly asked: string[]
  nowMs: number
  status: number
}

function bench(seldom: readonly string[]): Bench {
  const asked: string[] = []
  const state = { nowMs: 0, status: 200 }
  const rig: RigLink = {
    address: { host: '192.0.2.1', port: null },
    credentials: null,
    http(request) {
      asked.push(request.path)
      return Promise.resolve({ status: state.status, headers: {}, body: new Uint8Array([asked.length]) })
    },
    rpc(request) {
      asked.push(request)
      return Promise.resolve(new Uint8Array([asked.length]))
    },
    frame(request) {
      asked.push(request)
      return Promise.resolve(new Uint8Array([asked.length]))
    },
  }
  const replies = new SeldomReplies()
  const link = new SeldomLink({ link: rig, replies, seldom, monotonicMs: () => state.nowMs })
  return Object.assign(state, { link, replies, asked })
}

describe('a link that asks some things seldom', () => {
  it('asks them once, and again when the answer is old', async () => {
    const here = bench(['GET /capabilities'])
    for (let n = 0; n < 3; n++) {
      expect([...(await here.link.http({ path: '/capabilities' })).body]).toEqual([1])
      here.nowMs += SELDOM_EVERY_MS / 4
    }
    here.nowMs = SELDOM_EVERY_MS
    await here.link.http({ path: '/capabilities' })
    expect(here.asked).toEqual(['/capabilities', '/capabilities'])
  })

  it('asks everything else every time', async () => {
    const here = bench(['GET /capabilities', 'rpc version'])
    for (let n = 0; n < 2; n++) {
      await here.link.http({ path: '/summary' })
      await here.link.http({ method: 'POST', path: '/capabilities' })
      await here.link.rpc('{"command":"summary"}')
      await here.link.frame('{"cmd":"version"}')
    }
    expect(here.asked.length).toBe(8)
  })

  it('takes a command with another parameter for another question, in JSON and as text', async () => {
    const here = bench(['rpc ascset 0,help', 'rpc version'])
    const requests = [
      '{"command":"ascset","parameter":"0,help"}',
      'ascset|0,help',
      '{"command":"ascset","parameter":"0,led,1-1"}',
      'ascset|0,reboot,0',
      '{"command":"version","parameter":"x"}',
      '{"command":"version"}',
    ]
    for (const request of requests) await here.link.rpc(request)
    for (const request of requests) await here.link.rpc(request)
    expect(here.asked).toEqual([...requests, ...requests.slice(2, 5)])
  })

  it('keeps no refusal', async () => {
    const here = bench(['GET /capabilities'])
    here.status = 503
    await here.link.http({ path: '/capabilities' })
    here.status = 200
    expect((await here.link.http({ path: '/capabilities' })).status).toBe(200)
    expect(here.asked.length).toBe(2)
  })

  it('forgets all of it when it is told that the rig may have changed', async () => {
    const here = bench(['rpc version'])
    await here.link.rpc('{"command":"version"}')
    here.replies.clear()
    await here.link.rpc('{"command":"version"}')
    expect(here.asked.length).toBe(2)
  })
})
