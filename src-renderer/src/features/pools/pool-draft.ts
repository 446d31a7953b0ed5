/** What the pool form holds, and what it sends: a whole draft for a new pool, only what changed for an old one. */
import type { Pool, PoolDraft, PoolPatch, PoolPreset } from '@contract'
import { poolHost } from '../../format/text.ts'

/** Settings that most people never touch. */
export interface AdvancedFields {
  /** Empty for none. */
  fallbackUrl: string
  lines: Pool['lines']
  namesRigs: boolean
  mayMoveTo: Pool['mayMoveTo']
  listens: boolean
  solo: boolean
  versionRolling: Pool['versionRolling']
}

export interface PoolFields extends AdvancedFields {
  url: string
  userIdentity: string
  name: string
  /** Empty keeps what is stored. */
  password: string
  forgetPassword: boolean
  enabled: boolean
}
export type PoolField = 'url' | 'userIdentity' | 'name' | 'password' | 'fallbackUrl'

/** What a new pool begins with. */
const USUAL: AdvancedFields = {
  fallbackUrl: '',
  lines: 'shared',
  namesRigs: true,
  mayMoveTo: 'same-host',
  listens: false,
  solo: false,
  versionRolling: 'bip320',
}
const ADVANCED = ['lines', 'namesRigs', 'mayMoveTo', 'listens', 'solo', 'versionRolling'] as const

export function emptyFields(): PoolFields {
  return { ...USUAL, url: '', userIdentity: '', name: '', password: '', forgetPassword: false, enabled: true }
}

export function fieldsOf(pool: Pool): PoolFields {
  const { url, userIdentity, name, enabled } = pool
  const { lines, namesRigs, mayMoveTo, listens, solo, versionRolling } = pool
  return {
    url,
    userIdentity,
    name,
    password: '',
    forgetPassword: false,
    enabled,
    fallbackUrl: pool.fallbackUrl ?? '',
    lines,
    namesRigs,
    mayMoveTo,
    listens,
    solo,
    versionRolling,
  }
}

/** A public pool to start from: what a person knows of themselves stays, the rest is the pool's. */
export function applyPreset(fields: PoolFields, preset: PoolPreset): PoolFields {
  return {
    ...fields,
    url: preset.url,
    name: preset.name,
    fallbackUrl: preset.fallbackUrl ?? '',
    lines: preset.lines,
    solo: preset.payout === 'solo',
  }
}

/** How many of the settings that most people never touch are not as usual. */
export function countUnusual(fields: AdvancedFields): number {
  const changed = ADVANCED.filter((field) => fields[field] !== USUAL[field]).length
  return changed + (fields.fallbackUrl.trim() === '' ? 0 : 1)
}

/** The host without its port, as a name for people who give none; empty while there is no host. */
export function suggestName(url: string): string {
  return url.includes('://') ? poolHost(url.trim()).replace(/:\d*$/, '').slice(0, 60) : ''
}

/** Only what is missing altogether; whether it is right is for the core to say. */
export function checkLocally(fields: PoolFields): Partial<Record<PoolField, string>> {
  const errors: Partial<Record<PoolField, string>> = {}
  if (fields.url.trim() === '')
    errors.url = 'Enter the pool URL, for instance stratum2+tcp://pool.example.com:3333/9…'
  if (fields.userIdentity.trim() === '')
    errors.userIdentity = 'Enter the account or payout address the pool knows you by.'
  if (fields.url.trim() !== '' && fields.name.trim() === '' && suggestName(fields.url) === '')
    errors.name = 'Give the pool a name.'
  return errors
}

export function draftOf(fields: PoolFields): PoolDraft {
  const name = fields.name.trim()
  const fallbackUrl = fields.fallbackUrl.trim()
  return {
    url: fields.url.trim(),
    userIdentity: fields.userIdentity.trim(),
    name: name === '' ? suggestName(fields.url) : name,
    enabled: fields.enabled,
    fallbackUrl: fallbackUrl === '' ? null : fallbackUrl,
    lines: fields.lines,
    namesRigs: fields.namesRigs,
    mayMoveTo: fields.mayMoveTo,
    listens: fields.listens,
    solo: fields.solo,
    versionRolling: fields.versionRolling,
    ...(fields.password === '' ? {} : { password: fields.password }),
  }
}

export function patchOf(fields: PoolFields, pool: Pool): PoolPatch {
  const { password, ...draft } = draftOf(fields)
  const before: Record<string, unknown> = { ...pool }
  const patch: PoolPatch = Object.fromEntries(
    Object.entries(draft).filter(([field, value]) => value !== before[field]),
  )
  if (password !== undefined) patch.password = password
  else if (fields.forgetPassword) patch.password = ''
  return patch
}
