/** What the tests of the earnings screens share: a farm with ninety days behind it, and hands. */
import { afterEach, beforeEach, vi } from 'vitest'
import { PretendCore } from '../../../support/pretend-core.ts'
import { pretendPools } from '../../../support/pretend-life.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../../mount-app.ts'

export interface Shown {
  app: MountedApp
}

type Options = NonNullable<ConstructorParameters<typeof PretendCore>[0]>

/** Ninety days, tariff, price and accounts chosen. */
export function farm(options: Options = {}): PretendCore {
  return new PretendCore({ pools: pretendPools(START), earnings: { days: 90, configured: true }, ...options })
}
/** Counted for a week, nothing chosen. */
export const bareFarm = (): PretendCore => farm({ earnings: { days: 7, configured: false } })

/** Mounts a screen for each test, and takes it down after it. */
export function useScreen(): { open(core: PretendCore, path: string): Promise<MountedApp> } {
  let app: MountedApp | null = null
  beforeEach(() => {
    useFakeClock()
  })
  afterEach(async () => {
    await app?.unmount()
    app = null
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
  return {
    async open(core, path) {
      app = await mountApp(core, path)
      await pass(300)
      return app
    },
  }
}

export const textOf = (element: Element | null): string =>
  (element?.textContent ?? '').replace(/\s+/g, ' ').trim()

export async function press(target: HTMLElement, key: string): Promise<void> {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await pass()
}

export async function choose(app: MountedApp, testId: string, value: string): Promise<void> {
  const select = app.get(testId) as HTMLSelectElement
  select.value = value
  select.dispatchEvent(new Event('change', { bubbles: true }))
  await pass(400)
}

/** Writes into a field and leaves it. */
export async function write(app: MountedApp, testId: string, text: string): Promise<void> {
  await app.type(testId, text)
  const field = app.get(testId)
  const input = field instanceof HTMLInputElement ? field : field.querySelector('input')!
  input.dispatchEvent(new Event('change', { bubbles: true }))
  input.dispatchEvent(new Event('blur', { bubbles: true }))
  await pass(400)
}

/** A choice of a segmented control, or whatever button says exactly this. */
export function button(within: HTMLElement | Document, text: string): HTMLElement {
  const found = [...within.querySelectorAll<HTMLElement>('button')].find((each) => textOf(each) === text)
  if (found === undefined) throw new Error(`No button says ${text}`)
  return found
}
