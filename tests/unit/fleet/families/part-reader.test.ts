import { describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../../src-main/base/index.ts'
import { PartReader } from '../../../../src-main/fleet/families/part-reader.ts'

const fails = (code: `rig/${string}`) => (): Promise<never> => Promise.reject(new HeadframeError(code, code))
const answers = (): Promise<string> => Promise.resolve('answer')

describe('reading a rig by many requests', () => {
  it('goes on after one that failed, and names it', async () => {
    const reader = new PartReader()
    expect(await reader.ask('first', fails('rig/bad-reply'))).toBeUndefined()
    expect(await reader.ask('second', answers)).toBe('answer')
    expect(reader.failed).toEqual(['first'])
    expect(() => reader.requireSome()).not.toThrow()
  })

  it('does not ask a rig the rest that fell silent: each question would wait as long again', async () => {
    const reader = new PartReader()
    await reader.ask('first', answers)
    await reader.ask('second', fails('rig/timeout'))
    let asked = false
    const third = await reader.ask('third', () => {
      asked = true
      return answers()
    })
    expect([third, asked]).toEqual([undefined, false])
    expect(reader.failed).toEqual(['second', 'third'])
  })

  it('gives up at once when the rig is gone, and always when the login was refused', async () => {
    await expect(new PartReader().ask('first', fails('rig/unreachable'))).rejects.toMatchObject({
      code: 'rig/unreachable',
    })
    const reader = new PartReader()
    await reader.ask('first', answers)
    await expect(reader.ask('second', fails('rig/wrong-password'))).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
  })

  it('is a failure when nothing at all was answered', async () => {
    const reader = new PartReader()
    await reader.ask('first', fails('rig/bad-reply'))
    await reader.ask('second', fails('rig/cut-off'))
    expect(() => reader.requireSome()).toThrow('rig/bad-reply')
  })
})
