/** Headframe itself: the connection's state, version, addresses for rigs, notices. */
import type { AppInfo, Block, CurrentJob, Notice } from '@contract'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'

/** Notices and addresses change rarely; nothing announces them. */
const REFRESH_MS = 10_000

export const useAppStore = defineStore('app', () => {
  const connection = useConnection()
  const { client } = connection
  /** Null before the first answer. */
  const info = shallowRef<AppInfo | null>(null)
  /** Dismissed here; hidden at once, before the core confirms. */
  const dismissed = shallowRef<ReadonlySet<string>>(new Set())

  const notices = computed<Notice[]>(() =>
    (info.value?.notices ?? []).filter((notice) => !dismissed.value.has(notice.id)),
  )

  async function refresh(): Promise<void> {
    if (connection.state.value.phase !== 'live') return
    try {
      info.value = await client.app.info()
    } catch {
      // The next refresh asks again, and a lost connection is shown by its own state.
    }
  }

  let timer: ReturnType<typeof setInterval> | undefined
  let unsubscribe: (() => void) | undefined

  function follow(): void {
    if (timer !== undefined) return
    timer = setInterval(() => void refresh(), REFRESH_MS)
    unsubscribe = connection.onChange((state) => {
      if (state.phase === 'live') void refresh()
    })
    void refresh()
  }

  function release(): void {
    clearInterval(timer)
    timer = undefined
    unsubscribe?.()
  }
  onScopeDispose(release)

  /** Hides a notice; it comes back if the core would not dismiss it. */
  async function dismiss(id: string): Promise<void> {
    dismissed.value = new Set([...dismissed.value, id])
    try {
      await client.app.dismissNotice({ id })
    } catch {
      dismissed.value = new Set([...dismissed.value].filter((each) => each !== id))
    }
  }

  /** The job being hashed now; null without one. */
  const loadCurrentJob = (): Promise<CurrentJob | null> => client.jobs.current()
  /** Blocks found by these rigs, newest first. */
  const loadBlocks = (): Promise<Block[]> => client.blocks.list()

  return {
    connection: connection.state,
    info,
    notices,
    follow,
    release,
    refresh,
    retryConnection: () => connection.retryNow(),
    dismiss,
    loadCurrentJob,
    loadBlocks,
  }
})
