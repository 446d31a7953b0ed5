import { describe, expect, it } from 'vitest'
import type { DeviceCut, DeviceState } from '@contract'
import {
  areReadingsOld,
  chipFacts,
  cutWording,
  deviceOffers,
  devicesSummary,
  deviceStateWording,
  errorsText,
  errorsTone,
  fanText,
  fanTone,
  inOrder,
  isAboutAccess,
  isFirstTime,
  isOnStep,
  limitTone,
  rangeText,
  rateText,
  safetySentences,
  toStep,
  voltsText,
  whenKilled,
} from '@/format/devices.ts'
import { optionsOf, whyNoDeviceTuning } from '@/features/devices/device-tuning.ts'
import { curveProblem, fanDraft, fanOfDraft } from '@/features/devices/fan-draft.ts'
import {
  pretendDevice,
  pretendDeviceDetail,
  pretendUnknownDevice,
} from '../../support/pretend-device-values.ts'

const RANGE = { min: 400, max: 625, step: 6.25, default: 525 }
const STATES: readonly DeviceState[] = [
  'ask',
  'driver',
  'blocked',
  'stopped',
  'waiting',
  'starting',
  'hashing',
  'recovering',
  'cut',
  'unsupported',
  'gone',
]
const cut: DeviceCut = { cause: 'too-hot', message: 'At 76.5 °C.', at: 1, mustAcknowledge: true }

describe('devices in words', () => {
  it('has a word, a form and a sentence for every state', () => {
    for (const state of STATES) {
      const { label, shape, meaning } = deviceStateWording(state)
      expect(label.length).toBeGreaterThan(3)
      expect(shape).toBeTruthy()
      expect(meaning).toMatch(/\.$/)
    }
  })

  it('offers to stop whatever may be under power, and nothing to what it does not know', () => {
    for (const state of ['waiting', 'starting', 'hashing', 'recovering', 'cut'] as const)
      expect(deviceOffers(pretendDevice({ state }))).toContain('stop')
    expect(deviceOffers(pretendUnknownDevice())).toEqual([])
    expect(deviceOffers(pretendDevice({ state: 'gone' }))).toEqual(['forget'])
  })

  it('lets nobody start what must be acknowledged first by accident', () => {
    expect(deviceOffers(pretendDevice({ state: 'cut', cut }))).toEqual(['acknowledge', 'stop'])
    expect(deviceOffers(pretendDevice({ state: 'stopped', cut }))[0]).toBe('acknowledge')
  })

  it('knows a board that was never started from one that a person stopped', () => {
    expect(isFirstTime(pretendDevice({ state: 'stopped', nonces: 0 }))).toBe(true)
    expect(isFirstTime(pretendDevice({ state: 'stopped', nonces: 12 }))).toBe(false)
    expect(isFirstTime(pretendDevice({ state: 'stopped', nonces: 0, cut }))).toBe(false)
  })

  it('puts what asks first, then names as people count, then what is unplugged', () => {
    const names = inOrder([
      pretendDevice({ id: '1', name: 'Board 10' }),
      pretendDevice({ id: '2', name: 'Attic', state: 'gone' }),
      pretendDevice({ id: '3', name: 'Board 9' }),
      pretendUnknownDevice(),
    ]).map(({ name }) => name)
    expect(names).toEqual(['USB device 10c4:ea60', 'Board 9', 'Board 10', 'Attic'])
  })

  it('adds up only rates that are known', () => {
    expect(devicesSummary([])).toBe('0 plugged in, 0 hashing')
    expect(
      devicesSummary([
        pretendDevice(),
        pretendDevice({ hashrateHs: null }),
        pretendDevice({ state: 'gone' }),
      ]),
    ).toBe('2 plugged in, 2 hashing, 1.05 TH/s')
  })

  it('never shows a rate of a board that does not hash, and says how sure it is of others', () => {
    expect(rateText(pretendDevice())).toEqual({ value: '1.05 TH/s', note: '± 6.0 %' })
    expect(rateText(pretendDevice({ hashrateHs: null })).value).toBe('settling')
    expect(rateText(pretendDevice({ state: 'cut' })).value).toBe('–')
  })

  it('tells heat by its limits, each of which counts when it is reached', () => {
    expect([null, 69.9, 70, 74.9, 75].map((celsius) => limitTone(celsius, 70, 75))).toEqual([
      'neutral',
      'good',
      'warn',
      'warn',
      'bad',
    ])
  })

  it('takes a fan for stuck only where it should turn', () => {
    expect(fanTone({ fanRpm: 0, fanPercent: 100 })).toBe('bad')
    expect(fanTone({ fanRpm: 0, fanPercent: 0 })).toBe('good')
    expect(fanTone({ fanRpm: null, fanPercent: null })).toBe('neutral')
  })

  it('calls readings old after eight seconds', () => {
    const readings = { ...pretendDevice().readings!, at: 1000 }
    expect(areReadingsOld(readings, 9000)).toBe(false)
    expect(areReadingsOld(readings, 9001)).toBe(true)
    expect(areReadingsOld(null, 9001)).toBe(false)
  })

  it('says what to do for every cause', () => {
    for (const cause of [
      'too-hot',
      'regulator-too-hot',
      'too-much-power',
      'fan-stalled',
      'sensors-silent',
      'regulator-fault',
      'control-lost',
      'hashing-silent',
      'stopped',
      'unplugged',
    ] as const)
      expect(cutWording({ ...cut, cause }).advice).toMatch(/\.$/)
  })

  it('points to access where the port is the matter, and not where another program has it', () => {
    const blocked = (code: string) => isAboutAccess({ state: 'blocked', problem: { code, message: '' } })
    expect(blocked('port/no-access')).toBe(true)
    expect(blocked('usb/wrong-driver')).toBe(true)
    expect(blocked('port/busy')).toBe(false)
    expect(isAboutAccess({ state: 'driver', problem: null })).toBe(true)
  })

  it('tells everything of a chip in a line', () => {
    expect(chipFacts(pretendDeviceDetail(pretendDevice()).chips[0]!)).toBe(
      'As expected, 1.05 TH/s, 98 % of expected, 640 nonces, 1 error',
    )
  })

  it('counts errors beside all nonces, and raises its voice only for many', () => {
    expect(errorsText(100, 0)).toEqual({ count: 'no errors', part: null })
    expect(errorsText(97, 3)).toEqual({ count: '3 errors', part: '3.0 %' })
    expect([errorsTone(4, 2), errorsTone(1000, 5), errorsTone(97, 3)]).toEqual(['neutral', 'neutral', 'warn'])
  })

  it('writes voltages so that a step can be seen', () => {
    expect([voltsText(1148), voltsText(5080), voltsText(null)]).toEqual(['1.148 V', '5.08 V', '–'])
  })

  it('says plainly what is not watched', () => {
    const limits = pretendDevice().limits!
    expect(safetySentences(limits).every(({ kind }) => kind === 'guard')).toBe(true)
    const blind = safetySentences({ ...limits, measuresHeat: false, canCutPower: false })
    expect(blind.filter(({ kind }) => kind === 'gap')).toHaveLength(2)
    expect(blind.map(({ text }) => text).join(' ')).not.toContain('you are warned')
    expect(whenKilled(limits)).toContain('next start switches it off')
    // A board with a control port goes on without us, whether its power can be switched off or not.
    expect(whenKilled({ ...limits, canCutPower: false })).toContain('next start switches it off')
    const stick = { ...limits, canCutPower: false, measuresHeat: false }
    expect(whenKilled(stick)).toContain('run out of work')
    expect(safetySentences(limits).some(({ text }) => text.includes('ten seconds'))).toBe(true)
    const patient = safetySentences({ ...limits, stopsOnFanStall: false })
    expect(patient.some(({ text }) => text.includes('ten seconds'))).toBe(false)
  })
})

describe('settings of a board', () => {
  it('snaps to what the board can make, and never beyond its range', () => {
    expect([520, 521.9, 0, 9999].map((value) => toStep(RANGE, value))).toEqual([518.75, 525, 400, 625])
    expect(toStep({ min: 400, max: 620, step: 6.25 }, 9999)).toBe(618.75)
    expect([525, 520, 399, 631.25].map((value) => isOnStep(RANGE, value))).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  it('tells the range with its step and what is usual', () => {
    expect(rangeText(RANGE, 'MHz')).toBe('400 to 625 MHz in steps of 6.25; usually 525')
  })

  it('tells how a fan is driven', () => {
    expect(fanText({ mode: 'target', chipC: 60, minPercent: 25 })).toContain('60 °C')
    expect(fanText({ mode: 'fixed', percent: 80 })).toBe('Always 80 %')
    expect(fanText(null)).toContain('No fan')
  })

  it('keeps what was written in every mode of the fan, and gives out only what makes sense', () => {
    const draft = fanDraft({ mode: 'target', chipC: 62, minPercent: 30 }, 25)
    expect(fanOfDraft(draft)).toEqual({ mode: 'target', chipC: 62, minPercent: 30 })
    expect(fanOfDraft({ ...draft, chipC: null })).toBeNull()
    expect(fanOfDraft({ ...draft, mode: 'fixed' })).toEqual({ mode: 'fixed', percent: 70 })
    expect(fanOfDraft({ ...draft, mode: 'curve' })).toMatchObject({ mode: 'curve', points: { length: 3 } })
  })

  it('refuses a curve that falls, stands still or has a hole', () => {
    const at = (chipC: number | null, percent: number | null) => ({ chipC, percent })
    expect(curveProblem([at(40, 30), at(60, 100)])).toBeNull()
    expect(curveProblem([at(60, 30), at(60, 100)])).toContain('rise')
    expect(curveProblem([at(40, 80), at(60, 50)])).toContain('slower')
    expect(curveProblem([at(40, null), at(60, 50)])).toContain('no number')
  })

  it('says why a board cannot be tuned', () => {
    const board = pretendDevice()
    expect(whyNoDeviceTuning(board)).toBeNull()
    expect(whyNoDeviceTuning({ ...board, state: 'stopped' })).toContain('stopped')
    expect(whyNoDeviceTuning({ ...board, limits: { ...board.limits!, coreVoltageMv: null } })).toContain(
      'voltage',
    )
    expect(whyNoDeviceTuning({ ...board, limits: { ...board.limits!, measuresHeat: false } })).toContain(
      'watch',
    )
  })

  it('lists the steps of a range with both ends', () => {
    const options = optionsOf(RANGE)
    expect([options.length, options[0], options.at(-1)]).toEqual([37, 400, 625])
  })
})
