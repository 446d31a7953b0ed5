/** The history as a file: how large, how long what is kept, backups, exports, and which database. */
import type {
  DatabaseDraft,
  DatabaseTest,
  ExportPiece,
  ExportQuery,
  HistoryBackup,
  KeepingState,
  RestoreReport,
  Retention,
  VerifyReport,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedView } from './following.ts'

export const useKeepingStore = defineStore('keeping', () => {
  const { client } = useConnection()
  /** Null before the first snapshot. */
  const state = shallowRef<KeepingState | null>(null)
  const view = createFollowedView<{ revision: number; value: KeepingState }>({
    open: (core, signal) => core.keeping.live(undefined, { signal }),
    apply(event) {
      state.value = event.value
      return true
    },
  })

  function follow(): void {
    view.follow()
    // Sizes are measured now and then, and when somebody asks; what is measured comes through the view.
    client.keeping.state().catch(() => undefined)
  }
  async function configure(retention: Retention): Promise<void> {
    state.value = await client.keeping.configure(retention)
  }
  const backup = (): Promise<HistoryBackup> => client.keeping.backup()
  async function removeBackup(name: string): Promise<void> {
    await client.keeping.removeBackup({ name })
  }
  /** Reads the history in use whole, or a backup. */
  const verify = (name?: string): Promise<VerifyReport> =>
    client.keeping.verify(name === undefined ? {} : { backup: name })
  const restore = (name: string): Promise<RestoreReport> => client.keeping.restore({ name })
  /** One piece of an export; the next one is asked for with its cursor. */
  const exportPiece = (query: ExportQuery, signal: AbortSignal): Promise<ExportPiece> =>
    client.keeping.export(query, { signal })
  /** Changes nothing. */
  const testDatabase = (draft: DatabaseDraft, signal: AbortSignal): Promise<DatabaseTest> =>
    client.keeping.testDatabase(draft, { signal })
  const useDatabase = (draft: DatabaseDraft): Promise<{ restartNeeded: boolean }> =>
    client.keeping.useDatabase(draft)

  return {
    state,
    problem: computed(view.problem),
    follow,
    release: view.release,
    retry: view.retry,
    configure,
    backup,
    removeBackup,
    verify,
    restore,
    exportPiece,
    testDatabase,
    useDatabase,
  }
})
