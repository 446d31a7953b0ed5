import { MessageChannel } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../src-main/base/index.ts'
import { serveThread, ThreadClient } from '../../../src-main/app/thread-link.ts'

interface Calculator extends Record<string, (argument: never) => unknown> {
  add(numbers: readonly number[]): number
  later(text: string): Promise<string>
  fail(argument: null): never
  break(argument: null): never
}

const open: MessageChannel[] = []

function linked(): {
  client: ThreadClient<Calculator, string>
  emit: (event: string) => void
  events: string[]
} {
  const channel = new MessageChannel()
  open.push(channel)
  const procedures: Calculator = {
    add: (numbers) => numbers.reduce((sum, value) => sum + value, 0),
    later: (text) => new Promise((resolve) => setTimeout(() => resolve(text), 5)),
    fail: () => {
      throw new HeadframeError('pool/unknown', 'There is no such pool.', { context: { id: 'p9' } })
    },
    break: () => {
      throw new TypeError('a bug')
    },
  }
  const events: string[] = []
  const emit = serveThread<string>(channel.port2, procedures)
  const client = new ThreadClient<Calculator, string>(channel.port1, (event) => events.push(event))
  return { client, emit, events }
}

afterEach(() => {
  for (const { port1 } of open.splice(0)) port1.close()
})

describe('a link between threads', () => {
  it('answers each call with its own result, whatever the order', async () => {
    const { client } = linked()
    const answers = await Promise.all([client.call('later', 'slow'), client.call('add', [1, 2, 3])])
    expect(answers).toEqual(['slow', 6])
  })

  it('carries a failure with code, message and context', async () => {
    const { client } = linked()
    await expect(client.call('fail', null)).rejects.toMatchObject({
      name: 'HeadframeError',
      code: 'pool/unknown',
      message: 'There is no such pool.',
      context: { id: 'p9' },
    })
  })

  it('carries a bug as a plain error', async () => {
    const { client } = linked()
    const failure = await client.call('break', null).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(failure).not.toBeInstanceOf(HeadframeError)
    expect(failure).toHaveProperty('message', 'a bug')
  })

  it('delivers events in order, beside replies', async () => {
    const { client, emit, events } = linked()
    emit('one')
    emit('two')
    await client.call('add', [])
    expect(events).toEqual(['one', 'two'])
  })

  it('fails what waits, and what comes later, when the thread is gone', async () => {
    const { client } = linked()
    const waiting = client.call('later', 'never')
    client.end(new Error('the thread is gone'))
    await expect(waiting).rejects.toThrow('the thread is gone')
    await expect(client.call('add', [1])).rejects.toThrow('the thread is gone')
  })
})
