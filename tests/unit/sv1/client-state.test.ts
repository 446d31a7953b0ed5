import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src-main/base/index.ts'
import {
  applyPoolLine,
  askForAnswer,
  authorizeUser,
  awaited,
  formatNotify,
  formatSetDifficulty,
  formatSetExtranonce,
  formatSetVersionMask,
  sessionOf,
  startSv1Client,
  submitShare,
  type Sv1ClientEvent,
  type Sv1ClientSettings,
  type Sv1ClientState,
} from '../../../src-main/sv1/index.ts'

const settings: Sv1ClientSettings = {
  host: 'pool.test',
  userAgent: 'headframe/0.1.0',
  user: 'account.farm',
  password: 'x',
  versionRollingMask: 0x1fffe000,
  minBitCount: 16,
  subscribeExtranonce: false,
  suggestDifficulty: null,
  resumeSession: null,
}

const CONFIGURED = '{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}'
const SUBSCRIBED = '{"id":2,"result":[[["mining.notify","s1"]],"08000002",4],"error":null}'
const AUTHORIZED = '{"id":3,"result":true,"error":null}'

function job(jobId: string, cleanJobs = true): string {
  return formatNotify({
    jobId,
    prevHash: new Uint8Array(32),
    coinb1: fromHex('01'),
    coinb2: fromHex('02'),
    merkleBranches: [],
    version: 0x20000000,
    nBits: 0x1b00d7c0,
    ntime: 0x680be961,
    cleanJobs,
  }).trimEnd()
}

/** A client and what came of the lines it was fed. */
class Client {
  state: Sv1ClientState
  readonly sent: string[] = []
  readonly events: Sv1ClientEvent[] = []

  constructor(changes: Partial<Sv1ClientSettings> = {}) {
    const step = startSv1Client({ ...settings, ...changes })
    this.state = step.state
    this.sent.push(...step.send)
  }

  feed(...lines: string[]): Sv1ClientEvent[] {
    const from = this.events.length
    for (const line of lines) {
      const step = applyPoolLine(this.state, line.trimEnd())
      this.state = step.state
      this.sent.push(...step.send)
      this.events.push(...step.events)
    }
    return this.events.slice(from)
  }

  open(): this {
    this.feed(CONFIGURED, SUBSCRIBED, AUTHORIZED)
    return this
  }
}

describe('Stratum V1 client: opening', () => {
  it('configures and subscribes at once, then authorises, then is open', () => {
    const client = new Client()
    expect(client.sent).toEqual([
      '{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":16}]}\n',
      '{"id":2,"method":"mining.subscribe","params":["headframe/0.1.0"]}\n',
    ])
    expect(awaited(client.state)).toBe('mining.subscribe')
    expect(client.feed(CONFIGURED, SUBSCRIBED)).toEqual([])
    expect(client.sent.slice(2)).toEqual([
      '{"id":3,"method":"mining.authorize","params":["account.farm","x"]}\n',
    ])
    expect(awaited(client.state)).toBe('mining.authorize')
    expect(client.feed(AUTHORIZED)).toEqual([
      {
        kind: 'open',
        session: {
          sessionId: 's1',
          extranonce1: fromHex('08000002'),
          extranonce2Size: 4,
          versionMask: 0x1fffe000,
        },
      },
    ])
    expect(awaited(client.state)).toBe(null)
    expect([...client.state.authorizedUsers]).toEqual(['account.farm'])
  })

  it('leaves mining.configure out for pools that hang up on it', () => {
    const client = new Client({ versionRollingMask: 0 })
    expect(client.sent).toEqual(['{"id":1,"method":"mining.subscribe","params":["headframe/0.1.0"]}\n'])
    const events = client.feed(SUBSCRIBED.replace('"id":2', '"id":1'), AUTHORIZED.replace('"id":3', '"id":2'))
    expect(events).toMatchObject([{ kind: 'open', session: { versionMask: 0 } }])
  })

  it('asks for its old session again', () => {
    expect(new Client({ resumeSession: 's1' }).sent[1]).toBe(
      '{"id":2,"method":"mining.subscribe","params":["headframe/0.1.0","s1"]}\n',
    )
  })

  it('asks for extranonce changes and a difficulty before it authorises', () => {
    const client = new Client({ subscribeExtranonce: true, suggestDifficulty: 512 })
    client.feed(CONFIGURED, SUBSCRIBED)
    expect(client.sent.slice(2).map((line) => (JSON.parse(line) as { method: string }).method)).toEqual([
      'mining.extranonce.subscribe',
      'mining.suggest_difficulty',
      'mining.authorize',
    ])
    expect(client.feed('{"id":3,"result":null,"error":[20,"Not supported.",null]}')).toEqual([])
    expect(client.feed('{"id":5,"result":true,"error":null}')).toMatchObject([{ kind: 'open' }])
  })

  it('goes on without version rolling when the pool refuses or ignores mining.configure', () => {
    const refused = new Client()
    refused.feed('{"id":1,"result":null,"error":[20,"Unknown method",null]}', SUBSCRIBED)
    expect(refused.feed(AUTHORIZED)).toMatchObject([{ kind: 'open', session: { versionMask: 0 } }])
    const ignored = new Client()
    ignored.feed(SUBSCRIBED)
    expect(ignored.feed(AUTHORIZED)).toMatchObject([{ kind: 'open', session: { versionMask: 0 } }])
  })

  it('takes up version rolling when the answer comes late', () => {
    const client = new Client()
    client.feed(SUBSCRIBED, AUTHORIZED)
    expect(client.feed(CONFIGURED)).toEqual([{ kind: 'version-mask', mask: 0x1fffe000 }])
    expect(sessionOf(client.state)?.versionMask).toBe(0x1fffe000)
  })

  it('never takes more version bits than it offered', () => {
    const client = new Client()
    client.feed(CONFIGURED.replace('1fffe000', 'ffffffff'), SUBSCRIBED)
    expect(client.feed(AUTHORIZED)).toMatchObject([{ session: { versionMask: 0x1fffe000 } }])
  })

  it('fails with the words of the pool when subscribing is refused', () => {
    expect(new Client().feed('{"id":2,"result":null,"error":[20,"Banned for an hour",null]}')).toEqual([
      { kind: 'failed', reason: 'subscribe-refused', text: 'Banned for an hour' },
    ])
    expect(new Client().feed('{"id":2,"result":[[],"xyz",4],"error":null}')).toMatchObject([
      {
        kind: 'failed',
        reason: 'subscribe-refused',
        text: expect.stringContaining('extranonce1') as unknown,
      },
    ])
  })

  it('fails with the words of the pool when its name is refused', () => {
    const client = new Client()
    client.feed(CONFIGURED, SUBSCRIBED)
    expect(client.feed('{"id":3,"result":null,"error":[24,"Unknown account",null]}')).toEqual([
      { kind: 'failed', reason: 'authorize-refused', text: 'Unknown account' },
    ])
    expect(client.feed(AUTHORIZED, job('1'))).toEqual([])
    expect(awaited(client.state)).toBe(null)
  })

  it('keeps the latest job that comes before the pool has accepted the name', () => {
    const client = new Client()
    client.feed(CONFIGURED, SUBSCRIBED, formatSetDifficulty(64), job('1'), job('2'))
    expect(client.feed(AUTHORIZED)).toMatchObject([
      { kind: 'open' },
      { kind: 'job', job: { notify: { jobId: '2' }, difficulty: 64, versionMask: 0x1fffe000 } },
    ])
  })
})

describe('Stratum V1 client: open', () => {
  it('applies a difficulty from the next job on', () => {
    const client = new Client().open()
    expect(client.feed(job('1'))).toMatchObject([{ job: { difficulty: 1 } }])
    expect(client.feed(formatSetDifficulty(2048))).toEqual([{ kind: 'difficulty', difficulty: 2048 }])
    expect(client.feed(job('2', false))).toMatchObject([
      { job: { difficulty: 2048, notify: { cleanJobs: false } } },
    ])
  })

  it('applies an extranonce from the next job on', () => {
    const client = new Client().open()
    client.feed(job('1'))
    expect(client.feed(formatSetExtranonce(fromHex('aabbccdd'), 3))).toEqual([
      { kind: 'extranonce', extranonce1: fromHex('aabbccdd'), extranonce2Size: 3 },
    ])
    const [before, after] = [client.events[1], client.feed(job('2'))[0]]
    expect(before).toMatchObject({ job: { extranonce1: fromHex('08000002'), extranonce2Size: 4 } })
    expect(after).toMatchObject({ job: { extranonce1: fromHex('aabbccdd'), extranonce2Size: 3 } })
  })

  it('applies a version mask at once, within what was offered', () => {
    const client = new Client().open()
    expect(client.feed(formatSetVersionMask(0xf0006000))).toEqual([
      { kind: 'version-mask', mask: 0x10006000 },
    ])
    expect(client.feed(job('1'))).toMatchObject([{ job: { versionMask: 0x10006000 } }])
  })

  it('takes no version mask where version rolling was not granted', () => {
    const client = new Client({ versionRollingMask: 0 })
    client.feed(SUBSCRIBED.replace('"id":2', '"id":1'), AUTHORIZED.replace('"id":3', '"id":2'))
    expect(client.feed(formatSetVersionMask(0x6000))).toMatchObject([{ kind: 'odd' }])
    expect(client.feed(job('1'))).toMatchObject([{ job: { versionMask: 0 } }])
  })

  it('comes back to the same host when asked, at another port too', () => {
    const client = new Client().open()
    expect(client.feed('{"method":"client.reconnect","params":[]}')).toEqual([
      { kind: 'reconnect', port: null, waitSeconds: 0 },
    ])
    expect(client.feed('{"method":"client.reconnect","params":["Pool.Test.",3334,10]}')).toEqual([
      { kind: 'reconnect', port: 3334, waitSeconds: 10 },
    ])
  })

  it('does not let itself be sent to another host', () => {
    const client = new Client().open()
    for (const host of ['evil.test', 'pool.test.evil.test', 'eu.pool.test']) {
      expect(client.feed(`{"method":"client.reconnect","params":["${host}",3333,0]}`)).toEqual([
        { kind: 'reconnect-refused', host },
      ])
    }
  })

  it('goes to another host where that is allowed', () => {
    const client = new Client({ mayMoveAway: true }).open()
    expect(client.feed('{"method":"client.reconnect","params":["eu.pool.test",3334,5]}')).toEqual([
      { kind: 'reconnect', host: 'eu.pool.test', port: 3334, waitSeconds: 5 },
    ])
  })

  it('can ask something that needs an answer, and makes nothing of what the answer is', () => {
    const client = new Client().open()
    const { state, send } = askForAnswer(client.state)
    expect(send.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 4, method: 'mining.authorize', params: ['account.farm', 'x'] },
    ])
    client.state = state
    expect(client.feed('{"id":4,"result":null,"error":[24,"again?",null]}')).toEqual([])
    expect(client.state.phase).toBe('open')
  })

  it('answers client.get_version and mining.ping, and says that it does not know the rest', () => {
    const client = new Client().open()
    client.feed(
      '{"id":"v","method":"client.get_version","params":[]}',
      '{"id":9,"method":"mining.ping","params":[]}',
    )
    client.feed(
      '{"id":10,"method":"mining.surprise","params":[]}',
      '{"id":null,"method":"mining.surprise","params":[]}',
    )
    expect(client.sent.slice(3)).toEqual([
      '{"id":"v","result":"headframe/0.1.0","error":null}\n',
      '{"id":9,"result":"pong","error":null}\n',
      '{"id":10,"result":null,"error":[20,"unknown method",null]}\n',
    ])
  })

  it('passes on words for people and goes past goals', () => {
    const client = new Client().open()
    expect(client.feed('{"method":"client.show_message","params":["Maintenance at noon"]}')).toEqual([
      { kind: 'message', text: 'Maintenance at noon' },
    ])
    expect(client.feed('{"method":"mining.set_goal","params":["x",{}]}')).toEqual([])
  })

  it('goes past a job it cannot read and keeps the connection', () => {
    const client = new Client().open()
    expect(client.feed('{"method":"mining.notify","params":["1"]}')).toMatchObject([{ kind: 'odd' }])
    expect(client.feed(job('2'))).toMatchObject([{ kind: 'job' }])
  })

  it('gives up on a line that is not JSON', () => {
    expect(new Client().open().feed('HTTP/1.1 400 Bad Request')).toMatchObject([
      { kind: 'failed', reason: 'bad-line' },
    ])
  })
})

describe('Stratum V1 client: shares and names', () => {
  const share = {
    user: 'account.farm',
    jobId: '1',
    extranonce2Hex: '00000001',
    ntime: 0x680be961,
    nonce: 0x4107,
    versionBits: 0x2000,
  }

  it('submits under ids of its own and matches the replies, in any order', () => {
    const client = new Client().open()
    const first = submitShare(client.state, share)
    const second = submitShare(first.state, share)
    client.state = second.state
    expect(first.line).toBe(
      '{"id":4,"method":"mining.submit","params":["account.farm","1","00000001","680be961","00004107","00002000"]}\n',
    )
    expect([first.requestId, second.requestId]).toEqual([4, 5])
    expect(client.feed('{"id":5,"result":true,"error":null}')).toEqual([
      { kind: 'share-reply', requestId: 5, verdict: { yes: true } },
    ])
    expect(client.feed('{"id":4,"result":null,"error":[21,"Job not found",null]}')).toEqual([
      {
        kind: 'share-reply',
        requestId: 4,
        verdict: { yes: false, error: { code: 21, message: 'Job not found' } },
      },
    ])
  })

  it('sends no version bits where version rolling was not granted', () => {
    const client = new Client()
    client.feed(SUBSCRIBED, AUTHORIZED)
    expect(submitShare(client.state, share).line).not.toContain('00002000')
  })

  it('takes a reply to something never sent for nothing', () => {
    const client = new Client().open()
    for (const id of ['99', '0', '-4', 'null', '"x"']) {
      expect(client.feed(`{"id":${id},"result":true,"error":null}`)).toMatchObject([{ kind: 'odd' }])
    }
  })

  it('takes a second reply to the same request for nothing', () => {
    const client = new Client().open()
    expect(client.feed(AUTHORIZED, SUBSCRIBED, CONFIGURED)).toMatchObject([
      { kind: 'odd' },
      { kind: 'odd' },
      { kind: 'odd' },
    ])
  })

  it('brings further names onto the connection', () => {
    const client = new Client().open()
    const asked = authorizeUser(client.state, 'account.rig7', 'p')
    client.state = asked.state
    expect(asked.send).toEqual(['{"id":4,"method":"mining.authorize","params":["account.rig7","p"]}\n'])
    expect(client.feed('{"id":4,"result":true,"error":null}')).toEqual([
      { kind: 'authorized', user: 'account.rig7' },
    ])
    expect([...client.state.authorizedUsers]).toEqual(['account.farm', 'account.rig7'])
    expect(authorizeUser(client.state, 'account.rig7', 'p').send).toEqual([])
  })

  it('stays open when a further name is refused', () => {
    const client = new Client().open()
    client.state = authorizeUser(client.state, 'account.rig7', 'p').state
    expect(client.feed('{"id":4,"result":false,"error":null}')).toMatchObject([
      { kind: 'authorization-refused', user: 'account.rig7' },
    ])
    expect(client.state.phase).toBe('open')
  })

  it('is a pure transition: the state before is as it was', () => {
    const client = new Client().open()
    const before = client.state
    const copy = JSON.stringify(before)
    submitShare(before, share)
    authorizeUser(before, 'b', 'p')
    applyPoolLine(before, formatSetDifficulty(5).trimEnd())
    applyPoolLine(before, job('7'))
    expect(JSON.stringify(before)).toBe(copy)
  })

  it('is never an exception, whatever a pool sends', () => {
    const line = fc.oneof(
      fc.constantFrom(CONFIGURED, SUBSCRIBED, AUTHORIZED, job('1'), formatSetDifficulty(8)),
      fc
        .record({
          id: fc.nat(6),
          result: fc.jsonValue({ maxDepth: 3 }),
          error: fc.jsonValue({ maxDepth: 1 }),
        })
        .map((value) => JSON.stringify(value)),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        new Client().feed(...lines)
      }),
    )
  })
})
