/**
 * The bandwidth meter: sums over links that are open and links that were, in all and of the last hour. The
 * sizes of the other protocol come from `counterpart.ts`.
 */
import { Broadcast } from '../../net/index.ts'
import { type CounterpartTotals, NO_COUNTERPART } from './counterpart.ts'
import {
  type BandwidthRate,
  type BandwidthRow,
  type BandwidthView,
  type LinkProtocol,
  type LinkSide,
  type LinkTransport,
} from './insight-views.ts'
import { counterpartBytes, type Link } from './link.ts'

/** How the figures come about, for people; shown with them. */
export const BANDWIDTH_METHOD: readonly string[] = [
  'Bytes up and down are those of the connections themselves, counted as they pass: what Stratum V1 writes as lines, and what Stratum V2 sends encrypted.',
  'For every message that really went by, Headframe computes how many bytes the same content would have taken in the other protocol, from the sizes its own encoders produce: jobs, shares, answers, difficulties and the set-up of each connection.',
  'Stratum V2 counts encrypted: a handshake of 64 and 234 bytes, 22 bytes for each message header and 16 for each block of its content. The figure is for an extended channel, which carries the same freedom as Stratum V1.',
  'Stratum V2 servers acknowledge accepted shares together: pools are taken to do so every 10 shares, and toward rigs after 5 shares or 2 seconds. Refusals are answered one by one in both protocols.',
  'Stratum V1 counts in the clear, as most pools serve it. The second figure adds TLS 1.3: 22 bytes for each line and a handshake of 1,700 bytes up and 4,500 down, so that both protocols are encrypted.',
  'Not counted on either side: TCP/IP headers, WebSocket frames, and the TLS of connections that use it.',
]

const MINUTES = 60
/** Links that are looked at in one turn of the loop. */
const SLICE = 256
const MINUTE_MS = 60_000

interface Sums {
  links: number
  bytesIn: number
  bytesOut: number
  readonly totals: { -readonly [K in keyof CounterpartTotals]: CounterpartTotals[K] }
}

/** Links of one pool, protocol and transport. */
interface Group {
  readonly side: LinkSide
  readonly poolId: string | null
  readonly protocol: LinkProtocol
  readonly transport: LinkTransport
  readonly closed: Sums
}

/** Groups that are told apart; there are as many as pools and ways to reach them, so this is never met in practice. */
const MAX_GROUPS = 256

interface Mark {
  readonly monotonicMs: number
  readonly upstream: Figures
  readonly downstream: Figures
}

interface Figures {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly counterpartIn: number
  readonly counterpartOut: number
}

export class BandwidthMeter {
  readonly #sinceMs: number
  readonly #groups = new Map<string, Group>()
  /** Those that are open. */
  readonly #links: ReadonlyMap<string, Link>
  readonly #round = new Broadcast<Link>({ sliceSize: SLICE })
  /** Sums of each of the last minutes, oldest first. */
  #marks: Mark[] = []

  /** @param sinceMs epoch */
  constructor(sinceMs: number, monotonicMs: number, links: ReadonlyMap<string, Link>) {
    this.#sinceMs = sinceMs
    this.#links = links
    const nothing: Figures = { bytesIn: 0, bytesOut: 0, counterpartIn: 0, counterpartOut: 0 }
    this.#marks.push({ monotonicMs, upstream: nothing, downstream: nothing })
  }

  opened(link: Link): void {
    const group = this.#group(link)
    if (!group) return
    link.group = group
    group.closed.links++
  }

  closed(link: Link): void {
    const group = link.group as Group | null
    link.group = null
    if (group) addTo(group.closed, link)
  }

  /** To be called about once a second; looks at all links once a minute, a slice of very many in each turn. */
  tick(monotonicMs: number): void {
    const last = this.#marks.at(-1)!
    if (monotonicMs - last.monotonicMs < MINUTE_MS || this.#round.active) return
    const sums = this.#closedSums()
    const visit = (link: Link): void => addOpen(sums, link)
    this.#round.start(this.#links.values(), visit, () => {
      this.#marks.push({ monotonicMs, ...figuresOf(rowsOf(sums)) })
      while (this.#marks.length > MINUTES + 1) this.#marks.shift()
    })
  }

  view(monotonicMs: number): BandwidthView {
    const sums = this.#closedSums()
    for (const link of this.#links.values()) addOpen(sums, link)
    const rows = rowsOf(sums)
    const [first] = this.#marks
    const now = figuresOf(rows)
    const coveredMs = Math.max(0, monotonicMs - (first?.monotonicMs ?? monotonicMs))
    return {
      sinceMs: this.#sinceMs,
      upstream: rows.flatMap(({ group: { poolId }, row }) => (poolId === null ? [] : [{ ...row, poolId }])),
      downstream: rows.flatMap(({ group: { side }, row }) => (side === 'downstream' ? [row] : [])),
      lastHour: {
        upstream: rate(coveredMs, now.upstream, first?.upstream),
        downstream: rate(coveredMs, now.downstream, first?.downstream),
      },
      method: BANDWIDTH_METHOD,
    }
  }

  #closedSums(): Map<Group, Sums> {
    const sums = new Map<Group, Sums>()
    for (const group of this.#groups.values()) {
      sums.set(group, { ...group.closed, totals: { ...group.closed.totals } })
    }
    return sums
  }

  #group({ opening: { side, poolId, protocol, transport } }: Link): Group | undefined {
    const key = JSON.stringify([side, poolId, protocol, transport])
    let group = this.#groups.get(key)
    if (!group && this.#groups.size < MAX_GROUPS) {
      const standard = protocol === 'stratum-v1' ? 0 : null
      const totals = { ...NO_COUNTERPART, standardUp: standard, standardDown: standard }
      group = { side, poolId, protocol, transport, closed: { links: 0, bytesIn: 0, bytesOut: 0, totals } }
      this.#groups.set(key, group)
    }
    return group
  }
}

interface GroupRow {
  readonly group: Group
  readonly row: BandwidthRow
}

function rowsOf(sums: ReadonlyMap<Group, Sums>): GroupRow[] {
  return [...sums].map(([group, { links, bytesIn, bytesOut, totals }]) => {
    const { side, protocol, transport } = group
    const counterpart = counterpartBytes(side, protocol, totals)
    const { jobs, shares } = totals
    return { group, row: { protocol, transport, links, bytesIn, bytesOut, counterpart, jobs, shares } }
  })
}

/** Not if it was closed meanwhile: then it is among the closed ones. */
function addOpen(sums: ReadonlyMap<Group, Sums>, link: Link): void {
  const sum = link.group && sums.get(link.group as Group)
  if (sum) addTo(sum, link)
}

function addTo(sums: Sums, link: Link): void {
  const { connection } = link.opening
  const { totals } = link
  sums.bytesIn += connection.bytesIn
  sums.bytesOut += connection.bytesOut
  sums.totals.up += totals.up
  sums.totals.down += totals.down
  sums.totals.tlsUp += totals.tlsUp
  sums.totals.tlsDown += totals.tlsDown
  sums.totals.standardUp = plus(sums.totals.standardUp, totals.standardUp)
  sums.totals.standardDown = plus(sums.totals.standardDown, totals.standardDown)
  sums.totals.jobs += totals.jobs
  sums.totals.shares += totals.shares
}

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

function figuresOf(rows: readonly GroupRow[]): {
  upstream: Figures
  downstream: Figures
} {
  const sum = (wanted: LinkSide): Figures => {
    const figures = { bytesIn: 0, bytesOut: 0, counterpartIn: 0, counterpartOut: 0 }
    for (const { group, row } of rows) {
      if (group.side !== wanted) continue
      figures.bytesIn += row.bytesIn
      figures.bytesOut += row.bytesOut
      figures.counterpartIn += row.counterpart.bytesIn
      figures.counterpartOut += row.counterpart.bytesOut
    }
    return figures
  }
  return { upstream: sum('upstream'), downstream: sum('downstream') }
}

function rate(coveredMs: number, now: Figures, then: Figures | undefined): BandwidthRate {
  return {
    coveredMs,
    bytesIn: now.bytesIn - (then?.bytesIn ?? 0),
    bytesOut: now.bytesOut - (then?.bytesOut ?? 0),
    counterpartIn: now.counterpartIn - (then?.counterpartIn ?? 0),
    counterpartOut: now.counterpartOut - (then?.counterpartOut ?? 0),
  }
}
