import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv, parseImportList } from '../../../../src-main/fleet/book/import-list.ts'

const read = (text: string) =>
  parseImportList(text).map(({ line, read }) =>
    read.ok ? { line, ...read.value } : { line, error: read.error },
  )

describe('a list of rigs', () => {
  it('takes columns in their usual order without a header', () => {
    expect(read('192.0.2.1,Attic,Home,Attic,A1,"new, and loud"\n')).toEqual([
      {
        line: 1,
        host: '192.0.2.1',
        port: null,
        name: 'Attic',
        group: 'Home',
        room: 'Attic',
        shelf: 'A1',
        notes: 'new, and loud',
      },
    ])
  })

  it('takes columns by their names, whatever their order and separator', () => {
    expect(
      read('Label;IP Address;Serial;Location\r\nAttic;192.0.2.1;SN1;"Under the ""roof"""\r\n'),
    ).toMatchObject([{ line: 2, host: '192.0.2.1', name: 'Attic', room: 'Under the "roof"', group: '' }])
    expect(read('name\thost\nAttic\tbitaxe.local')).toMatchObject([{ host: 'bitaxe.local', name: 'Attic' }])
  })

  it.each([
    ['192.0.2.1:8080', '192.0.2.1', 8080],
    ['[fd00::1]:8080', 'fd00::1', 8080],
    ['fd00::1', 'fd00::1', null],
    ['[fd00::1]', 'fd00::1', null],
    ['bitaxe', 'bitaxe', null],
    ['http://192.0.2.1/#/dashboard', '192.0.2.1', null],
    ['http://192.0.2.1:8080/', '192.0.2.1', 8080],
  ])('reads the address %s', (text, host, port) => {
    expect(read(text)).toMatchObject([{ host, port }])
  })

  it.each(['192.0.2.300', 'a b', '192.0.2.1:99999', '192.0.2.1:0', '192.0.2.1:', '!'])(
    'says what is wrong with the address "%s"',
    (text) => {
      const [line] = parseImportList(text)
      expect(line?.read.ok).toBe(false)
      expect(line?.read.ok === false && line.read.error).toContain(text)
    },
  )

  it('answers each line by itself, with its number', () => {
    const text = '# my rigs\naddress,name\n\n192.0.2.1,a\n,b\n192.0.2.1,c\n192.0.2.2,' + 'x'.repeat(61)
    expect(read(text)).toMatchObject([
      { line: 4, host: '192.0.2.1' },
      { line: 5, error: 'There is no address in this line.' },
      { line: 6, error: 'The same address stands in line 4.' },
      { line: 7, error: 'The name has more than 60 characters; shorten it.' },
    ])
  })

  it('counts the lines of the file, also where a field goes over several', () => {
    expect(read('192.0.2.1,a,,,,"one\ntwo\nthree"\n192.0.2.2,b')).toMatchObject([
      { line: 1, notes: 'one\ntwo\nthree' },
      { line: 4, host: '192.0.2.2' },
    ])
  })

  it('says that a quote was never closed', () => {
    expect(read('192.0.2.1,"Attic')).toMatchObject([
      { line: 1, error: expect.stringContaining('never closed') as string },
    ])
  })

  it('reads back every field that was quoted', () => {
    const field = fc.string({ maxLength: 20, unit: 'grapheme' }).filter((text) => !text.includes('\r'))
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
        const kept = rows.filter((row) => row.some((each) => each.trim() !== '') && !row[0]?.startsWith('#'))
        const text = rows
          .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
          .join('\n')
        expect(parseCsv(text).map(({ fields }) => fields)).toEqual(kept)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        for (const { line } of parseImportList(text)) expect(line).toBeGreaterThan(0)
      }),
    )
  })
})
