/** What of earnings is looked at and how: period, buckets, whose, in which unit. Habits are kept in this browser; where one is in time is not. */
import { useStorage } from '@vueuse/core'
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import type { ReportQuery } from '../../stores/earnings.ts'
import type { BarLayout } from './chart-shapes.ts'
import type { Unit } from './figures.ts'
import {
  bucketsOf,
  dayAt,
  periodAround,
  step,
  stretchOf,
  type Bucket,
  type Calendar,
  type Period,
  type PeriodKind,
} from './periods.ts'

/** `rig:…`, `group:…`, or everything. */
export type Whose = 'all' | `rig:${string}` | `group:${string}`

export interface EarningsView {
  kind: Readonly<Ref<PeriodKind>>
  period: ComputedRef<Period | null>
  bucket: ComputedRef<Bucket>
  unit: Ref<Unit>
  layout: Ref<BarLayout>
  whose: Ref<Whose>
  query: ComputedRef<ReportQuery | null>
  /** Whether the period reaches now, so that there is nothing after it. */
  atNow: ComputedRef<boolean>
  setKind(kind: PeriodKind): void
  setBucket(bucket: Bucket): void
  setPeriod(period: Period): void
  page(by: -1 | 1): void
  toNow(): void
  /** Looks into the bucket that begins at a moment. */
  open(at: number): void
  /** Whether a bucket can be looked into. */
  opens: ComputedRef<boolean>
}

const INTO: Partial<Record<Bucket, PeriodKind>> = { month: 'month', week: 'week', day: 'day' }

export function useEarningsView(
  calendar: ComputedRef<Calendar | null>,
  now: Readonly<Ref<number>>,
): EarningsView {
  const kind = useStorage<PeriodKind>('headframe.earnings.period', 'month')
  const unit = useStorage<Unit>('headframe.earnings.unit', 'currency')
  const layout = useStorage<BarLayout>('headframe.earnings.layout', 'side')
  const whose = ref<Whose>('all')
  /** Null: the one around now, which moves on by itself at midnight. */
  const pinned = shallowRef<Period | null>(null)
  const chosenBucket = shallowRef<Bucket | null>(null)

  const today = computed(() => {
    const own = calendar.value
    if (own === null) return null
    const { year, month, day } = dayAt(now.value, own)
    return `${year}-${month}-${day}`
  })
  const period = computed<Period | null>(() => {
    const own = calendar.value
    // Read so that the period is made anew only when the day changes, not every second.
    if (own === null || today.value === null) return null
    if (pinned.value !== null) return pinned.value
    const [year = 0, month = 1, day = 1] = today.value.split('-').map(Number)
    return periodAround(kind.value, { year, month, day }, own)
  })
  const bucket = computed<Bucket>(() => {
    const offered = bucketsOf(kind.value)
    return offered.find(({ value }) => value === chosenBucket.value)?.value ?? offered[0]!.value
  })
  const query = computed<ReportQuery | null>(() => {
    if (period.value === null || calendar.value === null) return null
    const [subject, id] = [
      whose.value.slice(0, whose.value.indexOf(':')),
      whose.value.slice(whose.value.indexOf(':') + 1),
    ]
    return {
      ...stretchOf(period.value, calendar.value),
      bucket: bucket.value,
      ...(subject === 'rig' ? { rig: id } : {}),
      ...(subject === 'group' ? { group: id } : {}),
    }
  })
  const atNow = computed(() => query.value === null || query.value.to > now.value)

  return {
    kind,
    period,
    bucket,
    unit,
    layout,
    whose,
    query,
    atNow,
    opens: computed(() => INTO[bucket.value] !== undefined && kind.value !== 'day'),
    setKind(next) {
      const own = calendar.value
      const shown = period.value
      // Custom begins with what is looked at now.
      pinned.value =
        own === null || shown === null || pinned.value === null
          ? next === 'custom' && shown !== null
            ? { ...shown, kind: 'custom' }
            : null
          : next === 'custom'
            ? { ...shown, kind: 'custom' }
            : periodAround(next, shown.first, own)
      kind.value = next
      chosenBucket.value = null
    },
    setBucket(next) {
      chosenBucket.value = next
    },
    setPeriod(next) {
      kind.value = next.kind
      pinned.value = next
    },
    page(by) {
      if (period.value !== null && calendar.value !== null)
        pinned.value = step(period.value, by, calendar.value)
    },
    toNow() {
      pinned.value = null
    },
    open(at) {
      const into = INTO[bucket.value]
      const own = calendar.value
      if (into === undefined || own === null) return
      kind.value = into
      chosenBucket.value = null
      pinned.value = periodAround(into, dayAt(at, own), own)
    },
  }
}
