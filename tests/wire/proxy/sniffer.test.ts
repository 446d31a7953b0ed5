/** The sniffer fails a test when it should: what nobody asserted, what came in another order, what never came. */
import { describe, expect, it } from 'vitest'
import { type Passing, type Side, Sniffer } from '../../support/proxy/sniffer.ts'

interface Word {
  readonly name: 'ask' | 'answer' | 'news'
  readonly number: number
}

/** A sniffer between two that say words, and what got through. */
function between(): {
  sniffer: Sniffer<Word>
  say: (from: Side, ...words: string[]) => void
  heard: string[]
} {
  const encode = ({ name, number }: Word): Uint8Array => new TextEncoder().encode(`${name} ${number}`)
  const sniffer = new Sniffer<Word>(encode)
  const heard: string[] = []
  const line = (): ((passing: Passing<Word>) => void) =>
    sniffer.openLine((bytes) => void heard.push(new TextDecoder().decode(bytes)))
  const lines = { downstream: line(), upstream: line() }
  const say = (from: Side, ...words: string[]): void => {
    for (const word of words) {
      const [name, number] = word.split(' ')
      const message = { name: name as Word['name'], number: Number(number) }
      lines[from]({ on: 1, from, message, bytes: encode(message) })
    }
  }
  return { sniffer, say, heard }
}

describe('a sniffer', () => {
  it('names in the end every message that nobody asserted, and passes them on all the same', async () => {
    const { sniffer, say, heard } = between()
    say('downstream', 'ask 1', 'ask 2')
    say('upstream', 'answer 1', 'news 7')
    await sniffer.expect('ask', { from: 'downstream' })
    expect(() => sniffer.end()).toThrow(
      /ask from downstream: nobody.*\nanswer from upstream: nobody.*\nnews from upstream: nobody/,
    )
    expect(heard).toEqual(['ask 1', 'ask 2', 'answer 1', 'news 7'])
  })

  it('is content when each was expected, allowed, dropped or replaced', async () => {
    const { sniffer, say, heard } = between()
    sniffer.drop('ask', { where: ({ number }) => number === 2 })
    sniffer.replace('answer', (answer) => [{ ...answer, number: 9 }, new Uint8Array([33])])
    say('downstream', 'ask 1', 'ask 2')
    say('upstream', 'news 7', 'answer 1', 'news 8')
    sniffer.allow('news', { from: 'upstream' })
    expect(await sniffer.expect('ask', { from: 'downstream' })).toEqual({ name: 'ask', number: 1 })
    sniffer.end()
    expect(heard).toEqual(['ask 1', 'news 7', 'answer 9', '!', 'news 8'])
  })

  it('refuses another order, and a message that is not as it should be', async () => {
    const { sniffer, say } = between()
    say('upstream', 'news 7', 'answer 1')
    await expect(sniffer.expect('answer', { from: 'upstream' })).rejects.toThrow(
      /expected answer from upstream, but news came first/,
    )
    await expect(
      sniffer.expect('news', { from: 'upstream', where: ({ number }) => number === 8 }),
    ).rejects.toThrow(/not as it should be/)
    await sniffer.expectEach('upstream', 'news', 'answer')
    sniffer.end()
  })

  it('holds what is delayed and all behind it, in one direction, until it is released', async () => {
    const { sniffer, say, heard } = between()
    const held = sniffer.delay('answer')
    expect(() => held.release()).toThrow(/not here yet/)
    say('upstream', 'news 7', 'answer 1', 'news 8')
    say('downstream', 'ask 1')
    await held.caught
    expect(heard).toEqual(['news 7', 'ask 1'])
    sniffer.allow('ask')
    await sniffer.expectEach('upstream', 'news', 'answer', 'news')
    expect(() => sniffer.end()).toThrow(/still held/)
    held.release()
    expect(heard).toEqual(['news 7', 'ask 1', 'answer 1', 'news 8'])
    sniffer.end()
  })

  it('complains of a rule that met nothing, which would have tested nothing', () => {
    const { sniffer, say } = between()
    sniffer.drop('ask', {}, 2)
    say('downstream', 'ask 1')
    expect(() => sniffer.end()).toThrow(/drop ask: met 1 too few/)
  })
})
