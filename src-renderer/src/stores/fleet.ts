/**
 * Rigs as the fleet sees them, by their own interfaces, and what a person sets for them: names, places, groups, logins.
 * Telling rigs what to do is `runs`; looking for them is `scans`.
 */
import type { CredentialsTarget, Rig, RigDetail, RigImportResult, RigPatch, RigRawReplies } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { follow, type Following, type FollowStatus } from '../api/follow.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export interface RigDetailReader {
  onDetail(detail: RigDetail): void
  /** Fails with `rig/unknown` once it was removed. */
  onStatus(status: FollowStatus): void
}

/** Changes of many rigs go out this many at a time. */
const AT_ONCE = 6

export const useFleetStore = defineStore('fleet', () => {
  const connection = useConnection()
  const { client } = connection
  const list = createFollowedList<Rig>()
  const view = createFollowedView({
    open: (core, signal) => core.rigs.live(undefined, { signal }),
    apply: list.apply,
  })

  function followAfresh(): void {
    if (view.status.value.phase !== 'live') list.clear()
    view.follow()
  }

  /** Everything the last reading of one rig said, again after every reading, until stopped. */
  function readDetail(id: string, reader: RigDetailReader): Following {
    return follow<{ revision: number; value: RigDetail }>(connection, {
      open: (core, signal) => core.rigs.detailLive({ id }, { signal }),
      apply(event) {
        reader.onDetail(event.value)
        return true
      },
      onStatus: reader.onStatus,
    })
  }

  /** Does the same for each, a few at a time; how many went wrong, and the first reason. */
  async function forEach(
    ids: readonly string[],
    act: (id: string) => Promise<unknown>,
  ): Promise<{ failed: number; error: unknown }> {
    const waiting = [...ids]
    let failed = 0
    let error: unknown = null
    async function work(): Promise<void> {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
        try {
          await act(id)
        } catch (reason) {
          failed += 1
          error ??= reason
        }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, work))
    return { failed, error }
  }

  const update = (id: string, patch: RigPatch): Promise<Rig> => client.rigs.update({ id, ...patch })
  const updateAll = (ids: readonly string[], patch: RigPatch) => forEach(ids, (id) => update(id, patch))
  async function remove(id: string): Promise<void> {
    await client.rigs.remove({ id })
  }
  const removeAll = (ids: readonly string[]) => forEach(ids, remove)
  /** Reads a rig now, out of its turn. */
  const refresh = (id: string): Promise<Rig> => client.rigs.refresh({ id })
  const loadDetail = (id: string): Promise<RigDetail> => client.rigs.get({ id })
  const loadRaw = (id: string): Promise<RigRawReplies> => client.rigs.raw({ id })
  /** Adds rigs from a list; a dry run says what would become of each line. */
  const importList = (text: string, dryRun: boolean): Promise<RigImportResult> =>
    client.rigs.import({ text, dryRun })

  /** Stores a login. It is never given out again. */
  async function setCredentials(
    target: CredentialsTarget,
    username: string,
    password: string,
  ): Promise<void> {
    await client.rigs.setCredentials({ ...target, username, password })
  }
  async function removeCredentials(target: CredentialsTarget): Promise<void> {
    await client.rigs.removeCredentials(target)
  }
  /** Stores what the maker set, and reads the rig with it. */
  const useFactoryLogin = (id: string): Promise<Rig> => client.rigs.useFactoryLogin({ id })

  const loadTemplate = async (): Promise<string> => (await client.rigs.template()).workerTemplate
  const setTemplate = async (workerTemplate: string): Promise<string> =>
    (await client.rigs.setTemplate({ workerTemplate })).workerTemplate

  return {
    /** Null before the first snapshot. */
    rigs: list.items,
    find: list.find,
    problem: computed(view.problem),
    loading: computed(() => list.items.value === null && view.status.value.phase !== 'failed'),
    follow: followAfresh,
    release: view.release,
    retry: view.retry,
    readDetail,
    update,
    updateAll,
    remove,
    removeAll,
    refresh,
    loadDetail,
    loadRaw,
    importList,
    setCredentials,
    removeCredentials,
    useFactoryLogin,
    loadTemplate,
    setTemplate,
  }
})
