import { ORPCError } from '@orpc/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Device, DeviceDetail } from '@contract'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool } from '../../support/pretend-farm.ts'
import {
  pretendDevice,
  pretendDeviceDetail,
  pretendDeviceTuning,
  pretendUnknownDevice,
} from '../../support/pretend-device-values.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const ID = 'c0de:cafe:1A2B3C4D'
const readings = { ...pretendDevice().readings!, at: START }
const gamma = (changes: Partial<Device> = {}): Device =>
  pretendDevice({ readings, since: START - 60_000, ...changes })
const overheated = (mustAcknowledge = true): Partial<Device> => ({
  state: 'cut',
  doing: 'Off until you acknowledge it.',
  hashrateHs: null,
  cut: { cause: 'too-hot', message: 'The chip was at 76.5 °C.', at: START - 30_000, mustAcknowledge },
})

let app: MountedApp
let core: PretendCore
async function open(devices: readonly Device[], path = '/devices', practice = false): Promise<void> {
  core = new PretendCore({
    pools: [pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready' })],
    devices: { devices },
    overview: { practice },
  })
  app = await mountApp(core, path)
  await vi.dynamicImportSettled()
  await pass(50)
}
const openPage = (changes: Partial<Device> = {}, practice = false): Promise<void> =>
  open([gamma(changes)], `/devices/${encodeURIComponent(ID)}`, practice)
const button = (testId: string): HTMLButtonElement => app.get(testId) as HTMLButtonElement
const within = (outer: string, testId: string): HTMLElement => {
  const found = app.get(outer).querySelector<HTMLElement>(`[data-testid="${testId}"]`)
  if (found === null) throw new Error(`${outer} has no ${testId}`)
  return found
}
async function submit(testId: string): Promise<void> {
  app
    .get(testId)
    .querySelector('form')!
    .dispatchEvent(new Event('submit', { cancelable: true }))
  await pass()
}
const show = async (changes: Partial<DeviceDetail>): Promise<void> => {
  const detail = core.devices.detail(ID)
  detail.set({ ...detail.value, ...changes })
  await pass()
}

beforeEach(useFakeClock)
afterEach(async () => {
  await app.unmount()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the list of devices', () => {
  it('tells a newcomer what can be plugged in, which cable, and how to give access', async () => {
    await open([])
    expect(app.text('devices-empty')).toContain('Bitaxe on bitaxe-raw')
    expect(app.text('devices-empty')).toContain('Block Erupter')
    expect(app.text('devices-empty')).toContain('from USB-A to USB-C')
    expect(app.find('devices-stop-all')).toBeNull()
    await app.click(app.get('devices-empty-access'))
    expect(app.text('device-rule')).toContain('TAG+="uaccess"')
  })

  it('says what each does, its rate with how sure it is, heat, power, fan, nonces and shares', async () => {
    await open([gamma()])
    expect(app.text('devices-summary')).toBe('1 plugged in, 1 hashing, 1.05 TH/s')
    const row = app.text(`device-${ID}`)
    for (const text of [
      'Bitaxe Gamma 3C4D',
      'BM1370',
      'Hashing at 525 MHz',
      '1.05 TH/s',
      '± 6.0 %',
      '58.5 °C',
    ])
      expect(row).toContain(text)
    for (const text of ['17.6 W', 'fan 62 %', '640', '1 error', '58', '0 refused'])
      expect(row).toContain(text)
    expect(app.get('device-state').dataset.state).toBe('hashing')
    const meter = app.get(`device-${ID}`).querySelector('[role="meter"]')!
    expect(meter.getAttribute('aria-valuetext')).toBe('58.5 °C')
  })

  it('says that a rate settles instead of showing a number it is not sure of', async () => {
    await open([gamma({ hashrateHs: null })])
    expect(app.text('device-rate')).toContain('settling')
  })

  it('follows what comes, changes and goes, and counts what is plugged in beside its name', async () => {
    await open([gamma()])
    const count = (): string =>
      document.querySelector('nav a[href="#/devices"]')?.textContent?.replace(/\s+/g, ' ').trim() ?? ''
    expect(count()).toBe('Devices 1')
    core.devices.list.change([pretendUnknownDevice()])
    await pass()
    expect(count()).toBe('Devices 2')
    core.devices.change(ID, { state: 'gone', doing: 'Unplugged.', readings: null })
    await pass()
    expect(count()).toBe('Devices 1')
    expect(within('devices-gone', 'device-state').textContent).toContain('Unplugged')
  })

  it('stops a board at one click and starts it again', async () => {
    await open([gamma()])
    await app.click(app.get('device-stop'))
    expect(core.callsOf('devices.act')).toEqual([{ id: ID, action: 'stop' }])
    expect(app.text('device-doing')).toBe('Switched off')
    await app.click(app.get('device-start'))
    expect(core.callsOf('devices.act')).toContainEqual({ id: ID, action: 'start' })
    expect(app.get('device-state').dataset.state).toBe('starting')
  })

  it('stops all boards after a word', async () => {
    await open([gamma(), gamma({ id: 'c0de:cafe:2', name: 'second' })])
    await app.click(app.get('devices-stop-all'))
    expect(core.callsOf('devices.stopAll')).toEqual([])
    expect(app.pageText()).toContain('Stop 2 boards now?')
    await app.click(app.get('confirm-action'))
    expect(core.callsOf('devices.stopAll')).toHaveLength(1)
    expect(app.text('devices-summary')).toBe('2 plugged in, 0 hashing')
  })

  it('keeps the question open with the words of the core when stopping all fails', async () => {
    await open([gamma()])
    core.answerNext('devices.stopAll', () => new Error('One board did not answer: unplug it.'))
    await app.click(app.get('devices-stop-all'))
    await app.click(app.get('confirm-action'))
    expect(app.pageText()).toContain('One board did not answer: unplug it.')
  })

  it('says why power was cut and what to do, and starts again only after a person has seen it', async () => {
    await open([gamma(overheated())])
    expect(app.text('device-cut')).toContain('The chip got too hot')
    expect(app.text('device-cut')).toContain('The chip was at 76.5 °C.')
    expect(app.text('device-cut')).toContain('heat sink')
    expect(app.find('device-start')).toBeNull()
    await app.click(app.get('device-acknowledge'))
    expect(core.callsOf('devices.act')).toEqual([{ id: ID, action: 'acknowledge' }])
    expect(app.find('device-cut')).toBeNull()
  })

  it('asks what an anonymous bridge is before anything is sent, or leaves it alone', async () => {
    await open([pretendUnknownDevice()])
    expect(app.text('device-ask')).toContain('Nothing has been sent to it')
    expect(button('device-choose').disabled).toBe(true)
    const list = app.get('device-candidate') as HTMLSelectElement
    list.value = 'block-erupter'
    list.dispatchEvent(new Event('change', { bubbles: true }))
    await pass()
    await submit('device-ask')
    expect(core.callsOf('devices.choose')).toEqual([{ id: '10c4:ea60:0001', modelId: 'block-erupter' }])
  })

  it('leaves a stranger alone when told, and lets that be taken back', async () => {
    await open([pretendUnknownDevice()])
    await app.click(app.get('device-leave'))
    expect(core.callsOf('devices.choose')).toEqual([{ id: '10c4:ea60:0001', modelId: null }])
    expect(app.get('device-state').dataset.state).toBe('unsupported')
    expect(app.text('device-ask')).toContain('You left it alone')
  })

  it('tells before the first start what was found, what it will do and where it stops', async () => {
    await open([
      gamma({
        state: 'stopped',
        doing: 'Stopped.',
        nonces: 0,
        hashrateHs: null,
        settings: { ...gamma().settings!, enabled: false },
      }),
    ])
    const card = app.text('device-first')
    expect(card).toContain('Bitaxe Gamma by Bitaxe, with one BM1370 chip.')
    expect(card).toContain('525 MHz at 1,150 mV, which is about 1.07 TH/s')
    expect(card).toContain('At 75 °C or 40 W')
    expect(document.querySelectorAll('[data-testid="device-start"]')).toHaveLength(1)
    await app.click(app.get('device-start'))
    expect(core.callsOf('devices.act')).toEqual([{ id: ID, action: 'start' }])
  })

  it('explains a port without permission and opens the help for it', async () => {
    const message = 'You may not open /dev/ttyACM0.'
    await open([
      gamma({
        state: 'blocked',
        doing: message,
        problem: { code: 'port/no-access', message },
        limits: null,
        settings: null,
      }),
    ])
    expect(app.text('device-doing')).toContain(message)
    expect(app.find('device-problem')).toBeNull()
    await app.click(app.get('device-open-access'))
    expect(app.find('device-access')).not.toBeNull()
  })

  it('forgets only what is unplugged, and only after a word', async () => {
    await open([gamma({ state: 'gone', doing: 'Unplugged.', readings: null })])
    await app.click(app.get('device-forget'))
    expect(core.callsOf('devices.forget')).toEqual([])
    await app.click(app.get('confirm-action'))
    expect(core.callsOf('devices.forget')).toEqual([{ id: ID }])
    await pass()
    expect(app.find('devices-empty')).not.toBeNull()
  })

  it('offers to try again when the core cannot give the list', async () => {
    await open([])
    core.devices.list.readers.end(
      new ORPCError('SERVICE_UNAVAILABLE', {
        message: 'Not ready.',
        data: { code: 'device/none', context: {} },
      }),
    )
    await pass()
    expect(app.pageText()).toContain('Not ready.')
  })
})

describe('access to devices', () => {
  it('shows the rule, saves it under its name, and gives the commands', async () => {
    await open([gamma()])
    await app.click(app.get('devices-access'))
    expect(app.text('device-access-standing')).toContain('may not open serial ports')
    expect(app.text('device-access')).toContain('sudo udevadm control --reload')
    expect(app.text('device-access')).toContain('plug it in again')
    expect(app.text('device-rule-commands')).toContain('sudo cp')
    const names: string[] = []
    vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x')
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download)
    })
    await app.click(app.get('device-rule-save'))
    expect(names).toEqual(['70-headframe.rules'])
  })

  it('asks again on request, as after installing it', async () => {
    await open([gamma()])
    await app.click(app.get('devices-access'))
    core.answerNext('devices.access', () => ({ ...core.devices.access, allowed: true }))
    await app.click(app.get('device-access-again'))
    expect(app.text('device-access-standing')).toContain('may open serial ports')
  })

  it('does not claim that all is well where it cannot be told', async () => {
    await open([gamma()])
    core.answerNext('devices.access', () => ({ ...core.devices.access, allowed: null }))
    await app.click(app.get('devices-access'))
    expect(app.text('device-access-standing')).toContain('If it cannot, install this rule.')
  })

  it('has notes instead of a rule where there are no rules', async () => {
    await open([gamma()])
    core.answerNext('devices.access', () => ({
      platform: 'windows',
      allowed: null,
      rule: null,
      notes: [{ title: 'No serial port?', text: 'Zadig replaced its driver.' }],
    }))
    await app.click(app.get('devices-access'))
    expect(app.find('device-rule')).toBeNull()
    expect(app.text('device-access')).toContain('Zadig replaced its driver.')
  })
})

describe('the page of a device', () => {
  it('says what it does, at which clock, and how sure its rate is', async () => {
    await openPage()
    expect(app.text('device-name')).toBe('Bitaxe Gamma 3C4D')
    expect(app.text('device-doing')).toBe('Hashing at 525 MHz')
    expect(app.text('device-rate')).toBe('1.05 TH/s ± 6.0 %')
    expect(app.text('device-clock')).toBe('525 MHz')
    expect(app.text('device-health')).toContain('98 % of the expected rate')
    await show({ device: gamma({ doing: 'Raising the clock.', state: 'starting', progress: 0.4 }) })
    expect(app.text('device-doing')).toBe('Raising the clock.')
    expect(app.get('device-progress').getAttribute('aria-valuenow')).toBe('40')
  })

  it('draws heat and power beside the limits that stop the board', async () => {
    await openPage()
    expect(app.text('device-gauge-chip')).toContain('warns at 70, stops at 75 °C')
    expect(app.text('device-gauge-power')).toContain('stops above 40 W')
    expect(app.text('device-gauge-fan')).toContain('62 % · 4,210 rpm')
    await show({ device: gamma({ readings: { ...readings, fanRpm: 0, fanPercent: 100 } }) })
    expect(app.text('device-gauge-fan')).toContain('it stands still')
  })

  it('lets old readings look old', async () => {
    await openPage()
    const heat = (): string => app.get('device-heat').innerHTML
    expect(heat()).not.toContain('stale')
    core.tick()
    await pass(12_000)
    core.tick()
    await pass(1000)
    expect(heat()).toContain('stale')
  })

  it('shows each chip with its rate and errors, by keyboard too, and nonces of unknown chips', async () => {
    await openPage()
    const chip = pretendDeviceDetail(gamma()).chips[0]!
    await show({
      chips: [
        { ...chip, index: 0 },
        { ...chip, index: 1, health: 'errors', hardwareErrors: 40 },
        { ...chip, index: 2, health: 'silent', hashrateHs: 0, expectedRatio: 0 },
      ],
      unattributedNonces: 7,
    })
    const tiles = [...app.get('device-chips').querySelectorAll<HTMLElement>('[data-chip]')]
    expect(tiles.map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1])
    tiles[0]!.focus()
    tiles[0]!.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }),
    )
    await pass()
    expect(document.activeElement).toBe(tiles[1])
    expect(app.text('device-chip-facts')).toContain('Chip 2: Many wrong results')
    expect(tiles[2]!.getAttribute('aria-label')).toContain('Silent')
    expect(app.text('device-unattributed')).toContain('7 more nonces')
  })

  it('does not pass off the last numbers of a board at rest as live', async () => {
    await openPage()
    expect(app.text('device-chips')).not.toContain('when it last hashed')
    await show({ device: gamma(overheated(false)), health: { tone: 'unknown', reasons: [] } })
    expect(app.text('device-chips')).toContain('when it last hashed')
    expect(app.text('device-health')).toContain('Judged while it hashes')
    expect(app.text('device-rate')).toBe('–')
  })

  it('says for whom it works and what became of its nonces', async () => {
    await openPage()
    expect(app.text('device-pool')).toBe('Copper Ridge')
    expect(app.text('device-work')).toContain('500 ms')
    expect(app.text('device-count-nearMisses')).toBe('582')
    expect(app.text('device-count-stale')).toBe('1')
    expect(app.text('device-events')).toContain('Hashing at 525 MHz')
  })

  it('sends a new clock within the range, on a step the board can make', async () => {
    await openPage()
    expect(app.text('device-settings')).toContain('400 to 625 MHz in steps of 6.25; usually 525')
    expect(button('device-save').disabled).toBe(true)
    await app.type('device-frequency', '500')
    await submit('device-settings')
    expect(core.callsOf('devices.update')).toEqual([{ id: ID, frequencyMhz: 500 }])
    expect(app.text('device-settings')).toContain('Saved')
    await app.type('device-frequency', '520')
    expect(app.text('device-settings')).toContain('Becomes 518.75 MHz')
    await submit('device-settings')
    expect(core.callsOf('devices.update')[1]).toEqual({ id: ID, frequencyMhz: 518.75 })
  })

  it('does not let go of a clock outside the range', async () => {
    await openPage()
    await app.type('device-frequency', '900')
    expect(app.text('device-settings')).toContain('From 400 to 625')
    expect(button('device-save').disabled).toBe(true)
  })

  it('shows the refusal of the core and keeps what was written', async () => {
    await openPage()
    core.answerNext('devices.update', () => new Error('This board bears no more than 600 MHz.'))
    await app.type('device-frequency', '612.5')
    await submit('device-settings')
    expect(app.text('device-refusal')).toContain('no more than 600 MHz')
    expect((app.get('device-frequency') as HTMLInputElement).value).toBe('612.5')
  })

  it('keeps what is being written while values tick, and follows a change from elsewhere', async () => {
    await openPage()
    await app.type('device-voltage', '1120')
    core.devices.change(ID, { nonces: 700, settings: { ...gamma().settings!, frequencyMhz: 475 } })
    await pass()
    expect((app.get('device-voltage') as HTMLInputElement).value).toBe('1120')
    expect((app.get('device-frequency') as HTMLInputElement).value).toBe('475')
  })

  it('drives the fan at one speed, or along a curve that has to rise', async () => {
    await openPage()
    const choose = async (label: string): Promise<void> => {
      const found = [...app.get('device-fan').querySelectorAll('button')].find(
        (each) => each.textContent?.trim() === label,
      )
      await app.click(found!)
    }
    await choose('One speed')
    await app.type('device-fan-percent', '80')
    await submit('device-settings')
    expect(core.callsOf('devices.update')).toEqual([{ id: ID, fan: { mode: 'fixed', percent: 80 } }])
    await choose('Curve')
    const inputs = [...app.get('device-fan').querySelectorAll('input')]
    inputs[2]!.value = '20'
    inputs[2]!.dispatchEvent(new Event('input', { bubbles: true }))
    await pass()
    expect(app.text('device-fan')).toContain('Temperatures have to rise')
    expect(button('device-save').disabled).toBe(true)
  })

  it('starts a tuning with the device’s id, and shows how it goes', async () => {
    await openPage()
    await submit('tuning-form')
    expect(core.callsOf('devices.tune')[0]).toMatchObject({ id: ID, goal: 'efficiency', maxChipC: 65 })
    core.fleet.tunings.change([pretendDeviceTuning(ID)])
    await pass()
    expect(app.text('tuning-message')).toContain('Watching 525 MHz')
    expect(app.find('tuning-form')).toBeNull()
  })

  it('says in words what keeps it safe, and what is left of that when Headframe is killed', async () => {
    await openPage(overheated())
    expect(app.text('device-safety')).toContain('at 75 °C the board is stopped')
    expect(app.text('device-last-cut')).toContain('The chip got too hot')
    expect(app.text('device-when-killed')).toContain('The next start switches it off')
    await app.click(app.get('device-acknowledge'))
    expect(core.callsOf('devices.act')).toEqual([{ id: ID, action: 'acknowledge' }])
  })

  it('lets a board misbehave in practice only', async () => {
    await openPage({}, true)
    await app.click(app.get('device-misbehave'))
    await app.click(app.get('device-fault-overheat'))
    expect(core.callsOf('devices.fault')).toEqual([{ id: ID, fault: 'overheat' }])
    await app.unmount()
    await openPage()
    expect(app.find('device-misbehave')).toBeNull()
  })

  it('says so when the device is not known', async () => {
    await open([gamma()], '/devices/nobody')
    expect(app.pageText()).toContain('This device is not known')
  })
})
