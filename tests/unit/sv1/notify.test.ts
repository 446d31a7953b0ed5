import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src-main/base/index.ts'
import {
  formatNotify,
  type Notify,
  NotifyTemplate,
  parsePoolLine,
  swapWords,
} from '../../../src-main/sv1/index.ts'

/** The job of the SV2 vectors as it is sent to a V1 rig (reference/stratum-v2.md 4.11 and 7.3). */
const COINB1 =
  '02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2a5200065376322f2f2f20'
const COINB2 =
  'ffffffff0200f2052a01000000160014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc' +
  '0000000000000000266a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf900000000'
const BRANCHES = [
  'f84024409dfae4dec34c3143adcacb4acdea488acac45aae8ab88461b5c2ec2d',
  '4fc83e3213f806b7510a83fcbe8a99718c0b063a66b5b5936640479d9184ff82',
]
const PREV_HASH = '17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000'
const LINE =
  '{"id":null,"method":"mining.notify","params":["1",' +
  '"8648cd1799dc569992d81ce09de378e4a3a063d5be8b3b8000003e9e00000000",' +
  `"${COINB1}","${COINB2}",["${BRANCHES.join('","')}"],"20000000","1b00d7c0","680be961",true]}\n`

const job: Notify = {
  jobId: '1',
  prevHash: fromHex(PREV_HASH),
  coinb1: fromHex(COINB1),
  coinb2: fromHex(COINB2),
  merkleBranches: BRANCHES.map(fromHex),
  version: 0x20000000,
  nBits: 0x1b00d7c0,
  ntime: 0x680be961,
  cleanJobs: true,
}

function received(params: readonly unknown[]): Notify {
  const parsed = parsePoolLine(JSON.stringify({ id: null, method: 'mining.notify', params }))
  if (!parsed.ok) throw new Error(parsed.error.message)
  if (parsed.value.kind !== 'notify') throw new Error(parsed.value.kind)
  return parsed.value.notify
}

const params = (JSON.parse(LINE) as { params: unknown[] }).params

function withParam(index: number, value: unknown): unknown[] {
  return params.with(index, value)
}

describe('mining.notify', () => {
  it('is written as the vector says, the words of the previous hash swapped', () => {
    expect(formatNotify(job)).toBe(LINE)
  })

  it('is read with the swap undone', () => {
    expect(received(params)).toEqual(job)
  })

  it('folds the bytes of the upstream into the end of coinb1', () => {
    const template = new NotifyTemplate(job)
    expect(template.line('1f', 'aabb', false)).toBe(
      LINE.replace('"1"', '"1f"').replace(COINB1, `${COINB1}aabb`).replace('true', 'false'),
    )
    expect(template.line('1', '', true)).toBe(LINE)
  })

  it('reads back as what was written, whatever the job', () => {
    const bytes = (size: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ minLength: size, maxLength: size })
    const uint32 = fc.integer({ min: 0, max: 0xffffffff })
    const anyJob: fc.Arbitrary<Notify> = fc.record({
      jobId: fc.string({ unit: 'grapheme', maxLength: 20 }),
      prevHash: bytes(32),
      coinb1: fc.uint8Array({ maxLength: 200 }),
      coinb2: fc.uint8Array({ maxLength: 200 }),
      merkleBranches: fc.array(bytes(32), { maxLength: 32 }),
      version: uint32,
      nBits: uint32,
      ntime: uint32,
      cleanJobs: fc.boolean(),
    })
    fc.assert(
      fc.property(anyJob, (notify) => {
        const line = formatNotify(notify)
        expect(/^[\x20-\x7e]*\n$/.test(line)).toBe(true)
        const fields = (JSON.parse(line) as { params: unknown[] }).params
        expect(fields).toHaveLength(9)
        expect(received(fields)).toEqual(notify)
      }),
    )
  })

  it('swaps words twice to where they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(swapWords(swapWords(bytes))).toEqual(bytes)
      }),
    )
    expect(swapWords(fromHex('0001020304050607'))).toEqual(fromHex('0302010007060504'))
  })

  it('counts a missing clean flag as false and forgives further params', () => {
    expect(received(params.slice(0, 8)).cleanJobs).toBe(false)
    expect(received([...params, 'more']).cleanJobs).toBe(true)
    expect(received(withParam(8, 'true')).cleanJobs).toBe(true)
  })

  it('takes a job id that is a number', () => {
    expect(received(withParam(0, 17)).jobId).toBe('17')
  })

  it.each([
    [0, null, 'job id'],
    [1, 'ab', 'previous hash'],
    [1, 7, 'previous hash'],
    [2, 'abc', 'coinb1'],
    [3, null, 'coinb2'],
    [4, 'none', 'merkle branches'],
    [4, ['ab'], 'merkle branch'],
    [4, new Array<string>(33).fill('00'.repeat(32)), '33 merkle branches'],
    [5, 'x', 'version'],
    [6, '', 'nbits'],
    [7, '123456789', 'ntime'],
  ])('is refused when param %i is wrong, naming it', (index, value, what) => {
    const parsed = parsePoolLine(JSON.stringify({ method: 'mining.notify', params: withParam(index, value) }))
    if (parsed.ok) throw new Error('accepted')
    expect(parsed.error).toMatchObject({ code: 'bad-params', fatal: false })
    expect(parsed.error.message).toContain(what)
  })

  it('is not made from a hash of the wrong length', () => {
    expect(() => new NotifyTemplate({ ...job, prevHash: new Uint8Array(31) })).toThrow(RangeError)
    expect(() => new NotifyTemplate({ ...job, merkleBranches: [new Uint8Array(33)] })).toThrow(RangeError)
  })
})
