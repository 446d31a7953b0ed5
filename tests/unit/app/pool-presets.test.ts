import { describe, expect, it } from 'vitest'
import { poolEndpoint } from '../../../src-main/app/pool-config.ts'
import { POOL_PRESETS } from '../../../src-main/app/pool-presets.ts'
import { poolPreset } from '../../../src-preload/contract/index.ts'

describe('the presets', () => {
  it.each(POOL_PRESETS.map((preset) => [preset.name, preset] as const))(
    'hold a URL for %s that can be used, with a key that is one',
    (_, preset) => {
      expect(poolPreset.parse(preset)).toEqual(preset)
      const endpoint = poolEndpoint(preset.url)
      expect(endpoint.protocol).toBe('stratum-v2')
      expect(endpoint.protocol === 'stratum-v2' && endpoint.authorityKey?.length).toBe(32)
    },
  )

  it('are told apart by id and by URL', () => {
    expect(new Set(POOL_PRESETS.map(({ id }) => id)).size).toBe(POOL_PRESETS.length)
    expect(new Set(POOL_PRESETS.map(({ url }) => url)).size).toBe(POOL_PRESETS.length)
  })
})
