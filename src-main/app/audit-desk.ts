/** The audit log as people switch it on, read it and export it. Off, nothing is recorded and no file is made. */
import { join } from 'node:path'
import { type z } from 'zod'
import {
  type AuditChunk,
  type auditExport,
  type AuditPage,
  type auditQuery,
  type AuditSettings,
  type AuditState,
} from '../../src-preload/contract/index.ts'
import { type AuditCalls } from '../api/index.ts'
import { type Clock, type Logger } from '../base/index.ts'
import { type AuditBatch, type AuditOptions } from '../proxy/index.ts'
import { type AuditLogSettings, type SettingsStore } from '../settings/index.ts'
import { AUDIT_FOLDER, AuditLog, type AuditRetention } from './audit-log.ts'
import { exportAudit, queryAudit } from './audit-query.ts'

export interface AuditDeskParts {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  readonly settings: SettingsStore
  /** Tells the proxy what to record; null for nothing. */
  setAudit(options: AuditOptions | null): Promise<void>
}

export class AuditDesk implements AuditCalls {
  readonly #parts: AuditDeskParts
  readonly #log: AuditLog

  private constructor(parts: AuditDeskParts, log: AuditLog) {
    this.#parts = parts
    this.#log = log
  }

  /** @throws the system's error when the folder cannot be looked at */
  static async open(parts: AuditDeskParts): Promise<AuditDesk> {
    const { dataDir, clock, log, settings } = parts
    const audit = await AuditLog.open({
      dir: join(dataDir, AUDIT_FOLDER),
      clock,
      log: log.child('audit'),
      retention: retentionOf(settings.current.audit),
    })
    return new AuditDesk(parts, audit)
  }

  /** Begins to record if that is wanted; to be called when the proxy runs. */
  start(): Promise<void> {
    return this.#parts.setAudit(recordingOf(this.#parts.settings.current.audit))
  }

  /** Takes records from the proxy. */
  write(batch: AuditBatch): void {
    this.#log.append(batch)
  }

  /** Writes what is queued, and takes no more. */
  close(): Promise<void> {
    return this.#log.close()
  }

  state(): Promise<AuditState> {
    const { fileCount, bytes, oldestAtMs, problem } = this.#log.status
    const { settings } = this.#parts
    return Promise.resolve({
      settings: settings.current.audit,
      fileCount,
      bytes,
      oldestAt: oldestAtMs,
      problem,
    })
  }

  async configure(audit: AuditSettings): Promise<AuditState> {
    const { settings, setAudit } = this.#parts
    await settings.update((current) => ({ ...current, audit }))
    await setAudit(recordingOf(audit))
    await this.#log.setRetention(retentionOf(audit))
    return this.state()
  }

  async query({ limit, cursor, ...filter }: z.infer<typeof auditQuery>): Promise<AuditPage> {
    await this.#log.settled()
    const { entries, nextCursor } = await queryAudit(this.#log.dir, filter, limit, cursor)
    return { records: entries.map((entry) => ({ ...entry })), nextCursor }
  }

  async export({ format, cursor, ...filter }: z.infer<typeof auditExport>): Promise<AuditChunk> {
    await this.#log.settled()
    return exportAudit(this.#log.dir, filter, format, cursor)
  }
}

const MEGABYTE = 1_000_000

function retentionOf({ keepDays, keepMegabytes }: AuditLogSettings): AuditRetention {
  return { keepDays, keepBytes: keepMegabytes * MEGABYTE }
}

function recordingOf({ enabled, kinds, maskIdentities }: AuditLogSettings): AuditOptions | null {
  return enabled ? { kinds, links: null, maskIdentities } : null
}
