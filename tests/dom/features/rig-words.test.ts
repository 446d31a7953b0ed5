import { describe, expect, it } from 'vitest'
import { boardChips, boardColumns } from '@/features/rig/board-columns.ts'
import { boardTitle, chipField, knownChipMetrics, tileColour } from '@/features/rig/chip-field.ts'
import { rigLines } from '@/features/rig/history-ranges.ts'
import { bundleFileName, prettyReply, supportBundle } from '@/features/rig/raw-replies.ts'
import { rigBanners } from '@/features/rig/rig-banners.ts'
import { compareRates, freshnessText, shownRig } from '@/features/rig/rig-glance.ts'
import { fanFacts, supplyFacts, temperatureFacts } from '@/features/rig/sensor-facts.ts'
import { uptimeRuns, uptimeWords } from '@/features/rig/uptime.ts'
import { whyNoTuning } from '@/features/rig/why-no-tuning.ts'
import { axisAround, settingText, trialPoints, tuningEstimate } from '@/ui/tuning/tuning-words.ts'
import { pretendCapabilities, pretendFleetRig, pretendRigDetail } from '../../support/pretend-fleet-rigs.ts'
import { pretendChips, pretendTuning } from '../../support/pretend-rig-page.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0)
const rig = (given: Parameters<typeof pretendFleetRig>[0] = { id: 'a' }) =>
  pretendFleetRig({ readAt: NOW - 4000, lastShareAt: NOW - 4000, ...given })
const detail = (given: Partial<Parameters<typeof pretendFleetRig>[0]> = {}, more = {}) =>
  pretendRigDetail(rig({ id: 'a', ...given }), more)

describe('how old a reading is', () => {
  it('is told in words for each kind of freshness', () => {
    expect(freshnessText(rig(), NOW)).toMatchObject({ tone: 'neutral', text: 'read 4 s ago' })
    expect(freshnessText(rig({ id: 'a', freshness: 'stale', readAt: NOW - 95_000 }), NOW)).toMatchObject({
      tone: 'warn',
      text: 'not read for 1 min',
    })
    expect(freshnessText(rig({ id: 'a', freshness: 'gone', readAt: NOW - 1_260_000 }), NOW)).toMatchObject({
      tone: 'bad',
      text: 'last read 21 min ago',
    })
    expect(freshnessText(rig({ id: 'a', freshness: 'never', readAt: null }), NOW).text).toBe('never read')
  })

  it('hides what was measured once it is too old, but not what the rig is', () => {
    const old = shownRig(rig({ id: 'a', freshness: 'gone' }))
    expect(old).toMatchObject({ hashrateHs: null, chipMaxC: null, powerW: null, model: 'Gamma 601' })
    expect(shownRig(rig({ id: 'a', freshness: 'stale' })).hashrateHs).toBe(1.18e12)
  })
})

describe('the rate of a rig beside the one from its shares', () => {
  const compare = (effectiveHs: number | null, error: number | null = 0.05) =>
    compareRates(
      { hashrateHs: 1e12, effectiveHs, minesHere: effectiveHs !== null },
      { hashrateRatioError: error },
    )

  it('differs by luck within what is known of it', () => {
    expect(compare(0.96e12)).toMatchObject({ difference: '4.0 % less', tone: 'neutral' })
    expect(compare(0.96e12).meaning).toContain('differ by luck')
    expect(compare(1.001e12).difference).toBe('the same')
  })

  it('asks for attention when less arrives than luck explains', () => {
    expect(compare(0.7e12)).toMatchObject({ difference: '30 % less', tone: 'warn' })
    expect(compare(0.7e12).meaning).toContain('hash errors')
    expect(compare(1.4e12).tone).toBe('neutral')
  })

  it('says why there is none', () => {
    expect(compare(null).difference).toBeNull()
    expect(compare(null).meaning).toContain('mines elsewhere')
  })
})

describe('what to know of a rig first', () => {
  it('says that a wrong password is not tried again, and names the factory login', () => {
    const wrong = detail(
      { login: 'wrong' },
      {
        credentials: {
          from: 'rig',
          username: 'root',
          neededFor: 'writing',
          factoryUsername: 'root',
          refused: true,
        },
      },
    )
    const [login, ...others] = rigBanners(wrong, NOW, true)
    expect(login).toMatchObject({ id: 'login', tone: 'bad', offer: 'login' })
    expect(login?.title).toContain('not tried again until you change it')
    expect(login?.text).toContain('“root”')
    expect(others).toEqual([])
  })

  it('tells a login that only changing needs from one that reading needs', () => {
    const needing = (neededFor: 'reading' | 'writing') =>
      rigBanners(
        detail(
          { login: 'missing' },
          { credentials: { from: 'none', username: null, neededFor, factoryUsername: null, refused: false } },
        ),
        NOW,
        true,
      )[0]
    expect(needing('writing')).toMatchObject({ tone: 'info' })
    expect(needing('reading')).toMatchObject({ tone: 'warn' })
  })

  it('says an error at the top only where the list of errors is not on the page', () => {
    const hot = detail({
      state: 'overheated',
      errors: { count: 1, worst: 'error', first: 'Too hot: it stopped.' },
    })
    expect(rigBanners(hot, NOW, true)).toEqual([])
    expect(rigBanners(hot, NOW, false)[0]).toMatchObject({
      id: 'health',
      tone: 'bad',
      title: 'Too hot: it stopped.',
    })
  })

  it('warns of a farm manager, of what is under way, and of what could not be read', () => {
    const ids = rigBanners(
      detail(
        { managedBy: 'foremanGroup', busy: { action: 'reboot', since: NOW - 12_000 } },
        { unread: ['summary'] },
      ),
      NOW,
      true,
    )
    expect(ids.map(({ id }) => id)).toEqual(['managed', 'busy', 'unread'])
    expect(ids[0]?.text).toContain('change back')
    expect(ids[1]).toMatchObject({ title: 'Rebooting this rig', text: 'Since 12 s.' })
    expect(ids[2]?.text).toContain('summary')
  })

  it('is nothing for a rig that is well', () => {
    expect(rigBanners(detail(), NOW, true)).toEqual([])
  })
})

describe('a field of chips', () => {
  const chips = pretendChips(2, 4, { deadIndex: 5 })

  it('offers only what at least one chip says', () => {
    expect(knownChipMetrics(chips).map(({ value }) => value)).toEqual([
      'temperature',
      'hashrate',
      'errors',
      'frequency',
    ])
    expect(knownChipMetrics([])).toEqual([])
  })

  it('parts chips by board, in order, and marks the dead', () => {
    const field = chipField([...chips].reverse(), detail().boards, 'temperature')
    expect(field.boards.map(({ title, tiles, deadCount }) => [title, tiles.length, deadCount])).toEqual([
      ['Board 1', 4, 0],
      ['Board 2', 4, 1],
    ])
    expect(field.boards[1]?.tiles.map(({ text }) => text)[1]).toBe('×')
    expect(field.boards[1]?.tiles[1]?.facts).toContain('does not work')
    expect(field.boards[0]?.tiles[0]?.facts).toMatch(/°C, .* GH\/s, 610 MHz/)
  })

  it('does not paint a degree like a fire, nor a cool board red', () => {
    const even = [60, 61].map((temperatureC, index) => ({ ...chips[0]!, index, temperatureC }))
    const ratios = chipField(even, [], 'temperature').boards[0]!.tiles.map(({ ratio }) => ratio)
    expect(ratios[1]! - ratios[0]!).toBeLessThan(0.05)
    expect(ratios[1]).toBeLessThan(0.5)
    const hot = chipField([{ ...chips[0]!, temperatureC: 97 }], [], 'temperature')
    expect(hot.boards[0]?.tiles[0]?.ratio).toBe(1)
    expect(hot.high).toBe('97 °C')
  })

  it('shows what a chip does not say as a dash, not as zero', () => {
    const silent = [{ ...chips[0]!, temperatureC: null }, chips[1]!]
    expect(chipField(silent, [], 'temperature').boards[0]?.tiles[0]).toMatchObject({
      text: '–',
      state: 'unknown',
    })
  })

  it('writes rates of all tiles in one unit', () => {
    const rates = [9.5e11, 1.2e12].map((hashrateHs, index) => ({ ...chips[0]!, index, hashrateHs }))
    const field = chipField(rates, [], 'hashrate')
    expect(field.unit).toBe('TH/s')
    expect(field.boards[0]?.tiles.map(({ text }) => text)).toEqual(['0.95', '1.20'])
  })

  it('colours by tone, so that both themes stay readable', () => {
    expect(tileColour('heat', 1)).toContain('--bad')
    expect(tileColour('fault', 0)).toContain('--good')
  })

  it('calls boards by number unless the rig has a word of its own', () => {
    expect(boardTitle('2', 1)).toBe('Board 2')
    expect(boardTitle('', 0)).toBe('Board 1')
    expect(boardTitle('Chain 0', 0)).toBe('Chain 0')
  })
})

describe('boards, fans and temperatures', () => {
  it('has only the columns that a board says something for', () => {
    const [board] = detail().boards
    const columns = boardColumns([{ ...board!, boardC: null, voltageV: null, hardwareErrors: 3 }])
    expect(columns.map(({ id }) => id)).toEqual(['chips', 'frequency', 'errors'])
  })

  it('counts chips that work of those there are', () => {
    const [board] = detail().boards
    expect(boardChips({ ...board!, chipsWorking: 107, chipsExpected: 108 })).toEqual({
      text: '107 of 108',
      short: true,
    })
    expect(boardChips({ ...board!, chipsWorking: null, chipsExpected: null }).text).toBe('–')
  })

  it('names fans, and says which is faulty', () => {
    const facts = fanFacts(
      detail(
        {},
        {
          fans: [{ label: '2', rpm: 0, dutyPercent: 80, ok: false }],
          psuFans: [{ label: '', rpm: null, dutyPercent: null, ok: null }],
        },
      ),
    )
    expect(facts[0]).toMatchObject({ label: 'Fan 2', value: '0 rpm', tone: 'bad', note: 'at 80 %, faulty' })
    expect(facts[1]).toMatchObject({ label: 'Power supply fan 1', value: '–' })
  })

  it('leaves out temperatures that are not measured, and calls a weak Wi-Fi weak', () => {
    expect(temperatureFacts(detail()).map(({ label }) => label)).not.toContain('Water in')
    const facts = supplyFacts(detail({}, { wifiRssiDbm: -82, inputVoltageV: 5.02 }))
    expect(facts[0]).toMatchObject({ label: 'Input voltage', value: '5.02 V' })
    expect(facts[1]).toMatchObject({ value: '-82 dBm', tone: 'warn' })
  })
})

describe('tuning in words', () => {
  it('is for small boards that mine and list what is safe', () => {
    expect(whyNoTuning(detail())).toBeNull()
    expect(whyNoTuning(detail({ state: 'paused' }))).toContain('does not mine now (paused)')
    expect(whyNoTuning(detail({ freshness: 'stale' }))).toContain('not being read')
    expect(
      whyNoTuning(detail({ capabilities: pretendCapabilities({ 'set-voltage': 'Needs its code.' }) })),
    ).toBe('Needs its code.')
    const { settings } = detail()
    expect(whyNoTuning(detail({}, { settings: { ...settings, coreVoltageOptionsMv: [] } }))).toContain(
      'does not guess',
    )
    expect(whyNoTuning(detail({ family: 'antminer', familyName: 'Antminer stock' }))).toContain(
      'small boards',
    )
  })

  it('estimates by the settings that lie in the direction of the goal, never above the most it tries', () => {
    const { settings } = detail()
    // 525 of 400 490 525 550 600 625 and 1150 of 1000 1060 1100 1150 1200 1250.
    expect(tuningEstimate('hashrate', settings, 90)).toEqual({ trials: 12, ms: 12 * 94_000 })
    expect(tuningEstimate('quiet', settings, 60)).toEqual({ trials: 12, ms: 12 * 64_000 })
    expect(tuningEstimate('efficiency', settings, 90).trials).toBe(24)
  })

  it('makes points of trials, the best marked, without those that measured nothing', () => {
    const tuning = pretendTuning('a', NOW)
    expect(trialPoints(tuning, 'settings')).toHaveLength(tuning.trials.length)
    expect(trialPoints(tuning, 'settings').filter(({ isBest }) => isBest)).toHaveLength(1)
    const blind = {
      ...tuning,
      trials: tuning.trials.map((trial) => ({ ...trial, powerW: null, efficiencyJTh: null })),
    }
    expect(trialPoints(blind, 'outcome')).toEqual([])
  })

  it('puts round ticks around the values', () => {
    const axis = axisAround([400, 600])
    expect(axis.min).toBeLessThan(400)
    expect(axis.max).toBeGreaterThan(600)
    expect(axis.ticks).toEqual([400, 450, 500, 550, 600])
    expect(axisAround([1150]).ticks.length).toBeGreaterThan(1)
    expect(axisAround([]).ticks).toEqual([0, 1])
    expect(settingText({ frequencyMHz: 525, coreVoltageMv: 1150 })).toBe('525 MHz at 1,150 mV')
  })
})

describe('raw replies', () => {
  it('are indented where they are JSON and left alone where not', () => {
    expect(prettyReply('{"a":[1]}')).toEqual({ text: '{\n  "a": [\n    1\n  ]\n}', isJson: true })
    expect(prettyReply('[12:00] boot')).toEqual({ text: '[12:00] boot', isJson: false })
  })

  it('make a support file that holds nothing of the person', () => {
    const named = detail({
      name: 'Grandma’s heater',
      notes: 'behind the blue door',
      place: { room: 'Attic', shelf: '3' },
      pool: { url: 'stratum+tcp://pool.example.com:3333', user: 'bc1qexample.heater', alive: true },
    })
    const text = supportBundle(
      named,
      [{ request: 'GET /info', at: NOW, text: '{"user":"•••"}', bytes: 14, repaired: [] }],
      { version: '0.1.0', at: NOW },
    )
    for (const secret of ['Grandma', 'blue door', 'Attic', 'bc1qexample', 'pool.example.com', '192.0.2.60'])
      expect(text).not.toContain(secret)
    expect(JSON.parse(text)).toMatchObject({
      kind: 'headframe-rig-support',
      rig: { family: 'axeos', model: 'Gamma 601' },
      replies: [{ request: 'GET /info', text: '{"user":"•••"}' }],
    })
    expect(bundleFileName(named, NOW)).toBe('headframe-rig-bitaxe-gamma-601-2026-11-22.json')
  })
})

describe('the uptime of a rig', () => {
  it('joins stretches that are alike and leaves those open in which nobody looked', () => {
    expect(uptimeRuns([1, 1, null, 1, 0], [1, 0.9, null, 0.1, 0])).toEqual([
      { standing: 'hashing', from: 0, to: 2 },
      { standing: 'unwatched', from: 2, to: 3 },
      { standing: 'reachable', from: 3, to: 4 },
      { standing: 'unreachable', from: 4, to: 5 },
    ])
  })

  it('is told of the time that was watched only', () => {
    expect(uptimeWords([1, 1, null, 0], [1, 0.5, null, 0])).toBe(
      'Hashing 50 % of the time, reachable 67 %; watched 75 % of it.',
    )
    expect(uptimeWords([null], [null])).toBe('Nobody looked in this time.')
  })

  it('asks for shares by the key of the proxy, and not at all where the proxy never saw the rig', () => {
    const metrics = ['rig-hashrate', 'hashrate'] as const
    expect(rigLines(metrics, 'a', 'key-a').map(({ rigs }) => rigs)).toEqual([['a'], ['key-a']])
    expect(rigLines(metrics, 'a', null).map(({ metric }) => metric)).toEqual(['rig-hashrate'])
  })
})
