import { describe, expect, it } from 'vitest'
import { DialGate } from '../../../../src-main/proxy/upstream/dial-gate.ts'

describe('the gate for dialling', () => {
  it('lets a few through at a time, in order, and goes on when one fails', async () => {
    const gate = new DialGate(2)
    const finish: (() => void)[] = []
    const begun: number[] = []
    const all = [0, 1, 2, 3, 4].map((n) =>
      gate
        .through(() => {
          begun.push(n)
          return new Promise<number>((done, fail) =>
            finish.push(() => (n === 1 ? fail(new Error('refused')) : done(n))),
          )
        })
        .catch(() => -n),
    )
    await Promise.resolve()
    expect(begun).toEqual([0, 1])
    finish[1]!()
    await all[1]
    await Promise.resolve()
    expect(begun).toEqual([0, 1, 2])
    for (let n = 0; begun.length < 5 || n < finish.length; n++) {
      finish[n]!()
      await new Promise((done) => setTimeout(done, 1))
    }
    expect(await Promise.all(all)).toEqual([0, -1, 2, 3, 4])
  })
})
