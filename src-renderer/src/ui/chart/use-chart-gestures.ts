/**
 * What hands do to a chart, as actions on its window: drag to select, shift-drag or the middle button to pan, wheel and
 * pinch to zoom around the cursor, a sideways wheel to pan, double click to go back; one finger pans, two fingers zoom.
 * Many events of one frame become one action.
 */
import { spanMs, type Span, type WindowAction } from './chart-window.ts'

export interface GestureOptions {
  /** The plot itself: what lies between the axes. */
  target: HTMLElement
  shown: () => Span
  /** With `ctrl`, a plain wheel scrolls the page as it does elsewhere. */
  wheel: () => 'zoom' | 'with-ctrl'
  act: (action: WindowAction) => void
  /** Pixels from the left edge while a stretch is being selected; null when it ends. */
  onSelecting: (stretch: { left: number; width: number } | null) => void
}

/** Less than this is a click with an unsteady hand. */
const LEAST_DRAG_PX = 5
const WHEEL_ZOOM = 0.0016
/** Wheel events closer than this belong to one turn of it. */
const WHEEL_PAUSE_MS = 400

export function wheelFactor(deltaY: number, deltaMode: number): number {
  const pixels = deltaMode === 1 ? deltaY * 16 : deltaMode === 2 ? deltaY * 400 : deltaY
  return Math.exp(Math.max(-300, Math.min(300, pixels)) * WHEEL_ZOOM)
}

/** Listens until the returned function is called. */
export function attachChartGestures(options: GestureOptions): () => void {
  const { target } = options
  const abort = new AbortController()
  const pointers = new Map<number, number>()
  let drag: { kind: 'select' | 'pan'; startX: number; lastX: number; moved: boolean } | null = null
  let pinch: { distance: number; middle: number; moved: boolean } | null = null
  let frame = 0
  let pendingZoom: { factor: number; at: number } | null = null
  let pendingPanMs = 0
  let lastWheelAt = -Infinity
  let continues = false

  const rect = (): DOMRect => target.getBoundingClientRect()
  const momentAt = (clientX: number): number => {
    const { left, width } = rect()
    const { from } = options.shown()
    return from + ((clientX - left) / Math.max(1, width)) * spanMs(options.shown())
  }

  /** At most one change of the window in a frame, however fast events come. */
  function soon(): void {
    if (frame !== 0) return
    frame = requestAnimationFrame(() => {
      frame = 0
      if (pendingZoom !== null) options.act({ kind: 'zoom', ...pendingZoom, continues })
      if (pendingPanMs !== 0) options.act({ kind: 'pan', byMs: pendingPanMs, continues })
      continues = true
      pendingZoom = null
      pendingPanMs = 0
    })
  }
  function zoomBy(factor: number, at: number): void {
    pendingZoom = { factor: (pendingZoom?.factor ?? 1) * factor, at }
    soon()
  }
  function panBy(pixels: number): void {
    pendingPanMs += (pixels / Math.max(1, rect().width)) * spanMs(options.shown())
    soon()
  }

  function onWheel(event: WheelEvent): void {
    const wantsZoom = options.wheel() === 'zoom' || event.ctrlKey || event.metaKey
    if (!wantsZoom) return
    event.preventDefault()
    const now = event.timeStamp
    if (now - lastWheelAt > WHEEL_PAUSE_MS) continues = false
    lastWheelAt = now
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.ctrlKey) panBy(event.deltaX)
    else if (event.shiftKey) panBy(event.deltaY)
    else zoomBy(wheelFactor(event.deltaY, event.deltaMode), momentAt(event.clientX))
  }

  function beginPinch(): void {
    const [a = 0, b = 0] = [...pointers.values()]
    pinch = { distance: Math.max(20, Math.abs(a - b)), middle: (a + b) / 2, moved: false }
    drag = null
    continues = false
    options.onSelecting(null)
  }

  function onDown(event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button > 1) return
    pointers.set(event.pointerId, event.clientX)
    target.setPointerCapture?.(event.pointerId)
    if (pointers.size === 2) return beginPinch()
    const pans = event.pointerType === 'touch' || event.shiftKey || event.button === 1
    drag = { kind: pans ? 'pan' : 'select', startX: event.clientX, lastX: event.clientX, moved: false }
    continues = false
  }

  function onMove(event: PointerEvent): void {
    if (!pointers.has(event.pointerId)) return
    pointers.set(event.pointerId, event.clientX)
    if (pinch !== null && pointers.size >= 2) {
      const [a = 0, b = 0] = [...pointers.values()]
      const distance = Math.max(20, Math.abs(a - b))
      zoomBy(pinch.distance / distance, momentAt((a + b) / 2))
      panBy(pinch.middle - (a + b) / 2)
      pinch = { distance, middle: (a + b) / 2, moved: true }
      return
    }
    if (drag === null) return
    drag.moved ||= Math.abs(event.clientX - drag.startX) >= LEAST_DRAG_PX
    if (!drag.moved) return
    if (drag.kind === 'pan') panBy(drag.lastX - event.clientX)
    else {
      const { left, width } = rect()
      const within = (x: number): number => Math.min(width, Math.max(0, x - left))
      const [a, b] = [within(drag.startX), within(event.clientX)]
      options.onSelecting({ left: Math.min(a, b), width: Math.abs(a - b) })
    }
    drag.lastX = event.clientX
  }

  function onUp(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId)) return
    const ended = drag
    drag = null
    if (pointers.size < 2) pinch = null
    options.onSelecting(null)
    if (ended?.kind !== 'select' || !ended.moved || event.type !== 'pointerup') return
    options.act({ kind: 'select', span: { from: momentAt(ended.startX), to: momentAt(event.clientX) } })
  }

  const given = { signal: abort.signal }
  target.addEventListener('wheel', onWheel, { passive: false, signal: abort.signal })
  target.addEventListener('pointerdown', onDown, given)
  target.addEventListener('pointermove', onMove, given)
  target.addEventListener('pointerup', onUp, given)
  target.addEventListener('pointercancel', onUp, given)
  target.addEventListener('dblclick', () => options.act({ kind: 'back' }), given)
  return () => {
    abort.abort()
    cancelAnimationFrame(frame)
  }
}
