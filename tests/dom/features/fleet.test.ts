import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Rig } from '@contract'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool, pretendRig } from '../../support/pretend-farm.ts'
import { pretendCapabilities, pretendFleetRig, pretendFleetRigs } from '../../support/pretend-fleet-rigs.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const STOCK = { restart: 'Stock firmware cannot restart only the miner.' }

const fourRigs = (): Rig[] => [
  pretendFleetRig({
    id: 'a',
    name: 'shed-10',
    place: { room: 'Shed', shelf: '1' },
    lastShareAt: START - 5000,
  }),
  pretendFleetRig({
    id: 'b',
    name: 'shed-2',
    family: 'antminer',
    familyName: 'Antminer stock',
    make: 'Antminer',
    model: 'S21',
    hashrateHs: 2e14,
    expectedHs: 2e14,
    chipMaxC: 74,
    powerW: 3510,
    powerSource: 'nameplate',
    place: { room: 'Shed', shelf: '2' },
    group: { id: 'heating', name: 'Heating' },
    login: 'entered',
    capabilities: pretendCapabilities(STOCK),
    lastShareAt: START - 8000,
  }),
  pretendFleetRig({
    id: 'c',
    name: 'attic-1',
    state: 'unreachable',
    freshness: 'gone',
    readAt: START - 1_260_000,
    hashrateHs: 9e12,
    chipMaxC: 61,
    place: { room: 'Attic', shelf: '' },
  }),
  pretendFleetRig({
    id: 'd',
    name: 'cellar-1',
    freshness: 'stale',
    readAt: START - 95_000,
    chipMaxC: null,
    lastShareAt: START - 5000,
  }),
]
const fleetCore = (rigs: Rig[] = fourRigs()): PretendCore => new PretendCore({ fleet: { rigs } })

const rows = (): string[] =>
  [...document.querySelectorAll<HTMLElement>('[data-rig]')]
    .sort((x, y) => Number(x.getAttribute('aria-rowindex')) - Number(y.getAttribute('aria-rowindex')))
    .map((row) => row.dataset.rig ?? '')
const chosen = (): string[] =>
  [...document.querySelectorAll<HTMLElement>('[data-rig][aria-selected="true"]')]
    .map((row) => row.dataset.rig ?? '')
    .sort()
const cell = (id: string, column: string): HTMLElement =>
  document.querySelector<HTMLElement>(`[data-rig="${id}"] [data-cell="${column}"]`)!

async function click(target: Element, how: MouseEventInit = {}): Promise<void> {
  target.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...how }))
  await pass()
}
async function key(name: string, how: KeyboardEventInit = {}): Promise<void> {
  document
    .querySelector('[data-testid="rig-table"]')!
    .dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...how }))
  await pass()
}
async function choose(...ids: string[]): Promise<void> {
  for (const id of ids) await click(document.querySelector(`[data-rig="${id}"] [data-tick]`)!)
}
const inputOf = (element: HTMLElement): HTMLInputElement =>
  element instanceof HTMLInputElement ? element : element.querySelector('input')!

let app: MountedApp
beforeEach(() => {
  useFakeClock()
  // The document has no layout here: without a height the table would draw no row.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200)
})
afterEach(async () => {
  await app.unmount()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the rigs table', () => {
  it('shows what each rig says of itself, with units', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    expect(app.text('rig-row-b')).toContain('shed-2')
    expect(cell('b', 'hashrate').textContent).toContain('200 TH/s')
    expect(cell('b', 'chip').textContent).toContain('74 °C')
    expect(cell('b', 'power').textContent).toContain('3,510 W')
    expect(cell('b', 'power').title).toContain('nameplate')
    expect(cell('b', 'model').textContent).toContain('Antminer S21')
  })

  it('merges a rig with its connection, and keeps connections without a rig', async () => {
    const core = new PretendCore({
      rigs: [
        pretendRig({ id: 'x', rigKey: 'kx', name: 'x' }),
        pretendRig({ id: 'y', rigKey: 'ky', name: 'y' }),
      ],
      fleet: { rigs: [pretendFleetRig({ id: 'a', downstreamId: 'x' })] },
    })
    app = await mountApp(core, '/rigs')
    expect(rows()).toEqual(['a', 'connection:ky'])
    expect(cell('connection:ky', 'model').textContent).toContain('no interface of its own')
  })

  it('shows a dash for what is absent, and says why; never a zero', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    expect(cell('d', 'chip').textContent.trim()).toBe('–')
    expect(cell('d', 'chip').title).toBe('The rig does not say.')
    expect(cell('c', 'chip').textContent.trim()).toBe('–')
    expect(cell('c', 'chip').title).toContain('too old to show')
    expect(cell('c', 'hashrate').textContent.trim()).toBe('–')
  })

  it('makes old values look old, and an unreachable rig plain', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    expect(cell('d', 'hashrate').classList.contains('stale')).toBe(true)
    expect(cell('d', 'hashrate').title).toContain('last known value')
    expect(cell('a', 'hashrate').classList.contains('stale')).toBe(false)
    expect(app.text('rig-row-c')).toContain('Unreachable')
    expect(cell('c', 'problem').textContent).toContain('No answer for 21 min')
  })

  it('filters by condition, family, group and room, and by any text', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    await app.type('rig-search', 'antminer s21')
    expect(rows()).toEqual(['b'])
    await app.type('rig-search', '')
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'Unreachable 1')!,
    )
    expect(rows()).toEqual(['c'])
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'All 4')!,
    )

    await app.click(app.get('rig-filter'))
    const room = app.get('rig-filter-room') as HTMLSelectElement
    expect([...room.options].map((option) => option.text)).toEqual([
      'All rooms',
      'Attic',
      'Shed',
      'Without a room',
    ])
    room.value = 'Shed'
    room.dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    expect(rows()).toEqual(['b', 'a'])
    const group = app.get('rig-filter-group') as HTMLSelectElement
    group.value = '-'
    group.dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    expect(rows()).toEqual(['a'])
    await click(app.get('rig-chip-room'))
    expect(rows()).toEqual(['c', 'd', 'a'])
  })

  it('keeps the columns a person chose for the next visit', async () => {
    localStorage.setItem('headframe.rigs.columns', JSON.stringify({ mac: true, chip: false }))
    app = await mountApp(fleetCore(), '/rigs')
    expect(app.find('rig-sort-mac')).not.toBeNull()
    expect(app.find('rig-sort-chip')).toBeNull()
    await app.click(app.get('rig-columns'))
    await app.click(app.get('rig-column-mac'))
    expect(JSON.parse(localStorage.getItem('headframe.rigs.columns')!)).toEqual({ mac: false, chip: false })
    expect(app.find('rig-sort-mac')).toBeNull()
  })

  it('opens the page of a rig by its name', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    await click(document.querySelector('[data-rig="b"] [data-open]')!)
    expect(app.text('rig-name')).toBe('shed-2')
    expect(app.text('rig-stats')).toContain('200 TH/s')
  })

  it('says so when a rig of an old address is gone', async () => {
    app = await mountApp(fleetCore(), '/rigs/nobody')
    expect(app.pageText()).toContain('There is no such rig')
  })

  it('shows connections while the fleet cannot be loaded, and says that something is missing', async () => {
    const core = new PretendCore({ rigs: [pretendRig({ id: 'x' })] })
    core.answerNext('rigs.live', () => new Error('The fleet has stopped.'))
    app = await mountApp(core, '/rigs')
    expect(rows()).toEqual(['connection:x'])
    expect(app.text('rigs-half')).toContain('The fleet has stopped.')
  })
})

describe('choosing rigs', () => {
  it('chooses one with a click, more with ctrl, a range with shift', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    expect(rows()).toEqual(['c', 'd', 'b', 'a'])
    await click(cell('d', 'state'))
    expect(chosen()).toEqual(['d'])
    await click(cell('a', 'state'), { ctrlKey: true })
    expect(chosen()).toEqual(['a', 'd'])
    await click(cell('c', 'state'))
    await click(cell('b', 'state'), { shiftKey: true })
    expect(chosen()).toEqual(['b', 'c', 'd'])
    expect(app.text('bulk-count')).toBe('3 rigs chosen')
  })

  it('can be done with the keyboard alone', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    app.get('rig-table').focus()
    await key('Home')
    await key(' ')
    expect(chosen()).toEqual(['c'])
    await key('ArrowDown', { shiftKey: true })
    await key('ArrowDown', { shiftKey: true })
    expect(chosen()).toEqual(['b', 'c', 'd'])
    await key(' ')
    expect(chosen()).toEqual(['c', 'd'])
    await key('a', { ctrlKey: true })
    expect(chosen()).toHaveLength(4)
    await key('Escape')
    expect(chosen()).toEqual([])
    await key('End')
    await key('Enter')
    expect(app.text('rig-name')).toBe('shed-10')
  })

  it('takes all that the filter shows, and tells of those it hides', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    await app.type('rig-search', 'shed')
    await app.click(app.get('rig-choose-all'))
    expect(app.text('bulk-count')).toBe('2 rigs chosen')
    await app.type('rig-search', 'shed-10')
    expect(app.text('bulk-count')).toBe('2 rigs chosen, 1 of them hidden by the filter')
  })

  it('stays with its rigs when the order changes, and lets go of those that are gone', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await choose('a', 'b')
    await app.click(app.get('rig-sort-hashrate'))
    expect(chosen()).toEqual(['a', 'b'])
    core.fleet.remove('a')
    await pass()
    expect(app.text('bulk-count')).toBe('1 rig chosen')
  })

  it('is clear when a farm of hundreds is chosen, drawing no more rows than fit', async () => {
    app = await mountApp(fleetCore(pretendFleetRigs(600, START)), '/rigs')
    await app.click(app.get('rig-choose-all'))
    expect(app.text('bulk-count')).toBe('600 rigs chosen')
    expect(rows().length).toBeLessThan(40)
  })
})

describe('telling rigs something', () => {
  it('greys what none can, with the reason, and says how many of several cannot', async () => {
    app = await mountApp(fleetCore(), '/rigs')
    await choose('b')
    expect(app.get('bulk-restart').getAttribute('aria-disabled')).toBe('true')
    expect(app.get('bulk-restart').getAttribute('aria-description')).toBe(STOCK.restart)
    await app.click(app.get('bulk-restart'))
    expect(app.find('run-question')).toBeNull()

    await choose('a', 'c')
    expect(app.get('bulk-restart').getAttribute('aria-disabled')).toBe('false')
    expect(app.text('bulk-restart')).toBe('Restart miner1 of 3')
    expect(app.get('bulk-restart').getAttribute('aria-description')).toBe(
      `2 of 3 cannot: 1: ${STOCK.restart} 1: It does not answer now.`,
    )
  })

  it('asks first, shows what would happen, and tells only those who can', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await choose('a', 'b')
    await app.click(app.get('bulk-restart'))
    await pass(500)
    expect(app.text('run-unable')).toContain('1 of 2 cannot and is left out')
    expect(app.text('run-unable')).toContain(STOCK.restart)
    expect(app.text('run-rehearsal')).toContain('shed-10')
    expect(app.text('run-start')).toBe('Restart the miner of 1 rig')
    expect(core.callsOf('runs.start')).toEqual([
      expect.objectContaining({ action: 'restart', rigIds: ['a'], dryRun: true }),
    ])

    await app.click(app.get('run-start'))
    expect(core.callsOf('runs.start')[1]).toEqual(
      expect.objectContaining({
        action: 'restart',
        rigIds: ['a'],
        batchSize: 5,
        pauseMs: 1000,
        stopAfterFailures: 3,
      }),
    )
    expect(core.callsOf('runs.start')[1]).not.toHaveProperty('dryRun')
    expect(app.get('run-item-a').dataset.state).toBe('writing')
  })

  it('follows the run rig by rig, with proof, and takes it back', async () => {
    const core = fleetCore()
    core.fleet.failing.set('b', 'It says: pool list is locked.')
    core.fleet.unproven.add('d')
    app = await mountApp(core, '/rigs')
    await choose('a', 'b', 'd')
    await app.click(app.get('bulk-send-to-headframe'))
    await pass(500)
    await app.click(app.get('run-start'))
    expect(app.text('run-title')).toBe('Sending 3 rigs to Headframe')
    await pass(700)
    expect(app.get('run-item-a').dataset.state).toBe('verifying')
    expect(app.text('run-item-b')).toContain('It says: pool list is locked.')
    await pass(4000)
    expect(app.text('run-summary')).toBe(': 1 done, 1 not proven, 1 failed')
    expect(app.text('run-item-a')).toContain('A share came in over the new pool')
    expect(app.text('run-item-d')).toContain('no share came')
    expect(core.fleet.requireRig('a').minesHere).toBe(true)

    await app.click(app.get('run-undo'))
    expect(core.callsOf('runs.undo')).toHaveLength(1)
    expect(app.text('run-title')).toBe('Undo: Restoring the pools of 2 rigs')
    expect(core.fleet.requireRig('a').minesHere).toBe(false)
  })

  it('stops after the batch when asked, and keeps to batch, pause and failures as they were set', async () => {
    const core = fleetCore(
      ['a', 'b', 'c', 'd'].map((id) => pretendFleetRig({ id, name: id, lastShareAt: START - 5000 })),
    )
    app = await mountApp(core, '/rigs')
    await choose('a', 'b', 'c', 'd')
    await app.click(app.get('bulk-reboot'))
    await pass(500)
    await app.click(app.get('run-carefully'))
    await app.type('run-batch', '0')
    expect(app.get('run-question').textContent).toContain('From 1 to 100')
    expect((app.get('run-start') as HTMLButtonElement).disabled).toBe(true)
    await app.type('run-batch', '2')
    await app.type('run-pause', '2.5')
    await app.click(app.get('run-start'))
    expect(core.callsOf('runs.start').at(-1)).toEqual(
      expect.objectContaining({ batchSize: 2, pauseMs: 2500 }),
    )
    await app.click(app.get('run-stop'))
    await pass(6000)
    expect(app.get('run-panel').dataset.state).toBe('stopped')
    expect(app.text('run-summary')).toBe(': 2 done, 2 left out')
  })

  it('shows a refusal of the core in the question, and lets one try again', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await choose('a')
    core.answerNext('runs.start', () => new Error('Another action is under way on this rig.'))
    await app.click(app.get('bulk-reboot'))
    await pass(500)
    expect(app.pageText()).toContain('Another action is under way on this rig.')
    expect(app.find('run-panel')).toBeNull()
  })

  it('makes a rig flash without asking', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await choose('a')
    await app.click(app.get('bulk-locate'))
    expect(app.find('run-question')).toBeNull()
    expect(core.callsOf('runs.start')).toEqual([
      expect.objectContaining({ action: 'locate', rigIds: ['a'], on: true }),
    ])
  })

  it('offers the modes that the firmware has, and waits for one', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await choose('b')
    await app.click(app.get('bulk-more'))
    await app.click(app.get('bulk-set-power-mode'))
    await pass(100)
    const mode = app.get('run-mode') as HTMLSelectElement
    expect([...mode.options].map((option) => option.text)).toEqual([
      'Choose a mode',
      'Low power',
      'Normal',
      'High power',
    ])
    expect((app.get('run-start') as HTMLButtonElement).disabled).toBe(true)
    mode.value = 'low'
    mode.dispatchEvent(new Event('change', { bubbles: true }))
    await pass(500)
    await app.click(app.get('run-start'))
    expect(core.callsOf('runs.start').at(-1)).toEqual(expect.objectContaining({ mode: 'low', rigIds: ['b'] }))
  })

  it('sends to a pool that is chosen by name', async () => {
    const core = fleetCore()
    core.pools.change([pretendPool({ id: 'lode', name: 'Northern Lode' })])
    app = await mountApp(core, '/rigs')
    await choose('a')
    await app.click(app.get('bulk-send-to-pool'))
    const pool = app.get('run-pool') as HTMLSelectElement
    pool.value = 'lode'
    pool.dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    await app.type('run-template', '{nobody}')
    expect(app.get('run-question').textContent).toContain('There is no placeholder {nobody}')
    await app.type('run-template', 'farm.{name}')
    await pass(500)
    await app.click(app.get('run-start'))
    expect(core.callsOf('runs.start').at(-1)).toEqual(
      expect.objectContaining({ poolId: 'lode', workerTemplate: 'farm.{name}' }),
    )
  })
})

describe('what a person sets for rigs', () => {
  it('puts chosen rigs into a group', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await choose('a', 'd')
    await app.click(app.get('bulk-group'))
    await app.click(app.get('bulk-group-heating'))
    expect(core.fleet.requireRig('a').group?.name).toBe('Heating')
    expect(core.fleet.requireRig('d').group?.name).toBe('Heating')
    expect(app.pageText()).toContain('2 rigs in Heating now')
  })

  it('makes, renames and removes groups, and says where a name is taken', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs')
    await app.click(app.get('rigs-more'))
    await app.click(app.get('rigs-groups'))
    expect(app.text('group-heating')).toContain('1 rig')
    await app.type('group-name', 'Heating')
    app.get('group-add').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(app.text('group-add')).toContain('There is a group “Heating” already.')
    await app.type('group-name', 'Attic')
    app.get('group-add').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(core.fleet.groups.all.map(({ name }) => name)).toContain('Attic')
    await app.click(app.get('group-edit-heating'))
    const field = inputOf(app.get('group-rename'))
    field.value = 'Warm rooms'
    field.dispatchEvent(new Event('input', { bubbles: true }))
    app.get('group-rename').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(core.fleet.requireRig('b').group?.name).toBe('Warm rooms')
    await app.click(app.get('group-remove-heating'))
    await app.click(app.get('confirm-action'))
    expect(core.fleet.groups.find('heating')).toBeUndefined()
  })

  it('tells what would become of each line of a list before it takes it over', async () => {
    const core = fleetCore([pretendFleetRig({ id: 'a', name: 'shed-1', address: '192.0.2.60' })])
    app = await mountApp(core, '/rigs')
    await app.click(app.get('rigs-more'))
    await app.click(app.get('rigs-import'))
    const area = app.get('import-text') as HTMLTextAreaElement
    area.value = '192.0.2.60, one\n192.0.2.70, two\nno-address!, three'
    area.dispatchEvent(new Event('input', { bubbles: true }))
    await pass()
    await app.click(app.get('import-check'))
    expect(['1', '2', '3'].map((line) => app.get(`import-line-${line}`).dataset.outcome)).toEqual([
      'known',
      'new',
      'refused',
    ])
    expect(app.text('import-line-3')).toContain('is no address')
    expect(core.callsOf('rigs.import')).toEqual([expect.objectContaining({ dryRun: true })])
    expect(app.text('import-add')).toBe('Take over 2 rigs')
    await app.click(app.get('import-add'))
    expect(core.callsOf('rigs.import')[1]).toEqual(expect.objectContaining({ dryRun: false }))
    await pass(100)
    expect(app.find('screen-find')).not.toBeNull()
    expect(app.find('find-progress')).not.toBeNull()
  })

  it('shows worker names as they would be, and refuses a placeholder that is none', async () => {
    const core = fleetCore([
      pretendFleetRig({ id: 'a', name: 'shed-1', mac: '02:00:5e:00:12:ab' }),
      pretendFleetRig({ id: 'b', name: 'shed-1', mac: '02:00:5e:00:12:cd' }),
    ])
    app = await mountApp(core, '/rigs')
    await app.click(app.get('rigs-more'))
    await app.click(app.get('rigs-template'))
    await app.type('template-text', 'farm.{name}')
    expect(app.text('template-preview')).toContain('farm.shed-1')
    expect(app.find('template-twins')).not.toBeNull()
    await app.type('template-text', 'farm.{name}-{mac4}')
    expect(app.text('template-preview')).toContain('farm.shed-1-12ab')
    expect(app.find('template-twins')).toBeNull()
    await app.type('template-text', 'farm.{mac}')
    expect(app.text('template-form')).toContain('There is no placeholder {mac}.')
    expect((app.get('template-save') as HTMLButtonElement).disabled).toBe(true)
    await app.type('template-text', '{name}.{n}')
    app.get('template-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(core.fleet.workerTemplate).toBe('{name}.{n}')
  })

  it('says at once when a rig refuses the password, and never shows one', async () => {
    const core = fleetCore()
    app = await mountApp(core, '/rigs/b')
    await app.click(app.get('rig-login'))
    expect(inputOf(app.get('login-password')).type).toBe('password')
    expect(inputOf(app.get('login-password')).value).toBe('')
    await app.type('login-password', 'wrong')
    app.get('login-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(app.text('login-verdict')).toContain('It refused this password')
    expect(app.text('login-standing')).toContain('not tried again')
    expect(inputOf(app.get('login-password')).value).toBe('')
    expect(app.text('login-factory')).toContain('“root”')
    await app.click(app.get('login-use-factory'))
    expect(core.callsOf('rigs.useFactoryLogin')).toEqual([{ id: 'b' }])
    expect(app.text('login-verdict')).toBe('The rig took it.')
  })

  it('stores a login for the family of the chosen rigs', async () => {
    const core = fleetCore(
      ['a', 'b'].map((id) => pretendFleetRig({ id, family: 'vnish', familyName: 'VNish', login: 'missing' })),
    )
    app = await mountApp(core, '/rigs')
    await choose('a', 'b')
    await app.click(app.get('bulk-more'))
    await app.click(app.get('bulk-login'))
    expect(app.pageText()).toContain('Login for all VNish rigs')
    await app.type('login-password', 'secret')
    app.get('login-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(core.fleet.logins.get('family/vnish')).toEqual({ username: '', password: 'secret' })
    expect(app.find('login-form')).toBeNull()
  })
})
