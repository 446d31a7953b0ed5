/**
 * What the desktop host remembers between starts: where the window was, and what it has explained. Losing it
 * costs a resize, so every failure here is swallowed.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { errorText, type Logger } from '../base/index.ts'

/** In device-independent pixels. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const DEFAULT_SIZE = { width: 1280, height: 820 } as const
export const MIN_SIZE = { width: 1024, height: 640 } as const
export const WINDOW_FILE = 'window.json'
/** So much of the window must be on a screen for a person to find and move it. */
const MIN_VISIBLE = 120

const rectangle = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
const remembered = z.object({
  bounds: rectangle.nullable().default(null),
  maximized: z.boolean().default(false),
  /** Whether the person was told that closing the window does not stop mining. */
  trayExplained: z.boolean().default(false),
})
export type Remembered = z.infer<typeof remembered>

export class WindowMemory {
  readonly #path: string
  readonly #log: Logger
  #current: Remembered

  constructor(dataDir: string, log: Logger) {
    this.#path = join(dataDir, WINDOW_FILE)
    this.#log = log
    this.#current = read(this.#path)
  }

  get current(): Remembered {
    return this.#current
  }

  /** Writes at once: it is called when the program may be ending. */
  keep(change: Partial<Remembered>): void {
    this.#current = { ...this.#current, ...change }
    try {
      writeFileSync(`${this.#path}.tmp`, `${JSON.stringify(this.#current)}\n`, { mode: 0o600 })
      renameSync(`${this.#path}.tmp`, this.#path)
    } catch (error) {
      this.#log.debug('could not remember the window', { error: errorText(error) })
    }
  }
}

function read(path: string): Remembered {
  try {
    return remembered.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return remembered.parse({})
  }
}

/**
 * Where to open the window: where it was if enough of it lies on a screen, else in the middle of the first
 * screen. Never larger than the screen it is on. Pure.
 * @param screens work areas, the primary one first
 */
export function placeWindow(
  bounds: Rectangle | null,
  screens: readonly Rectangle[],
): Partial<Rectangle> & { width: number; height: number } {
  const { width, height } = bounds ?? DEFAULT_SIZE
  const sizeOn = (area: Rectangle | undefined): { width: number; height: number } => ({
    width: Math.max(MIN_SIZE.width, Math.min(Math.round(width), area?.width ?? width)),
    height: Math.max(MIN_SIZE.height, Math.min(Math.round(height), area?.height ?? height)),
  })
  if (bounds) {
    for (const area of screens) {
      const place = { x: Math.round(bounds.x), y: Math.round(bounds.y), ...sizeOn(area) }
      if (isReachable(place, area)) return place
    }
  }
  return sizeOn(screens[0])
}

/** Whether the window's title bar can be reached with the mouse. */
function isReachable(window: Rectangle, area: Rectangle): boolean {
  const visible = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x)
  const isTopReachable = window.y >= area.y - 1 && window.y <= area.y + area.height - MIN_VISIBLE / 2
  return visible >= MIN_VISIBLE && isTopReachable
}
