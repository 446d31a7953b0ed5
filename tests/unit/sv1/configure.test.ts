import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ConfigureRequest,
  formatConfigureRequest,
  formatConfigureResult,
  parseRigLine,
  readConfigureResult,
} from '../../../src-main/sv1/index.ts'

function request(params: string): ConfigureRequest {
  const parsed = parseRigLine(`{"method":"mining.configure","id":1,"params":${params}}`)
  if (!parsed.ok || parsed.value.kind !== 'configure') throw new Error(JSON.stringify(parsed))
  return parsed.value
}

const all = { versionRollingMask: 0x1fffe000, minimumDifficulty: true, subscribeExtranonce: true }

describe('mining.configure of a rig', () => {
  it('is read: the example of BIP310', () => {
    expect(
      request(
        '[["minimum-difficulty","version-rolling"],{"minimum-difficulty.value":2048,"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2}]',
      ),
    ).toEqual({
      kind: 'configure',
      id: '1',
      versionRolling: { mask: 0x1fffe000, minBitCount: 2 },
      minimumDifficulty: 2048,
      subscribeExtranonce: false,
      info: null,
      unknownExtensions: [],
    })
  })

  it('means all bits when it names no mask', () => {
    expect(request('[["version-rolling"],{}]').versionRolling).toEqual({ mask: 0xffffffff, minBitCount: 0 })
    expect(request('[["version-rolling"]]').versionRolling).toEqual({ mask: 0xffffffff, minBitCount: 0 })
  })

  it('is refused when its mask is no mask', () => {
    const parsed = parseRigLine(
      '{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"all of them"}]}',
    )
    expect(parsed).toMatchObject({ ok: false, error: { code: 'bad-params', id: '1', fatal: false } })
  })

  it('reads a minimum difficulty that is no number as none', () => {
    expect(request('[["minimum-difficulty"],{"minimum-difficulty.value":"lots"}]').minimumDifficulty).toBe(0)
    expect(request('[["minimum-difficulty"],{}]').minimumDifficulty).toBe(0)
    expect(request('[[],{"minimum-difficulty.value":8}]').minimumDifficulty).toBe(null)
  })

  it('tells about the rig in the info extension', () => {
    expect(
      request('[["info"],{"info.hw-version":"S9","info.sw-version":"1.2","info.hw-id":7}]').info,
    ).toEqual({
      connectionUrl: null,
      hardwareVersion: 'S9',
      softwareVersion: '1.2',
      hardwareId: '7',
    })
  })

  it('keeps the names of extensions we do not know, once each and not endlessly', () => {
    expect(request('[["a","b","a",7,"subscribe-extranonce"],{}]')).toMatchObject({
      unknownExtensions: ['a', 'b'],
      subscribeExtranonce: true,
    })
    const many = JSON.stringify([Array.from({ length: 500 }, (_, i) => `x${String(i)}`), {}])
    expect(request(many).unknownExtensions).toHaveLength(32)
  })
})

describe('the answer to mining.configure', () => {
  it('answers every extension that was asked for, unknown ones with false, and no other', () => {
    const asked = request(
      '[["version-rolling","minimum-difficulty","subscribe-extranonce","info","later"],{}]',
    )
    expect(formatConfigureResult(asked, all)).toBe(
      '{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000","minimum-difficulty":true,' +
        '"subscribe-extranonce":true,"info":true,"later":false},"error":null}\n',
    )
    expect(formatConfigureResult(request('[["version-rolling"],{}]'), all)).toBe(
      '{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}\n',
    )
  })

  it('says that version rolling is not available when there is no bit to roll', () => {
    expect(
      formatConfigureResult(request('[["version-rolling"],{}]'), { ...all, versionRollingMask: 0 }),
    ).toBe('{"id":1,"result":{"version-rolling":false},"error":null}\n')
  })

  it('answers an extension named like a member of every object', () => {
    const line = formatConfigureResult(request('[["__proto__","constructor"],{}]'), all)
    expect(line).toBe('{"id":1,"result":{"__proto__":false,"constructor":false},"error":null}\n')
  })

  it('of a pool is a no unless it is a clear yes', () => {
    const none = { versionRollingMask: 0, minimumDifficulty: false, subscribeExtranonce: false }
    expect(readConfigureResult(null)).toEqual(none)
    expect(readConfigureResult(false)).toEqual(none)
    expect(readConfigureResult([])).toEqual(none)
    expect(readConfigureResult({ 'version-rolling': false, 'version-rolling.mask': '1fffe000' })).toEqual(
      none,
    )
    expect(readConfigureResult({ 'version-rolling': 'no such thing' })).toEqual(none)
    expect(readConfigureResult({ 'version-rolling': true })).toEqual(none)
    expect(readConfigureResult({ 'version-rolling': true, 'version-rolling.mask': '18000000' })).toEqual({
      ...none,
      versionRollingMask: 0x18000000,
    })
  })

  it('reads back as what we granted, and our request as what we asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.nat(32),
        fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })),
        fc.boolean(),
        fc.boolean(),
        (mask, minBitCount, minimum, subscribe, granted) => {
          const wish = {
            versionRollingMask: mask,
            minBitCount,
            minimumDifficulty: minimum,
            subscribeExtranonce: subscribe,
          }
          const line = formatConfigureRequest(1, wish)
          const parsed = parseRigLine(line.trimEnd())
          if (!parsed.ok || parsed.value.kind !== 'configure') throw new Error(line)
          expect(parsed.value.versionRolling).toEqual(mask === 0 ? null : { mask, minBitCount })
          expect(parsed.value.minimumDifficulty).toEqual(minimum === null ? null : Math.abs(minimum))
          expect(parsed.value.subscribeExtranonce).toBe(subscribe)
          const answer = {
            versionRollingMask: mask,
            minimumDifficulty: granted,
            subscribeExtranonce: granted,
          }
          const reply = JSON.parse(formatConfigureResult(parsed.value, answer)) as { result: unknown }
          expect(readConfigureResult(reply.result)).toEqual({
            versionRollingMask: mask,
            minimumDifficulty: granted && minimum !== null,
            subscribeExtranonce: granted && subscribe,
          })
        },
      ),
    )
  })
})
