/** Events of the stretch that is shown: asked for when it stands still, filtered here, marked on the charts. */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import type { HistoryEvent } from '@contract'
import { createLatest } from '../../api/latest.ts'
import type { CallProblem } from '../../api/problem.ts'
import { eventWording, type EventSubject } from '../../format/history-events.ts'
import { useEventsStore, type EventsQuery } from '../../stores/events.ts'
import { SETTLE_MS } from '../../stores/exploring.ts'
import type { ChartMark } from '../../ui/chart/chart-data.ts'

export interface ExplorerEvents {
  /** Oldest first, filtered; null before the first answer. */
  events: ComputedRef<readonly HistoryEvent[] | null>
  marks: ComputedRef<readonly ChartMark[]>
  /** There are more than were given out: from this moment on they are not known. Null when all are. */
  cutAt: ComputedRef<number | null>
  problem: Readonly<Ref<CallProblem | null>>
  subjects: Ref<readonly EventSubject[]>
  text: Ref<string>
  highlighted: Ref<string | null>
}

/** As many as are given out at a time. */
const MOST_EVENTS = 2000

export function markOf(event: HistoryEvent): ChartMark {
  const { label, tone } = eventWording(event.kind)
  return {
    id: event.id,
    at: event.at,
    tone,
    label: event.subject === '' ? label : `${label}: ${event.subject}`,
    text: event.text,
  }
}

/** @param query what is shown; the id of a rig when it is one rig's */
export function useExplorerEvents(query: () => EventsQuery): ExplorerEvents {
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
  watch(query, (now) => latest.ask(now, loaded.value === null ? 0 : SETTLE_MS), { immediate: true })
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
    marks: computed(() => (events.value ?? []).map(markOf)),
    cutAt: computed(() =>
      (loaded.value?.length ?? 0) < MOST_EVENTS ? null : (loaded.value?.at(-1)?.at ?? null),
    ),
    problem,
    subjects,
    text,
    highlighted: ref(null),
  }
}
