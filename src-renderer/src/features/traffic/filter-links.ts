/** Which connections are shown, and in which order. Pure. */
import type { Link } from '@contract'
import { linkLabel } from '../../format/links.ts'

export interface LinkFilter {
  text: string
  side: 'all' | Link['side']
}

/** Pools first, then rigs; within each the ones that moved the most bytes, or by name. */
export function filterLinks(
  links: readonly Link[],
  filter: LinkFilter,
  order: 'name' | 'bytes' | 'since',
): Link[] {
  const text = filter.text.trim().toLowerCase()
  const compare: Record<typeof order, (a: Link, b: Link) => number> = {
    name: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
    bytes: (a, b) => b.bytesIn + b.bytesOut - a.bytesIn - a.bytesOut,
    since: (a, b) => b.since - a.since,
  }
  const rank = (link: Link): number => (link.side === 'upstream' ? 0 : 1)
  return links
    .filter((link) => filter.side === 'all' || link.side === filter.side)
    .filter(
      (link) =>
        text === '' ||
        `${link.name} ${link.address} ${linkLabel(link.protocol, link.transport)}`
          .toLowerCase()
          .includes(text),
    )
    .sort((a, b) => rank(a) - rank(b) || compare[order](a, b) || (a.id < b.id ? -1 : 1))
}

export function countSides(links: readonly Link[]): Record<LinkFilter['side'], number> {
  const upstream = links.filter(({ side }) => side === 'upstream').length
  return { all: links.length, upstream, downstream: links.length - upstream }
}
