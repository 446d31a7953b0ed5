import { describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import { type Identified } from '../../../../src-main/fleet/discovery/identified.ts'
import { identify, type IdentifyParts } from '../../../../src-main/fleet/discovery/identify.ts'
import {
  type HttpReply,
  type HttpRequest,
  type RigLink,
} from '../../../../src-main/fleet/transport/rig-link.ts'

const address = { host: '192.168.1.9', port: null }
const antminer = '{"STATUS":[{"STATUS":"S"}],"VERSION":[{"BMMiner":"1.0.0","Type":"Antminer S19"}],"id":1}'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const ok = (body: string, status = 200, headers: Record<string, string> = {}): HttpReply => ({
  status,
  headers,
  body: bytes(body),
})

type Reply<T> = T | 'never' | 'refused'

/** A link that answers from a table; replies can be given later by `reply`. */
class TableLink {
  readonly asked: string[] = []
  readonly #answers = new Map<string, Reply<HttpReply | string>>()
  readonly #waiting = new Map<string, (value: HttpReply | string) => void>()

  constructor(answers: Readonly<Record<string, Reply<HttpReply | string>>>) {
    for (const [request, answer] of Object.entries(answers)) this.#answers.set(request, answer)
  }

  /** Answers a request that was left waiting. */
  reply(request: string, value: HttpReply | string): void {
    this.#waiting.get(request)?.(value)
  }

  open(signal: AbortSignal): RigLink {
    const ask = <T extends HttpReply | string>(request: string): Promise<T> => {
      if (signal.aborted) return Promise.reject(new HeadframeError('rig/given-up', 'ended'))
      this.asked.push(request)
      const answer = this.#answers.get(request) ?? 'refused'
      if (answer === 'refused') return Promise.reject(new HeadframeError('rig/unreachable', 'refused'))
      if (answer !== 'never') return Promise.resolve(answer as T)
      return new Promise((resolve, reject) => {
        this.#waiting.set(request, (value) => resolve(value as T))
        signal.addEventListener('abort', () => reject(new HeadframeError('rig/given-up', 'ended')))
      })
    }
    return {
      address,
      credentials: null,
      http: ({ method = 'GET', path }: HttpRequest) => ask<HttpReply>(`${method} ${path}`),
      rpc: async (request) =>
        bytes(await ask<string>(`rpc ${/"command":"(\w+)"/.exec(request)?.[1] ?? request}`)),
      frame: async () => bytes(await ask<string>('frame')),
    }
  }
}

interface Running {
  readonly link: TableLink
  readonly clock: ManualClock
  readonly result: Promise<Identified>
  outcome(): Identified | undefined
}

function start(
  answers: Readonly<Record<string, Reply<HttpReply | string>>>,
  more: Partial<IdentifyParts> = {},
): Running {
  const link = new TableLink(answers)
  const clock = new ManualClock()
  let outcome: Identified | undefined
  const result = identify(address, { clock, openLink: (_at, signal) => link.open(signal), ...more })
  void result.then((value) => (outcome = value))
  return { link, clock, result, outcome: () => outcome }
}

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

describe('identify', () => {
  it('waits 300 ms for custom firmware behind what looks like stock, and no longer', async () => {
    const { clock, outcome } = start({ 'rpc version': antminer, 'GET /': 'never' })
    await settle()
    expect(outcome()).toBeUndefined()
    clock.advance(299)
    await settle()
    expect(outcome()).toBeUndefined()
    clock.advance(1)
    await settle()
    expect(outcome()).toMatchObject({ family: 'antminer', model: 'S19' })
  })

  it('lets custom firmware override while it waits, at once', async () => {
    const { clock, link, outcome } = start({ 'rpc version': antminer, 'GET /': 'never' })
    await settle()
    clock.advance(200)
    link.reply('GET /', ok('<meta name="firmware" content="AnthillOS">'))
    await settle()
    expect(outcome()).toMatchObject({ family: 'vnish' })
  })

  it('asks once more who it is when its web page decided before its other port answered', async () => {
    const { clock, link, outcome } = start({
      'rpc version': 'never',
      'GET /': ok('<title>Avalon Device</title>'),
    })
    await settle()
    clock.advance(300)
    await settle()
    expect(outcome()).toBeUndefined()
    link.reply('rpc version', '{"VERSION":[{"PROD":"Avalon Q","MODEL":"Q"}]}')
    await settle()
    expect(outcome()).toMatchObject({ family: 'avalon', model: 'Q' })
  })

  it('knows the model of a Mini 3, which refuses JSON, also when its web page decided first', async () => {
    const { clock, link, outcome } = start({
      'rpc version': 'never',
      'GET /': ok('<title>Avalon Device</title>'),
    })
    await settle()
    clock.advance(300)
    await settle()
    link.reply('rpc version', 'STATUS=E,When=1,Code=14,Msg=Invalid command|')
    await settle()
    link.reply('rpc version', 'STATUS=S,When=1,Code=22|VERSION,PROD=Avalon Mini3,MODEL=Mini3|')
    await settle()
    expect(outcome()).toMatchObject({ family: 'avalon', model: 'Mini 3' })
  })

  it('does not wait when every probe has answered', async () => {
    const { result, clock } = start({ 'rpc version': antminer, 'GET /': ok('', 404) })
    expect(await result).toMatchObject({ family: 'antminer' })
    expect(clock.monotonicMs()).toBe(0)
  })

  it('ends at custom firmware without the answers that are still due', async () => {
    const { result } = start({
      'rpc version': antminer.replace('"BMMiner"', '"LUXminer"'),
      'GET /': 'never',
      'GET /api/system/info': 'never',
      'rpc config': '{"CONFIG":[{"MACAddr":"02:00:00:00:00:07"}]}',
    })
    expect(await result).toMatchObject({ family: 'luxos', mac: '02:00:00:00:00:07' })
  })

  it('asks what only a further probe can settle, once, and settles without it if it fails', async () => {
    const realm = ok('', 401, { 'www-authenticate': 'Digest realm="antMiner Configuration"' })
    const silent = start({ 'GET /': realm })
    expect(await silent.result).toMatchObject({ family: 'antminer', model: null })
    expect(silent.link.asked.filter((request) => request === 'GET /kaonsu/v1/brief')).toHaveLength(1)
    const marathon = start({ 'GET /': realm, 'GET /kaonsu/v1/brief': ok('{"hashrate_realtime":1}') })
    expect(await marathon.result).toMatchObject({ family: 'marathon' })
  })

  it('asks for details by RPC one after the other, and not after a clear answer', async () => {
    const clear = start({ 'rpc version': antminer })
    await clear.result
    expect(clear.link.asked).not.toContain('rpc devdetails')
    const refused = start({ 'rpc version': '{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command"}]}' })
    await refused.result
    expect(refused.link.asked).toContain('rpc devdetails')
    const first = start({ 'rpc version': 'never' })
    await settle()
    expect(first.link.asked).not.toContain('rpc devdetails')
    first.clock.advance(10_000)
    await first.result
  })

  it('declines a machine for other coins whatever firmware it has', async () => {
    const { result } = start({
      'GET /': ok('<meta name="firmware" content="AnthillOS">'),
      'GET /api/v1/info': ok('{"miner":"Antminer L7","algorithm":"scrypt","fw_version":"1.2.7"}'),
    })
    expect(await result).toMatchObject({ kind: 'declined', make: 'Antminer' })
  })

  it('is over after its budget, with what is known by then', async () => {
    const nothing = start({ 'rpc version': 'never', 'GET /': 'never', frame: 'never' })
    await settle()
    nothing.clock.advance(9_999)
    await settle()
    expect(nothing.outcome()).toBeUndefined()
    nothing.clock.advance(1)
    expect(await nothing.result).toMatchObject({ kind: 'other' })
    expect(nothing.clock.pending).toBe(0)

    const slowDetails = start({
      'rpc version': antminer.replace('"BMMiner"', '"LUXminer"'),
      'rpc config': 'never',
    })
    await settle()
    slowDetails.clock.advance(10_000)
    expect(await slowDetails.result).toMatchObject({ family: 'luxos', mac: null })
  })

  it('is over at once when it is ended from outside, and asks nothing when it was before', async () => {
    const ending = new AbortController()
    const running = start({ 'rpc version': 'never' }, { signal: ending.signal })
    await settle()
    ending.abort()
    expect(await running.result).toMatchObject({ kind: 'other' })
    expect(running.clock.pending).toBe(0)
    const late = start({ 'rpc version': antminer }, { signal: ending.signal })
    expect(await late.result).toMatchObject({ kind: 'other' })
    expect(late.link.asked).toEqual([])
  })

  it('asks only at ports that open', async () => {
    const { link, result } = start(
      { 'rpc version': antminer, 'GET /': ok('') },
      { isOpen: (port) => Promise.resolve(port === 4028) },
    )
    await result
    expect(link.asked).toEqual(['rpc version'])
  })

  it('keeps the address as it was given, though it connects to what the name stands for', async () => {
    const named = { host: 'attic.local', port: null }
    const connected: string[] = []
    const link = new TableLink({ 'rpc version': antminer })
    const found = await identify(named, {
      clock: new ManualClock(),
      resolvedHost: '192.168.1.9',
      openLink: (at, signal) => {
        connected.push(at.host)
        return link.open(signal)
      },
    })
    expect(found.address).toEqual(named)
    expect(new Set(connected)).toEqual(new Set(['192.168.1.9']))
  })
})
