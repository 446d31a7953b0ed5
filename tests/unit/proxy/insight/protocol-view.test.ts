import { describe, expect, it } from 'vitest'
import {
  BACKLOG_FRAMES,
  MAX_WATCHED,
  ProtocolView,
} from '../../../../src-main/proxy/insight/protocol-view.ts'
import { MessageReader } from '../../../../src-main/proxy/insight/message-reader.ts'

const read = (id: number) => new MessageReader().line('in', `{"id":${id},"method":"mining.ping","params":[]}`)

describe('the protocol view', () => {
  it('shows what came since it was looked at last', () => {
    const view = new ProtocolView()
    view.add('a', 1, 'in', read(1))
    expect(view.take('a')).toEqual([])
    view.watch(['a'])
    view.add('a', 2, 'in', read(2))
    view.add('b', 3, 'in', read(3))
    view.add('a', 4, 'out', read(4))
    expect(view.take('a')).toMatchObject([
      { sequence: 1, atMs: 2, direction: 'in', name: 'mining.ping' },
      { sequence: 2, atMs: 4, direction: 'out' },
    ])
    expect(view.take('a')).toEqual([])
    view.add('a', 5, 'in', read(5))
    expect(view.take('a')).toMatchObject([{ sequence: 3 }])
    expect(view.backlog('a')).toHaveLength(3)
  })

  it('leaves the oldest out when more come than it keeps, and the sequence shows it', () => {
    const view = new ProtocolView()
    view.watch(['a'])
    for (let n = 1; n <= BACKLOG_FRAMES + 50; n++) view.add('a', n, 'in', read(n))
    const frames = view.take('a')
    expect(frames).toHaveLength(BACKLOG_FRAMES)
    expect(frames[0]!.sequence).toBe(51)
  })

  it('goes on with links that stay watched, forgets the others, and watches only some', () => {
    const view = new ProtocolView()
    view.watch(['a', 'b'])
    view.add('a', 1, 'in', read(1))
    view.add('b', 1, 'in', read(1))
    view.watch(['b', 'c'])
    expect(view.backlog('a')).toEqual([])
    expect(view.take('b')).toHaveLength(1)
    view.watch(Array.from({ length: 20 }, (_, n) => `l${n}`))
    expect(view.linkIds).toHaveLength(MAX_WATCHED)
    view.watch([])
    expect(view.linkIds).toEqual([])
  })
})
