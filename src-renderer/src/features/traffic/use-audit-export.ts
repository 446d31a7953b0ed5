/** An export of the audit log: pieces fetched one after another into one file, with progress and a way to stop. */
import { onScopeDispose, shallowRef, type Ref } from 'vue'
import type { AuditExport } from '@contract'
import { describeProblem, type CallProblem } from '../../api/problem.ts'
import { useAuditStore } from '../../stores/audit.ts'

export type ExportState =
  | { phase: 'idle' }
  | { phase: 'running'; bytes: number; records: number }
  | { phase: 'done'; bytes: number; records: number; fileName: string }
  | { phase: 'failed'; problem: CallProblem }

export interface AuditExporter {
  state: Readonly<Ref<ExportState>>
  run(query: Omit<AuditExport, 'cursor'>, fileName: string): Promise<void>
  cancel(): void
}

function save(parts: readonly Blob[], fileName: string, type: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }))
  const anchor = document.createElement('a')
  anchor.href = address
  anchor.download = fileName
  anchor.click()
  // The browser has begun to read it by the next turn; a minute is more than it needs.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

const linesIn = (text: string): number => text.split('\n').length - 1

export function useAuditExport(): AuditExporter {
  const store = useAuditStore()
  const state = shallowRef<ExportState>({ phase: 'idle' })
  let abort: AbortController | null = null

  async function run(query: Omit<AuditExport, 'cursor'>, fileName: string): Promise<void> {
    abort?.abort()
    const own = new AbortController()
    abort = own
    // Each piece becomes a blob at once: the browser keeps large ones on disk, not in the page.
    const parts: Blob[] = []
    let bytes = 0
    let records = query.format === 'csv' ? -1 : 0
    let cursor: string | null = null
    state.value = { phase: 'running', bytes, records: 0 }
    try {
      do {
        const piece = await store.exportPiece(cursor === null ? query : { ...query, cursor }, own.signal)
        if (own.signal.aborted) return
        const part = new Blob([piece.text])
        parts.push(part)
        bytes += part.size
        records += linesIn(piece.text)
        cursor = piece.nextCursor
        state.value = { phase: 'running', bytes, records: Math.max(0, records) }
      } while (cursor !== null)
      save(parts, fileName, query.format === 'csv' ? 'text/csv' : 'application/x-ndjson')
      state.value = { phase: 'done', bytes, records: Math.max(0, records), fileName }
    } catch (error) {
      if (!own.signal.aborted) state.value = { phase: 'failed', problem: describeProblem(error) }
    }
  }

  function cancel(): void {
    abort?.abort()
    abort = null
    state.value = { phase: 'idle' }
  }
  onScopeDispose(() => abort?.abort())

  return { state, run, cancel }
}
