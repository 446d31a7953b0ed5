import { describe, expect, it } from 'vitest'
import { defaultSettings, checkSettings } from '../../../../src-main/drivers/boards/check-settings.ts'
import { boardModels, findBoardModel, knownBoards } from '../../../../src-main/drivers/boards/models.ts'
import { type BoardPattern, boardIdentity } from '../../../../src-main/drivers/model/board.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

interface UsbIdVector {
  readonly id: string
  readonly input: {
    readonly vendorId: string
    readonly productId: string
    readonly manufacturer: string | null
    readonly product: string | null
  }
  readonly expected: { readonly device: string; readonly driver: string }
}

/** How well a pattern fits, as plainly as can be; null if it does not. */
function fit(pattern: BoardPattern, usb: UsbIdVector['input']): number | null {
  if (pattern.vendorId !== parseInt(usb.vendorId, 16)) return null
  if (pattern.productId !== parseInt(usb.productId, 16)) return null
  if (pattern.manufacturer !== undefined && pattern.manufacturer !== usb.manufacturer) return null
  if (pattern.product === undefined) return pattern.manufacturer === undefined ? 0 : 1
  const named = pattern.product.endsWith('*')
    ? usb.product?.startsWith(pattern.product.slice(0, -1))
    : usb.product === pattern.product
  if (!named) return null
  return pattern.manufacturer === undefined ? 2 : 3
}

function best(usb: UsbIdVector['input']): { id: string; consent: boolean } | null {
  let found: { id: string; consent: boolean; score: number } | null = null
  for (const known of knownBoards) {
    const { id, patterns } = boardIdentity(known)
    for (const pattern of patterns) {
      const score = fit(pattern, usb)
      if (score !== null && (found === null || score > found.score)) {
        found = { id, consent: pattern.needsConsent === true, score }
      }
    }
  }
  return found && { id: found.id, consent: found.consent }
}

const usb = (vendorId: string, productId: string, manufacturer: string | null, product: string | null) => ({
  vendorId,
  productId,
  manufacturer,
  product,
})

describe('board data', () => {
  it('gives every board a name of its own', () => {
    const ids = knownBoards.map((known) => boardIdentity(known).id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id } of boardModels) expect(findBoardModel(id)?.id).toBe(id)
    expect(findBoardModel('toaster')).toBeNull()
  })

  it.each(boardModels.map((model) => [model.id, model] as const))(
    'puts defaults and ends of %s on its own grid',
    (_id, model) => {
      const preset = defaultSettings(model)
      expect(checkSettings(model, preset).ok).toBe(true)
      for (const frequencyMhz of [model.frequencyMhz.min, model.frequencyMhz.max]) {
        expect(checkSettings(model, { ...preset, frequencyMhz }).ok).toBe(true)
      }
      if (model.coreVoltageMv) {
        for (const coreVoltageMv of [model.coreVoltageMv.min, model.coreVoltageMv.max]) {
          expect(checkSettings(model, { ...preset, coreVoltageMv }).ok).toBe(true)
        }
      }
    },
  )

  it.each(boardModels.map((model) => [model.id, model] as const))(
    'warns of the heat of %s before it is shut down, and describes the control it names',
    (_id, model) => {
      expect(model.limits.chipWarnC).toBeLessThan(model.limits.chipTripC)
      expect(model.bridge !== null).toBe(model.control === 'usb-bridge')
      expect(model.gekko !== null).toBe(model.control === 'gekko-telemetry')
      // What sets a voltage must be able to read it back.
      if (model.coreVoltageMv) expect(model.bridge).not.toBeNull()
    },
  )

  it('never writes to an anonymous adapter without consent, and names sticks that name themselves', () => {
    expect(best(usb('10c4', 'ea60', 'Silicon Labs', 'CP2102 USB to UART Bridge Controller'))).toEqual({
      id: 'anonymous-stick',
      consent: true,
    })
    expect(best(usb('067b', '2303', null, null))?.consent).toBe(true)
    expect(best(usb('10c4', 'ea60', 'GekkoScience', '2Pac BM1384 Bitcoin Miner'))).toEqual({
      id: 'gekko-2pac',
      consent: false,
    })
    expect(best(usb('c0de', 'cafe', 'OSMU', 'Bitaxe'))).toEqual({ id: 'bitaxe', consent: false })
    expect(best(usb('c0de', 'cafe', 'OSMU', 'bitcrane3'))?.id).toBe('bitcrane')
    expect(best(usb('c0de', 'cafe', null, null))?.consent).toBe(true)
    expect(best(usb('1209', '6102', null, 'Bitaxe Gamma RHAP-D'))?.id).toBe('bitaxe-gamma-rhap-d')
    expect(best(usb('1209', 'f1e1', 'Headframe practice', 'Practice Compac F'))?.id).toBe('practice-compac-f')
    expect(best(usb('1209', 'f1e1', 'Somebody', 'Gadget'))).toBeNull()
  })

  it.runIf(hasSharedFixtures)('recognises every identity of the fixture', () => {
    const { vectors } = JSON.parse(sharedFixture('asic/usb-ids.json')) as { vectors: UsbIdVector[] }
    const drivers: Record<string, string> = {
      'gekko-bm1384': 'BM1384',
      'gekko-bm1387': 'BM1387',
      'gekko-bm1397': 'gekko-bm1397',
      'gekko-bm1362': 'gekko-a1',
      'gekko-bm1370': 'gekko-a2',
    }
    expect(vectors.length).toBe(17)
    for (const { id, input, expected } of vectors) {
      const found = best(input)
      expect(found, id).not.toBeNull()
      const chip = drivers[expected.driver]
      if (chip) expect(findBoardModel(found!.id)?.chip, id).toBe(chip)
    }
  })
})
