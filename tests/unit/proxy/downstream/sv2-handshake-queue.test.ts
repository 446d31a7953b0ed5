import { describe, expect, it } from 'vitest'
import { HandshakeQueue } from '../../../../src-main/proxy/downstream/sv2-handshake-queue.ts'

/** A loop that turns when told. */
class Turns {
  readonly #next: (() => void)[] = []

  readonly add = (run: () => void): void => void this.#next.push(run)

  turn(): void {
    for (const run of this.#next.splice(0)) run()
  }
}

describe('the queue of handshakes', () => {
  it('lets one go in each turn of the loop, first come first', () => {
    const turns = new Turns()
    const queue = new HandshakeQueue(turns.add)
    const done: number[] = []
    for (let n = 0; n < 3; n++) queue.add(() => done.push(n))
    expect(done).toEqual([])
    turns.turn()
    expect(done).toEqual([0])
    turns.turn()
    turns.turn()
    turns.turn()
    expect(done).toEqual([0, 1, 2])
    queue.add(() => done.push(9))
    turns.turn()
    expect(done.at(-1)).toBe(9)
  })

  it('forgets who has left', () => {
    const turns = new Turns()
    const queue = new HandshakeQueue(turns.add)
    const done: string[] = []
    const leave = queue.add(() => done.push('gone'))
    queue.add(() => done.push('here'))
    leave?.()
    turns.turn()
    expect(done).toEqual(['here'])
    leave?.()
    expect(queue.length).toBe(0)
  })

  it('is bounded', () => {
    const queue = new HandshakeQueue(() => {})
    for (let n = 0; n < 1024; n++) expect(queue.add(() => {})).toBeDefined()
    expect(queue.add(() => {})).toBeUndefined()
    expect(queue.length).toBe(1024)
  })
})
