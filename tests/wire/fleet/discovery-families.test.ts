/** Searches find practice rigs of every family as what they are, and as what polls say of them afterwards. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { familyOf } from '../../../src-main/fleet/families/index.ts'
import { identify, probeLinks } from '../../../src-main/fleet/index.ts'
import { PRACTICE_EXAMPLES } from '../../support/practice-examples.ts'
import { startPracticeFirmware } from '../../support/practice-firmware.ts'

const parts = {
  clock: systemClock,
  openLink: probeLinks({ clock: systemClock, entropy: systemEntropy }),
}

describe('a search among practice rigs', () => {
  it.each(PRACTICE_EXAMPLES)('$what is found as what it is, and polls agree', async (example) => {
    const { family, boot, blueprint, make, model, firmware, tellsModel } = example
    const rig = await startPracticeFirmware(boot, blueprint)
    const found = await identify(rig.address, parts)
    expect(found).toMatchObject({ kind: 'rig', family, make, model: tellsModel ? model : null, firmware })

    const { username, password } = { username: null, password: null, ...blueprint }
    const link = rig.link(password === null ? null : { username: username ?? '', password })
    const { reading } = await familyOf(family).read(link, { clock: systemClock, entropy: systemEntropy })
    expect(reading).toMatchObject({ make, model, firmware })
    if (found.kind !== 'rig') return
    for (const name of [
      'make',
      'model',
      'firmware',
      'firmwareVersion',
      'mac',
      'serial',
      'hostname',
    ] as const) {
      if (found[name] !== null) expect([name, found[name]]).toEqual([name, reading[name]])
    }
  })
})
