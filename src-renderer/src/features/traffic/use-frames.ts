/**
 * Reads the messages of one connection while a screen shows them, and publishes them a few times a second
 * however many come. Ends by itself when the connection does.
 */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { Link } from '@contract'
import type { Following } from '../../api/follow.ts'
import type { CallProblem } from '../../api/problem.ts'
import { useTrafficStore } from '../../stores/traffic.ts'
import { FrameLog, type FrameRow } from './frame-log.ts'

/** Between two drawings: smooth for eyes, and a tenth of the work that drawing each message would be. */
const PUBLISH_MS = 200

export type FramesPhase = 'opening' | 'live' | 'ended' | 'failed'

export interface Frames {
  phase: Readonly<Ref<FramesPhase>>
  problem: Readonly<Ref<CallProblem | null>>
  /** As last told; stays when the connection ended. */
  link: Readonly<Ref<Link | null>>
  /** What is shown: stands still while paused. */
  rows: Readonly<Ref<readonly FrameRow[]>>
  /** Messages that came while paused. */
  waiting: Readonly<Ref<number>>
  paused: Ref<boolean>
  clear(): void
  retry(): void
}

export function useFrames(linkId: Readonly<Ref<string>>): Frames {
  const store = useTrafficStore()
  const phase = ref<FramesPhase>('opening')
  const problem = shallowRef<CallProblem | null>(null)
  const link = shallowRef<Link | null>(null)
  const rows = shallowRef<readonly FrameRow[]>([])
  const paused = ref(false)
  const received = ref(0)
  const receivedAtPause = ref(0)

  let log = new FrameLog()
  let following: Following | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function publish(): void {
    clearTimeout(timer)
    timer = undefined
    received.value = log.frameCount
    if (!paused.value) rows.value = log.rows
  }

  function end(): void {
    following?.stop()
    following = null
    phase.value = 'ended'
    publish()
  }

  function start(): void {
    stop()
    log = new FrameLog()
    phase.value = 'opening'
    problem.value = null
    link.value = null
    paused.value = false
    publish()
    const own = store.readFrames(linkId.value, {
      onBegin: () => log.begin(),
      onFrames(event) {
        log.append(event.frames)
        timer ??= setTimeout(publish, PUBLISH_MS)
        if (event.link === null) end()
        else {
          link.value = event.link
          phase.value = 'live'
        }
      },
      onStatus(status) {
        if (phase.value === 'ended') return
        if (status.phase !== 'failed') {
          if (status.phase === 'waiting') phase.value = 'opening'
          return
        }
        // A connection that is not there any more will not be: asking again would only repeat that.
        if (status.problem.code === 'link/unknown') end()
        else {
          problem.value = status.problem
          phase.value = 'failed'
        }
      },
    })
    // The stream may have ended before it was handed over.
    if ((phase.value as FramesPhase) === 'ended') own.stop()
    else following = own
  }

  function stop(): void {
    following?.stop()
    following = null
    clearTimeout(timer)
    timer = undefined
  }

  watch(linkId, start, { immediate: true })
  watch(paused, (now) => {
    receivedAtPause.value = log.frameCount
    if (!now) publish()
  })
  onScopeDispose(stop)

  return {
    phase,
    problem,
    link,
    rows,
    waiting: computed(() => (paused.value ? received.value - receivedAtPause.value : 0)),
    paused,
    clear() {
      log.clear()
      receivedAtPause.value = 0
      received.value = 0
      rows.value = []
    },
    retry: start,
  }
}
