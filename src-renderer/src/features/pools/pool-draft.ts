/** What the pool form holds, and what it sends: a whole draft for a new pool, only what changed for an old one. */
import type { Pool, PoolDraft, PoolPatch } from '@contract'
import { poolHost } from '../../format/text.ts'

export interface PoolFields {
  url: string
  userIdentity: string
  name: string
  /** Empty keeps what is stored. */
  password: string
  forgetPassword: boolean
  enabled: boolean
}
export type PoolField = 'url' | 'userIdentity' | 'name' | 'password'

export function emptyFields(): PoolFields {
  return { url: '', userIdentity: '', name: '', password: '', forgetPassword: false, enabled: true }
}

export function fieldsOf({ url, userIdentity, name, enabled }: Pool): PoolFields {
  return { url, userIdentity, name, password: '', forgetPassword: false, enabled }
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
  return {
    url: fields.url.trim(),
    userIdentity: fields.userIdentity.trim(),
    name: name === '' ? suggestName(fields.url) : name,
    enabled: fields.enabled,
    ...(fields.password === '' ? {} : { password: fields.password }),
  }
}

export function patchOf(fields: PoolFields, pool: Pool): PoolPatch {
  const { password, ...draft } = draftOf(fields)
  const patch: PoolPatch = {}
  if (draft.url !== pool.url) patch.url = draft.url
  if (draft.userIdentity !== pool.userIdentity) patch.userIdentity = draft.userIdentity
  if (draft.name !== pool.name) patch.name = draft.name
  if (fields.enabled !== pool.enabled) patch.enabled = fields.enabled
  if (password !== undefined) patch.password = password
  else if (fields.forgetPassword) patch.password = ''
  return patch
}
