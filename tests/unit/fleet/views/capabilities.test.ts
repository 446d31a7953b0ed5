import { describe, expect, it } from 'vitest'
import { capabilitiesOf, type CapabilityFacts } from '../../../../src-main/fleet/views/rig-views.ts'

type Facts = Partial<Pick<CapabilityFacts, 'login' | 'freshness'>> & {
  needed?: 'never' | 'to-write' | 'to-read'
  read?: boolean
  setPools?: { offered: boolean; because: string }
}

/** What it says to being sent somewhere. */
function ofSending({ needed = 'to-write', read = true, setPools, ...facts }: Facts) {
  const offered = { offered: true, because: '' }
  const all = new Proxy({}, { get: (_, kind) => (kind === 'set-pools' ? (setPools ?? offered) : offered) })
  return capabilitiesOf({
    family: { login: { needed }, capabilities: () => all },
    merged: read ? { reading: {} } : null,
    freshness: read ? 'live' : 'never',
    problem: null,
    login: null,
    canRestorePools: false,
    ...facts,
  } as unknown as CapabilityFacts)['send-to-headframe']
}

const LOGIN = {
  username: 'root',
  password: 'x',
  from: 'rig',
  refused: false,
} as unknown as CapabilityFacts['login']

describe('what a rig can be told', () => {
  it('is open to a rig with a login, and to one that needs none', () => {
    expect(ofSending({ login: LOGIN })).toEqual({ offered: true, because: '' })
    expect(ofSending({ needed: 'never' })).toEqual({ offered: true, because: '' })
  })

  it('says where only a login is missing, or was refused', () => {
    expect(ofSending({})).toMatchObject({ offered: false, needsLogin: true })
    expect(ofSending({ login: { ...LOGIN!, refused: true } })).toMatchObject({ needsLogin: true })
  })

  it('says so of a rig that cannot even be read without one', () => {
    expect(ofSending({ needed: 'to-read', read: false })).toMatchObject({ needsLogin: true })
    expect(ofSending({ needed: 'to-write', read: false }).needsLogin).toBeUndefined()
  })

  it('asks for no login for what the firmware cannot do', () => {
    const setPools = { offered: false, because: 'On its own web page only.' }
    expect(ofSending({ setPools })).toEqual(setPools)
  })
})
