/** The audit log: whether traffic is recorded, what was, and exports of it. */
import type { AuditChunk, AuditExport, AuditPage, AuditQuery, AuditSettings, AuditState } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { describeProblem, type CallProblem } from '../api/problem.ts'

export const useAuditStore = defineStore('audit', () => {
  const { client } = useConnection()
  /** Null before the first answer. */
  const state = shallowRef<AuditState | null>(null)
  /** Why the state could not be read; null once it could. */
  const problem = shallowRef<CallProblem | null>(null)

  /** Never rejects: how it went is told by `state` and `problem`. */
  async function refresh(): Promise<void> {
    try {
      state.value = await client.audit.state()
      problem.value = null
    } catch (error) {
      problem.value = describeProblem(error)
    }
  }

  /** Rejects with the core's own words; then nothing changed. */
  async function configure(settings: AuditSettings): Promise<void> {
    state.value = await client.audit.configure(settings)
  }

  const query = (input: AuditQuery, signal: AbortSignal): Promise<AuditPage> =>
    client.audit.query(input, { signal })
  /** One piece of an export; the next one is asked for with its cursor. */
  const exportPiece = (input: AuditExport, signal: AbortSignal): Promise<AuditChunk> =>
    client.audit.export(input, { signal })

  return { state, problem, refresh, configure, query, exportPiece }
})
