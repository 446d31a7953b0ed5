import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Routing } from '@contract'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool, pretendRig, pretendRouting } from '../../support/pretend-farm.ts'
import { livingFarm } from '../../support/pretend-life.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

function farm(routing: Partial<Routing> = {}): PretendCore {
  const core = new PretendCore({
    pools: [
      pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready', workDifficulty: 3e6 }),
      pretendPool({ id: 'lode', name: 'Northern Lode', priority: 1, state: 'ready', workDifficulty: 1e6 }),
      pretendPool({ id: 'solo', name: 'Solo at home', priority: 2 }),
    ],
    rigs: ['a', 'b', 'c', 'd'].map((id) =>
      pretendRig({ id, name: `shed-${id}`, poolId: 'ridge', hashrateHs: 1e12 }),
    ),
    routing,
  })
  core.followRouting()
  return core
}

const attic = { id: 'attic', name: 'Attic', rigKeys: ['a', 'b'], poolId: 'lode' }

describe('the routing board', () => {
  let app: MountedApp
  beforeEach(() => {
    useFakeClock()
    // The document has no layout here: without a height the lists would draw no row.
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(300)
  })
  afterEach(async () => {
    await app.unmount()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  const sets = (core: PretendCore): Routing[] => core.callsOf('routing.set') as Routing[]
  const rigsIn = (column: string): string[] =>
    [...app.get(`board-column-${column}`).querySelectorAll<HTMLElement>('[data-rig-key]')].map(
      (row) => row.dataset.rigKey ?? '',
    )
  const key = async (column: string, name: string, more: KeyboardEventInit = {}): Promise<void> => {
    app
      .get(`board-list-${column}`)
      .dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, ...more }))
    await pass()
  }
  const drag = async (from: HTMLElement, to: HTMLElement): Promise<void> => {
    for (const [target, type] of [
      [from, 'dragstart'],
      [to, 'dragover'],
      [to, 'drop'],
      [from, 'dragend'],
    ] as const)
      target.dispatchEvent(new Event(type, { bubbles: true, cancelable: true }))
    await pass()
  }

  it('shows who follows the pool in use, who has a rule, and what wins', async () => {
    app = await mountApp(farm({ groups: [attic], rigs: [{ rigKey: 'c', poolId: 'solo' }] }), '/routing')
    expect(app.text('routing-order')).toMatch(/own rule ?group ?split ?pool in use/)
    expect(rigsIn('follow')).toEqual(['d'])
    expect(app.text('board-column-follow')).toContain('1 rig, Copper Ridge')
    expect(rigsIn('lode')).toEqual(['a', 'b'])
    expect(app.text('board-group-attic')).toContain('Attic')
    expect(rigsIn('solo')).toEqual(['c'])
    expect(app.text('board-column-lode')).toContain('2.00 TH/s')
  })

  it('sends several chosen rigs to a pool with the mouse, moves them at once, and can take it back', async () => {
    const core = farm()
    app = await mountApp(core, '/routing')
    await app.click(app.get('board-rig-a'))
    await app.click(app.get('board-rig-c'))
    expect(app.text('board-chosen')).toBe('2 rigs chosen, 2.00 TH/s')
    await app.click(app.get('board-send'))
    await app.click(app.get('board-send-lode'))
    expect(sets(core)).toEqual([
      pretendRouting({
        rigs: [
          { rigKey: 'a', poolId: 'lode' },
          { rigKey: 'c', poolId: 'lode' },
        ],
      }),
    ])
    expect(rigsIn('lode')).toEqual(['a', 'c'])
    expect(core.rigs.find('a')?.poolId).toBe('lode')
    expect(app.get('board-chosen').dataset.count).toBe('0')
    const toast = document.querySelector('[data-sonner-toast]')
    expect(toast?.textContent).toContain('2 rigs sent to Northern Lode')
    await app.click(toast!.querySelector<HTMLElement>('[data-button]')!)
    expect(sets(core).at(-1)).toEqual(pretendRouting())
    expect(rigsIn('follow')).toEqual(['a', 'b', 'c', 'd'])
  })

  it('can be used with the keyboard alone', async () => {
    const core = farm()
    app = await mountApp(core, '/routing')
    app.get('board-list-follow').focus()
    await key('follow', 'ArrowDown')
    await key('follow', 'ArrowDown', { shiftKey: true })
    expect(app.get('board-chosen').dataset.count).toBe('2')
    await key('follow', 'End')
    await key('follow', ' ')
    expect(app.get('board-chosen').dataset.count).toBe('3')
    await key('follow', ' ')
    expect(app.get('board-chosen').dataset.count).toBe('2')
    await key('follow', 'Enter')
    await app.click(app.get('board-send-solo'))
    expect(rigsIn('solo')).toHaveLength(2)
    app.get('board-list-follow').focus()
    await key('follow', 'ArrowRight')
    expect((document.activeElement as HTMLElement).dataset.testid).toBe('board-list-ridge')
    await key('follow', 'a', { ctrlKey: true })
    expect(app.get('board-chosen').dataset.count).toBe('2')
    await key('follow', 'Escape')
    expect(app.get('board-chosen').dataset.count).toBe('0')
  })

  it('says aloud what was done', async () => {
    app = await mountApp(farm(), '/routing')
    await app.click(app.get('board-rig-a'))
    await app.click(app.get('board-send'))
    await app.click(app.get('board-send-lode'))
    const status = [...document.querySelectorAll('[role="status"]')].map((each) => each.textContent)
    expect(status).toContain('1 rig sent to Northern Lode')
  })

  it('moves by dragging: a rig, all chosen ones, a group, and a rig onto a group', async () => {
    const core = farm({ groups: [{ ...attic, rigKeys: ['a'] }] })
    app = await mountApp(core, '/routing')
    await drag(app.get('board-rig-b'), app.get('board-column-solo'))
    expect(rigsIn('solo')).toEqual(['b'])

    await app.click(app.get('board-rig-c'))
    await app.click(app.get('board-rig-d'))
    await drag(app.get('board-rig-d'), app.get('board-column-ridge'))
    expect(rigsIn('ridge')).toEqual(['c', 'd'])

    await drag(app.get('board-rig-b'), app.get('board-group-attic'))
    expect(core.routing.value.groups[0]?.rigKeys).toEqual(['a', 'b'])
    expect(rigsIn('lode')).toEqual(['a', 'b'])

    await drag(app.get('board-group-attic'), app.get('board-column-follow'))
    expect(core.routing.value.groups[0]?.poolId).toBeNull()
    expect(rigsIn('follow')).toEqual(['a', 'b'])
  })

  it('makes a group of the chosen rigs, renames it, sends it to a pool and ends it', async () => {
    const core = farm()
    app = await mountApp(core, '/routing')
    await app.click(app.get('board-rig-a'))
    await app.click(app.get('board-rig-b'))
    await app.click(app.get('board-group'))
    await app.click(app.get('group-save'))
    expect(app.text('group-name')).toContain('Give the group a name.')
    await app.type('group-name', 'Attic')
    await app.click(app.get('group-save'))
    expect(core.routing.value.groups).toEqual([
      { id: 'group-1', name: 'Attic', rigKeys: ['a', 'b'], poolId: null },
    ])
    await app.click(app.get('board-group-menu-group-1'))
    await app.click(app.get('group-rename-group-1'))
    await app.type('group-name', 'Loft')
    await app.click(app.get('group-save'))
    expect(app.text('board-group-group-1')).toContain('Loft')
    await app.click(app.get('board-group-menu-group-1'))
    await app.click(app.get('group-send-group-1-lode'))
    expect(rigsIn('lode')).toEqual(['a', 'b'])
    await app.click(app.get('board-rig-c'))
    await app.click(app.get('board-group-menu-group-1'))
    await app.click(app.get('group-add-group-1'))
    expect(rigsIn('lode')).toEqual(['a', 'b', 'c'])
    await app.click(app.get('board-group-menu-group-1'))
    await app.click(app.get('group-remove-group-1'))
    expect(core.routing.value.groups).toEqual([])
    expect(rigsIn('follow')).toEqual(['a', 'b', 'c', 'd'])
  })

  it('has no two groups of one name', async () => {
    app = await mountApp(farm({ groups: [attic] }), '/routing')
    await app.click(app.get('board-rig-c'))
    await app.click(app.get('board-group'))
    await app.type('group-name', 'attic')
    await app.click(app.get('group-save'))
    expect(app.text('group-name')).toContain('There is a group of this name already.')
  })

  it('splits the hashrate in parts that add up, and shows the wanted beside the measured part', async () => {
    const core = farm()
    app = await mountApp(core, '/routing')
    expect(app.text('split-card')).toContain('All work for the pool in use, Copper Ridge.')
    await app.click(app.get('split-edit'))
    const percent = (id: string): HTMLInputElement => app.get(`split-percent-${id}`) as HTMLInputElement
    expect(percent('ridge').value).toBe('90')
    percent('lode').value = '25'
    percent('lode').dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    expect(percent('ridge').value).toBe('75')
    expect(app.text('split-total')).toBe('together 100 %')
    await app.click(app.get('split-add'))
    await app.click(app.get('split-add-solo'))
    expect(app.text('split-total')).toBe('together 100 %')
    percent('solo').value = '250'
    percent('solo').dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    expect(percent('solo').value).toBe('98')
    percent('solo').value = '1'
    percent('solo').dispatchEvent(new Event('change', { bubbles: true }))
    percent('lode').value = '25'
    percent('lode').dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    await app.click(app.get('split-save'))
    expect(core.routing.value.split).toEqual([
      { poolId: 'ridge', percent: 74 },
      { poolId: 'lode', percent: 25 },
      { poolId: 'solo', percent: 1 },
    ])
    expect(app.text('split-part-lode')).toContain('25 %')
    expect(app.text('split-part-lode')).toContain('now 25 %')
    expect(app.text('board-column-follow')).toContain('Follow the split')
    expect(app.text('board-column-follow')).toContain('for Northern Lode')
    await app.click(app.get('split-end'))
    expect(core.routing.value.split).toEqual([])
  })

  it('sets what happens when a pool fails, within bounds', async () => {
    const core = farm()
    app = await mountApp(core, '/routing')
    expect(app.text('failover-order')).toBe('1 Copper Ridge, 2 Northern Lode, 3 Solo at home')
    const minutes = app.get('failover-minutes') as HTMLInputElement
    minutes.value = '0'
    minutes.dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    expect(core.routing.value.failover).toEqual({ enabled: true, returnAfterMinutes: 1 })
    await app.click(app.get('failover-enabled').querySelector<HTMLElement>('[role="switch"]')!)
    expect(core.routing.value.failover.enabled).toBe(false)
    expect(app.text('failover-card')).toContain('Rigs wait, connected, until their pool is back.')
  })

  it('puts everything back when the core refuses, and says why', async () => {
    const core = farm()
    core.answerNext('routing.set', () => new Error('The pool was removed a moment ago.'))
    app = await mountApp(core, '/routing')
    await app.click(app.get('board-rig-a'))
    await app.click(app.get('board-send'))
    await app.click(app.get('board-send-lode'))
    expect(rigsIn('follow')).toEqual(['a', 'b', 'c', 'd'])
    expect(document.querySelector('[data-sonner-toast]')?.textContent).toContain('removed a moment ago')
  })

  it('follows what others change', async () => {
    const core = farm()
    app = await mountApp(core, '/routing')
    core.setRouting(pretendRouting({ rigs: [{ rigKey: 'd', poolId: 'solo' }] }))
    await pass()
    expect(rigsIn('solo')).toEqual(['d'])
  })

  it('says that it could not be loaded, and loads when asked again', async () => {
    const core = farm()
    core.answerNext('routing.live', () => new Error('The proxy has stopped.'))
    app = await mountApp(core, '/routing')
    expect(app.pageText()).toContain('The routing could not be loaded')
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'Try again')!,
    )
    expect(rigsIn('follow')).toHaveLength(4)
  })

  it('draws no more rows for hundreds of rigs than fit, and finds one of them', async () => {
    const { core, step } = livingFarm(400, { now: () => START })
    app = await mountApp(core, '/routing')
    expect(Number(app.get('board-column-follow').dataset.count)).toBeGreaterThan(300)
    expect(document.querySelectorAll('[data-rig-key]').length).toBeLessThan(80)
    step()
    await pass()
    await app.type('board-search', 'garage-s19-133')
    expect(rigsIn('follow')).toEqual(['rig-133'])
  })
})
