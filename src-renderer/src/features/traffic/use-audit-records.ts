/** Records of the audit log, a page after another. */
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import type { AuditQuery, AuditRecord } from '@contract'
import { describeProblem, type CallProblem } from '../../api/problem.ts'
import { useAuditStore } from '../../stores/audit.ts'

const PAGE_RECORDS = 100
/** A page looks at a bounded part of the log and may find nothing there; then the next one is asked for. */
const EMPTY_PAGES_IN_A_ROW = 40

export interface AuditRecords {
  /** Oldest first. Null before the first answer. */
  records: Readonly<Ref<readonly AuditRecord[] | null>>
  loading: Readonly<Ref<boolean>>
  /** More may be there. */
  more: Readonly<Ref<boolean>>
  problem: Readonly<Ref<CallProblem | null>>
  search(query: Omit<AuditQuery, 'cursor' | 'limit'>): Promise<void>
  loadMore(): Promise<void>
}

export function useAuditRecords(): AuditRecords {
  const store = useAuditStore()
  const records = shallowRef<readonly AuditRecord[] | null>(null)
  const loading = ref(false)
  const more = ref(false)
  const problem = shallowRef<CallProblem | null>(null)
  let query: Omit<AuditQuery, 'cursor' | 'limit'> = {}
  let cursor: string | null = null
  let abort: AbortController | null = null

  async function load(): Promise<void> {
    abort?.abort()
    const own = new AbortController()
    abort = own
    loading.value = true
    problem.value = null
    try {
      for (let round = 0; round < EMPTY_PAGES_IN_A_ROW; round++) {
        const page = await store.query(
          { ...query, limit: PAGE_RECORDS, ...(cursor === null ? {} : { cursor }) },
          own.signal,
        )
        if (own.signal.aborted) return
        cursor = page.nextCursor
        more.value = cursor !== null
        records.value = [...(records.value ?? []), ...page.records]
        if (page.records.length > 0 || cursor === null) break
      }
    } catch (error) {
      if (!own.signal.aborted) problem.value = describeProblem(error)
    } finally {
      if (abort === own) loading.value = false
    }
  }

  async function search(next: Omit<AuditQuery, 'cursor' | 'limit'>): Promise<void> {
    query = next
    cursor = null
    more.value = false
    records.value = null
    await load()
  }

  onScopeDispose(() => abort?.abort())
  return { records, loading, more, problem, search, loadMore: load }
}
