/** An export of the history: pieces fetched one after another into one file, with progress and a way to stop. */
import { onScopeDispose, shallowRef, type Ref } from 'vue'
import type { ExportQuery } from '@contract'
import { describeProblem, type CallProblem } from '../../api/problem.ts'
import { useKeepingStore } from '../../stores/keeping.ts'
import { saveFile } from '../../ui/save-file.ts'

export type ExportState =
  | { phase: 'idle' }
  | { phase: 'running'; bytes: number; rows: number }
  | { phase: 'done'; bytes: number; rows: number; fileName: string }
  | { phase: 'failed'; problem: CallProblem }

export interface HistoryExporter {
  state: Readonly<Ref<ExportState>>
  run(query: Omit<ExportQuery, 'cursor'>, fileName: string): Promise<void>
  cancel(): void
}

export function useHistoryExport(): HistoryExporter {
  const store = useKeepingStore()
  const state = shallowRef<ExportState>({ phase: 'idle' })
  let abort: AbortController | null = null

  async function run(query: Omit<ExportQuery, 'cursor'>, fileName: string): Promise<void> {
    abort?.abort()
    const own = new AbortController()
    abort = own
    // Each piece becomes a blob at once: the browser keeps large ones on disk, not in the page.
    const parts: Blob[] = []
    let [bytes, rows] = [0, 0]
    let cursor: string | null = null
    state.value = { phase: 'running', bytes, rows }
    try {
      do {
        const piece = await store.exportPiece(cursor === null ? query : { ...query, cursor }, own.signal)
        if (own.signal.aborted) return
        const part = new Blob([piece.text])
        parts.push(part)
        bytes += part.size
        rows += piece.rows
        cursor = piece.cursor
        state.value = { phase: 'running', bytes, rows }
      } while (cursor !== null)
      saveFile(parts, fileName, query.format === 'jsonl' ? 'application/x-ndjson' : 'text/csv')
      state.value = { phase: 'done', bytes, rows, fileName }
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
