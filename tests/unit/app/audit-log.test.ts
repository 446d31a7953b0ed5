import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AuditLog, type AuditLogOptions } from '../../../src-main/app/audit-log.ts'
import {
  type AuditFilter,
  type AuditPage,
  exportAudit,
  queryAudit,
} from '../../../src-main/app/audit-query.ts'
import { ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type AuditLine } from '../../../src-main/proxy/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const DAY_MS = 24 * 3600_000
/** Noon of 2026-03-01 in UTC. */
const NOON_MS = Date.UTC(2026, 2, 1, 12)

let counter = 0

function line(atMs: number, changes: Record<string, unknown> = {}): AuditLine {
  const record = {
    at: atMs,
    linkId: 'rig:1',
    side: 'downstream',
    linkName: 'farm.rig',
    protocol: 'stratum-v1',
    direction: 'in',
    kind: 'share',
    name: 'mining.submit',
    bytes: 100,
    message: { method: 'mining.submit', number: counter++ },
    ...changes,
  }
  return { atMs, json: JSON.stringify(record) }
}

interface Opened {
  readonly audit: AuditLog
  readonly dir: string
  readonly clock: ManualClock
}

async function open(changes: Partial<AuditLogOptions> = {}): Promise<Opened> {
  const dir = changes.dir ?? join(temporaryDir(), 'audit')
  const clock = new ManualClock(NOON_MS)
  const retention = { keepDays: 30, keepBytes: 2 ** 30 }
  const audit = await AuditLog.open({ dir, clock, log: silentLogger, retention, ...changes })
  onTestFinished(() => audit.close())
  return { audit, dir, clock }
}

async function write({ audit }: Opened, ...lines: AuditLine[]): Promise<void> {
  audit.append({ lines })
  await audit.settled()
}

const namesOf = (dir: string): string[] => readdirSync(dir).sort()

const query = (dir: string, filter: AuditFilter = {}, limit = 1000, cursor?: string): Promise<AuditPage> =>
  queryAudit(dir, filter, limit, cursor)

async function momentsOf(dir: string, filter: AuditFilter = {}): Promise<number[]> {
  return (await query(dir, filter)).entries.map(({ at }) => at)
}

describe('the audit log', () => {
  it('writes a line for each record, into a file of the day that nobody else can read', async () => {
    const opened = await open()
    const { dir, audit } = opened
    expect(audit.status).toEqual({ fileCount: 0, bytes: 0, oldestAtMs: null, problem: null })
    const lines = [line(NOON_MS), line(NOON_MS + 1)]
    await write(opened, ...lines)
    expect(namesOf(dir)).toEqual(['audit-2026-03-01.ndjson'])
    const path = join(dir, 'audit-2026-03-01.ndjson')
    expect(readFileSync(path, 'utf8')).toBe(lines.map(({ json }) => `${json}\n`).join(''))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(audit.status).toEqual({
      fileCount: 1,
      bytes: statSync(path).size,
      oldestAtMs: Date.UTC(2026, 2, 1),
      problem: null,
    })
  })

  it('writes a record that comes together with an empty batch, also as the last one', async () => {
    const opened = await open()
    const { dir, audit } = opened
    audit.append({ lines: [] })
    audit.append({ lines: [line(NOON_MS)] })
    await audit.settled()
    expect(await momentsOf(dir)).toEqual([NOON_MS])
    audit.append({ lines: [] })
    audit.append({ lines: [line(NOON_MS + 1)] })
    await audit.close()
    expect(await momentsOf(dir)).toEqual([NOON_MS, NOON_MS + 1])
  })

  it('takes a file from others that a copy had opened to them', async () => {
    const dir = temporaryDir()
    const path = join(dir, 'audit-2026-03-01.ndjson')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    await write(await open({ dir }), line(NOON_MS))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('begins a file at midnight, and another when one has grown', async () => {
    const opened = await open({ fileBytes: 500 })
    const { dir } = opened
    const first = Array.from({ length: 5 }, (_, n) => line(NOON_MS + n))
    const second = Array.from({ length: 2 }, (_, n) => line(NOON_MS + DAY_MS + n))
    await write(opened, ...first, ...second)
    expect(namesOf(dir)).toEqual([
      'audit-2026-03-01.1.ndjson',
      'audit-2026-03-01.ndjson',
      'audit-2026-03-02.ndjson',
    ])
    expect(await momentsOf(dir)).toEqual([...first, ...second].map(({ atMs }) => atMs))
    await write(opened, line(NOON_MS + DAY_MS + 2), line(NOON_MS + DAY_MS + 3))
    expect(namesOf(dir)).toContain('audit-2026-03-02.1.ndjson')
  })

  it('goes on with the file of the day after a restart', async () => {
    const opened = await open()
    await write(opened, line(NOON_MS))
    await opened.audit.close()
    await write(await open({ dir: opened.dir }), line(NOON_MS + 1))
    expect(namesOf(opened.dir)).toEqual(['audit-2026-03-01.ndjson'])
    expect(await momentsOf(opened.dir)).toEqual([NOON_MS, NOON_MS + 1])
  })

  it('loses nothing but a line that was cut by a crash, wherever it was cut', async () => {
    const lines = [line(NOON_MS), line(NOON_MS + 1, { message: 'ünïcode €' })]
    const whole = Buffer.from(lines.map(({ json }) => `${json}\n`).join(''))
    const firstLength = Buffer.byteLength(lines[0]!.json) + 1
    for (const cut of [
      0,
      1,
      firstLength - 1,
      firstLength,
      firstLength + 1,
      whole.length - 7,
      whole.length - 1,
    ]) {
      const dir = temporaryDir()
      writeFileSync(join(dir, 'audit-2026-03-01.ndjson'), whole.subarray(0, cut))
      const opened = await open({ dir })
      await write(opened, line(NOON_MS + 2))
      const { entries, damagedCount } = await query(dir)
      // A line that lacks only its end is whole.
      const kept = lines.filter((_, n) => cut >= (n === 0 ? firstLength : whole.length) - 1)
      expect(
        entries.map(({ at }) => at),
        `cut after ${cut} bytes`,
      ).toEqual([...kept.map(({ atMs }) => atMs), NOON_MS + 2])
      const partial =
        cut > 0 && cut < firstLength - 1 ? 1 : cut > firstLength && cut < whole.length - 1 ? 1 : 0
      expect(damagedCount, `cut after ${cut} bytes`).toBe(partial)
      await opened.audit.close()
    }
  })

  it('does not show a line while it is being written', async () => {
    const opened = await open()
    await write(opened, line(NOON_MS))
    appendFileSync(join(opened.dir, 'audit-2026-03-01.ndjson'), '{"at":1')
    expect(await query(opened.dir)).toMatchObject({ entries: [{ at: NOON_MS }], damagedCount: 0 })
  })

  it('removes what is older than it shall keep, and nothing that is not its own', async () => {
    const dir = temporaryDir()
    for (const name of [
      'audit-2026-01-29.ndjson',
      'audit-2026-01-31.1.ndjson',
      'audit-2026-02-27.ndjson',
      'notes.txt',
    ]) {
      writeFileSync(join(dir, name), 'x\n')
    }
    const { audit } = await open({ dir, retention: { keepDays: 30, keepBytes: 2 ** 30 } })
    expect(namesOf(dir)).toEqual(['audit-2026-01-31.1.ndjson', 'audit-2026-02-27.ndjson', 'notes.txt'])
    await audit.setRetention({ keepDays: 2, keepBytes: 2 ** 30 })
    expect(namesOf(dir)).toEqual(['notes.txt'])
    expect(audit.status.fileCount).toBe(0)
  })

  it('keeps within its size, the file in use excepted', async () => {
    const opened = await open({ fileBytes: 1000, retention: { keepDays: 30, keepBytes: 2500 } })
    for (let n = 0; n < 100; n++) await write(opened, line(NOON_MS + n))
    const { fileCount, bytes } = opened.audit.status
    expect(bytes).toBeLessThan(2500 + 1200)
    expect(fileCount).toBe(namesOf(opened.dir).length)
    const moments = await momentsOf(opened.dir)
    expect(moments.at(-1)).toBe(NOON_MS + 99)
    expect(moments).toEqual(
      Array.from({ length: moments.length }, (_, n) => NOON_MS + 100 - moments.length + n),
    )
  })

  it('says what is wrong when it cannot write, and how much is missing when it can again', async () => {
    const other = join(temporaryDir(), 'audit')
    mkdirSync(other)
    const { audit } = await open({ dir: other })
    expect(audit.status.problem).toBeNull()
    const path = join(other, 'audit-2026-03-01.ndjson')
    // A folder where the file should be.
    mkdirSync(path)
    audit.append({ lines: [line(NOON_MS), line(NOON_MS + 1)] })
    await audit.settled()
    expect(audit.status.problem).toContain(other)
    audit.append({ lines: [line(NOON_MS + 2)] })
    await audit.settled()
    rmdirSync(path)
    audit.append({ lines: [line(NOON_MS + 3)] })
    await audit.settled()
    expect(audit.status.problem).toBeNull()
    const { entries } = await query(other)
    expect(entries.map(({ name, at }) => [name, at])).toEqual([
      ['gap', NOON_MS],
      ['mining.submit', NOON_MS + 3],
    ])
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[0]!)).toMatchObject({
      count: 3,
      from: NOON_MS,
      to: NOON_MS + 2,
    })
  })
})

describe('a query of the audit log', () => {
  async function filled(): Promise<string> {
    const opened = await open({ fileBytes: 600 })
    await write(
      opened,
      line(NOON_MS, { name: 'mining.authorize', kind: 'session', message: { params: ['farm.rig', '***'] } }),
      line(NOON_MS + 10, { name: 'mining.notify', kind: 'job', direction: 'out' }),
      line(NOON_MS + 20),
      line(NOON_MS + 30, { side: 'upstream', linkId: 'pool:a', linkName: 'The Pool', direction: 'out' }),
      line(NOON_MS + DAY_MS, { side: 'upstream', linkId: 'pool:a', linkName: 'The Pool', direction: 'in' }),
      line(NOON_MS + DAY_MS + 10),
    )
    return opened.dir
  }

  it('finds what suits its filter, oldest first', async () => {
    const dir = await filled()
    const found = async (filter: AuditFilter): Promise<number[]> =>
      (await momentsOf(dir, filter)).map((at) => at - NOON_MS)
    expect(await found({})).toEqual([0, 10, 20, 30, DAY_MS, DAY_MS + 10])
    expect(await found({ from: NOON_MS + 10, to: NOON_MS + 30 })).toEqual([10, 20, 30])
    expect(await found({ from: NOON_MS + DAY_MS })).toEqual([DAY_MS, DAY_MS + 10])
    expect(await found({ side: 'upstream' })).toEqual([30, DAY_MS])
    expect(await found({ link: 'The Pool', direction: 'out' })).toEqual([30])
    expect(await found({ link: 'pool:a', direction: 'in' })).toEqual([DAY_MS])
    expect(await found({ kind: 'session' })).toEqual([0])
    expect(await found({ text: 'FARM.RIG' })).toEqual([0, 10, 20, DAY_MS + 10])
    expect(await found({ text: 'authorize' })).toEqual([0])
    expect(await found({ text: 'nothing of that kind' })).toEqual([])
  })

  it('goes on where the last page ended, also while the log grows', async () => {
    const dir = await filled()
    const first = await query(dir, {}, 4)
    expect(first.entries.map(({ at }) => at - NOON_MS)).toEqual([0, 10, 20, 30])
    const again = await open({ dir })
    await write(again, line(NOON_MS + DAY_MS + 20))
    const second = await query(dir, {}, 4, first.nextCursor!)
    expect(second.entries.map(({ at }) => at - NOON_MS)).toEqual([DAY_MS, DAY_MS + 10, DAY_MS + 20])
    expect(second.nextCursor).toBeNull()
  })

  it('goes on with the next file when the one of the cursor was removed', async () => {
    const dir = await filled()
    const first = await query(dir, {}, 1)
    for (const name of namesOf(dir)) if (name.startsWith('audit-2026-03-01')) rmSync(join(dir, name))
    const rest = await query(dir, {}, 10, first.nextCursor!)
    expect(rest.entries.map(({ at }) => at - NOON_MS)).toEqual([DAY_MS, DAY_MS + 10])
  })

  it('refuses a cursor that is none, and has nothing to say of a log that was never on', async () => {
    const dir = await filled()
    for (const cursor of [
      '',
      'x',
      '../secrets:0',
      'audit-2026-03-01.ndjson',
      'audit-2026-03-01.0.ndjson:5',
    ]) {
      await expect(query(dir, {}, 1, cursor)).rejects.toMatchObject({ code: 'audit/bad-cursor' })
    }
    expect(await query(join(dir, 'nowhere'))).toEqual({ entries: [], nextCursor: null, damagedCount: 0 })
  })

  it('never leaves a gap out, whatever is asked for', async () => {
    const opened = await open()
    const gap = { at: NOON_MS, kind: 'gap', name: 'gap', count: 7, from: 1, to: 2, message: '7 are missing.' }
    await write(opened, { atMs: NOON_MS, json: JSON.stringify(gap) }, line(NOON_MS + 1))
    const { entries } = await query(opened.dir, { kind: 'job', side: 'upstream', link: 'x' })
    expect(entries).toEqual([
      {
        at: NOON_MS,
        linkId: '',
        side: 'upstream',
        linkName: '',
        direction: 'in',
        kind: 'other',
        name: 'gap',
        text: '7 are missing.',
      },
    ])
  })
})

/** The whole export, piece by piece. */
async function piecesOf(dir: string, filter: Parameters<typeof exportAudit>[1]): Promise<string[]> {
  const pieces: string[] = []
  let cursor: string | undefined
  do {
    const { text, nextCursor } = await exportAudit(dir, filter, 'ndjson', cursor)
    if (text !== '') pieces.push(text)
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
  return pieces
}

describe('an export of the audit log', () => {
  it('gives the lines as they are stored', async () => {
    const opened = await open({ fileBytes: 400 })
    const lines = Array.from({ length: 9 }, (_, n) => line(NOON_MS + n))
    await write(opened, ...lines)
    expect((await piecesOf(opened.dir, { from: NOON_MS + 2 })).join('')).toBe(
      lines
        .slice(2)
        .map(({ json }) => `${json}\n`)
        .join(''),
    )
  })

  it('comes in pieces when it is long, and no record twice', async () => {
    const opened = await open()
    const filler = 'f'.repeat(4000)
    await write(opened, ...Array.from({ length: 600 }, (_, n) => line(NOON_MS + n, { message: filler })))
    const pieces = await piecesOf(opened.dir, {})
    expect(pieces.length).toBeGreaterThan(1)
    const moments = pieces
      .join('')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => (JSON.parse(text) as { at: number }).at)
    expect(moments).toEqual(Array.from({ length: 600 }, (_, n) => NOON_MS + n))
  })

  it('as CSV quotes what needs it, and lets no spreadsheet run a formula', async () => {
    const opened = await open()
    await write(opened, line(NOON_MS, { linkName: '=HYPERLINK("http://x")', message: 'a, "b"\nc' }))
    const { text, nextCursor } = await exportAudit(opened.dir, {}, 'csv')
    expect(text).toBe(
      'at,linkId,side,linkName,direction,kind,name,text\r\n' +
        '2026-03-01T12:00:00.000Z,rig:1,downstream,"\'=HYPERLINK(""http://x"")",in,share,mining.submit,"a, ""b""\nc"\r\n',
    )
    expect(nextCursor).toBeNull()
  })
})
