/**
 * Actions on rigs: what is being asked of the person, what runs, and what came of it. Any screen asks here; the frame
 * shows the question and the run, so that both survive going to another screen.
 */
import type { ActionInput, RigAction, Run, RunDraft } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

/** An action that waits for the person's word: for whom, and what is known of how. */
export interface RunQuestion {
  action: RigAction
  /** Ids, never places in a table. */
  rigIds: readonly string[]
  input: ActionInput
  /** Chosen as well, but known by their connection alone: they can be told nothing. */
  nameless: number
}

export const useRunsStore = defineStore('runs', () => {
  const { client } = useConnection()
  const list = createFollowedList<Run>()
  const view = createFollowedView({
    open: (core, signal) => core.runs.live(undefined, { signal }),
    apply: list.apply,
  })

  /** What is being asked; null while nothing is. */
  const question = shallowRef<RunQuestion | null>(null)
  /** The run that is shown; null while none is. */
  const shownId = shallowRef<string | null>(null)

  /** Those that did something, newest first; null before the first snapshot. */
  const runs = computed(
    () =>
      list.items.value &&
      list.items.value.filter((run) => !run.dryRun).sort((a, b) => b.startedAt - a.startedAt),
  )
  /** An answer may come before its entry in the list. */
  const answered = shallowRef<Run | null>(null)
  const shown = computed(() => {
    const id = shownId.value
    if (id === null) return null
    const listed = list.items.value?.find((run) => run.id === id)
    return listed ?? (answered.value?.id === id ? answered.value : null)
  })
  const runningCount = computed(() => runs.value?.filter((run) => run.state === 'running').length ?? 0)

  /** Puts the question to the person. Nothing is told to any rig yet. */
  function ask(action: RigAction, rigIds: readonly string[], input: ActionInput = {}, nameless = 0): void {
    question.value = { action, rigIds: [...rigIds], input, nameless }
  }
  function dismiss(): void {
    question.value = null
  }
  function show(id: string | null): void {
    shownId.value = id
  }

  /** Begins it and shows it. Rejects with the core's own words. */
  async function start(draft: RunDraft): Promise<Run> {
    const run = await client.runs.start(draft)
    answered.value = run
    shownId.value = run.id
    return run
  }

  /** What would happen, rig by rig; tells no rig anything. */
  const rehearse = (draft: RunDraft): Promise<Run> => client.runs.start({ ...draft, dryRun: true })
  /** The state of a run as the list has it. */
  const find = (id: string): Run | undefined => list.items.value?.find((run) => run.id === id)

  async function stop(id: string): Promise<void> {
    await client.runs.stop({ id })
  }
  /** Puts back what a run changed, and shows how that goes. */
  async function undo(id: string): Promise<void> {
    const run = await client.runs.undo({ id })
    answered.value = run
    shownId.value = run.id
  }

  return {
    runs,
    runningCount,
    question,
    shown,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    find,
    ask,
    dismiss,
    show,
    start,
    rehearse,
    stop,
    undo,
  }
})
