import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { watchBlocks } from '../../../src-main/electron/block-watch.ts'
import { FakeCore } from '../../support/fake-core.ts'

function watching(): {
  core: FakeCore
  clock: ManualClock
  told: string[]
  find: (total: number) => Promise<void>
} {
  const core = new FakeCore()
  const clock = new ManualClock()
  const told: string[] = []
  watchBlocks(core, clock, (title, body) => told.push(`${title}: ${body}`))
  const find = async (blocksFound: number): Promise<void> => {
    core.overview.set({ ...core.overview.value, blocksFound })
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { core, clock, told, find }
}

describe('watching for blocks', () => {
  it('says who found one, but nothing of those of earlier runs', async () => {
    const { told, find } = watching()
    await find(12)
    await find(12)
    expect(told).toEqual([])
    await find(13)
    expect(told).toEqual(['Block found: shed-gamma-2 found a block at height 924,518.'])
    await find(13)
    expect(told).toHaveLength(1)
  })

  it('tells of many together', async () => {
    const { clock, told, find } = watching()
    await find(0)
    await find(1)
    for (let total = 2; total <= 5; total++) await find(total)
    expect(told).toHaveLength(1)
    clock.advance(60_000)
    await find(6)
    expect(told.slice(1)).toEqual(['5 blocks found: Your rigs found them since the last message.'])
  })

  it('tells of one even if the history cannot say more', async () => {
    const { core, told, find } = watching()
    await find(0)
    core.failure = new Error('the disk is full')
    await find(1)
    expect(told).toEqual(['Block found: One of your rigs found a block.'])
  })
})
