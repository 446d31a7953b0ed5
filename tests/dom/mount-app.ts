/** Mounts the whole dashboard over a pretend core, with time moved by hand. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, disposePinia } from 'pinia'
import { toast } from 'vue-sonner'
import { vi } from 'vitest'
import App from '@/App.vue'
import { connectionKey } from '@/api/client.ts'
import { createConnection, type Connection } from '@/api/connection.ts'
import { createAppRouter } from '@/router.ts'
import type { PretendCore } from '../support/pretend-core.ts'

/** What the pretend farm's moments are relative to. */
export const START = Date.UTC(2026, 10, 22, 12, 0, 0)

export interface MountedApp {
  connection: Connection
  wrapper: VueWrapper
  /** The element with this data-testid, anywhere on the page (dialogs and menus are outside the app's root). */
  find(testId: string): HTMLElement | null
  /** The same, and its absence is a failure. */
  get(testId: string): HTMLElement
  text(testId: string): string
  click(target: HTMLElement): Promise<void>
  type(testId: string, text: string): Promise<void>
  /** Everything that is written on the page. */
  pageText(): string
  unmount(): Promise<void>
}

/** Lets promises, streams and Vue settle; moves the clock by `ms`. */
export async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  for (let round = 0; round < 5; round++) await vi.advanceTimersByTimeAsync(1)
}

export function useFakeClock(): void {
  vi.useFakeTimers({
    now: START,
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'Date',
      'requestAnimationFrame',
      'cancelAnimationFrame',
    ],
  })
}

/** Mounts at a screen (`/`, `/pools`, `/rigs`). Needs `useFakeClock` and undoes itself with `unmount`. */
export async function mountApp(core: PretendCore, screen = '/'): Promise<MountedApp> {
  const connection = createConnection({ transport: core, random: () => 0.5 })
  const router = createAppRouter()
  const pinia = createPinia()
  await router.push(screen)
  const wrapper = mount(App, {
    attachTo: document.body,
    global: { plugins: [pinia, router], provide: { [connectionKey as symbol]: connection } },
  })
  connection.start()
  await pass()

  const find = (testId: string): HTMLElement | null =>
    document.querySelector<HTMLElement>(`[data-testid="${testId}"]`)
  const get = (testId: string): HTMLElement => {
    const element = find(testId)
    if (element === null) throw new Error(`Nothing on the page is marked ${testId}`)
    return element
  }
  return {
    connection,
    wrapper,
    find,
    get,
    text: (testId) => (get(testId).textContent ?? '').replace(/\s+/g, ' ').trim(),
    async click(target) {
      // What a mouse does, in order: menus open on pointerdown, buttons act on click.
      target.dispatchEvent(
        new PointerEvent('pointerdown', { bubbles: true, button: 0, pointerType: 'mouse' }),
      )
      target.dispatchEvent(new PointerEvent('pointerup', { bubbles: true, button: 0, pointerType: 'mouse' }))
      target.click()
      await pass()
    },
    async type(testId, text) {
      const field = get(testId)
      const input = field instanceof HTMLInputElement ? field : field.querySelector('input')
      if (input === null) throw new Error(`${testId} has no input`)
      input.value = text
      input.dispatchEvent(new Event('input', { bubbles: true }))
      await pass()
    },
    pageText: () => (document.body.textContent ?? '').replace(/\s+/g, ' '),
    async unmount() {
      toast.dismiss()
      await pass(500)
      connection.stop()
      wrapper.unmount()
      disposePinia(pinia)
      await pass(500)
      document.body.innerHTML = ''
      localStorage.clear()
    },
  }
}
