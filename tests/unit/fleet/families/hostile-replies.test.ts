/**
 * Every family against rigs that answer with something else than what belongs there. What comes of it is a reading or a
 * failure in words, after few questions; never a fault of ours, which would end more than this rig.
 */
import { describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import {
  type CommandKind,
  type RigCommand,
  type RigFamily,
} from '../../../../src-main/fleet/families/family.ts'
import { FAMILIES } from '../../../../src-main/fleet/families/index.ts'
import { boundedReading } from '../../../../src-main/fleet/model/bounded-reading.ts'
import { reading, type RigReading } from '../../../../src-main/fleet/model/reading.ts'
import { type RigLink } from '../../../../src-main/fleet/transport/rig-link.ts'

const many = (count: number, piece: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => piece(i)).join(',')

/** What comes instead of what was asked for, whatever that was. */
const REPLIES: Readonly<Record<string, string>> = {
  nothing: '',
  'a web page': '<!DOCTYPE html><html><head><title>Router</title></head><body>Login</body></html>',
  'the page of a Hue bridge': '{"name":"Philips hue","bridgeid":"001788FFFE00","modelid":"BSB002"}',
  'text that ends in NUL':
    '{"STATUS":[{"STATUS":"S","Msg":"x"}],"SUMMARY":[{"MHS 5s":nan,"Elapsed":inf}]}\0\0\0',
  'half an object': '{"STATUS":[{"STATUS":"S"}],"SUMMARY":[{"GHS 5s":"13',
  'objects one after the other': '{"STATUS":[{"STATUS":"S"}]}{"STATS":[{"a":1}]}{"POOLS":[]}',
  'a list': '[1,2,3,"x",null,[],{}]',
  'a number': '42',
  'a word': '"yes"',
  nullness: 'null',
  'an error':
    '{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command"}],"code":-1,"error":{"message":"no"}}',
  'a dead miner': 'Socket connect failed: Connection refused',
  'bytes that are no text': '\uFFFD\u0001\u0002\uFFFF',
  'lists where texts belong': '{"STATUS":[[]],"Msg":[{}],"data":[[[]]],"msg":{"a":[]},"token":{},"enc":[]}',
  'a name that is no member':
    '{"__proto__":{"Msg":1},"constructor":1,"STATUS":{"__proto__":1},"VERSION":[{"__proto__":[]}]}',
  'far too many of everything': `{"STATUS":[{"STATUS":"S"}],"VERSION":[{"API":"3.7","MODEL":"1566","PROD":"AvalonMiner 15"}],"POOLS":[${many(
    8_000,
    (i) => `{"POOL":${String(i)},"URL":"x","User":"y","Last Share Time":${String(i)}}`,
  )}],"STATS":[{"MM ID0":"PVT_T0[${Array(130_000).fill('70').join(' ')}] MGHS[1 1 1]"}],"DEVS":[${many(
    2000,
    (i) => `{"ASC":${String(i)},"ID":${String(i)}}`,
  )}]}`,
}

/** Long ones are read through where the status is good alone. */
const statusesFor = (reply: string): readonly number[] =>
  reply.length > 10_000 ? [200] : [200, 302, 401, 404, 500]
const POOL = { url: 'stratum+tcp://pool.example:3333', user: 'farm.attic', password: 'x' }
const COMMANDS: Readonly<Record<CommandKind, RigCommand>> = {
  'set-pools': { kind: 'set-pools', pools: [POOL] },
  'restore-pools': { kind: 'restore-pools', snapshot: { pools: [POOL], hasPasswords: true, own: null } },
  restart: { kind: 'restart' },
  reboot: { kind: 'reboot' },
  pause: { kind: 'pause' },
  resume: { kind: 'resume' },
  locate: { kind: 'locate', on: true },
  'set-power-mode': { kind: 'set-power-mode', mode: 'normal' },
  'set-power-limit': { kind: 'set-power-limit', watts: 3000 },
  'set-frequency': { kind: 'set-frequency', megahertz: 500 },
  'set-voltage': { kind: 'set-voltage', millivolts: 1150 },
  'set-fan': { kind: 'set-fan', percent: 50 },
}
/** LuxOS asks of sixteen boards two things each, and of everything alone where joining fails. */
const QUESTIONS_AT_MOST = 80
const PASSWORD = 'correct-horse-battery'

/** A rig that gives one answer to everything. */
function rigThatSays(text: string, status: number): { link: RigLink; asked: () => number } {
  const body = new TextEncoder().encode(text)
  let asked = 0
  const answer = <T>(value: T): Promise<T> => {
    asked++
    return Promise.resolve(value)
  }
  const link: RigLink = {
    address: { host: '192.0.2.1', port: null },
    credentials: { username: 'root', password: PASSWORD },
    http: () => answer({ status, headers: {}, body }),
    rpc: () => answer(body),
    frame: () => answer(body),
  }
  return { link, asked: () => asked }
}

const tools = { clock: new ManualClock(), entropy: (length: number) => new Uint8Array(length) }

/** What came of it; a failure has words, and no password in them. */
async function outcome<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    expect(error).toBeInstanceOf(HeadframeError)
    const { message, context } = error as HeadframeError
    expect(message).toMatch(/^\S+ .+[.!?]$/s)
    expect(message.length).toBeLessThan(1000)
    expect(`${message} ${JSON.stringify(context)}`).not.toContain(PASSWORD)
    return null
  }
}

function before(family: RigFamily): RigReading {
  return reading({ atMs: 0, family: family.id, firmware: family.name, state: 'mining' })
}

describe.each(Object.values(FAMILIES))('$name', (family) => {
  it.each(Object.keys(REPLIES))('is read or fails in words where a rig answers with %s', async (name) => {
    for (const status of statusesFor(REPLIES[name] ?? '')) {
      const { link, asked } = rigThatSays(REPLIES[name] ?? '', status)
      const read = await outcome(() => family.read(link, tools))
      expect(asked()).toBeLessThanOrEqual(QUESTIONS_AT_MOST)
      if (read === null) continue
      expect(read.reading.family).toBe(family.id)
      expect(JSON.stringify(boundedReading(read.reading)).length).toBeLessThan(2_000_000)
      expect(Object.values(family.capabilities(read.reading))).not.toContain(undefined)
    }
  })

  const ofUsualLength = Object.keys(REPLIES).filter((name) => (REPLIES[name] ?? '').length < 10_000)
  it.each(ofUsualLength)('is told or refuses in words where a rig answers with %s', async (name) => {
    for (const status of statusesFor(REPLIES[name] ?? '')) {
      await outcome(() => family.readPools(rigThatSays(REPLIES[name] ?? '', status).link, tools))
      for (const command of Object.values(COMMANDS)) {
        const { link, asked } = rigThatSays(REPLIES[name] ?? '', status)
        await outcome(() => family.perform(link, command, before(family), tools))
        expect(asked()).toBeLessThanOrEqual(QUESTIONS_AT_MOST)
      }
    }
  })
})
