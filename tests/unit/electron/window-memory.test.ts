import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/base/index.ts'
import {
  DEFAULT_SIZE,
  MIN_SIZE,
  placeWindow,
  WINDOW_FILE,
  WindowMemory,
} from '../../../src-main/electron/window-memory.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const SCREEN = { x: 0, y: 25, width: 1920, height: 1055 }
const SECOND = { x: -1280, y: 0, width: 1280, height: 1024 }

describe('placing the window', () => {
  it('opens in its default size, in the middle, the first time', () => {
    expect(placeWindow(null, [SCREEN])).toEqual({ width: 1280, height: 820 })
    expect(DEFAULT_SIZE).toEqual({ width: 1280, height: 820 })
    expect(MIN_SIZE).toEqual({ width: 1024, height: 640 })
  })

  it('opens where it was', () => {
    const bounds = { x: 100, y: 80, width: 1400, height: 900 }
    expect(placeWindow(bounds, [SCREEN])).toEqual(bounds)
    const onSecond = { x: -1200, y: 10, width: 1100, height: 700 }
    expect(placeWindow(onSecond, [SCREEN, SECOND])).toEqual(onSecond)
  })

  it.each([
    ['a screen that is gone', { x: -1200, y: 10, width: 1100, height: 700 }],
    ['beside every screen', { x: 5000, y: 80, width: 1200, height: 700 }],
    ['with its title bar above the screen', { x: 100, y: -300, width: 1200, height: 700 }],
    ['with its title bar below the screen', { x: 100, y: 1060, width: 1200, height: 700 }],
    ['with a sliver to be seen', { x: 1900, y: 100, width: 1200, height: 700 }],
  ])('comes back to the first screen from %s', (_, bounds) => {
    const placed = placeWindow(bounds, [SCREEN])
    expect(placed).toEqual({ width: bounds.width, height: bounds.height })
  })

  it('is never larger than the screen it is on', () => {
    expect(placeWindow({ x: 0, y: 30, width: 4000, height: 3000 }, [SCREEN])).toMatchObject({
      width: 1920,
      height: 1055,
    })
  })

  it('can always be seen and reached, whatever was remembered', () => {
    const coordinate = fc.integer({ min: -10_000, max: 10_000 })
    const size = fc.integer({ min: 0, max: 10_000 })
    fc.assert(
      fc.property(coordinate, coordinate, size, size, (x, y, width, height) => {
        const placed = placeWindow({ x, y, width, height }, [SCREEN, SECOND])
        expect(placed.width).toBeGreaterThanOrEqual(MIN_SIZE.width)
        expect(placed.height).toBeGreaterThanOrEqual(MIN_SIZE.height)
        if (placed.x === undefined || placed.y === undefined) return
        const { x: left, y: top } = placed
        const isReachable = [SCREEN, SECOND].some(
          (area) =>
            left + placed.width > area.x + 100 &&
            left < area.x + area.width - 100 &&
            top >= area.y - 1 &&
            top < area.y + area.height - 50,
        )
        expect(isReachable).toBe(true)
      }),
    )
  })

  it('does without a screen', () => {
    expect(placeWindow(null, [])).toEqual(DEFAULT_SIZE)
  })
})

describe('the memory of the window', () => {
  it('is there again at the next start, for this user alone, with nothing left beside it', () => {
    const dir = temporaryDir()
    const bounds = { x: 1, y: 2, width: 1300, height: 700 }
    const memory = new WindowMemory(dir, silentLogger)
    expect(memory.current).toEqual({ bounds: null, maximized: false, trayExplained: false })
    memory.keep({ bounds, maximized: true })
    memory.keep({ trayExplained: true })
    expect(new WindowMemory(dir, silentLogger).current).toEqual({
      bounds,
      maximized: true,
      trayExplained: true,
    })
    expect(readdirSync(dir)).toEqual([WINDOW_FILE])
    expect(statSync(join(dir, WINDOW_FILE)).mode & 0o777).toBe(0o600)
  })

  it.each(['', '{', '[]', '{"bounds":{"x":"a"}}', '{"bounds":7,"maximized":true}'])(
    'begins anew when its file is broken: %s',
    (text) => {
      const dir = temporaryDir()
      writeFileSync(join(dir, WINDOW_FILE), text)
      expect(new WindowMemory(dir, silentLogger).current.bounds).toBeNull()
    },
  )

  it('goes on without a file when it cannot be written', () => {
    const memory = new WindowMemory(join(temporaryDir(), 'none'), silentLogger)
    memory.keep({ trayExplained: true })
    expect(memory.current.trayExplained).toBe(true)
  })
})
