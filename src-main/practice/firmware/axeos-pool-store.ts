/**
 * The pools of a practice AxeOS: two flat entries up to 2.14, eight slots from 2.15 on. What is in use was loaded when it
 * started. Rig API digest, sections 3.3 and 3.4.
 */
import { joinPoolUrl, splitPoolUrl } from './pool-parts.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

type Members = Readonly<Record<string, unknown>>

const SLOT_COUNT = 8
const MAX_TEXT = 255
const MAX_CERTIFICATE = 3000
const HIDDEN = '*****'

export interface AxeosPoolStore {
  /** Its members of `/api/system/info`. */
  page(): Record<string, unknown>
  /** Whether the pool members of a PATCH are good; all of it is refused otherwise. */
  accepts(patch: Members): boolean
  apply(patch: Members): void
  /** What is worked for after a start, in the order of its use. */
  loaded(): BodyPool[]
}

/* ---- Up to 2.14 ---- */

interface FlatPool {
  url: string
  port: number
  user: string
  password: string
}

export function flatPools(body: RigBody): AxeosPoolStore {
  const keep = (pool: BodyPool | undefined): FlatPool => {
    const { host, port } = splitPoolUrl(pool?.url ?? '')
    return { url: host, port, user: pool?.user ?? '', password: pool?.password ?? 'x' }
  }
  const saved = { stratum: keep(body.pools[0]), fallbackStratum: keep(body.pools[1]) }
  return {
    page: () => ({
      stratumURL: saved.stratum.url,
      stratumPort: saved.stratum.port,
      stratumUser: saved.stratum.user,
      fallbackStratumURL: saved.fallbackStratum.url,
      fallbackStratumPort: saved.fallbackStratum.port,
      fallbackStratumUser: saved.fallbackStratum.user,
      isUsingFallbackStratum: body.activePool === 1 ? 1 : 0,
    }),
    accepts: () => true,
    apply(patch) {
      for (const [prefix, pool] of Object.entries(saved)) {
        const take = (member: string, set: (text: string) => void): void => {
          const value = patch[`${prefix}${member}`]
          if (typeof value === 'string') set(value)
        }
        take('URL', (text) => (pool.url = text))
        take('User', (text) => (pool.user = text))
        take('Password', (text) => (pool.password = text))
        const port = patch[`${prefix}Port`]
        if (typeof port === 'number') pool.port = port
      }
    },
    loaded: () =>
      Object.values(saved)
        .filter(({ url }) => url !== '')
        .map(({ url, port, user, password }) => ({
          url: joinPoolUrl({ host: url, port, sv2: false, tls: false, authorityKey: '' }),
          user,
          password,
        })),
  }
}

/* ---- From 2.15 on ---- */

interface Slot {
  readonly stratumProtocol: string
  readonly stratumURL: string
  readonly stratumPort: number
  readonly stratumUser: string
  readonly stratumPassword: string
  readonly stratumSuggestedDifficulty: number
  readonly stratumExtranonceSubscribe: boolean
  readonly stratumTLS: number
  readonly stratumCert: string
  readonly stratumDecodeCoinbase: boolean
  readonly stratumV2ChannelType: string
  readonly stratumV2AuthorityPubkey: string
  readonly stratumV2RequireAuth: boolean
}

export function slotPools(body: RigBody): AxeosPoolStore {
  const slots: (Slot | null)[] = Array.from({ length: SLOT_COUNT }, (_, id) => {
    const pool = body.pools[id]
    return pool === undefined ? null : slotOfPool(pool)
  })
  const saved = { primary: 0, secondary: Math.min(1, Math.max(0, body.pools.length - 1)), useFallback: 0 }
  let inUse = { ...saved }
  return {
    page() {
      const first = slots[inUse.primary] ?? null
      const second = slots[inUse.secondary] ?? null
      return {
        poolConnectionInfo: body.measures.poolAlive() ? 'IPv4' : 'Not Connected',
        isUsingFallbackStratum: body.activePool === 1 ? 1 : 0,
        useFallbackStratum: saved.useFallback,
        primaryPoolIndex: inUse.primary,
        secondaryPoolIndex: inUse.secondary,
        // Empty ones are left out.
        pools: slots.flatMap((slot, id) => (slot === null ? [] : [{ id, ...slot, stratumPassword: HIDDEN }])),
        // Shown for old clients; they are no settings any more.
        ...legacy('stratum', first),
        ...legacy('fallbackStratum', second),
      }
    },
    accepts: ({ pools }) => pools === undefined || (Array.isArray(pools) && pools.every(isGoodSlot)),
    apply(patch) {
      for (const each of Array.isArray(patch['pools']) ? (patch['pools'] as Members[]) : []) {
        const id = Number(each['id'])
        slots[id] = slotOfPatch(each, slots[id] ?? null)
      }
      const index = (member: string, set: (value: number) => void): void => {
        const value = patch[member]
        if (typeof value === 'number' && value >= 0 && value < SLOT_COUNT) set(value)
      }
      index('primaryPoolIndex', (value) => (saved.primary = value))
      index('secondaryPoolIndex', (value) => (saved.secondary = value))
      index('useFallbackStratum', (value) => (saved.useFallback = value))
    },
    loaded() {
      inUse = { ...saved }
      return [slots[inUse.primary], slots[inUse.secondary]].flatMap((slot) =>
        slot ? [poolOfSlot(slot)] : [],
      )
    },
  }
}

function legacy(prefix: string, slot: Slot | null): Record<string, unknown> {
  return {
    [`${prefix}URL`]: slot?.stratumURL ?? '',
    [`${prefix}Port`]: slot?.stratumPort ?? 0,
    [`${prefix}User`]: slot?.stratumUser ?? '',
    [`${prefix}TLS`]: slot?.stratumTLS ?? 0,
    [`${prefix}Protocol`]: slot?.stratumProtocol ?? 'SV1',
    [`${prefix}V2AuthorityPubkey`]: slot?.stratumV2AuthorityPubkey ?? '',
  }
}

/** One bad entry is a reason to refuse all of the PATCH. */
function isGoodSlot(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const slot = value as Members
  const text = (member: string, max = MAX_TEXT): boolean =>
    slot[member] === undefined || (typeof slot[member] === 'string' && slot[member].length <= max)
  const filled = (member: string): boolean =>
    text(member) && typeof slot[member] === 'string' && slot[member] !== ''
  const between = (member: string, min: number, max: number): boolean =>
    typeof slot[member] === 'number' && slot[member] >= min && slot[member] <= max
  return (
    between('id', 0, SLOT_COUNT - 1) &&
    filled('stratumURL') &&
    between('stratumPort', 1, 65_535) &&
    filled('stratumUser') &&
    text('stratumPassword') &&
    text('stratumCert', MAX_CERTIFICATE) &&
    text('stratumV2AuthorityPubkey', 128) &&
    (slot['stratumTLS'] === undefined || between('stratumTLS', 0, 2)) &&
    (slot['stratumProtocol'] === undefined || /^SV[12]$/.test(String(slot['stratumProtocol'])))
  )
}

/** What is left out falls back to a default, not to what was stored; the hidden password alone means the stored one. */
function slotOfPatch(patch: Members, before: Slot | null): Slot {
  const text = (member: string, otherwise: string): string => {
    const value = patch[member]
    return typeof value === 'string' ? value : otherwise
  }
  const number = (member: string, otherwise: number): number => {
    const value = patch[member]
    return typeof value === 'number' ? value : otherwise
  }
  const flag = (member: string, otherwise: boolean): boolean => {
    const value = patch[member]
    return typeof value === 'boolean' ? value : typeof value === 'number' ? value !== 0 : otherwise
  }
  const password = text('stratumPassword', 'x')
  return {
    stratumProtocol: text('stratumProtocol', 'SV1'),
    stratumURL: text('stratumURL', ''),
    stratumPort: number('stratumPort', 3333),
    stratumUser: text('stratumUser', ''),
    stratumPassword: password === HIDDEN ? (before?.stratumPassword ?? 'x') : password,
    stratumSuggestedDifficulty: number('stratumSuggestedDifficulty', 0),
    stratumExtranonceSubscribe: flag('stratumExtranonceSubscribe', false),
    stratumTLS: number('stratumTLS', 0),
    stratumCert: text('stratumCert', ''),
    stratumDecodeCoinbase: flag('stratumDecodeCoinbase', true),
    stratumV2ChannelType: text('stratumV2ChannelType', 'extended'),
    stratumV2AuthorityPubkey: text('stratumV2AuthorityPubkey', ''),
    stratumV2RequireAuth: flag('stratumV2RequireAuth', false),
  }
}

function slotOfPool({ url, user, password }: BodyPool): Slot {
  const { host, port, sv2, tls, authorityKey } = splitPoolUrl(url)
  return slotOfPatch(
    {
      stratumProtocol: sv2 ? 'SV2' : 'SV1',
      stratumURL: host,
      stratumPort: port,
      stratumUser: user,
      stratumPassword: password,
      stratumTLS: tls ? 1 : 0,
      stratumV2AuthorityPubkey: authorityKey,
    },
    null,
  )
}

function poolOfSlot(slot: Slot): BodyPool {
  const url = joinPoolUrl({
    host: slot.stratumURL,
    port: slot.stratumPort,
    sv2: slot.stratumProtocol === 'SV2',
    tls: slot.stratumTLS > 0,
    authorityKey: slot.stratumV2AuthorityPubkey,
  })
  return { url, user: slot.stratumUser, password: slot.stratumPassword }
}
