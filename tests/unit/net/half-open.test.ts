import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { HalfOpenBook, type HalfOpenEnd, type HalfOpenPeer } from '../../../src-main/net/half-open.ts'

let clock: ManualClock
let turns: (() => void)[]
let ended: string[]
let book: HalfOpenBook

beforeEach(() => {
  clock = new ManualClock()
  turns = []
  ended = []
  book = new HalfOpenBook({
    clock,
    limits: { max: 4, timeoutMs: 8_000 },
    limitOf: (address) => (address === 'crowd' ? 2 : Infinity),
    afterReads: (run) => turns.push(run),
  })
})

function peer(name: string, address = name): HalfOpenPeer {
  const made = {
    address,
    acceptedAtMs: clock.monotonicMs(),
    endHalfOpen: (end: HalfOpenEnd) => void ended.push(`${name} ${end}`),
  }
  book.add(made)
  return made
}

const turn = (): void => {
  for (const run of turns.splice(0)) run()
}

describe('half-open sockets', () => {
  it('end when their time is over, at the latest a quarter later', () => {
    peer('a')
    clock.advance(1_000)
    peer('b')
    clock.advance(6_999)
    expect(ended).toEqual([])
    clock.advance(1)
    expect(ended).toEqual(['a half-open-timeout'])
    clock.advance(2_000)
    expect(ended).toEqual(['a half-open-timeout', 'b half-open-timeout'])
    expect(book.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('are left alone once they have shown what they are', () => {
    const spoken = peer('a')
    book.remove(spoken)
    book.remove(spoken)
    clock.advance(60_000)
    expect(ended).toEqual([])
  })

  it('make room for newer ones, the oldest first', () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) peer(name)
    turn()
    expect(ended).toEqual(['a half-open-limit', 'b half-open-limit'])
    expect(book.size).toBe(4)
  })

  it('make no room before what they said was read', () => {
    const early = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => peer(name))
    for (const each of early.slice(0, 4)) book.remove(each)
    turn()
    expect(ended).toEqual([])
  })

  it('of one address push out only their own', () => {
    peer('a')
    for (let i = 0; i < 4; i++) peer(String(i), 'crowd')
    turn()
    expect(ended).toEqual(['0 half-open-limit', '1 half-open-limit'])
    expect(book.size).toBe(3)
  })

  it('end all when their listener stops', () => {
    peer('a')
    peer('b')
    book.endAll()
    expect(ended).toEqual(['a stopped', 'b stopped'])
    expect([book.size, clock.pending]).toEqual([0, 0])
  })
})
