/**
 * What is written to AxeOS to change its pools, and how to see that it was kept. Pure: plans from what the rig answered.
 *
 * From 2.15 on pools are slots, and the flat members are no settings any more: writing them is answered with 200 and
 * changes nothing. So it is the presence of slots that decides. Slots are written away from those in use, whole, because
 * what is left out falls back to a default. Governing document: rig API digest, section 3.4.
 */
import {
  booleanOf,
  isObject,
  listOf,
  type LooseObject,
  numberOf,
  objectOf,
  textOf,
} from '../model/lenient.ts'
import { type AxeTarget, axeTarget, type AxeTransports, sameTarget } from './axe-targets.ts'
import { type PoolsSnapshot, type PoolTarget } from './family.ts'
import { notSupported } from './offer.ts'
import { axePoolText, poolUrlOf } from './readings/axe-info.ts'
import { hasPoolSlots } from './readings/axeos.ts'

/** What it says instead of a password; said back to it, it keeps the one of that slot. */
export const HIDDEN_PASSWORD = '*****'
const SLOT_COUNT = 8
const NO_KEY = 'x'

export interface PoolsPlan {
  /** For PATCH `/api/system`. */
  readonly body: Readonly<Record<string, unknown>>
  /** Whether an answer of `/api/system/info` after the write shows it, before any restart. */
  kept(info: LooseObject): boolean
  /** For the person; null for nothing. */
  readonly note: string | null
}

/**
 * @param info what `/api/system/info` answered just now
 * @throws HeadframeError `rig/not-supported`
 */
export function planPools(info: LooseObject, targets: readonly PoolTarget[]): PoolsPlan {
  const can = transports(info)
  const [first, second = first] = targets.map((target) => axeTarget(target, can))
  if (first === undefined || second === undefined)
    throw notSupported('A rig cannot be without a pool. Name at least one.')
  const note =
    targets.length > 2
      ? 'This firmware works with two pools: the first two were written, the others not.'
      : null
  return { ...(hasPoolSlots(info) ? planSlots(info, first, second) : planFlat(info, first, second)), note }
}

function transports(info: LooseObject): AxeTransports {
  if (hasPoolSlots(info)) return { tls: true, sv2: true }
  return { tls: Object.hasOwn(info, 'stratumTLS'), sv2: Object.hasOwn(info, 'stratumProtocol') }
}

/* ---- Slots ---- */

interface Slot {
  readonly id: number
  readonly text: LooseObject
}

function slotsOf(info: LooseObject): Slot[] {
  return listOf(info['pools'])
    .filter(isObject)
    .flatMap((text) => {
      const id = numberOf(text['id'])
      return id === null ? [] : [{ id, text }]
    })
}

function planSlots(info: LooseObject, first: AxeTarget, second: AxeTarget): Omit<PoolsPlan, 'note'> {
  const slots = slotsOf(info)
  const inUse = new Set([numberOf(info['primaryPoolIndex']), numberOf(info['secondaryPoolIndex'])])
  const taken = new Set<number>()
  const take = (target: AxeTarget): number => {
    const id = chooseSlot(slots, inUse, taken, target)
    taken.add(id)
    return id
  }
  const primary = take(first)
  // Without a pool to fall back to, the same one stands in both places: an older one would get the work of an outage.
  const secondary = take(second)
  const texts = [slotText(slots, primary, first), slotText(slots, secondary, second)]
  return {
    body: { pools: texts, primaryPoolIndex: primary, secondaryPoolIndex: secondary, useFallbackStratum: 0 },
    kept: (after) => texts.every((text) => isKept(after, text)),
  }
}

/**
 * One that has this pool already, else a free one, else the last one that is not in use. A slot in use is written only
 * with what it has anyway.
 */
function chooseSlot(
  slots: readonly Slot[],
  inUse: ReadonlySet<number | null>,
  taken: ReadonlySet<number>,
  target: AxeTarget,
): number {
  const same = slots.find(({ id, text }) => {
    const there = axePoolText(text, 'stratum', 'stratumV2AuthorityPubkey')
    const user = textOf(text['stratumUser']) ?? ''
    return !taken.has(id) && there !== null && sameTarget({ ...there, user }, target)
  })
  if (same !== undefined) return same.id
  const ids = Array.from({ length: SLOT_COUNT }, (_, id) => id).filter(
    (id) => !taken.has(id) && !inUse.has(id),
  )
  const free = ids.find((id) => !slots.some((slot) => slot.id === id))
  const chosen = free ?? ids.at(-1)
  if (chosen === undefined)
    throw notSupported('Every pool slot of this rig is in use. Clear one on its page.')
  return chosen
}

/** Every member, for what is left out would fall back to a default. What we do not know of stays as it is. */
function slotText(slots: readonly Slot[], id: number, target: AxeTarget): Record<string, unknown> {
  const before = slots.find((slot) => slot.id === id)?.text ?? {}
  const tlsBefore = numberOf(before['stratumTLS']) ?? 0
  const keepsTls = target.tls && tlsBefore > 0
  return {
    stratumSuggestedDifficulty: 0,
    stratumExtranonceSubscribe: false,
    stratumDecodeCoinbase: true,
    stratumV2ChannelType: 'extended',
    stratumV2RequireAuth: false,
    ...before,
    id,
    stratumProtocol: target.sv2 ? 'SV2' : 'SV1',
    stratumURL: target.host,
    stratumPort: target.port,
    stratumUser: target.user,
    stratumPassword: target.password,
    stratumTLS: keepsTls ? tlsBefore : target.tls ? 1 : 0,
    stratumCert: keepsTls ? (textOf(before['stratumCert']) ?? '') : '',
    stratumV2AuthorityPubkey: target.authorityKey,
  }
}

function isKept(info: LooseObject, text: Readonly<Record<string, unknown>>): boolean {
  const slot = slotsOf(info).find(({ id }) => id === text['id'])?.text
  return (
    slot !== undefined &&
    ['stratumURL', 'stratumPort', 'stratumUser', 'stratumProtocol', 'stratumV2AuthorityPubkey'].every(
      (member) => textOf(slot[member]) === textOf(text[member]),
    )
  )
}

/* ---- Flat members, up to 2.14 ---- */

function planFlat(info: LooseObject, first: AxeTarget, second: AxeTarget): Omit<PoolsPlan, 'note'> {
  const body = { ...flatMembers(info, 'stratum', first), ...flatMembers(info, 'fallbackStratum', second) }
  return { body, kept: (after) => showsFlat(after, body) }
}

/** Only members that this version has, in the type that it shows them in. */
function flatMembers(info: LooseObject, prefix: string, target: AxeTarget): Record<string, unknown> {
  const known: Record<string, unknown> = {
    [`${prefix}TLS`]: typeof info[`${prefix}TLS`] === 'boolean' ? target.tls : target.tls ? 1 : 0,
    [`${prefix}Protocol`]: target.sv2 ? 'SV2' : 'SV1',
    [`${prefix}V2AuthorityPubkey`]: target.authorityKey,
  }
  return {
    [`${prefix}URL`]: target.host,
    [`${prefix}Port`]: target.port,
    [`${prefix}User`]: target.user,
    [`${prefix}Password`]: target.password,
    ...Object.fromEntries(Object.entries(known).filter(([member]) => Object.hasOwn(info, member))),
  }
}

function showsFlat(info: LooseObject, body: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(body).every(
    ([member, value]) =>
      /Password$/.test(member) || !/URL|Port|User/.test(member) || textOf(info[member]) === textOf(value),
  )
}

/* ---- What was there, and back to it ---- */

/** JSON-safe. */
type Kept =
  | {
      readonly kind: 'slots'
      readonly primary: number
      readonly secondary: number
      readonly useFallback: number
      readonly slots: readonly LooseObject[]
    }
  | { readonly kind: 'flat'; readonly members: LooseObject }

const FLAT_MEMBERS =
  /^(?:fallbackStratum|stratum)(?:URL|Port|User|TLS|Cert|Protocol|V2AuthorityPubkey|V2ChannelType|DecodeCoinbase|SuggestedDifficulty|ExtranonceSubscribe)$/

export function snapshotPools(info: LooseObject): PoolsSnapshot {
  const primary = numberOf(info['primaryPoolIndex']) ?? 0
  const secondary = numberOf(info['secondaryPoolIndex']) ?? primary
  if (!hasPoolSlots(info)) {
    const members = Object.fromEntries(Object.entries(info).filter(([member]) => FLAT_MEMBERS.test(member)))
    const own: Kept = { kind: 'flat', members }
    const pools = [
      targetOf(info, 'stratum', 'stratumV2AuthorityPubkey'),
      targetOf(info, 'fallbackStratum', 'fallbackStratumV2AuthorityPubkey'),
    ].flat()
    return { pools, hasPasswords: false, own }
  }
  const slots = slotsOf(info)
  const own: Kept = {
    kind: 'slots',
    primary,
    secondary,
    useFallback: booleanOf(info['useFallbackStratum']) === true ? 1 : 0,
    slots: slots.map(({ text }) => text),
  }
  const pools = [primary, secondary].flatMap((id) => {
    const slot = slots.find((each) => each.id === id)
    return slot === undefined ? [] : targetOf(slot.text, 'stratum', 'stratumV2AuthorityPubkey')
  })
  return { pools, hasPasswords: false, own }
}

function targetOf(from: LooseObject, prefix: string, key: string): PoolTarget[] {
  const text = axePoolText(from, prefix, key)
  if (text === null) return []
  return [{ url: poolUrlOf(text), user: textOf(from[`${prefix}User`]) ?? '', password: '' }]
}

/**
 * By index where the slots still have what they had, which keeps their passwords.
 * @param info what `/api/system/info` answered just now
 * @throws HeadframeError `rig/not-supported` if the rig had its pools in another form then
 */
export function planRestore(info: LooseObject, snapshot: PoolsSnapshot): PoolsPlan {
  const own = objectOf(snapshot.own)
  if (own['kind'] === 'slots' && hasPoolSlots(info)) return planSlotsBack(info, own, snapshot)
  if (own['kind'] === 'flat' && !hasPoolSlots(info))
    return planFlatBack(info, objectOf(own['members']), snapshot)
  // Updated or downgraded in between: what it was told then is told again in the form of now.
  return { ...planPools(info, snapshot.pools), note: lostPasswords(snapshot) }
}

function planSlotsBack(info: LooseObject, own: LooseObject, snapshot: PoolsSnapshot): PoolsPlan {
  const primary = numberOf(own['primary']) ?? 0
  const secondary = numberOf(own['secondary']) ?? primary
  const before = listOf(own['slots']).filter(isObject)
  const changed = before.filter((text) => {
    const id = numberOf(text['id'])
    return (id === primary || id === secondary) && !isKept(info, text)
  })
  const texts = changed.map((text) => {
    const at = numberOf(text['id']) === primary ? 0 : 1
    // The hidden password would be that of the pool that stands there now.
    return { ...text, stratumPassword: snapshot.pools[at]?.password || NO_KEY }
  })
  return {
    body: {
      ...(texts.length === 0 ? {} : { pools: texts }),
      primaryPoolIndex: primary,
      secondaryPoolIndex: secondary,
      useFallbackStratum: numberOf(own['useFallback']) ?? 0,
    },
    kept: (after) => texts.every((text) => isKept(after, text)),
    note: texts.length === 0 ? null : lostPasswords(snapshot),
  }
}

function planFlatBack(info: LooseObject, members: LooseObject, snapshot: PoolsSnapshot): PoolsPlan {
  const passwords = ['stratumPassword', 'fallbackStratumPassword'].map((member, at) => [
    member,
    snapshot.pools[at]?.password || NO_KEY,
  ])
  const body = {
    ...Object.fromEntries(Object.entries(members).filter(([member]) => Object.hasOwn(info, member))),
    ...(Object.fromEntries(passwords) as Record<string, unknown>),
  }
  return { body, kept: (after) => showsFlat(after, body), note: lostPasswords(snapshot) }
}

function lostPasswords({ hasPasswords }: PoolsSnapshot): string | null {
  return hasPasswords
    ? null
    : 'The rig does not show pool passwords, so the usual "x" was written. If your pool needs another, enter it on the rig.'
}
