/**
 * The practice farm beside the program: its pools are put into the settings as any pool would be, its rigs
 * are pointed at the proxy as any rig would be. Nothing else of the program knows of it.
 */
import { type PracticeControl } from '../api/index.ts'
import { type Clock, type Entropy, type Logger } from '../base/index.ts'
import {
  boardsInThread,
  hashingInThread,
  openPracticeBoards,
  type PracticeBoards,
  type PracticeFarm,
  type PracticePool,
  type RigPlaces,
  type PracticeOutside,
  startPracticeOutside,
  startPracticePools,
} from '../practice/index.ts'
import { type PoolSettings, parsePoolUrl, type SecretStore, type SettingsStore } from '../settings/index.ts'
import {
  authorityPublicKey,
  type AuthorityKeyPair,
  formatAuthoritySecretKey,
  parseAuthoritySecretKey,
} from '../sv2/index.ts'
import { type MoneyBook } from './money-book.ts'
import { practicePort, seedPracticeMoney } from './practice-money.ts'
import { practiceYear, type PracticeYearParts } from './practice-year.ts'
import { threadUrl } from './thread-url.ts'

export interface PracticeParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly settings: SettingsStore
  readonly secrets: SecretStore
  /** What a year of history is made from and goes into; asked for once everything has started. */
  year(): PracticeYearParts
}

export interface WiredPractice {
  readonly control: PracticeControl
  /** What hangs on its USB ports. */
  readonly boards: PracticeBoards
  /** Where the rigs answer their own interfaces, in the words of a search. The list grows as they come to listen. */
  readonly scanTargets: readonly string[]
  /**
   * Starts the stand-ins for what lies outside, and enters them as a person would.
   * @returns where they answer
   */
  startOutside(book: MoneyBook): Promise<string>
  startRigs(places: RigPlaces): void
  stopRigs(): Promise<void>
  stopPools(): Promise<void>
}

/** The pool's key is kept, so that it is the same pool after a restart. */
const AUTHORITY_SECRET = 'practice/authority'
/** A stretch of ports that is easily scanned. */
const FIRST_RIG_PORT = 4960

const OUTSIDE_SEED = 21
/** At which the practice rigs earn about what machines of their names would, and not what the practice chain is worth. */
const PRACTICE_NETWORK_DIFFICULTY = 4_000

/** Starts the practice pools and makes them pools of the program. */
export async function startPractice(parts: PracticeParts): Promise<WiredPractice> {
  const { settings, secrets, clock, entropy, log } = parts
  const stored = await storedAuthority(secrets)
  const sv2Port = storedPort(settings, 'practice-sv2')
  const sv1Port = storedPort(settings, 'practice-sv1')
  const farm = await startPracticePools({
    clock,
    entropy,
    log: log.child('practice'),
    ...(stored ? { authority: stored } : {}),
    preferredPorts: {
      ...(sv2Port === undefined ? {} : { stratumV2: sv2Port }),
      ...(sv1Port === undefined ? {} : { stratumV1: sv1Port }),
    },
    openHashing: hashingInThread(threadUrl('hashing'), log.child('practice')),
    neighbours: { firstPort: FIRST_RIG_PORT },
  })
  if (!stored) await secrets.set(AUTHORITY_SECRET, formatAuthoritySecretKey(farm.authority.secretKey))
  await seedPools(settings, farm)
  const boards = openPracticeBoards({
    openBoards: boardsInThread(threadUrl('boards'), log.child('practice')),
  })
  let outside: PracticeOutside | null = null
  const addYear = practiceYear(clock, () => parts.year())
  return {
    boards,
    async startOutside(book) {
      const preferredPort = practicePort(book)
      outside = await startPracticeOutside({
        clock,
        seed: OUTSIDE_SEED,
        state: () => farm.state(),
        powerW: () => plugged(farm).reduce((sum, { body }) => sum + body.powerW, 0),
        bestDifficulty: () => 0,
        networkDifficulty: () => PRACTICE_NETWORK_DIFFICULTY,
        payouts: null,
        ...(preferredPort === undefined ? {} : { preferredPort }),
      })
      await seedPracticeMoney(book, {
        url: outside.url,
        poolIds: farm.pools.map(({ id }) => id),
        pluggedRigs: PLUGGED_MACS,
      })
      return outside.url
    },
    scanTargets: farm.scanTargets,
    control: {
      state: () => farm.state(),
      async trigger(event) {
        if (event !== 'add-year') return farm.trigger(event)
        await addYear(farm.state().networkDifficulty)
        return farm.state()
      },
    },
    startRigs: (places) => farm.startRigs(places),
    stopRigs: () => farm.stopRigs(),
    async stopPools() {
      await boards.stop()
      await outside?.stop()
      await farm.stop()
    },
  }
}

/** The gamma and the nerdqaxe hang on the plug: fleet ids of rigs are their MAC addresses. */
const PLUGGED_MACS = ['02:70:72:61:63:01', '02:70:72:61:63:02']

function plugged(farm: PracticeFarm): PracticeFarm['machines'] {
  return farm.machines.filter(({ body }) => PLUGGED_MACS.includes(body.blueprint.mac))
}

async function storedAuthority(secrets: SecretStore): Promise<AuthorityKeyPair | undefined> {
  const text = await secrets.get(AUTHORITY_SECRET)
  const secretKey = text === undefined ? undefined : parseAuthoritySecretKey(text)
  return secretKey?.ok
    ? { secretKey: secretKey.value, publicKey: authorityPublicKey(secretKey.value) }
    : undefined
}

function storedPort(settings: SettingsStore, id: PracticePool['id']): number | undefined {
  const pool = settings.current.pools.find((candidate) => candidate.id === id)
  const url = pool && parsePoolUrl(pool.url, () => ({ ok: true, value: null }))
  return url?.ok ? url.value.port : undefined
}

/** Adds the practice pools, or brings their addresses up to date; whatever else a person added stays. */
async function seedPools(settings: SettingsStore, farm: PracticeFarm): Promise<void> {
  await settings.update((draft) => {
    const pools = [...draft.pools]
    for (const { id, name, url, userIdentity } of farm.pools) {
      const index = pools.findIndex((pool) => pool.id === id)
      const known = pools[index]
      if (known) pools[index] = { ...known, url }
      else pools.push(newPool(id, name, url, userIdentity))
    }
    return { ...draft, pools, activePoolId: draft.activePoolId ?? farm.pools[0]?.id ?? null }
  })
}

function newPool(id: string, name: string, url: string, userIdentity: string): PoolSettings {
  return {
    id,
    name,
    url,
    userIdentity,
    enabled: true,
    fallbackUrl: null,
    lines: 'shared',
    namesRigs: false,
    mayMoveTo: 'same-host',
    listens: false,
    solo: false,
    versionRolling: 'bip320',
    knownRollableSize: null,
    secretRef: null,
  }
}
