import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { AuditLog } from '../../src-main/app/audit-log.ts'
import { queryAudit } from '../../src-main/app/audit-query.ts'
import { silentLogger, systemClock } from '../../src-main/base/index.ts'
import { temporaryDir } from '../support/temporary-dir.ts'

const app = resolve(import.meta.dirname, '../../src-main/app/audit-log.ts')
const base = resolve(import.meta.dirname, '../../src-main/base/index.ts')

/** Of the first record, a moment of 2025; each is a millisecond later. */
const FIRST_MS = 1_750_000_000_000
/** Long records, so that a kill falls into the middle of one now and then. */
const MESSAGE_CHARS = 200_000

/** Appends one record after the other, and prints the number of each once it is written. */
const program = (dir: string, first: number): string => `
  const { writeSync } = await import('node:fs')
  const { silentLogger, systemClock } = await import(${JSON.stringify(base)})
  const { AuditLog } = await import(${JSON.stringify(app)})
  const retention = { keepDays: 9999, keepBytes: 1e12 }
  const audit = await AuditLog.open({
    dir: ${JSON.stringify(dir)}, clock: systemClock, log: silentLogger, retention, fileBytes: 1_000_000,
  })
  const message = 'm'.repeat(${MESSAGE_CHARS})
  for (let at = ${first}; ; at++) {
    const json = JSON.stringify({
      at, linkId: 'rig:1', side: 'downstream', linkName: 'r', direction: 'in', kind: 'share', name: 'n', message,
    })
    audit.append({ lines: [{ atMs: at, json }] })
    await audit.settled()
    writeSync(1, at + '\\n')
  }`

describe('the audit log of a program killed with SIGKILL while it writes', () => {
  it('holds every record that was written, and goes on after a line that was cut', async () => {
    const dir = temporaryDir()
    let reported = FIRST_MS - 1
    for (const delayMs of [0, 1, 3, 5, 2]) {
      const first = reported + 1
      const child = spawn(process.execPath, ['--input-type=module', '-e', program(dir, first)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      for await (const line of createInterface({ input: child.stdout })) {
        reported = Number(line)
        if (reported === first + 5) setTimeout(() => child.kill('SIGKILL'), delayMs)
      }
      expect(await exited).toEqual([null, 'SIGKILL'])
      const { entries } = await queryAudit(dir, {}, 10_000)
      const moments = new Set(entries.map(({ at }) => at))
      for (let at = FIRST_MS; at <= reported; at++) expect(moments.has(at), `record ${at}`).toBe(true)
      // The last one may have been written whole without having been reported.
      for (const at of moments) expect(at).toBeLessThanOrEqual(reported + 1)
    }
    const retention = { keepDays: 9999, keepBytes: 1e12 }
    const audit = await AuditLog.open({ dir, clock: systemClock, log: silentLogger, retention })
    const at = reported + 2
    const json = JSON.stringify({
      at,
      linkId: 'l',
      side: 'upstream',
      linkName: 'p',
      direction: 'out',
      kind: 'job',
      name: 'n',
      message: 'last',
    })
    audit.append({ lines: [{ atMs: at, json }] })
    await audit.close()
    const { entries } = await queryAudit(dir, {}, 10_000)
    expect(entries.at(-1)).toMatchObject({ at, text: 'last' })
  })
})
