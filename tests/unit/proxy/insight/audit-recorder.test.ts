import { describe, expect, it } from 'vitest'
import {
  AuditRecorder,
  BATCH_LINES,
  MAX_WAITING_LINES,
} from '../../../../src-main/proxy/insight/audit-recorder.ts'
import {
  type AuditGap,
  type AuditOptions,
  type AuditRecord,
} from '../../../../src-main/proxy/insight/insight-views.ts'

const everything: AuditOptions = {
  kinds: ['share', 'job', 'session', 'other'],
  links: null,
  maskIdentities: false,
}

const record = (at: number, changes: Partial<AuditRecord> = {}): AuditRecord => ({
  at,
  linkId: 'rig:1',
  side: 'downstream',
  linkName: 'farm.rig',
  protocol: 'stratum-v1',
  direction: 'in',
  kind: 'share',
  name: 'mining.submit',
  bytes: 10,
  message: {},
  ...changes,
})

/** Everything that waits, taken as a host takes it. */
function takeAll(recorder: AuditRecorder): (AuditRecord | AuditGap)[] {
  const records: (AuditRecord | AuditGap)[] = []
  for (;;) {
    const { lines, more } = recorder.take(99)
    for (const { json } of lines) records.push(JSON.parse(json) as AuditRecord | AuditGap)
    if (!more) return records
  }
}

describe('the audit recorder', () => {
  it('keeps the kinds it was asked for, in order', () => {
    const recorder = new AuditRecorder({ ...everything, kinds: ['share', 'session'] })
    recorder.add(record(1))
    recorder.add(record(2, { kind: 'job' }))
    recorder.add(record(3, { kind: 'session' }))
    expect(recorder.take(9)).toEqual({
      lines: [
        { atMs: 1, json: JSON.stringify(record(1)) },
        { atMs: 3, json: JSON.stringify(record(3, { kind: 'session' })) },
      ],
      more: false,
      droppedCount: 0,
    })
    expect(recorder.take(9).lines).toEqual([])
  })

  it('wants all links, or those that are named by id, pool or rig', () => {
    expect(new AuditRecorder(everything).wantsLink(['rig:1', null, null])).toBe(true)
    const some = new AuditRecorder({ ...everything, links: ['pool-a', 'farm.rig@10.0.0.2'] })
    expect(some.wantsLink(['pool:pool-a', 'pool-a', null])).toBe(true)
    expect(some.wantsLink(['rig:1', null, 'farm.rig@10.0.0.2'])).toBe(true)
    expect(some.wantsLink(['rig:2', null, null])).toBe(false)
  })

  it('hands over a bounded piece at a time', () => {
    const recorder = new AuditRecorder(everything)
    for (let n = 0; n < BATCH_LINES + 1; n++) recorder.add(record(n))
    expect(recorder.take(9)).toMatchObject({ more: true, lines: { length: BATCH_LINES } })
    expect(recorder.take(9)).toMatchObject({ more: false, lines: { length: 1 } })
  })

  it('leaves records out when the host does not take them, and says how many and when', () => {
    const recorder = new AuditRecorder(everything)
    for (let n = 0; n < MAX_WAITING_LINES + 7; n++) recorder.add(record(n))
    const records = takeAll(recorder)
    expect(records).toHaveLength(MAX_WAITING_LINES + 1)
    expect(records.at(-1)).toEqual({
      at: 99,
      kind: 'gap',
      name: 'gap',
      count: 7,
      from: MAX_WAITING_LINES,
      to: MAX_WAITING_LINES + 6,
      message: '7 messages were not recorded: they came faster than they could be written.',
    })
    expect(recorder.take(99).droppedCount).toBe(7)
    recorder.add(record(500))
    expect(takeAll(recorder)).toEqual([record(500)])
  })

  it('puts the gap where it was when recording went on before all was taken', () => {
    const recorder = new AuditRecorder(everything)
    for (let n = 0; n < MAX_WAITING_LINES + 2; n++) recorder.add(record(n))
    recorder.take(1)
    recorder.add(record(777_777))
    const records = takeAll(recorder)
    expect(records.slice(-2)).toMatchObject([{ kind: 'gap', count: 2 }, { at: 777_777 }])
  })

  it('accounts for every record it was given', () => {
    const recorder = new AuditRecorder(everything)
    let taken = 0
    let missing = 0
    for (let n = 0; n < 3 * MAX_WAITING_LINES; n++) {
      recorder.add(record(n))
      if (n % 9999 !== 0) continue
      for (const { json } of recorder.take(n).lines) {
        const line = JSON.parse(json) as AuditRecord | AuditGap
        if (line.kind === 'gap') missing += (line as AuditGap).count
        else taken++
      }
    }
    for (const line of takeAll(recorder)) {
      if (line.kind === 'gap') missing += (line as AuditGap).count
      else taken++
    }
    expect(missing).toBeGreaterThan(0)
    expect(taken + missing).toBe(3 * MAX_WAITING_LINES)
  })
})
