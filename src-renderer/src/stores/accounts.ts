/** Accounts at pools, as they were last read. Keys go in and never come out. */
import type { AccountDraft, AccountKind, PoolAccount, SourceCheck } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export const useAccountsStore = defineStore('accounts', () => {
  const { client } = useConnection()
  const list = createFollowedList<PoolAccount>()
  const view = createFollowedView({
    open: (core, signal) => core.accounts.live(undefined, { signal }),
    apply: list.apply,
  })

  /** Pools whose accounts can be read. */
  const loadKinds = (): Promise<AccountKind[]> => client.accounts.kinds()
  const create = (draft: AccountDraft): Promise<PoolAccount> => client.accounts.create(draft)
  const update = (id: string, patch: Partial<AccountDraft>): Promise<PoolAccount> =>
    client.accounts.update({ ...patch, id })
  /** Forgets an account; what it reported stays. */
  async function remove(id: string): Promise<void> {
    await client.accounts.remove({ id })
  }
  /** Reads an account now, and tells each step. */
  const check = (id: string): Promise<SourceCheck> => client.accounts.check({ id })

  return {
    /** Null before the first snapshot. */
    accounts: list.items,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    loadKinds,
    create,
    update,
    remove,
    check,
  }
})
