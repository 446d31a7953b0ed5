import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  choosePool,
  decideFailover,
  type FailoverMove,
  type FailoverState,
  MOST_MOVES_PER_HOUR,
  NO_FAILOVER,
} from '../../../../src-main/proxy/switching/failover.ts'
import { type FailoverSettings } from '../../../../src-main/proxy/switching/routing.ts'
import { type Service } from '../../../../src-main/proxy/switching/standing.ts'

const HOUR_S = 3600
const SETTINGS: FailoverSettings = { enabled: true, returnAfterMs: 300_000 }

/** Second for second what pools do, and what comes of it. Only pools that are to be connected are seen. */
class Story {
  state: FailoverState
  nowS = 0
  readonly moves: (FailoverMove & { readonly atS: number })[] = []
  contacts: readonly string[] = []
  readonly #ids: readonly string[]
  readonly #settings: FailoverSettings
  /** Connected a second after they are asked for. */
  #connected = new Set<string>()

  constructor(ids: readonly string[], settings = SETTINGS) {
    this.#ids = ids
    this.#settings = settings
    this.state = choosePool(NO_FAILOVER, ids[0]!, 0)
    this.#connected.add(ids[0]!)
  }

  get inUse(): string | null {
    return this.state.inUseId
  }

  pass(seconds: number, services: Readonly<Record<string, Service>>): this {
    for (let n = 0; n < seconds; n++) this.second(services)
    return this
  }

  second(services: Readonly<Record<string, Service>>): void {
    this.nowS++
    const { state, move, contacts } = decideFailover(this.state, {
      nowMs: this.nowS * 1000,
      preferredId: this.#ids[0]!,
      pools: this.#ids.map((id) => ({
        id,
        service: this.#connected.has(id) ? (services[id] ?? 'nothing') : null,
        because: services[id] === 'well' ? '' : `${id} does not`,
      })),
      settings: this.#settings,
    })
    this.state = state
    if (move) this.moves.push({ ...move, atS: this.nowS })
    this.contacts = contacts
    this.#connected = new Set(contacts)
  }
}

describe('failover', () => {
  it('leaves a pool without a job after four seconds, for the first in order that has one', () => {
    const story = new Story(['a', 'b', 'c']).pass(60, { a: 'well', b: 'well', c: 'well' })
    expect(story.contacts).toEqual(['a'])
    story.pass(4, { b: 'well', c: 'well' })
    expect(story.inUse).toBe('a')
    story.pass(3, { b: 'well', c: 'well' })
    expect(story.moves).toMatchObject([
      { kind: 'failed-over', fromId: 'a', toId: 'b', because: 'a does not' },
    ])
    expect(story.contacts).toEqual(['a', 'b'])
  })

  it('forgives a second or two, as a reconnection takes', () => {
    const story = new Story(['a', 'b'])
    for (let n = 0; n < 50; n++) story.pass(60, { a: 'well', b: 'well' }).pass(3, { b: 'well' })
    expect(story.moves).toEqual([])
  })

  it('tries the next candidates too when the first does not come up', () => {
    const story = new Story(['a', 'b', 'c', 'd']).pass(60, { a: 'well' }).pass(16, { d: 'well' })
    expect(story.inUse).toBe('d')
    expect(story.contacts).toEqual(['a', 'd'])
  })

  it('returns when the preferred pool has served well for as long as asked, and not before', () => {
    const story = new Story(['a', 'b']).pass(60, { a: 'well' }).pass(30, { b: 'well' })
    expect(story.inUse).toBe('b')
    story.pass(299, { a: 'well', b: 'well' })
    expect(story.inUse).toBe('b')
    story.pass(3, { a: 'well', b: 'well' })
    expect(story.moves.at(-1)).toMatchObject({ kind: 'returned', toId: 'a' })
  })

  it('waits longer each time the preferred pool relapses', () => {
    const story = new Story(['a', 'b']).pass(60, { a: 'well' })
    const waits: number[] = []
    for (let n = 0; n < 4; n++) {
      // A little longer each time, because it moves so often.
      story.pass(150, { b: 'well' })
      expect(story.inUse).toBe('b')
      const fromS = story.nowS
      while (story.inUse === 'b') story.second({ a: 'well', b: 'well' })
      waits.push(story.nowS - fromS)
    }
    for (const [n, wait] of waits.entries()) expect(wait).toBeCloseTo(300 * 2 ** n, -1)
  })

  it('returns at once when nothing else has a job', () => {
    const story = new Story(['a', 'b']).pass(60, { a: 'well' }).pass(30, { b: 'well' })
    story.pass(12, {}).pass(8, { a: 'well' })
    expect(story.inUse).toBe('a')
  })

  it('leaves a bad pool after a quarter of a minute and a doubtful one after five, but only for a better one', () => {
    const bad = new Story(['a', 'b']).pass(60, { a: 'well' }).pass(10, { a: 'bad', b: 'well' })
    expect(bad.inUse).toBe('a')
    expect(bad.pass(12, { a: 'bad', b: 'well' }).inUse).toBe('b')
    const doubtful = new Story(['a', 'b']).pass(60, { a: 'well' }).pass(290, { a: 'doubtful', b: 'well' })
    expect(doubtful.inUse).toBe('a')
    expect(doubtful.pass(20, { a: 'doubtful', b: 'well' }).inUse).toBe('b')
    const alone = new Story(['a', 'b']).pass(60, { a: 'well' }).pass(3600, { a: 'bad', b: 'bad' })
    expect(alone.inUse).toBe('a')
  })

  it('stays where it is when it is switched off, and when there is nobody else', () => {
    const off = new Story(['a', 'b'], { ...SETTINGS, enabled: false }).pass(600, { b: 'well' })
    expect([off.inUse, off.contacts]).toEqual(['a', ['a']])
    expect(new Story(['a']).pass(600, {}).inUse).toBe('a')
  })

  it('takes what a person chooses as good, whatever it did before', () => {
    const story = new Story(['a', 'b']).pass(60, { a: 'well' }).pass(30, { b: 'well' })
    story.state = choosePool(story.state, 'a', story.nowS * 1000)
    story.pass(30, { a: 'well', b: 'well' })
    expect(story.inUse).toBe('a')
    expect(story.moves).toHaveLength(1)
  })
})

const service = fc.constantFrom<Service>('well', 'well', 'doubtful', 'bad', 'nothing', 'nothing')
const chapter = fc.record({
  seconds: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 900 })),
  a: service,
  b: service,
  c: service,
})

describe('whatever pools do, failover', () => {
  it('never flaps: the moves of any hour are bounded', () => {
    fc.assert(
      fc.property(
        fc.array(chapter, { minLength: 5, maxLength: 60 }),
        fc.nat(400_000),
        (chapters, returnAfterMs) => {
          const story = new Story(['a', 'b', 'c'], { enabled: true, returnAfterMs })
          while (story.nowS < 3 * HOUR_S)
            for (const { seconds, ...services } of chapters) story.pass(seconds, services)
          for (const [n, { atS }] of story.moves.entries()) {
            const within = story.moves.slice(n).filter((move) => move.atS - atS < HOUR_S)
            expect(within.length).toBeLessThanOrEqual(MOST_MOVES_PER_HOUR)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('does not leave rigs idle while some pool serves steadily', () => {
    fc.assert(
      fc.property(fc.array(chapter, { minLength: 1, maxLength: 40 }), (chapters) => {
        const story = new Story(['a', 'b', 'c'])
        for (const { seconds, ...services } of chapters) story.pass(seconds, services)
        // The pause between moves is five minutes at most.
        story.pass(330, { c: 'well' })
        expect(story.inUse).toBe('c')
      }),
      { numRuns: 150 },
    )
  })

  it('comes back to the preferred pool when it is good for good', () => {
    fc.assert(
      fc.property(fc.array(chapter, { minLength: 1, maxLength: 40 }), (chapters) => {
        const story = new Story(['a', 'b', 'c'])
        for (const { seconds, ...services } of chapters) story.pass(seconds, services)
        story.pass(2 * HOUR_S, { a: 'well', b: 'well', c: 'well' })
        expect(story.inUse).toBe('a')
        expect(story.contacts).toEqual(['a'])
      }),
      { numRuns: 60 },
    )
  })
})
