/** What the proxy reports that a chart should mark: switches, pools that stand in, blocks. */
import { type EngineReport } from '../proxy/index.ts'
import { type EventFeed } from './event-feed.ts'

export function tellOfReport(
  { poolEvents, blocks }: EngineReport,
  events: EventFeed,
  nameOf: (poolId: string) => string,
): void {
  for (const { poolId, kind, detail } of poolEvents) {
    const name = nameOf(poolId)
    const why = detail === null || detail === '' ? '' : ` (${detail.replace(/\.$/, '')})`
    switch (kind) {
      case 'activated':
        events.add('pool-switch', `Rigs were sent to ${name}${why}.`, 'pool', poolId)
        break
      case 'failed-over':
        events.add('pool-stand-in', `${name} stands in${why}.`, 'pool', poolId)
        break
      case 'returned':
        events.add('pool-switch', `${name} serves again${why}.`, 'pool', poolId)
        break
      case 'lost':
        events.add('pool-lost', `The connection to ${name} was lost${why}.`, 'pool', poolId)
        break
      // Connecting is a pool's daily life, and stands in its own list.
      case 'connected':
    }
  }
  for (const { poolId, height } of blocks) {
    const which = height === null ? 'A block' : `Block ${height.toLocaleString('en')}`
    events.add('block-found', `${which} was found for ${nameOf(poolId)}.`, 'pool', poolId)
  }
}
