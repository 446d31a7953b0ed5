import { describe, expect, it } from 'vitest'
import { Rig } from '../../../../src-main/proxy/downstream/rig.ts'
import { ChannelWorkers } from '../../../../src-main/proxy/downstream/sv2-workers.ts'
import { Accounting, ShareBook } from '../../../../src-main/proxy/shares/accounting.ts'
import { type ShareOfferer } from '../../../../src-main/proxy/shares/share-desk.ts'
import { encodeTlvs, workerNameTlv } from '../../../../src-main/sv2/index.ts'

const named = (name: string): Uint8Array => encodeTlvs([workerNameTlv(name)])

function channel() {
  const book = new ShareBook()
  const rig = new Rig({
    id: 'r1',
    address: '192.168.1.2',
    connectedAtMs: 0,
    monotonicMs: 0,
    sharesPerMinute: 6,
    startDifficulty: 1,
    poolBook: () => book,
  })
  rig.identify('farm')
  const answers: unknown[][] = []
  const offerer: ShareOfferer & { readonly rig: Rig } = {
    rig,
    answerShare: (...answer) => void answers.push(answer),
  }
  return { rig, offerer, answers, workers: new ChannelWorkers(offerer), book }
}

describe('the workers of a channel', () => {
  it('are the channel itself while there is one, under its name', () => {
    const { workers, offerer, rig } = channel()
    expect(workers.offererOf(named('one'))).toBe(offerer)
    expect(workers.offererOf(named('one'))).toBe(offerer)
    expect([rig.name, rig.rigKey]).toEqual(['one', 'farm@192.168.1.2'])
  })

  it('have credit, key and name of their own when there are several, and the books of the channel', () => {
    const { workers, rig, book, answers } = channel()
    workers.offererOf(named('one'))
    const two = workers.offererOf(named('two'))
    const one = workers.offererOf(named('one'))
    expect(workers.offererOf(named('two'))).toBe(two)
    expect([rig.name, one.rig.name, two.rig.rigKey]).toEqual(['farm', 'one', 'two@192.168.1.2'])
    const accounting = new Accounting()
    const account = two.rig.accountAt('a')
    expect(two.rig.accountAt('a')).toBe(account)
    accounting.valid(account, 2, 3)
    two.rig.onShare(2, 3, 1000)
    expect(accounting.drain()).toMatchObject([{ rigKey: 'two@192.168.1.2', poolId: 'a', valid: 1 }])
    expect([rig.book.counts.valid, book.counts.valid, rig.lastShareMonotonicMs]).toEqual([1, 1, 1000])
    two.answerShare(5, null, 2)
    expect(answers).toEqual([[5, null, 2]])
  })

  it('that send no name, or none that can be shown, are the channel', () => {
    const { workers, offerer } = channel()
    workers.offererOf(named('one'))
    workers.offererOf(named('two'))
    for (const trailing of [
      named(''),
      named(' \u0000\u202e '),
      new Uint8Array([1, 2, 3]),
      new Uint8Array(0),
    ]) {
      expect(workers.offererOf(trailing)).toBe(offerer)
    }
    expect(workers.offererOf(named('a\u0007b\u2028c')).rig.name).toBe('abc')
  })

  it('are told apart up to a limit; further ones are the channel', () => {
    const { workers, offerer } = channel()
    for (let n = 0; n < 258; n++) workers.offererOf(named(`w${n}`))
    expect(workers.offererOf(named('w999'))).toBe(offerer)
    expect(workers.offererOf(named('w20'))).not.toBe(offerer)
  })
})
