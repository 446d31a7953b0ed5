/**
 * Which stretch of time a chart shows, and how zooming, panning and going back change it. A pure reducer: gestures,
 * keys and the strip below a chart all speak in its actions. All moments are epoch milliseconds.
 */
export interface Span {
  from: number
  to: number
}

export interface ChartWindow {
  shown: Span
  /** Nothing lies outside it, so nothing outside is shown. */
  bounds: Span
  /** Where going back leads, the last one first. */
  back: readonly Span[]
}

export type WindowAction =
  /** A factor below 1 comes closer; `at` stays under the cursor. `continues` the gesture before: one step back for all of it. */
  | { kind: 'zoom'; factor: number; at: number; continues?: boolean }
  | { kind: 'pan'; byMs: number; continues?: boolean }
  | { kind: 'select'; span: Span; continues?: boolean }
  | { kind: 'back' }
  | { kind: 'whole' }
  /** New bounds; a window that ended at the old end goes along with the new one if it should `follow`. */
  | { kind: 'bounds'; bounds: Span; follow?: boolean }

/** Closer than this there is nothing to see: rigs are read every few seconds. */
export const LEAST_SPAN_MS = 1000
const BACK_STEPS = 30

export const spanMs = ({ from, to }: Span): number => to - from
export const sameSpan = (a: Span, b: Span): boolean => a.from === b.from && a.to === b.to

/** The nearest stretch to `span` that is within the bounds and not too short. Its length is kept where possible. */
export function clampSpan(span: Span, bounds: Span): Span {
  const room = Math.max(LEAST_SPAN_MS, spanMs(bounds))
  const length = Math.min(room, Math.max(LEAST_SPAN_MS, spanMs(span)))
  if (length === room) return { from: bounds.from, to: bounds.from + room }
  // A stretch that had to grow grows around its middle.
  const from = (span.from + span.to - length) / 2
  const moved = Math.min(Math.max(from, bounds.from), bounds.to - length)
  return { from: moved, to: moved + length }
}

export function openWindow(bounds: Span, shown: Span = bounds): ChartWindow {
  return { bounds, shown: clampSpan(shown, bounds), back: [] }
}

function moveTo(state: ChartWindow, span: Span, continues = false): ChartWindow {
  const shown = clampSpan(span, state.bounds)
  if (sameSpan(shown, state.shown)) return state
  const back = continues ? state.back : [state.shown, ...state.back].slice(0, BACK_STEPS)
  return { ...state, shown, back }
}

export function windowAfter(state: ChartWindow, action: WindowAction): ChartWindow {
  const { shown, bounds } = state
  switch (action.kind) {
    case 'zoom': {
      const length = Math.min(spanMs(bounds), Math.max(LEAST_SPAN_MS, spanMs(shown) * action.factor))
      const place = spanMs(shown) === 0 ? 0.5 : (action.at - shown.from) / spanMs(shown)
      const from = action.at - Math.min(1, Math.max(0, place)) * length
      return moveTo(state, { from, to: from + length }, action.continues)
    }
    case 'pan':
      return moveTo(state, { from: shown.from + action.byMs, to: shown.to + action.byMs }, action.continues)
    case 'select':
      return moveTo(state, ordered(action.span), action.continues)
    case 'back': {
      const [last, ...rest] = state.back
      if (last === undefined) return moveTo(state, bounds)
      return { ...state, shown: clampSpan(last, bounds), back: rest }
    }
    case 'whole':
      return moveTo(state, bounds)
    case 'bounds': {
      const shift = action.follow === true && shown.to >= bounds.to ? action.bounds.to - bounds.to : 0
      const span = { from: shown.from + shift, to: shown.to + shift }
      return { ...state, bounds: action.bounds, shown: clampSpan(span, action.bounds) }
    }
  }
}

function ordered({ from, to }: Span): Span {
  return from <= to ? { from, to } : { from: to, to: from }
}

const KEY_PAN_RATIO = 0.15
const KEY_ZOOM = 0.6

/** What a key means on a focused chart; null for keys that are none of its business. */
export function actionOfKey(key: string, shown: Span): WindowAction | null {
  const middle = (shown.from + shown.to) / 2
  switch (key) {
    case 'ArrowLeft':
      return { kind: 'pan', byMs: -spanMs(shown) * KEY_PAN_RATIO }
    case 'ArrowRight':
      return { kind: 'pan', byMs: spanMs(shown) * KEY_PAN_RATIO }
    case '+':
    case '=':
    case 'ArrowUp':
      return { kind: 'zoom', factor: KEY_ZOOM, at: middle }
    case '-':
    case '_':
    case 'ArrowDown':
      return { kind: 'zoom', factor: 1 / KEY_ZOOM, at: middle }
    case 'Backspace':
      return { kind: 'back' }
    case 'Home':
    case '0':
      return { kind: 'whole' }
    default:
      return null
  }
}
