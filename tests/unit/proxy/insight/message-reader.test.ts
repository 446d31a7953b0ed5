import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../../src-main/base/index.ts'
import {
  formatAuthorizeRequest,
  formatError,
  formatNotify,
  formatSetDifficulty,
  formatSubmitRequest,
  formatTrue,
} from '../../../../src-main/sv1/index.ts'
import { decodeFrame, encodeMessage, encodeTlvs, workerNameTlv } from '../../../../src-main/sv2/index.ts'
import { expectPlain } from '../../../support/expect-plain.ts'
import { MessageReader } from '../../../../src-main/proxy/insight/message-reader.ts'

const PASSWORD = 'correct horse battery'
const value = (fields: readonly { name: string; value: string }[], name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0xa5)

/** The plain text of what `hex` holds. */
const textOf = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8')

describe('a line of Stratum V1', () => {
  it('is read with its fields, long bytes shortened but there in full', () => {
    const prevHash = fromHex('17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000')
    const line = formatNotify({
      jobId: '1a',
      prevHash,
      coinb1: bytes(60),
      coinb2: bytes(5),
      merkleBranches: [bytes(32)],
      version: 0x20000000,
      nBits: 0x1b00d7c0,
      ntime: 1_745_611_105,
      cleanJobs: true,
    })
    const read = new MessageReader().line('out', line)
    expect(read).toMatchObject({
      name: 'mining.notify',
      kind: 'job',
      bytes: line.length - 1,
      wireBytes: line.length,
    })
    expect(value(read.fields, 'previous hash')).toBe(
      '0000000000003e9ebe8b3b80a3a063d59de378e492d81ce099dc56998648cd17',
    )
    expect(value(read.fields, 'coinb1')).toBe(`${'a5'.repeat(12)}…${'a5'.repeat(4)} (60 bytes)`)
    expect(read.fields.find(({ name }) => name === 'coinb1')?.hex).toBe('a5'.repeat(60))
    expect(value(read.fields, 'clean jobs')).toBe('true')
    expect(read.summary).toMatch(/^job 1a, clean jobs true, previous hash 0000000000003e9e/)
    expect(textOf(read.hex)).toBe(line.trim())
    expect(read.message).toEqual(JSON.parse(line))
  })

  it('that answers is named after its question', () => {
    const reader = new MessageReader()
    reader.line('in', formatSubmitRequest(7, 'farm.rig', '1a', '00000001', 5, 6, null))
    reader.line('in', formatSubmitRequest(8, 'farm.rig', '1a', '00000002', 5, 6, null))
    reader.line('in', '{"id":9,"method":"mining.subscribe","params":["rig/1"]}')
    expect(reader.line('out', formatTrue(7))).toMatchObject({
      name: 'answer to mining.submit',
      kind: 'share',
      summary: 'accepted',
    })
    expect(reader.line('out', formatError(8, 23, 'Low difficulty share'))).toMatchObject({
      name: 'answer to mining.submit',
      kind: 'share',
      summary: 'refused: Low difficulty share (23)',
    })
    expect(reader.line('out', '{"id":9,"result":[[],"aa",4],"error":null}')).toMatchObject({
      name: 'answer to mining.subscribe',
      kind: 'session',
    })
    // Whoever begins to look in the middle has missed the question.
    expect(reader.line('out', formatTrue(99))).toMatchObject({ name: 'answer', kind: 'share' })
  })

  it('is sorted by what it is about', () => {
    const kindOf = (line: string): string => new MessageReader().line('in', line).kind
    expect(kindOf(formatSetDifficulty(512))).toBe('job')
    expect(kindOf(formatSubmitRequest(1, 'u', 'j', '', 0, 0, null))).toBe('share')
    expect(kindOf(formatAuthorizeRequest(1, 'u', 'p'))).toBe('session')
    expect(kindOf('{"id":1,"method":"mining.ping","params":[]}')).toBe('other')
  })

  it('never shows a password, in whatever form firmware sends it', () => {
    const reader = new MessageReader()
    for (const line of [
      formatAuthorizeRequest(1, 'farm.rig', PASSWORD),
      `{"id":1,"method":"mining.authorise","params":["farm.rig","${PASSWORD}"]}`,
      `{"id":1,"method":" Mining.Authorize ","params":["farm.rig","${PASSWORD}","more ${PASSWORD}"]}`,
      `{"id":1,"method":"mining.auth","params":{"username":"farm.rig","password":"${PASSWORD}"}}`,
      `{"id":1,"method":"mining.authorize","params":{"user":"farm.rig","pass":"${PASSWORD}"}}`,
      `{"id":1,"method":"mining.authorize","params":["farm.rig",["${PASSWORD}"]]}`,
      `{"id":1,"method":"mining.other","params":[{"deep":{"password":"${PASSWORD}"}}]}`,
      `{"id":1,"method":"mining.authorize","params":["farm.rig","${PASSWORD}"`,
    ]) {
      const read = reader.line('in', line)
      const everything = JSON.stringify(read) + textOf(read.hex)
      expect(everything, line).not.toContain(PASSWORD)
    }
  })

  it('hides account and rig names from the record when asked, and not from the person at the screen', () => {
    const reader = new MessageReader()
    for (const line of [
      formatAuthorizeRequest(1, 'farm.rig', 'x'),
      formatSubmitRequest(2, 'farm.rig', '1a', '00', 5, 6, null),
      '{"id":1,"method":"mining.authorize","params":{"user":"farm.rig"}}',
    ]) {
      expect(JSON.stringify(reader.line('in', line, true).message)).not.toContain('farm.rig')
      expect(JSON.stringify(reader.line('in', line, false).message)).toContain('farm.rig')
    }
    const shown = reader.line('in', formatSubmitRequest(2, 'farm.rig', '1a', '00', 5, 6, null), true)
    expect(value(shown.fields, 'user')).toBe('farm.rig')
  })

  it('may be anything at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.uint8Array({ maxLength: 200 })),
        fc.boolean(),
        (line, mask) => {
          const read = new MessageReader().line('in', line, mask)
          expectPlain(read)
        },
      ),
    )
  })

  it('nested without end is read as far as messages go, and hides nothing in its depth', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    const secret = `${'{"a":'.repeat(12)}{"password":"${PASSWORD}"}${'}'.repeat(12)}`
    for (const inner of [deep, secret]) {
      for (const line of [
        `{"id":1,"method":"mining.submit","params":[${inner}]}`,
        `{"id":${inner},"method":"mining.authorize","params":["rig","${PASSWORD}"]}`,
        `{"id":2,"result":${inner},"error":${inner}}`,
      ]) {
        const read = new MessageReader().line('in', line, true)
        expect(JSON.stringify(read)).not.toContain(PASSWORD)
        expect(read.hex).not.toContain(Buffer.from(PASSWORD).toString('hex'))
      }
    }
  })

  it('with anything for method, id and params, is still read', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (id, params, result) => {
        const reader = new MessageReader()
        for (const method of [
          'mining.submit',
          'mining.authorize',
          'mining.notify',
          'mining.configure',
          'x',
        ]) {
          const read = reader.line('in', JSON.stringify({ id, method, params }), true)
          expectPlain(read)
          reader.line('out', JSON.stringify({ id, result, error: params }))
        }
      }),
    )
  })
})

describe('a frame of Stratum V2', () => {
  const open = (): Uint8Array =>
    encodeMessage({
      name: 'OpenExtendedMiningChannel',
      requestId: 1,
      userIdentity: 'farm.rig',
      nominalHashRate: 1e12,
      maxTarget: new Uint8Array(32).fill(0xff),
      minExtranonceSize: 8,
    })

  it('is read with its fields, in the order people know', () => {
    const frame = encodeMessage({
      name: 'SetNewPrevHash',
      channelId: 7,
      jobId: 1,
      prevHash: fromHex('17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000'),
      minNtime: 1_745_611_105,
      nbits: 0x1b00d7c0,
    })
    const read = new MessageReader().frame(frame)
    expect(read).toMatchObject({ name: 'SetNewPrevHash', kind: 'job', bytes: 54, wireBytes: 22 + 48 + 16 })
    expect(value(read.fields, 'prevHash')).toBe(
      '0000000000003e9ebe8b3b80a3a063d59de378e492d81ce099dc56998648cd17',
    )
    expect(value(read.fields, 'nbits')).toBe('0x1b00d7c0')
    expect(read.hex).toBe(Buffer.from(frame).toString('hex'))
    expect(read.message).toEqual({
      channelId: 7,
      jobId: 1,
      prevHash: '17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000',
      minNtime: 1_745_611_105,
      nbits: 0x1b00d7c0,
    })
  })

  it('reads the same whether it was sent or received', () => {
    const frame = open()
    const decoded = decodeFrame(frame)
    if (!decoded.ok) throw decoded.error
    expect(new MessageReader().frame(decoded.value)).toEqual(new MessageReader().frame(frame))
  })

  it('tells the rig behind a share, unless names are hidden', () => {
    const frame = encodeMessage(
      {
        name: 'SubmitSharesExtended',
        channelId: 7,
        sequenceNumber: 0,
        jobId: 1,
        nonce: 2,
        ntime: 3,
        version: 4,
        extranonce: bytes(8),
      },
      encodeTlvs([workerNameTlv('rig-07')]),
    )
    const reader = new MessageReader()
    expect(reader.frame(frame)).toMatchObject({ kind: 'share', message: { workerName: 'rig-07' } })
    const masked = JSON.stringify(reader.frame(frame, true).message)
    expect(masked).not.toContain('rig-07')
    expect(masked).not.toContain(Buffer.from('rig-07').toString('hex'))
    expect(JSON.stringify(reader.frame(open(), true).message)).not.toContain('farm.rig')
  })

  it('survives JSON with numbers that JSON has not', () => {
    const reader = new MessageReader()
    const acknowledged = encodeMessage({
      name: 'SubmitShares.Success',
      channelId: 1,
      lastSequenceNumber: 2,
      newSubmitsAcceptedCount: 3,
      newSharesSum: 2n ** 63n,
    })
    expect(reader.frame(acknowledged).message).toMatchObject({ newSharesSum: '9223372036854775808' })
    const nominal = open()
    // Not a number, as a peer may send it.
    nominal.set([0, 0, 0xc0, 0x7f], 6 + 4 + 9)
    expect(reader.frame(nominal).message).toMatchObject({ nominalHashRate: 'NaN' })
  })

  it('that nobody knows is shown as what it is', () => {
    expect(
      new MessageReader().frame({
        extensionId: 0x4001,
        channelMessage: false,
        messageType: 0x77,
        payload: bytes(4),
      }),
    ).toMatchObject({ name: 'unknown', kind: 'other', message: { messageType: 0x77, payload: 'a5a5a5a5' } })
    expect(
      new MessageReader().frame({
        extensionId: 0,
        channelMessage: true,
        messageType: 0x20,
        payload: bytes(4),
      }),
    ).toMatchObject({ name: 'unreadable message of type 0x20', kind: 'other' })
  })

  it('may hold anything at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 0, max: 0xff }),
        fc.uint8Array({ maxLength: 200 }),
        (extensionId, messageType, payload) => {
          const read = new MessageReader().frame(
            { extensionId, channelMessage: true, messageType, payload },
            true,
          )
          expectPlain(read)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
