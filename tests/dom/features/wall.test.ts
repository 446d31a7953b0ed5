import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { wallGrid, wallPage, wallPages, wallTiles } from '@/features/wall/wall-layout.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendRig } from '../../support/pretend-farm.ts'
import { pretendFleetRig, pretendFleetRigs } from '../../support/pretend-fleet-rigs.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

describe('tiles on a wall', () => {
  const tiles = wallTiles(pretendFleetRigs(40, START), [], START)

  it('fill the screen, and are never too small to read', () => {
    for (const [width, height] of [
      [1440, 840],
      [1024, 620],
      [1920, 1000],
      [600, 900],
    ] as const)
      for (const count of [1, 2, 3, 7, 12, 40, 300]) {
        const grid = wallGrid(count, width, height)
        expect(width / grid.columns, `${count} on ${width}`).toBeGreaterThanOrEqual(148)
        expect(height / grid.rows, `${count} on ${width}`).toBeGreaterThanOrEqual(96)
        expect(grid.perPage * grid.pages).toBeGreaterThanOrEqual(count)
        // No row is left empty.
        if (grid.pages === 1) expect((grid.rows - 1) * grid.columns).toBeLessThan(count)
      }
  })

  it('show everyone in turn where they do not all fit, and those in trouble always', () => {
    const grid = wallGrid(tiles.length, 600, 500)
    const pages = wallPages(tiles, grid)
    expect(pages).toBeGreaterThan(1)
    const trouble = tiles.filter((tile) => tile.tone === 'bad').map((tile) => tile.id)
    const seen = new Set<string>()
    for (let page = 0; page < pages; page++) {
      const shown = wallPage(tiles, grid, page)
      expect(shown.length).toBeLessThanOrEqual(grid.perPage)
      for (const id of trouble) expect(shown.map((tile) => tile.id)).toContain(id)
      for (const tile of shown) seen.add(tile.id)
    }
    expect(seen.size).toBe(tiles.length)
  })

  it('keep their order while values change', () => {
    const later = wallTiles(
      pretendFleetRigs(40, START)
        .map((rig) => ({ ...rig, hashrateHs: 1 }))
        .reverse(),
      [],
      START + 1000,
    )
    expect(later.map((tile) => tile.id)).toEqual(tiles.map((tile) => tile.id))
  })

  it('say of a rig that cannot be read why, and that somebody should look', () => {
    const unread = { state: 'unknown', hashrateHs: null, readAt: null } as const
    const problem = { code: 'rig/login-missing', message: 'The rig wants a login.', at: START }
    const [waiting, locked, garbled] = [
      pretendFleetRig({ id: 'a', name: 'a', ...unread, freshness: 'never' }),
      pretendFleetRig({ id: 'b', name: 'b', ...unread, freshness: 'gone', login: 'missing', problem }),
      pretendFleetRig({
        id: 'c',
        name: 'c',
        ...unread,
        freshness: 'never',
        problem: { code: 'rig/not-understood', message: 'What it answered could not be read.', at: START },
      }),
    ].map((rig) => wallTiles([rig], [], START)[0])
    expect(waiting).toMatchObject({ tone: 'neutral', problem: null })
    expect(locked).toMatchObject({ tone: 'warn', problem: 'Needs its login' })
    expect(garbled).toMatchObject({ tone: 'warn', problem: 'What it answered could not be read.' })
  })

  it('never pair what is wrong with the sign for all is well', () => {
    for (const tile of tiles)
      if (tile.tone === 'bad' || tile.tone === 'warn') expect(tile.shape).not.toBe('check')
  })
})

describe('the wall', () => {
  let app: MountedApp
  beforeEach(() => {
    useFakeClock()
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(800)
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1400)
  })
  afterEach(async () => {
    await app.unmount()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('has the window to itself, and shows each rig with rate, heat, state and what is wrong', async () => {
    const core = new PretendCore({
      rigs: [pretendRig({ id: 'x', name: 'lone-1', hashrateHs: 5e12 })],
      fleet: {
        rigs: [
          pretendFleetRig({ id: 'a', name: 'shed-1', hashrateHs: 1.2e12, chipMaxC: 61, lastShareAt: START }),
          pretendFleetRig({
            id: 'b',
            name: 'shed-2',
            state: 'overheated',
            hashrateHs: null,
            chipMaxC: 97,
            errors: { count: 1, worst: 'error', first: 'Too hot: it stopped.' },
          }),
        ],
      },
    })
    app = await mountApp(core, '/wall')
    await pass(50)
    expect(document.querySelector('nav')).toBeNull()
    expect(app.text('wall-total')).toBe('6.20')
    expect(app.text('wall-trouble')).toBe('1 in trouble')
    expect(app.text('wall-a')).toContain('1.20TH/s61°')
    expect(app.text('wall-a')).toContain('Mining')
    expect(app.text('wall-b')).toContain('Too hot: it stopped.')
    expect(app.get('wall-b').dataset.tone).toBe('bad')
    expect(app.text('wall-connection:x')).toContain('lone-1')
  })

  it('says that it is not live as soon as nothing is heard any more', async () => {
    const core = new PretendCore({ fleet: { rigs: [pretendFleetRig({ id: 'a', lastShareAt: START })] } })
    app = await mountApp(core, '/wall')
    core.tick()
    await pass(50)
    expect(app.find('wall-stale')).toBeNull()
    core.refuse('unreachable')
    core.cut()
    await pass(8000)
    expect(app.text('wall-stale')).toContain('Not live')
  })

  it('says when a window does not allow the full screen', async () => {
    app = await mountApp(new PretendCore(), '/wall')
    Object.assign(app.get('screen-wall'), { requestFullscreen: () => Promise.reject(new Error('no')) })
    await app.click(app.get('wall-full'))
    expect(app.pageText()).toContain('Press F11 instead')
  })
})
