import { describe, expect, it } from 'vitest'
import { createLogger, DisposalStack, Listeners } from '../../../src-main/base/index.ts'

describe('a disposal stack', () => {
  it('stops the last first, and one failure stops none of the rest', async () => {
    const stopped: string[] = []
    const stack = new DisposalStack()
    stack.add('first', () => void stopped.push('first'))
    stack.add('second', () => Promise.reject(new Error('stuck')))
    stack.add('third', async () => {
      await Promise.resolve()
      stopped.push('third')
    })
    const failures = await stack.dispose()
    expect(stopped).toEqual(['third', 'first'])
    expect(failures.map(({ name }) => name)).toEqual(['second'])
  })

  it('runs each step once', async () => {
    let count = 0
    const stack = new DisposalStack()
    stack.add('once', () => void count++)
    await stack.dispose()
    await stack.dispose()
    expect(count).toBe(1)
  })
})

describe('listeners', () => {
  it('hear what is said while they are subscribed, also when one leaves in between', () => {
    const listeners = new Listeners<number>()
    const heard: string[] = []
    const leave = listeners.on((value) => {
      heard.push(`a${value}`)
      leave()
    })
    listeners.on((value) => heard.push(`b${value}`))
    listeners.emit(1)
    listeners.emit(2)
    expect(heard).toEqual(['a1', 'b1', 'b2'])
  })
})

describe('a logger', () => {
  it('hands on level, scope, message and fields, and nests scopes', () => {
    const lines: unknown[] = []
    const log = createLogger((...line) => lines.push(line), 'proxy')
    log.child('upstream').warn('went away', { poolId: 'p1' })
    log.info('hello')
    expect(lines).toEqual([
      ['warn', 'proxy.upstream', 'went away', { poolId: 'p1' }],
      ['info', 'proxy', 'hello', {}],
    ])
  })
})
