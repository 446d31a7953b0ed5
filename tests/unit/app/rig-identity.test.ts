import { describe, expect, it } from 'vitest'
import { rigIdentity } from '../../../src-main/app/rig-identity.ts'
import { createLogger, ManualClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type SecretStore } from '../../../src-main/settings/index.ts'
import { formatAuthoritySecretKey } from '../../../src-main/sv2/index.ts'

function parts(stored: Record<string, string> = {}) {
  const kept = new Map(Object.entries(stored))
  const warnings: { message: string; fields: unknown }[] = []
  const secrets = {
    get: (ref: string) => Promise.resolve(kept.get(ref)),
    set: (ref: string, value: string) => Promise.resolve(void kept.set(ref, value)),
  } as unknown as SecretStore
  const log = createLogger((level, _scope, message, fields) => {
    if (level === 'warn') warnings.push({ message, fields })
  }, 'app')
  return { secrets, clock: new ManualClock(), entropy: systemEntropy, log, kept, warnings }
}

describe('what rigs know us by', () => {
  it('stays the same after a restart, without a word', async () => {
    const place = parts()
    const first = await rigIdentity(place)
    const second = await rigIdentity(place)
    expect(second.authority).toEqual(first.authority)
    expect(second.certificate).toEqual(first.certificate)
    expect(place.warnings).toEqual([])
  })

  it('is made anew where it cannot be read, and that is said: rigs that pinned it must be told', async () => {
    const place = parts({ 'listener/authority': 'unreadable', 'listener/certificate': '{' })
    const { authority } = await rigIdentity(place)
    expect(place.kept.get('listener/authority')).toBe(formatAuthoritySecretKey(authority.secretKey))
    expect(place.warnings.map(({ message }) => message)).toEqual([
      'the stored authority key cannot be read; a new one was made, which rigs must be told',
      'the stored certificate cannot be read; a new one was made, which rigs must be told',
    ])
    const said = JSON.stringify(place.warnings)
    expect(said).not.toContain(formatAuthoritySecretKey(authority.secretKey))
  })
})
