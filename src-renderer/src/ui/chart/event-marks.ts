/** Events as marks on a time axis. */
import type { HistoryEvent } from '@contract'
import { eventWording } from '../../format/history-events.ts'
import type { ChartMark } from './chart-data.ts'

export function eventMark(event: HistoryEvent): ChartMark {
  const { label, tone } = eventWording(event.kind)
  return {
    id: event.id,
    at: event.at,
    tone,
    label: event.subject === '' ? label : `${label}: ${event.subject}`,
    text: event.text,
  }
}
