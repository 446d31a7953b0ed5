import { ORPCError } from '@orpc/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Rig, RigDetail } from '@contract'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool, pretendRig } from '../../support/pretend-farm.ts'
import { pretendCapabilities, pretendFleetRig } from '../../support/pretend-fleet-rigs.ts'
import { pretendChips, pretendErrors, pretendRigPool, pretendTuning } from '../../support/pretend-rig-page.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const mining = (given: Partial<Rig> = {}): Rig =>
  pretendFleetRig({
    id: 'a',
    name: 'shed-1',
    hostname: 'bitaxe-ab12',
    readAt: START - 4000,
    lastShareAt: START - 5000,
    ...given,
  })

interface Given {
  rig?: Partial<Rig>
  detail?: Partial<RigDetail>
}

let app: MountedApp
let core: PretendCore
async function open(part = '', { rig = {}, detail }: Given = {}): Promise<void> {
  core = new PretendCore({
    pools: [pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready' })],
    rigs: [pretendRig({ id: 'line', rigKey: 'line', hashrateHs: 1.16e12, hashrateRatioError: 0.05 })],
    fleet: { rigs: [mining(rig), pretendFleetRig({ id: 'b', name: 'other' })] },
  })
  if (detail !== undefined) core.fleet.details.set('a', detail)
  app = await mountApp(core, `/rigs/a${part}`)
}
const button = (testId: string): HTMLButtonElement => app.get(testId) as HTMLButtonElement
const inputOf = (testId: string): HTMLInputElement => {
  const element = app.get(testId)
  return element instanceof HTMLInputElement ? element : element.querySelector('input')!
}
async function select(testId: string, value: string): Promise<void> {
  const element = app.get(testId) as HTMLSelectElement
  element.value = value
  element.dispatchEvent(new Event('change', { bubbles: true }))
  await pass()
}
async function submit(testId: string): Promise<void> {
  const element = app.get(testId)
  const form = element instanceof HTMLFormElement ? element : element.querySelector('form')!
  form.dispatchEvent(new Event('submit', { cancelable: true }))
  await pass()
}
async function press(element: HTMLElement, key: string): Promise<void> {
  element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await pass()
}

beforeEach(useFakeClock)
afterEach(async () => {
  await app.unmount()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the head of a rig’s page', () => {
  it('says its state in words, how old that is, and its numbers with their source', async () => {
    await open('', { rig: { effectiveHs: 1.16e12, downstreamId: 'line', minesHere: true } })
    expect(app.text('rig-state')).toBe('Mining')
    expect(app.text('rig-freshness')).toBe('read 4 s ago')
    expect(app.text('rig-kind')).toContain('Bitaxe Gamma 601')
    expect(app.text('rig-rate')).toContain('1.18 TH/s')
    expect(app.text('rig-rate')).toContain('98 % of 1.20 TH/s')
    expect(app.text('rig-effective')).toContain('1.16 TH/s')
    expect(app.text('rig-effective')).toContain('1.7 % less')
    expect(app.text('rig-power')).toContain('18.2 W')
    expect(app.text('rig-power')).toContain('measured')
  })

  it('goes on ageing, and follows every reading', async () => {
    await open()
    await pass(3000)
    expect(app.text('rig-freshness')).toBe('read 7 s ago')
    core.fleet.change('a', { readAt: START + 3000, hashrateHs: 9e11, state: 'tuning' })
    await pass()
    expect(app.text('rig-state')).toBe('Tuning')
    expect(app.text('rig-rate')).toContain('900 GH/s')
  })

  it('shows a dash for what is absent, and never a zero', async () => {
    await open('', {
      rig: { powerW: null, powerSource: null, efficiencyJTh: null, chipMaxC: null, bestShare: null },
      detail: { blocksFound: null, hashErrorPercent: null, hardwareErrors: null },
    })
    expect(app.text('rig-power')).toBe('Power–')
    expect(app.text('rig-stats')).not.toMatch(/(^|\D)0 (W|°C|J\/TH)/)
    expect(app.text('rig-stats')).toContain('Blocks found–')
  })

  it('does not show numbers that are too old as if they were live', async () => {
    await open('', { rig: { state: 'unreachable', freshness: 'gone', readAt: START - 1_260_000 } })
    expect(app.text('rig-state')).toBe('Unreachable')
    expect(app.text('rig-freshness')).toBe('last read 21 min ago')
    expect(app.text('rig-rate')).not.toContain('1.18')
    expect(app.text('rig-health')).toContain('No answer for 21 min')
  })

  it('marks last known values of a rig that stopped answering', async () => {
    await open('', { rig: { freshness: 'stale', readAt: START - 95_000 } })
    expect(app.text('rig-freshness')).toBe('not read for 1 min')
    expect(app.get('rig-rate').querySelector('.stale')?.textContent).toContain('1.18 TH/s')
  })

  it('changes the name in place, and gives the rig its own back', async () => {
    await open()
    await app.click(app.get('rig-name-edit'))
    await app.type('rig-name-input', ' Heater ')
    await submit('rig-name-form')
    expect(core.callsOf('rigs.update')).toEqual([{ id: 'a', name: 'Heater' }])
    expect(app.text('rig-name')).toBe('Heater')
    await app.click(app.get('rig-name-edit'))
    await app.type('rig-name-input', '')
    await submit('rig-name-form')
    expect(app.text('rig-name')).toBe('bitaxe-ab12')
  })

  it('leaves the name alone on Escape, and says what is wrong with one', async () => {
    await open()
    await app.click(app.get('rig-name-edit'))
    await app.type('rig-name-input', 'x'.repeat(61))
    await submit('rig-name-form')
    expect(app.text('rig-name-form')).toContain('at most 60 characters')
    await press(app.get('rig-name-input'), 'Escape')
    expect(app.text('rig-name')).toBe('shed-1')
  })

  it('says that a wrong password is not tried again, and opens the login', async () => {
    await open('', {
      rig: { login: 'wrong' },
      detail: {
        credentials: {
          from: 'rig',
          username: 'root',
          neededFor: 'writing',
          factoryUsername: 'root',
          refused: true,
        },
      },
    })
    expect(app.text('rig-banner-login')).toContain('Wrong password: not tried again until you change it')
    await app.click(app.get('rig-banner-login').querySelector('button')!)
    expect(app.find('login-form')).not.toBeNull()
  })

  it('greys what cannot be told now, with the reason, and does not tell it', async () => {
    await open('', {
      rig: {
        capabilities: pretendCapabilities({
          pause: 'Pausing needs AxeOS 2.14 or newer.',
          resume: 'Pausing needs AxeOS 2.14 or newer.',
        }),
      },
    })
    const pause = app.get('rig-action-pause')
    expect(pause.getAttribute('aria-disabled')).toBe('true')
    expect(pause.getAttribute('aria-description')).toBe('Pausing needs AxeOS 2.14 or newer.')
    await app.click(pause)
    expect(app.find('run-dialog')).toBeNull()
    expect(core.callsOf('runs.start')).toEqual([])
  })

  it('stops flashing what flashes', async () => {
    await open('', { rig: { locating: true } })
    expect(app.text('rig-action-locate')).toBe('Stop flashing')
    await app.click(app.get('rig-action-locate'))
    expect(core.callsOf('runs.start')).toMatchObject([{ action: 'locate', rigIds: ['a'], on: false }])
  })

  it('goes over to another rig without mixing the two', async () => {
    await open('/pools')
    await app.wrapper.vm.$router.push('/rigs/b/pools')
    await pass(50)
    expect(app.text('rig-name')).toBe('other')
  })

  it('says so when the rig is forgotten elsewhere while its page is open', async () => {
    await open()
    core.fleet.remove('a')
    await pass(4000)
    expect(app.pageText()).toContain('There is no such rig')
  })
})

describe('the health of a rig', () => {
  it('lists errors, the worst first, with what to do about them', async () => {
    await open('', { detail: { errors: [...pretendErrors(START)].reverse() } })
    const items = [...app.get('rig-errors').querySelectorAll('li')].map((item) => item.textContent ?? '')
    expect(items[0]).toContain('Fault: Board 2 lost a chip')
    expect(items[0]).toContain('Reboot the rig.')
    expect(items[0]).toContain('Board 2')
    expect(items[0]).toMatch(/first seen\s*2 h ago/)
    expect(items[1]).toContain('Fan 2 turns slower')
    expect(app.text('rig-tab-health')).toContain('2')
  })

  it('shows a missing board as missing, and a weak one against what is expected', async () => {
    await open()
    const [board] = core.fleet.detail('a').boards
    core.fleet.details.set('a', {
      boards: [
        {
          ...board!,
          slot: 0,
          label: '1',
          hashrateHs: 5e11,
          expectedHs: 1e12,
          chipsWorking: 3,
          chipsExpected: 4,
        },
        { ...board!, slot: 1, label: '2', missing: true },
      ],
    })
    core.fleet.change('a', {})
    await pass()
    expect(app.text('rig-board-0')).toContain('500 GH/s')
    expect(app.text('rig-board-0')).toContain('3 of 4')
    expect(app.get('rig-board-0').querySelector('[role="img"]')?.getAttribute('aria-label')).toBe(
      '50 % of what is expected',
    )
    expect(app.text('rig-board-1')).toContain('Missing')
  })

  it('draws hundreds of chips as one tab stop, and tells each on focus', async () => {
    await open('', { detail: { chips: pretendChips(6, 110, { deadIndex: 3 }) } })
    const tiles = [...app.get('rig-chips').querySelectorAll<HTMLElement>('[data-chip]')]
    expect(tiles).toHaveLength(660)
    expect(tiles.filter((tile) => tile.tabIndex === 0)).toHaveLength(1)
    expect(app.text('rig-chips')).toContain('1 does not work')
    tiles[0]!.focus()
    await pass()
    expect(app.text('chip-tip')).toMatch(/chip 1.*°C/)
    await press(tiles[0]!, 'ArrowRight')
    expect(document.activeElement).toBe(tiles[1])
    await press(tiles[1]!, 'End')
    expect(document.activeElement).toBe(tiles[659])
    expect(tiles[3]!.getAttribute('aria-label')).toContain('does not work')
  })

  it('has no field of chips where the rig says nothing of them', async () => {
    await open('', { detail: { chips: [] } })
    expect(app.find('rig-chips')).toBeNull()
  })
})

describe('the pools of a rig', () => {
  const pools = [
    pretendRigPool({
      index: 0,
      url: 'stratum+tcp://pool.example.com:3333',
      user: 'farm.a',
      active: true,
      accepted: 51,
      pingMs: 21,
    }),
    pretendRigPool({ index: 1, url: 'stratum+tcp://backup.example.net:3333', alive: false }),
    pretendRigPool({ index: 9, url: 'stratum+ssl://fee.example.org:443', devFee: true, alive: null }),
  ]

  it('are listed as the rig has them, with the dev fee flagged and dead ones plain', async () => {
    await open('/pools', { detail: { pools } })
    expect(app.text('rig-mines-at')).toBe('It mines past this Headframe, at pool.example.com:3333.')
    expect(app.text('rig-pool-0')).toContain('In use')
    expect(app.text('rig-pool-0')).toContain('21 ms')
    expect(app.text('rig-pool-1')).toContain('does not answer')
    expect(app.text('rig-pool-9')).toContain('dev fee')
    expect(app.find('rig-connection')!.textContent).toContain('not connected')
  })

  it('shows which of them leads here, and its connection', async () => {
    await open('/pools', { rig: { minesHere: true, downstreamId: 'line' }, detail: { pools } })
    expect(app.text('rig-mines-at')).toBe('It mines here, at this Headframe.')
    expect(app.text('rig-pool-0')).toContain('this Headframe')
    expect(app.text('rig-connection')).toContain('Difficulty')
  })

  it('warns that a farm manager may change them back', async () => {
    await open('/pools', { rig: { managedBy: 'foremanGroup' } })
    expect(app.text('rig-banner-managed')).toContain('it may change back')
  })

  it('sends the rig here after a dry run, shows the proof, and takes it back', async () => {
    await open('/pools')
    await app.click(app.get('rig-action-send-to-headframe'))
    await pass(400)
    expect(core.callsOf('runs.start')).toMatchObject([
      { action: 'send-to-headframe', rigIds: ['a'], dryRun: true },
    ])
    expect(app.text('run-rehearsal')).toContain('Would set')
    await app.click(app.get('run-start'))
    await pass(3500)
    expect(app.text('rig-mines-at')).toContain('set to mine here')
    expect(app.text('rig-runs')).toContain('A share came in over the new pool')
    await app.click(app.get('rig-runs').querySelector('[data-testid^="rig-undo-"]')!)
    await pass(3500)
    expect(core.callsOf('runs.undo')).toHaveLength(1)
    expect(app.text('rig-runs')).toContain('undone')
  })

  it('says when nothing was proven', async () => {
    await open('/pools')
    core.fleet.unproven.add('a')
    await app.click(app.get('rig-action-send-to-headframe'))
    await pass(400)
    await app.click(app.get('run-start'))
    await pass(3500)
    expect(app.text('rig-runs')).toContain('no share came in 60 s')
  })
})

describe('the history of a rig', () => {
  interface Asked {
    lines: { metric: string; rigs: string[] | null }[]
    from: number
    to: number
    points: number
  }
  const asked = (): Asked[] => core.callsOf('history.explore') as Asked[]
  /** The window itself, not the whole range behind it. */
  const ofWindow = (spanMs: number): Asked[] =>
    asked().filter(({ from, to }) => Math.abs(to - from - spanMs) < 5)

  it('asks for its values over the chosen range, at most twelve at a time, and again when that changes', async () => {
    await open('/history')
    await pass(300)
    const day = ofWindow(86_400_000)
    expect(day.length).toBeGreaterThan(0)
    const metrics = new Set(day.flatMap(({ lines }) => lines.map(({ metric }) => metric)))
    for (const metric of ['rig-hashrate', 'rig-expected-hashrate', 'rig-power', 'rig-fan', 'rig-hashing'])
      expect(metrics, metric).toContain(metric)
    for (const { lines } of asked()) {
      expect(lines.length).toBeLessThanOrEqual(12)
      expect(new Set(lines.flatMap(({ rigs }) => rigs))).toEqual(new Set(['a']))
    }
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === '30 d')!,
    )
    await pass(300)
    expect(ofWindow(2_592_000_000).length).toBeGreaterThan(0)
  })

  it('says in words what a chart shows and how long the rig hashed', async () => {
    await open('/history')
    await pass(300)
    const chart = app.get('rig-history-hashrate').querySelector('[role="img"]')
    expect(chart?.getAttribute('aria-label')).toMatch(/^Hashrate, .*Hashrate: on average 1\.\d+ TH\/s, from /)
    expect(app.text('rig-uptime')).toMatch(/Hashing \d+.* of the time/)
  })

  it('says that nothing is stored where nothing is', async () => {
    await open('/history', { rig: { powerW: null } })
    await pass(300)
    expect(app.text('rig-history-power')).toContain('Nothing is stored for the last 24 hours')
  })

  it('says when it could not be loaded, chart by chart', async () => {
    await open()
    const explore = core.explored.explore.bind(core.explored)
    core.explored.explore = (query) => {
      if (query.lines.some(({ metric }) => metric === 'rig-power'))
        throw new ORPCError('SERVICE_UNAVAILABLE', {
          message: 'The history has stopped.',
          data: { code: 'history/stopped', context: {} },
        })
      return explore(query)
    }
    await app.click(app.get('rig-tab-history'))
    await pass(300)
    expect(app.text('rig-history-hashrate')).toContain('The history has stopped.')
    expect(app.text('rig-history-temperature')).not.toContain('The history has stopped.')
  })

  it('leads to the explorer with this rig and this stretch', async () => {
    await open('/history')
    await pass(300)
    const address = app.get('rig-open-explorer').getAttribute('href') ?? ''
    const query = new URLSearchParams(address.split('?')[1])
    expect(query.get('rigs')).toBe('a')
    expect(Number(query.get('to')) - Number(query.get('from'))).toBeCloseTo(86_400_000, -2)
  })
})

describe('the control of a rig', () => {
  it('offers what the firmware lists, and changes nothing before the dry run and a word', async () => {
    await open('/control')
    expect(app.text('setting-set-frequency')).toContain('Now 525 MHz')
    expect(button('apply-set-frequency').disabled).toBe(true)
    await select('setting-megahertz', '600')
    await app.click(app.get('apply-set-frequency'))
    await pass(400)
    expect(core.callsOf('runs.start')).toMatchObject([
      { action: 'set-frequency', rigIds: ['a'], megahertz: 600, dryRun: true },
    ])
    await app.click(app.get('run-start'))
    await pass(3500)
    expect(core.callsOf('runs.start')[1]).toMatchObject({ action: 'set-frequency', megahertz: 600 })
    expect(app.text('rig-runs')).toContain('Read back as it was set.')
  })

  it('keeps what a person chose while readings come in', async () => {
    await open('/control')
    await select('setting-millivolts', '1200')
    core.fleet.change('a', { readAt: START + 1000 })
    await pass()
    expect((app.get('setting-millivolts') as HTMLSelectElement).value).toBe('1200')
  })

  it('gives the reason in place of a control that is not offered', async () => {
    await open('/control', {
      rig: {
        capabilities: pretendCapabilities({
          'set-power-limit': 'AxeOS has no power limit: it has frequency and voltage.',
          restart: 'AxeOS restarts the whole board: use Reboot.',
        }),
      },
    })
    expect(app.text('setting-set-power-limit')).toContain('AxeOS has no power limit')
    expect(app.find('apply-set-power-limit')).toBeNull()
    expect(button('control-restart').disabled).toBe(true)
    expect(app.text('rig-actions')).toContain('use Reboot')
  })

  it('does not offer what would change nothing', async () => {
    await open('/control')
    expect(button('control-resume').disabled).toBe(true)
    expect(button('control-pause').disabled).toBe(false)
    core.fleet.change('a', { state: 'paused' })
    await pass()
    expect(button('control-resume').disabled).toBe(false)
    expect(button('control-pause').disabled).toBe(true)
  })

  it('asks before it reboots, and shows how it came back', async () => {
    await open('/control')
    await app.click(app.get('control-reboot'))
    await pass(400)
    expect(app.text('run-start')).toContain('Reboot 1 rig')
    expect(
      core.callsOf('runs.start').filter((call) => (call as { dryRun?: boolean }).dryRun !== true),
    ).toEqual([])
    await app.click(app.get('run-start'))
    await pass(3500)
    expect(app.text('rig-runs')).toContain('came back with an uptime')
  })

  it('fixes the fan at a speed, or leaves it to the rig', async () => {
    await open('/control')
    expect(button('apply-set-fan').disabled).toBe(true)
    await app.click(app.get('setting-set-fan').querySelector('[role="switch"]')!)
    await app.type('setting-percent', '80')
    await app.click(app.get('apply-set-fan'))
    await pass(400)
    expect(core.callsOf('runs.start')).toMatchObject([{ action: 'set-fan', percent: 80, dryRun: true }])
  })
})

describe('tuning a rig', () => {
  it('says what it will do, how long at most, and starts with safe limits', async () => {
    await open('/tuning')
    expect(app.text('tuning-estimate')).toBe('Takes 38 min at most: up to 24 settings of 90 s.')
    await app.type('tuning-step', '60')
    expect(app.text('tuning-estimate')).toContain('26 min')
    await submit('tuning-form')
    expect(core.callsOf('tuning.start')).toEqual([
      {
        id: 'a',
        goal: 'efficiency',
        maxChipC: 65,
        maxRegulatorC: 85,
        maxPowerW: null,
        maxErrorPercent: 1,
        stepSeconds: 60,
      },
    ])
  })

  it('refuses limits that are none', async () => {
    await open('/tuning')
    await app.type('tuning-chip', '90')
    expect(app.text('tuning-form')).toContain('From 40 to 75')
    expect(button('tuning-start').disabled).toBe(true)
  })

  it('shows each setting as it is tried, and the best so far', async () => {
    await open('/tuning')
    await submit('tuning-form')
    expect(app.get('tuning-view').dataset.state).toBe('running')
    expect(app.find('tuning-form')).toBeNull()
    expect(app.text('trial-0')).toContain('Being watched')
    expect(button('tuning-keep-best').disabled).toBe(true)
    await pass(3200)
    expect(app.text('trial-0')).toContain('Good')
    expect(app.text('tuning-best')).toContain('Best so far: 525 MHz at 1,100 mV')
    await pass(12_000)
    expect(app.get('tuning-view').dataset.state).toBe('done')
    expect(app.text('tuning-view')).toContain('Too many errors')
    expect(app.find('tuning-form')).not.toBeNull()
  })

  it('stops with the best, and can go back to what was before', async () => {
    await open('/tuning')
    await submit('tuning-form')
    await pass(3200)
    await app.click(app.get('tuning-keep-best'))
    expect(core.callsOf('tuning.stop')).toEqual([{ id: 'a', keep: 'best' }])
    expect(app.text('tuning-message')).toContain('the best that was found')
    await app.click(app.get('tuning-revert'))
    expect(core.callsOf('tuning.revert')).toEqual([{ id: 'a' }])
    expect(app.get('tuning-view').dataset.state).toBe('reverted')
    expect(app.find('tuning-revert')).toBeNull()
  })

  it('draws what was tried with reasons on focus, the best marked', async () => {
    await open('/tuning')
    core.fleet.tunings.change([pretendTuning('a', START), pretendTuning('b', START, { count: 2 })])
    await pass()
    const points = [...document.querySelectorAll<SVGElement>('[data-testid^="trial-point-"]')]
    expect(points).toHaveLength(8)
    expect(points.filter((point) => point.dataset.best === 'true')).toHaveLength(1)
    points[2]!.dispatchEvent(new FocusEvent('focus'))
    await pass()
    expect(app.text('trial-tip')).toContain('2.41 % of its hashes were wrong')
    expect(points[2]!.getAttribute('aria-label')).toContain('Too many errors')
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'Rate and J/TH')!,
    )
    expect(app.get('trial-chart').getAttribute('aria-label')).toContain('J/TH')
    expect(app.get('trial-table').querySelectorAll('tbody tr')).toHaveLength(8)
  })

  it('says why a rig cannot be tuned', async () => {
    await open('/tuning', { rig: { family: 'antminer', familyName: 'Antminer stock' } })
    expect(app.text('tuning-unable')).toContain('small boards')
    expect(app.find('tuning-start')).toBeNull()
  })

  it('shows the words of the core when it will not start', async () => {
    await open('/tuning')
    core.answerNext('tuning.start', () => new Error('It is being tuned already. Stop that first.'))
    await submit('tuning-form')
    expect(app.text('tuning-form')).toContain('It is being tuned already.')
  })
})

describe('raw replies of a rig', () => {
  it('are shown one at a time, indented, with what was repaired', async () => {
    await open('/raw')
    expect(app.text('raw-text')).toContain('"hashRate": 1180.2')
    expect(app.get('raw-text').textContent).toContain('\n  ')
    const requests = [...document.querySelectorAll<HTMLElement>('[data-testid="raw-request"]')]
    expect(requests).toHaveLength(3)
    await app.click(requests[1]!)
    expect(app.text('rig-raw')).toContain('a comma before a closing brace was taken out')
    await app.click(requests[2]!)
    expect(app.text('rig-raw')).toContain('only its beginning')
  })

  it('can be saved as a file', async () => {
    const made: Blob[] = []
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      made.push(blob as Blob)
      return 'blob:x'
    })
    const names: string[] = []
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download)
    })
    await open('/raw')
    await app.click(app.get('raw-download'))
    expect(names).toEqual(['headframe-rig-bitaxe-gamma-601-2026-11-22.json'])
    expect(JSON.parse(await made[0]!.text())).toMatchObject({
      kind: 'headframe-rig-support',
      headframeVersion: core.info.version,
    })
  })

  it('says when there is none yet, and when they could not be loaded', async () => {
    await open()
    core.fleet.raws.set('a', { rigId: 'a', replies: [] })
    await app.click(app.get('rig-tab-raw'))
    await pass()
    expect(app.text('rig-raw')).toContain('Nothing has been answered yet')
    core.answerNext('rigs.raw', () => new Error('The rig was removed.'))
    await app.click(app.get('raw-reload'))
    expect(core.callsOf('rigs.raw')).toHaveLength(2)
  })
})

describe('about a rig', () => {
  it('stores place, group and notes, and keeps what is written while readings come in', async () => {
    await open('/about')
    expect(button('notes-save').disabled).toBe(true)
    await app.type('notes-room', 'Attic')
    core.fleet.change('a', { readAt: START + 1000 })
    await pass()
    expect(inputOf('notes-room').value).toBe('Attic')
    await select('notes-group', 'heating')
    await submit('rig-notes-form')
    expect(core.callsOf('rigs.update')).toEqual([
      { id: 'a', place: { room: 'Attic', shelf: '' }, notes: '', groupId: 'heating' },
    ])
    expect(app.text('rig-notes-form')).toContain('Saved')
    expect(button('notes-save').disabled).toBe(true)
  })

  it('says what is known of its login', async () => {
    await open('/about', { rig: { login: 'entered' } })
    expect(app.text('rig-credentials')).toContain('Its own login is stored (root).')
    await app.click(app.get('about-login'))
    expect(app.find('login-form')).not.toBeNull()
  })

  it('forgets the rig only after a word, and goes back to the others', async () => {
    await open('/about')
    await app.click(app.get('rig-forget'))
    expect(core.callsOf('rigs.remove')).toEqual([])
    expect(app.pageText()).toContain('Forget shed-1?')
    await app.click(app.get('confirm-action'))
    await pass(100)
    expect(core.callsOf('rigs.remove')).toEqual([{ id: 'a' }])
    expect(app.find('screen-rig')).toBeNull()
  })
})
