/**
 * Lists of rigs as people keep them: CSV with comma, semicolon or tab, quoted fields, with a header line or without
 * (then: address, name, group, room, shelf, notes). Each line is answered by itself. Pure.
 */
import { err, ok, type Result } from '../../base/index.ts'
import { parseHostPort } from '../../net/index.ts'

export interface ImportedRig {
  readonly host: string
  readonly port: number | null
  readonly name: string
  readonly group: string
  readonly room: string
  readonly shelf: string
  readonly notes: string
}

export interface ImportedLine {
  /** From 1, as editors count; a quoted field may go over several. */
  readonly line: number
  readonly read: Result<ImportedRig, string>
  /** The address as it stands there. */
  readonly address: string
}

type Column = 'address' | 'name' | 'group' | 'room' | 'shelf' | 'notes'

const COLUMNS: readonly Column[] = ['address', 'name', 'group', 'room', 'shelf', 'notes']

/** What people call the columns. */
const COLUMN_WORDS: Readonly<Record<string, Column>> = {
  address: 'address',
  ip: 'address',
  'ip address': 'address',
  host: 'address',
  hostname: 'address',
  url: 'address',
  name: 'name',
  label: 'name',
  rig: 'name',
  miner: 'name',
  worker: 'name',
  group: 'group',
  room: 'room',
  location: 'room',
  site: 'room',
  shelf: 'shelf',
  rack: 'shelf',
  position: 'shelf',
  notes: 'notes',
  note: 'notes',
  comment: 'notes',
  comments: 'notes',
}

const LIMITS: Readonly<Record<Exclude<Column, 'address'>, number>> = {
  name: 60,
  group: 60,
  room: 60,
  shelf: 60,
  notes: 2000,
}

export function parseImportList(text: string): ImportedLine[] {
  const rows = parseCsv(text.replace(/^\uFEFF/, ''))
  const columns = headerOf(rows[0]?.fields)
  const seen = new Map<string, number>()
  return rows.slice(columns === null ? 0 : 1).map(({ line, fields, isOpen }) => {
    const known = byColumn(fields, columns ?? COLUMNS)
    const read = isOpen
      ? err(
          'A quote is opened and never closed: put " at the end of the field, or write "" for a quote inside it.',
        )
      : readRig(known)
    if (!read.ok) return { line, read, address: known.address }
    const place = `${read.value.host.toLowerCase()} ${String(read.value.port)}`
    const before = seen.get(place)
    if (before !== undefined) {
      return { line, read: err(`The same address stands in line ${String(before)}.`), address: known.address }
    }
    seen.set(place, line)
    return { line, read, address: known.address }
  })
}

function readRig(known: Readonly<Record<Column, string>>): Result<ImportedRig, string> {
  const place = readAddress(known.address)
  if (!place.ok) return place
  for (const [column, limit] of Object.entries(LIMITS)) {
    if (known[column as Column].length > limit) {
      return err(`The ${column} has more than ${String(limit)} characters; shorten it.`)
    }
  }
  const { name, group, room, shelf, notes } = known
  return ok({ ...place.value, name, group, room, shelf, notes })
}

/** `host`, `host:port`, `[v6]:port`, or the address of a rig's page in a browser. */
function readAddress(text: string): Result<{ host: string; port: number | null }, string> {
  if (text === '') return err('There is no address in this line.')
  const page = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1] ?? text
  const isPlain = !page.includes(':') || (page.match(/:/g)?.length ?? 0) > 1
  const isBracketed = page.startsWith('[') && !page.endsWith(']')
  const host = page.replace(/^\[|\]$/g, '')
  const parsed = parseHostPort(
    isPlain && !isBracketed ? `${host.includes(':') ? `[${host}]` : host}:80` : page,
  )
  if (!parsed.ok) {
    return err(
      `"${text}" is no address of a rig: write one like 192.168.1.20, bitaxe.local or 192.168.1.20:8080.`,
    )
  }
  if (parsed.value.port === 0) return err(`"${text}" has port 0; ports go from 1 to 65535.`)
  return ok({ host: parsed.value.host, port: isPlain && !isBracketed ? null : parsed.value.port })
}

/** The columns that a first line names; null if it is a rig's line already. */
function headerOf(fields: readonly string[] | undefined): readonly (Column | null)[] | null {
  const columns = (fields ?? []).map(
    (field) => COLUMN_WORDS[field.trim().toLowerCase().replace(/[_-]/g, ' ')] ?? null,
  )
  return columns.includes('address') ? columns : null
}

function byColumn(fields: readonly string[], columns: readonly (Column | null)[]): Record<Column, string> {
  const known: Record<Column, string> = { address: '', name: '', group: '', room: '', shelf: '', notes: '' }
  for (const [i, column] of columns.entries()) if (column !== null) known[column] = (fields[i] ?? '').trim()
  return known
}

interface Row {
  readonly line: number
  readonly fields: readonly string[]
  /** It ends inside a quoted field. */
  readonly isOpen: boolean
}

/** Rows of a CSV text (RFC 4180); blank lines and lines that begin with `#` are left out. */
export function parseCsv(text: string): Row[] {
  const separator = separatorOf(text)
  const rows: Row[] = []
  let fields: string[] = []
  let field = ''
  let isQuoted = false
  let line = 1
  let startLine = 1
  const endRow = (isOpen: boolean): void => {
    fields.push(field)
    const isBlank = fields.every((each) => each.trim() === '')
    if (!isBlank && !fields[0]?.startsWith('#')) rows.push({ line: startLine, fields, isOpen })
    fields = []
    field = ''
    startLine = line
  }
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '\n') line++
    if (isQuoted) {
      if (char !== '"') field += char
      else if (text.charAt(i + 1) === '"') {
        field += '"'
        i++
      } else isQuoted = false
    } else if (char === '"' && field.trim() === '') {
      isQuoted = true
      field = ''
    } else if (char === separator) {
      fields.push(field)
      field = ''
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text.charAt(i + 1) === '\n') {
        i++
        line++
      }
      endRow(false)
    } else field += char
  }
  endRow(isQuoted)
  return rows
}

/** The one the first line has most of. */
function separatorOf(text: string): string {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.startsWith('#')) ?? ''
  const count = (char: string): number => first.split(char).length - 1
  return [',', ';', '\t'].reduce((best, char) => (count(char) > count(best) ? char : best), ',')
}
