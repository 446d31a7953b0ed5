/**
 * Which connection of the proxy is which rig: by the address both are seen at, and by worker name where several rigs (or
 * several connections) share one, as behind a forwarder. What cannot be told apart stays unmatched. Pure.
 */
import { type DownstreamSeen } from '../ports.ts'

export interface RigToMatch {
  readonly id: string
  readonly host: string
  /** User names of its pool entries, the active one first. */
  readonly users: readonly string[]
}

/** @returns by rig id; every connection at most once */
export function matchDownstreams(
  rigs: readonly RigToMatch[],
  downstreams: readonly DownstreamSeen[],
): ReadonlyMap<string, DownstreamSeen> {
  const matched = new Map<string, DownstreamSeen>()
  const rigsAt = groupBy(rigs, ({ host }) => host.toLowerCase())
  const seenAt = groupBy(downstreams, ({ address }) => hostOf(address))
  const left: RigToMatch[] = []
  for (const [host, here] of rigsAt) {
    const seen = seenAt.get(host) ?? []
    const [only] = here
    if (here.length === 1 && only !== undefined && seen.length > 0) {
      const chosen =
        newest(seen.filter((each) => fits(only, each))) ?? (seen.length === 1 ? seen[0] : undefined)
      if (chosen) matched.set(only.id, chosen)
    } else if (seen.length > 0) matchByName(here, seen, matched)
    else if (!isNumericAddress(host)) left.push(...here)
  }
  // Rigs known by a name of the network: their connections come from an address that nobody else has.
  const unclaimed = downstreams.filter(({ address }) => !rigsAt.has(hostOf(address)))
  matchByName(left, unclaimed, matched)
  return matched
}

/** The part of a user name that names the rig: after the first dot of `account.attic`, else all of it. */
export function workerOf(user: string): string {
  const dot = user.indexOf('.')
  return dot < 0 ? user : user.slice(dot + 1)
}

/** `host` of `host:port`, in lower case, without brackets; IPv4-mapped addresses as IPv4. */
export function hostOf(address: string): string {
  const host = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/:\d+$/, '')
  return host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
}

function matchByName(
  rigs: readonly RigToMatch[],
  downstreams: readonly DownstreamSeen[],
  matched: Map<string, DownstreamSeen>,
): void {
  for (const rig of rigs) {
    const fitting = downstreams.filter((seen) => fits(rig, seen))
    const isShared = rigs.some((other) => other !== rig && fitting.some((seen) => fits(other, seen)))
    const chosen = newest(fitting)
    if (chosen && !isShared) matched.set(rig.id, chosen)
  }
}

/** Whether the rig calls itself that: by the whole user name, else by the part that names the rig. */
function fits({ users }: RigToMatch, { name }: DownstreamSeen): boolean {
  if (name === '') return false
  return users.some((user) => user === name || (workerOf(user) !== '' && workerOf(user) === workerOf(name)))
}

/** After a reconnection the old connection may be there for a while. */
function newest(downstreams: readonly DownstreamSeen[]): DownstreamSeen | undefined {
  return downstreams.reduce<DownstreamSeen | undefined>(
    (best, each) => (best === undefined || each.connectedAtMs > best.connectedAtMs ? each : best),
    undefined,
  )
}

const isNumericAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
