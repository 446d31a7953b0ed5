import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src-main/base/index.ts'
import { parsePoolLine, parseRigLine, readVerdict } from '../../../src-main/sv1/index.ts'

function rig(line: string): object {
  const parsed = parseRigLine(line)
  if (!parsed.ok) throw new Error(`${parsed.error.code}: ${parsed.error.message}`)
  return parsed.value
}

function pool(line: string): object {
  const parsed = parsePoolLine(line)
  if (!parsed.ok) throw new Error(`${parsed.error.code}: ${parsed.error.message}`)
  return parsed.value
}

describe('what rigs send beside the text of the protocol', () => {
  it('ESP-Miner puts "jsonrpc" first and version bits last', () => {
    expect(
      rig(
        '{"jsonrpc": "2.0", "id": 8, "method": "mining.submit", "params": ["bc1qexample.bitaxe", "1f", "00000000", "680be961", "0a9a049c", "00c04000"]}',
      ),
    ).toMatchObject({ kind: 'submit', id: '8', nonce: 0x0a9a049c, versionBits: 0x00c04000 })
  })

  it('NerdMiner drops leading zeros of the nonce, one share in sixteen', () => {
    const share = (nonce: string): object =>
      rig(`{"id":5,"method":"mining.submit","params":["w","1","00000001","680be961","${nonce}"]}`)
    expect(share('a9a049c')).toMatchObject({ nonce: 0x0a9a049c })
    expect(share('ff')).toMatchObject({ nonce: 0xff })
    expect(share('0')).toMatchObject({ nonce: 0 })
  })

  it('NerdMiner 1.7.0 pads extranonce2 with blanks where it hashed zeros', () => {
    expect(
      rig(
        '{"id": 28, "method": "mining.submit", "params": ["w", "1", "               2", "680be961", "00004107"]}',
      ),
    ).toMatchObject({ extranonce2: fromHex('0000000000000002') })
  })

  it('some firmware writes hex in capitals, or with 0x', () => {
    expect(
      rig('{"id":5,"method":"mining.submit","params":["w","1","DEADBEEF","680BE961","0x00004107"]}'),
    ).toMatchObject({ extranonce2: fromHex('deadbeef'), ntime: 0x680be961, nonce: 0x4107 })
  })

  it('scripts send ntime and nonce as JSON numbers', () => {
    expect(rig('{"id":5,"method":"mining.submit","params":["w","1","00",1745611105,16647]}')).toMatchObject({
      ntime: 1_745_611_105,
      nonce: 16_647,
    })
  })

  it('job ids and user names arrive as numbers', () => {
    expect(rig('{"id":5,"method":"mining.submit","params":[7,12,"00","0","0"]}')).toMatchObject({
      user: '7',
      jobId: '12',
    })
  })

  it('proxies send an empty or null sixth param for rigs that roll no version', () => {
    const share = (bits: string): object =>
      rig(`{"id":5,"method":"mining.submit","params":["w","1","00","0","0",${bits}]}`)
    expect(share('""')).toMatchObject({ versionBits: null })
    expect(share('null')).toMatchObject({ versionBits: null })
  })

  it('params beyond those we know are passed over', () => {
    expect(
      rig('{"id":5,"method":"mining.submit","params":["w","1","00","0","0","2000","extra",7]}'),
    ).toMatchObject({
      kind: 'submit',
      versionBits: 0x2000,
    })
    expect(rig('{"id":2,"method":"mining.authorize","params":["w","x","more"]}')).toMatchObject({
      password: 'x',
    })
  })

  it('mining.authorize comes without a password, with a null one, with a number, or without anything', () => {
    const authorize = (params: string): object => rig(`{"id":2,"method":"mining.authorize"${params}}`)
    expect(authorize(',"params":["w"]')).toMatchObject({ user: 'w', password: '' })
    expect(authorize(',"params":["w",null]')).toMatchObject({ user: 'w', password: '' })
    expect(authorize(',"params":["w",123]')).toMatchObject({ user: 'w', password: '123' })
    expect(authorize(',"params":[]')).toMatchObject({ user: '', password: '' })
    expect(authorize(',"params":null')).toMatchObject({ user: '', password: '' })
    expect(authorize('')).toMatchObject({ user: '', password: '' })
  })

  it('params are missing or null where the method needs none', () => {
    expect(rig('{"id":3,"method":"mining.subscribe"}')).toMatchObject({ kind: 'subscribe', userAgent: '' })
    expect(rig('{"id":3,"method":"mining.subscribe","params":null}')).toMatchObject({ kind: 'subscribe' })
    expect(rig('{"id":3,"method":"mining.extranonce.subscribe"}')).toMatchObject({
      kind: 'extranonce-subscribe',
    })
  })

  it('GPU miners send the word NULL as session id', () => {
    expect(rig('{"id":1,"method":"mining.subscribe","params":["miner/1","NULL"]}')).toMatchObject({
      resumeSession: null,
    })
  })

  it('params come as an object', () => {
    expect(
      rig(
        '{"id":4,"method":"mining.submit","params":{"worker_name":"w","job_id":"1","extranonce2":"00000001","ntime":"680be961","nonce":"00004107","version_bits":"00002000"}}',
      ),
    ).toMatchObject({ user: 'w', jobId: '1', nonce: 0x4107, versionBits: 0x2000 })
    expect(rig('{"id":2,"method":"mining.authorize","params":{"user":"w","pass":"x"}}')).toMatchObject({
      user: 'w',
      password: 'x',
    })
    expect(rig('{"id":1,"method":"mining.subscribe","params":{"user_agent":"a/1"}}')).toMatchObject({
      userAgent: 'a/1',
    })
  })

  it('WhatsMiner opens with mining.suggest_difficulty, some send it as a text or as a bare number', () => {
    const suggest = (params: string): object =>
      rig(`{"id":1,"method":"mining.suggest_difficulty","params":${params}}`)
    expect(suggest('[1024]')).toMatchObject({ difficulty: 1024 })
    expect(suggest('["1024"]')).toMatchObject({ difficulty: 1024 })
    expect(suggest('1024')).toMatchObject({ difficulty: 1024 })
  })

  it.each([
    ['mining.subscribe.extranonce', 'extranonce-subscribe'],
    ['mining.extranonce_subscribe', 'extranonce-subscribe'],
    ['Mining.Extranonce.Subscribe', 'extranonce-subscribe'],
    ['mining.authorise', 'authorize'],
    [' mining.authorize ', 'authorize'],
    ['mining.suggested_difficulty', 'suggest-difficulty'],
  ])('a method is spelled %j', (method, kind) => {
    expect(rig(JSON.stringify({ id: 1, method, params: ['1'] }))).toMatchObject({ kind })
  })

  it('a method named like a member of every object is just unknown', () => {
    for (const method of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(rig(JSON.stringify({ id: 1, method }))).toMatchObject({ kind: 'unknown-method' })
      expect(rig(JSON.stringify({ id: 1, method, params: {} }))).toMatchObject({ kind: 'unknown-method' })
    }
  })

  it('Braiins OS sends min-bit-count as hex, others as a number, some not at all', () => {
    const configure = (field: string): object =>
      rig(
        `{"id":0,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000"${field}}]}`,
      )
    const expected = (minBitCount: number): object => ({ versionRolling: { mask: 0x1fffe000, minBitCount } })
    expect(configure(',"version-rolling.min-bit-count":"00000010"')).toMatchObject(expected(16))
    expect(configure(',"version-rolling.min-bit-count":2')).toMatchObject(expected(2))
    expect(configure('')).toMatchObject(expected(0))
    expect(configure(',"version-rolling.min-bit-count":"many"')).toMatchObject(expected(0))
  })
})

describe('what pools send beside the text of the protocol', () => {
  it('ckpool gives the reason of a rejected share in a member of its own', () => {
    expect(pool('{"id":9,"result":false,"error":null,"reject-reason":"Above target"}')).toMatchObject({
      id: 9,
      error: { code: 23, message: 'Above target' },
    })
  })

  it('errors come as arrays, objects or texts', () => {
    const error = (json: string): unknown =>
      (pool(`{"id":9,"result":null,"error":${json}}`) as { error: unknown }).error
    expect(error('[21,"Job not found",null]')).toEqual({ code: 21, message: 'Job not found' })
    expect(error('["21","Job not found"]')).toEqual({ code: 21, message: 'Job not found' })
    expect(error('{"code":22,"message":"Duplicate share"}')).toEqual({ code: 22, message: 'Duplicate share' })
    expect(error('"Duplicate share"')).toEqual({ code: 22, message: 'Duplicate share' })
    expect(error('"Stale share"')).toEqual({ code: 21, message: 'Stale share' })
    expect(error('"Unauthorized worker"')).toEqual({ code: 24, message: 'Unauthorized worker' })
    expect(error('"Not subscribed"')).toEqual({ code: 25, message: 'Not subscribed' })
    expect(error('["low difficulty share"]')).toEqual({ code: 23, message: 'low difficulty share' })
    expect(error('true')).toEqual({ code: 20, message: 'true' })
    expect(error('[]')).toBe(null)
    expect(error('false')).toBe(null)
    expect(error('null')).toBe(null)
  })

  it('replies carry our id as text', () => {
    expect(pool('{"id":"12","result":true,"error":null}')).toMatchObject({ id: 12 })
    expect(pool('{"id":"x","result":true,"error":null}')).toMatchObject({ id: null })
  })

  it('a yes is true, a no may come without a reason', () => {
    expect(readVerdict(true, null)).toEqual({ yes: true })
    expect(readVerdict({ status: 'OK' }, null)).toEqual({ yes: true })
    expect(readVerdict(false, null)).toMatchObject({ yes: false, error: { code: 20 } })
    expect(readVerdict(null, null)).toMatchObject({ yes: false })
    expect(readVerdict('Stale', null)).toMatchObject({ yes: false, error: { code: 21 } })
    expect(readVerdict(true, { code: 23, message: 'low' })).toMatchObject({ yes: false, error: { code: 23 } })
  })

  it('SRI names the mask notice mining.set_version', () => {
    expect(pool('{"id":null,"method":"mining.set_version","params":["1fffe000"]}')).toEqual({
      kind: 'set-version-mask',
      mask: 0x1fffe000,
    })
  })

  it('the difficulty comes as a text, or with a fraction', () => {
    expect(pool('{"id":null,"method":"mining.set_difficulty","params":["512"]}')).toMatchObject({
      difficulty: 512,
    })
    expect(pool('{"id":null,"method":"mining.set_difficulty","params":[16383.75]}')).toMatchObject({
      difficulty: 16383.75,
    })
  })
})
