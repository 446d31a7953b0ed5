import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, HeadframeError, toHex } from '../../../src-main/base/index.ts'
import { decodeFrame } from '../../../src-main/sv2/frame.ts'
import { decodeMessage, encodeMessage } from '../../../src-main/sv2/message-set.ts'
import { decodeTlvs, encodeTlvs, findWorkerName, workerNameTlv } from '../../../src-main/sv2/tlv.ts'
import { submitWithWorkerName, vectors } from './vectors.ts'

const WORKER_EXTENSION = new Set([2])
const BIG_ENDIAN = fromHex('0002 01 000a 576f726b65725f303031')

describe('worker name', () => {
  it('is appended to a share little endian, byte for byte', () => {
    const share = vectors.find((vector) => vector.message.name === 'SubmitSharesExtended')!.message
    expect(toHex(encodeMessage(share, encodeTlvs([workerNameTlv('Worker_001')])))).toBe(
      toHex(submitWithWorkerName),
    )
  })

  it('is read from a share', () => {
    const frame = decodeFrame(submitWithWorkerName)
    const decoded = frame.ok ? decodeMessage(frame.value) : frame
    if (!decoded.ok) throw new Error(decoded.error.message)
    const tlvs = decodeTlvs(decoded.value.trailing, WORKER_EXTENSION)
    expect(tlvs.ok && findWorkerName(tlvs.value)).toBe('Worker_001')
  })

  it('is read from the big-endian form the specification prints', () => {
    const tlvs = decodeTlvs(BIG_ENDIAN, WORKER_EXTENSION)
    expect(tlvs.ok && findWorkerName(tlvs.value)).toBe('Worker_001')
  })

  it('is read big endian when little endian gives whole TLVs of an unknown extension', () => {
    const tlvs = decodeTlvs(fromHex('0002 01 0000'), WORKER_EXTENSION)
    expect(tlvs.ok && findWorkerName(tlvs.value)).toBe('')
  })

  it('takes 32 bytes of UTF-8 and not one more', () => {
    expect(workerNameTlv('é'.repeat(16)).value).toHaveLength(32)
    expect(() => workerNameTlv('é'.repeat(16) + 'x')).toThrow(HeadframeError)
    expect(findWorkerName([{ extensionId: 2, fieldId: 1, value: new Uint8Array(33).fill(65) }])).toBe(null)
  })

  it('is absent among other fields', () => {
    expect(findWorkerName([])).toBe(null)
    expect(findWorkerName([{ extensionId: 2, fieldId: 2, value: new Uint8Array(1) }])).toBe(null)
  })
})

describe('TLVs', () => {
  it('come back as they were, ordered by extension', () => {
    const anyTlv = fc.record({
      extensionId: fc.constantFrom(2, 3, 0x4001),
      fieldId: fc.nat(255),
      value: fc.uint8Array({ maxLength: 40 }),
    })
    fc.assert(
      fc.property(fc.array(anyTlv, { maxLength: 5 }), (tlvs) => {
        const ordered = [...tlvs].sort((a, b) => a.extensionId - b.extensionId)
        expect(decodeTlvs(encodeTlvs(tlvs), new Set([2, 3, 0x4001]))).toEqual({ ok: true, value: ordered })
      }),
    )
  })

  it('are ignored where no extension was negotiated, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (trailing) => {
        expect(decodeTlvs(trailing, new Set())).toEqual({ ok: true, value: [] })
      }),
    )
  })

  it('of other extensions are left out', () => {
    const trailing = encodeTlvs([
      workerNameTlv('rig'),
      { extensionId: 77, fieldId: 1, value: Uint8Array.of(1) },
    ])
    expect(decodeTlvs(trailing, WORKER_EXTENSION)).toEqual({ ok: true, value: [workerNameTlv('rig')] })
  })

  it('that are cut give a typed error', () => {
    const whole = encodeTlvs([workerNameTlv('rig')])
    for (let length = 1; length < whole.length; length++) {
      expect(decodeTlvs(whole.subarray(0, length), WORKER_EXTENSION)).toMatchObject({
        ok: false,
        error: { code: 'sv2/tlv-malformed' },
      })
    }
  })

  it('from random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (trailing) => {
        const tlvs = decodeTlvs(trailing, new Set([0, 1, 2, 256, 512]))
        if (tlvs.ok) findWorkerName(tlvs.value)
      }),
      { numRuns: 2000 },
    )
  })

  it('that do not fit their header are refused when sending', () => {
    const value = new Uint8Array(1)
    expect(() => encodeTlvs([{ extensionId: 65_536, fieldId: 1, value }])).toThrow(HeadframeError)
    expect(() => encodeTlvs([{ extensionId: 2, fieldId: 256, value }])).toThrow(HeadframeError)
    expect(() => encodeTlvs([{ extensionId: 2, fieldId: 1, value: new Uint8Array(65_536) }])).toThrow(
      HeadframeError,
    )
  })
})
