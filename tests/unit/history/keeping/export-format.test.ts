import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  csvCell,
  type ExportRow,
  formatHeader,
  formatRow,
  isoDay,
} from '../../../../src-main/history/keeping/export-format.ts'
import { readCsv } from '../../../support/read-csv.ts'

const columns = ['time', 'name', 'sum'].map((name) => ({ name, what: '' }))

describe('CSV', () => {
  it('has a line of names, CRLF line ends and quotes doubled', () => {
    expect(formatHeader(columns, 'csv')).toBe('time,name,sum\r\n')
    expect(formatRow(columns, ['t', 'the "big", rig', -5], 'csv')).toBe('t,"the ""big"", rig",-5\r\n')
    expect(formatRow(columns, [null, 'two\r\nlines', null], 'csv')).toBe(',"two\r\nlines",\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])(
    'makes a text of what a spreadsheet would run: %j',
    (text) => {
      expect(readCsv(csvCell(text))[0]![0]).toBe(`'${text}`)
    },
  )

  it('leaves a negative number a number', () => {
    expect(csvCell(-12)).toBe('-12')
  })

  it('gives back every text to a reader of RFC 4180', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null))
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { minLength: 1 }), (rows: ExportRow[]) => {
        const text = rows.map((row) => formatRow(columns, row, 'csv')).join('')
        const read = readCsv(text)
        expect(read).toHaveLength(rows.length)
        for (const [r, row] of rows.entries()) {
          for (const [c, cell] of row.entries()) {
            const said = cell === null ? '' : String(cell)
            const isFormula = typeof cell === 'string' && /^[=+\-@\t\r\n]/.test(cell)
            expect(read[r]![c]).toBe(isFormula ? `'${said}` : said)
          }
        }
      }),
    )
  })
})

describe('lines of JSON', () => {
  it('have a value for each name and no header', () => {
    expect(formatHeader(columns, 'jsonl')).toBe('')
    expect(formatRow(columns, ['t', '=1+1\n', null], 'jsonl')).toBe(
      '{"time":"t","name":"=1+1\\n","sum":null}\n',
    )
  })
})

it('a day is written as its date in UTC', () => {
  expect(isoDay(0)).toBe('1970-01-01')
  expect(isoDay(20_779)).toBe('2026-11-22')
})
