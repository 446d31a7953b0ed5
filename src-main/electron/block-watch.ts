/** Says that a block was found: once for each, together when they come thick and fast. */
import { type Core } from '../api/index.ts'
import { type Clock, type Unsubscribe } from '../base/index.ts'

/** Between two notifications; on a practice chain blocks come by the minute. */
const PAUSE_MS = 60_000

export type NotifyPerson = (title: string, body: string) => void

/** Watches from now on: blocks of earlier runs are no news. */
export function watchBlocks(
  core: Pick<Core, 'overview' | 'blocks'>,
  clock: Clock,
  notify: NotifyPerson,
): Unsubscribe {
  let toldCount: number | null = null
  let toldAtMs = -PAUSE_MS
  return core.overview.onChange(() => {
    const { blocksFound } = core.overview.value
    // The first value that the core reports counts the blocks of earlier runs.
    toldCount ??= blocksFound
    const news = blocksFound - toldCount
    const nowMs = clock.monotonicMs()
    if (news <= 0 || nowMs - toldAtMs < PAUSE_MS) return
    toldCount = blocksFound
    toldAtMs = nowMs
    void describe(core, news).then((body) =>
      notify(news === 1 ? 'Block found' : `${news} blocks found`, body),
    )
  })
}

async function describe(core: Pick<Core, 'blocks'>, news: number): Promise<string> {
  if (news > 1) return 'Your rigs found them since the last message.'
  const [newest] = await core.blocks().catch(() => [])
  if (!newest) return 'One of your rigs found a block.'
  const height = newest.height === null ? '' : ` at height ${newest.height.toLocaleString('en')}`
  return `${newest.rigName} found a block${height}.`
}
