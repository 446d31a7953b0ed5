/** Events of the stretch that is shown: asked for when it stands still, the last question counts, filtered here. */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import type { HistoryEvent } from '@contract'
import { useConnection } from '../api/client.ts'
import { createLatest } from '../api/latest.ts'
import type { CallProblem } from '../api/problem.ts'
import { eventWording, type EventSubject } from '../format/history-events.ts'
import { useEventsStore, type EventsQuery } from './events.ts'
import { SETTLE_MS } from './exploring.ts'

export interface ShownEvents {
  /** Oldest first, filtered; null before the first answer. */
  events: ComputedRef<readonly HistoryEvent[] | null>
  /** There are more than were given out: from this moment on they are not known. Null when all are. */
  cutAt: ComputedRef<number | null>
  problem: Readonly<Ref<CallProblem | null>>
  subjects: Ref<readonly EventSubject[]>
  text: Ref<string>
  /** Id of the one that is pointed at, on a chart or in a list. */
  highlighted: Ref<string | null>
}

/** As many as are given out at a time. */
const MOST_EVENTS = 2000

/** @param query what is shown; with the id of a rig when it is one rig's; null for not yet */
export function useShownEvents(query: () => EventsQuery | null): ShownEvents {
  const connection = useConnection()
  const store = useEventsStore()
  const loaded = shallowRef<readonly HistoryEvent[] | null>(null)
  const problem = shallowRef<CallProblem | null>(null)
  const subjects = ref<readonly EventSubject[]>([])
  const text = ref('')
  const latest = createLatest<EventsQuery, HistoryEvent[]>({
    load: (asked, signal) => store.load({ ...asked, limit: MOST_EVENTS }, signal),
    onAnswer(answer) {
      loaded.value = answer
      problem.value = null
    },
    onProblem: (found) => (problem.value = found),
  })
  watch(
    query,
    (now) => {
      if (now !== null) latest.ask(now, loaded.value === null ? 0 : SETTLE_MS)
    },
    { immediate: true },
  )
  watch(
    () => connection.state.value.phase,
    (phase) => {
      const now = query()
      if (phase === 'live' && now !== null) latest.ask(now)
    },
  )
  onScopeDispose(() => latest.cancel())

  const events = computed(() => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean)
    return (
      loaded.value?.filter((event) => {
        const { label, subject } = eventWording(event.kind)
        if (subjects.value.length > 0 && !subjects.value.includes(subject)) return false
        const all = `${label} ${event.subject} ${event.text}`.toLowerCase()
        return words.every((word) => all.includes(word))
      }) ?? null
    )
  })
  return {
    events,
    cutAt: computed(() =>
      (loaded.value?.length ?? 0) < MOST_EVENTS ? null : (loaded.value?.at(-1)?.at ?? null),
    ),
    problem,
    subjects,
    text,
    highlighted: ref(null),
  }
}
