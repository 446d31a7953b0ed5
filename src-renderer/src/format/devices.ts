/**
 * USB and serial devices in words: states, heat beside its limits, why power was taken away and what to do, what a count
 * means, what can be told to a device now. Pure; sentences of the core itself are shown as they come.
 */
import type {
  Device,
  DeviceAccess,
  DeviceChip,
  DeviceCut,
  DeviceDetail,
  DeviceEvent,
  DeviceFan,
  DeviceFault,
  DeviceLimits,
  DeviceReadings,
  DeviceState,
} from '@contract'
import { formatHashrate } from './hashrate.ts'
import { ABSENT } from './measured.ts'
import { formatCount, formatPercent, formatPlural } from './number.ts'
import type { StateShape } from './rig-words.ts'
import type { Tone, Wording } from './words.ts'

export type DeviceWording = Wording & { shape: StateShape }

const STATES: Record<DeviceState, DeviceWording> = {
  ask: {
    label: 'Which one is it?',
    tone: 'info',
    shape: 'question',
    meaning: 'Its USB chip is used in many things. Nothing is sent to it until you say what it is.',
  },
  driver: {
    label: 'Needs a driver',
    tone: 'warn',
    shape: 'cross',
    meaning: 'The system offers no serial port for it yet.',
  },
  blocked: {
    label: 'Cannot be reached',
    tone: 'bad',
    shape: 'cross',
    meaning: 'It is there, but its port cannot be opened or it does not answer as it should.',
  },
  stopped: {
    label: 'Stopped',
    tone: 'neutral',
    shape: 'square',
    meaning: 'It stays off until you start it.',
  },
  waiting: {
    label: 'Waiting for work',
    tone: 'info',
    shape: 'clock',
    meaning: 'It is ready, and off until a pool gives it a job.',
  },
  starting: {
    label: 'Starting',
    tone: 'info',
    shape: 'half',
    meaning: 'Power comes first, then its chips are counted and set up, then the clock rises step by step.',
  },
  hashing: { label: 'Hashing', tone: 'good', shape: 'check', meaning: 'It mines now.' },
  recovering: {
    label: 'Recovering',
    tone: 'warn',
    shape: 'half',
    meaning: 'Something went wrong. It is switched off and set up again from the beginning.',
  },
  cut: {
    label: 'Power cut',
    tone: 'bad',
    shape: 'heat',
    meaning: 'The safety watch took its power away.',
  },
  unsupported: {
    label: 'Not driven',
    tone: 'neutral',
    shape: 'question',
    meaning: 'Headframe leaves it alone.',
  },
  gone: { label: 'Unplugged', tone: 'neutral', shape: 'unplugged', meaning: 'It is not plugged in now.' },
}

export function deviceStateWording(state: DeviceState): DeviceWording {
  return STATES[state]
}

/** Where its port is the matter, how to give access is worth a look. */
export const isAboutAccess = ({ state, problem }: Pick<Device, 'state' | 'problem'>): boolean =>
  state === 'driver' ||
  (state === 'blocked' &&
    /^(?:port|usb)\/(?:no-access|open-failed|not-found|unavailable|wrong-driver)$/.test(problem?.code ?? ''))

/** Whether it is plugged in. */
export const isPluggedIn = ({ state }: Pick<Device, 'state'>): boolean => state !== 'gone'

/** What may be under power, or may come to be without a person. */
const RUNNING: ReadonlySet<DeviceState> = new Set(['waiting', 'starting', 'hashing', 'recovering'])
export const isRunning = ({ state }: Pick<Device, 'state'>): boolean => RUNNING.has(state)

/** What a person can do with it now, the most useful first. */
export type DeviceOffer = 'acknowledge' | 'start' | 'stop' | 'restart' | 'forget'

export function deviceOffers({ state, cut, settings }: Device): DeviceOffer[] {
  switch (state) {
    case 'waiting':
    case 'starting':
    case 'hashing':
    case 'recovering':
      return ['stop', 'restart']
    case 'stopped':
      return cut?.mustAcknowledge === true ? ['acknowledge', 'start'] : ['start']
    case 'cut':
      return cut?.mustAcknowledge === true ? ['acknowledge', 'stop'] : ['stop']
    case 'blocked':
      return settings === null ? ['restart'] : ['restart', 'stop']
    case 'gone':
      return ['forget']
    case 'ask':
    case 'driver':
    case 'unsupported':
      return []
  }
}

/** Nobody has let it mine yet: it is shown with what would happen if one did. */
export const isFirstTime = ({ state, nonces, cut, settings }: Device): boolean =>
  state === 'stopped' && nonces === 0 && cut === null && settings !== null

/** Those that a person has to look at first, then by name as people count, then what is unplugged. */
export function inOrder(devices: readonly Device[]): Device[] {
  const place = ({ state }: Device): number => (state === 'ask' ? 0 : state === 'gone' ? 2 : 1)
  return [...devices].sort(
    (a, b) =>
      place(a) - place(b) ||
      a.name.localeCompare(b.name, 'en', { numeric: true }) ||
      a.id.localeCompare(b.id, 'en'),
  )
}

/** `4 plugged in, 3 hashing, 1.28 TH/s`. */
export function devicesSummary(devices: readonly Device[]): string {
  const plugged = devices.filter(isPluggedIn)
  const hashing = plugged.filter(({ state }) => state === 'hashing')
  const known = hashing.flatMap(({ hashrateHs }) => (hashrateHs === null ? [] : [hashrateHs]))
  return [
    `${formatCount(plugged.length)} plugged in`,
    `${formatCount(hashing.length)} hashing`,
    ...(known.length === 0 ? [] : [formatHashrate(known.reduce((sum, each) => sum + each, 0))]),
  ].join(', ')
}

/** The measured rate with how sure it is: `± 6 %` is one sigma. */
export function rateText({
  state,
  hashrateHs,
  hashrateErrorRatio,
}: Pick<Device, 'state' | 'hashrateHs' | 'hashrateErrorRatio'>): { value: string; note: string } {
  if (state !== 'hashing') return { value: ABSENT, note: '' }
  if (hashrateHs === null) return { value: 'settling', note: 'counting' }
  return {
    value: formatHashrate(hashrateHs),
    note: hashrateErrorRatio === null ? '' : `± ${formatPercent(hashrateErrorRatio)}`,
  }
}

export const RATE_MEANING =
  'Counted from the nonces its chips report. It wanders by luck: two times in three the true rate lies within the ± beside it.'

/** Of what its present clock should give; null where either is not known. */
export function rateRatio({
  hashrateHs,
  expectedHashrateHs,
}: Pick<Device, 'hashrateHs' | 'expectedHashrateHs'>): number | null {
  if (hashrateHs === null || expectedHashrateHs === null || expectedHashrateHs === 0) return null
  return hashrateHs / expectedHashrateHs
}

/** `58.5 °C`: a tenth matters beside a limit. */
export const celsiusText = (celsius: number | null): string =>
  celsius === null ? ABSENT : `${celsius.toFixed(1)} °C`
/** `1.148 V`. */
export const voltsText = (millivolts: number | null): string =>
  millivolts === null ? ABSENT : `${(millivolts / 1000).toFixed(millivolts < 3000 ? 3 : 2)} V`
/** `15.2 A`. */
export const ampsText = (milliamps: number | null): string =>
  milliamps === null ? ABSENT : `${(milliamps / 1000).toFixed(1)} A`
/** `525 MHz`, `543.75 MHz`. */
export const megahertzText = (frequencyMhz: number | null): string =>
  frequencyMhz === null ? ABSENT : `${String(Number(frequencyMhz.toFixed(2)))} MHz`
/** `1,150 mV`. */
export const millivoltsText = (millivolts: number | null): string =>
  millivolts === null ? ABSENT : `${formatCount(millivolts)} mV`

/** How a value stands beside its limits. */
export function limitTone(value: number | null, warn: number | null, trip: number | null): Tone {
  if (value === null) return 'neutral'
  if (trip !== null && value >= trip) return 'bad'
  if (warn !== null && value >= warn) return 'warn'
  return 'good'
}

/** Above this duty a fan that does not turn is a fault. */
const STALLED_ABOVE_PERCENT = 30
export function fanTone({ fanRpm, fanPercent }: Pick<DeviceReadings, 'fanRpm' | 'fanPercent'>): Tone {
  if (fanRpm === null && fanPercent === null) return 'neutral'
  return fanRpm === 0 && (fanPercent ?? 0) > STALLED_ABOVE_PERCENT ? 'bad' : 'good'
}

/** Readings come about every second; older than this they are no longer live. */
const READINGS_STALE_MS = 8000
export const areReadingsOld = (readings: DeviceReadings | null, now: number): boolean =>
  readings !== null && now - readings.at > READINGS_STALE_MS

const CUTS: Record<DeviceCut['cause'], { title: string; advice: string }> = {
  'too-hot': {
    title: 'The chip got too hot',
    advice: 'Check that the heat sink sits firmly and air can pass, or choose a lower frequency.',
  },
  'regulator-too-hot': {
    title: 'The voltage regulator got too hot',
    advice: 'Give it more air, or choose a lower frequency or core voltage.',
  },
  'too-much-power': {
    title: 'It drew more power than it may',
    advice: 'Choose a lower frequency or core voltage.',
  },
  'fan-stalled': {
    title: 'The fan stood still',
    advice: 'Check its plug, and that nothing blocks the blades. Do not run it without.',
  },
  'sensors-silent': {
    title: 'Its temperature could no longer be read',
    advice:
      'Without it nobody can tell how hot it is. Unplug it and plug it in again; if it happens again, try another cable.',
  },
  'regulator-fault': {
    title: 'Its voltage regulator reported a fault',
    advice: 'Often the supply is too weak: check its plug and its rating, then start it again.',
  },
  'control-lost': {
    title: 'The board stopped answering',
    advice: 'Unplug it and plug it in again. If other devices vanish with it, the USB hub is too weak.',
  },
  'hashing-silent': {
    title: 'Its mining part fell silent',
    advice: 'It starts again by itself. If it happens often, restart Headframe.',
  },
  stopped: { title: 'It was switched off', advice: 'Start it when you like.' },
  unplugged: { title: 'It was unplugged', advice: 'Plug it in again: it goes on with its settings.' },
}

export function cutWording(cut: DeviceCut): { title: string; advice: string } {
  return CUTS[cut.cause]
}
/** Cuts that are no fault are not worth a red card. */
export const isFault = ({ cause }: DeviceCut): boolean => cause !== 'stopped' && cause !== 'unplugged'

const CHIP_HEALTH: Record<DeviceChip['health'], { label: string; tone: Tone }> = {
  ok: { label: 'As expected', tone: 'good' },
  weak: { label: 'Weak: less than 80 % of what it should find', tone: 'warn' },
  errors: { label: 'Many wrong results', tone: 'bad' },
  silent: { label: 'Silent: it should have answered long ago', tone: 'bad' },
  settling: { label: 'Too early to say', tone: 'neutral' },
}
export const chipWording = (health: DeviceChip['health']): { label: string; tone: Tone } =>
  CHIP_HEALTH[health]

/** Everything known of a chip, in one line. */
export function chipFacts(chip: DeviceChip): string {
  return [
    chipWording(chip.health).label,
    chip.hashrateHs === null ? 'rate settling' : formatHashrate(chip.hashrateHs),
    chip.expectedRatio === null ? null : `${formatPercent(chip.expectedRatio)} of expected`,
    formatPlural(chip.nonces, 'nonce', 'nonces'),
    formatPlural(chip.hardwareErrors, 'error', 'errors'),
  ]
    .filter((each) => each !== null)
    .join(', ')
}

/** `3 errors` and which part of all nonces they are: `0.47 %`. */
export function errorsText(nonces: number, hardwareErrors: number): { count: string; part: string | null } {
  if (hardwareErrors === 0) return { count: 'no errors', part: null }
  const ratio = hardwareErrors / Math.max(1, nonces + hardwareErrors)
  return { count: formatPlural(hardwareErrors, 'error', 'errors'), part: formatPercent(ratio) }
}

/** From here on wrong results are worth a colour. */
const MANY_ERRORS_RATIO = 0.02
export function errorsTone(nonces: number, hardwareErrors: number): Tone {
  if (hardwareErrors < 3) return 'neutral'
  return hardwareErrors / (nonces + hardwareErrors) > MANY_ERRORS_RATIO ? 'warn' : 'neutral'
}

export interface CountWording {
  key: keyof DeviceDetail['counts']
  label: string
  meaning: string
}
/** What its chips reported and what became of it; the last ones are about the line, not the chips. */
export const DEVICE_COUNTS: readonly CountWording[] = [
  {
    key: 'shares',
    label: 'Shares',
    meaning: 'Nonces good enough for the pool. They were checked here first.',
  },
  {
    key: 'nearMisses',
    label: 'Near misses',
    meaning: 'Correct nonces that are easier than a share. They measure the rate and go nowhere.',
  },
  {
    key: 'hardwareErrors',
    label: 'Hardware errors',
    meaning: 'Nonces that turned out wrong when hashed again: too fast a clock, too little voltage, or heat.',
  },
  {
    key: 'duplicates',
    label: 'Duplicates',
    meaning: 'Nonces that came twice. A few are normal, many mean that its search space is too small.',
  },
  {
    key: 'stale',
    label: 'Stale',
    meaning: 'Found a moment too late, for work that a new block had already replaced. A few are normal.',
  },
  {
    key: 'foreign',
    label: 'Of unknown jobs',
    meaning: 'Answers to jobs that are no longer kept, such as those left over from before a restart.',
  },
  {
    key: 'skippedBytes',
    label: 'Skipped bytes',
    meaning:
      'Bytes between answers that made no sense. Some come at every start; many mean a bad cable or hub.',
  },
  {
    key: 'badFrames',
    label: 'Broken answers',
    meaning: 'Answers whose check sum was wrong. They are thrown away: none becomes a share.',
  },
]

const HEALTH_TONES: Record<DeviceDetail['health']['tone'], { tone: Tone; label: string; shape: StateShape }> =
  {
    good: { tone: 'good', label: 'Well', shape: 'check' },
    warning: { tone: 'warn', label: 'Worth a look', shape: 'cross' },
    error: { tone: 'bad', label: 'Not well', shape: 'cross' },
    unknown: { tone: 'neutral', label: 'Too early to say', shape: 'clock' },
  }
export const deviceHealthWording = (
  tone: DeviceDetail['health']['tone'],
): { tone: Tone; label: string; shape: StateShape } => HEALTH_TONES[tone]

const EVENT_TONES: Record<DeviceEvent['tone'], Tone> = {
  info: 'neutral',
  good: 'good',
  warning: 'warn',
  error: 'bad',
}
export const eventTone = (tone: DeviceEvent['tone']): Tone => EVENT_TONES[tone]

/** `Holds the chip at 60 °C, never below 25 %`. */
export function fanText(fan: DeviceFan | null): string {
  switch (fan?.mode) {
    case 'target':
      return `Holds the chip at ${String(fan.chipC)} °C, never below ${String(fan.minPercent)} %`
    case 'fixed':
      return `Always ${String(fan.percent)} %`
    case 'curve':
      return `Follows a curve of ${formatPlural(fan.points.length, 'point', 'points')}`
    case undefined:
      return 'No fan that can be set'
  }
}

export interface SafetySentence {
  text: string
  /** guard: watches over the board. gap: what nobody watches, or cannot do. */
  kind: 'guard' | 'gap'
}

/** What keeps it safe and what does not, one sentence each. */
export function safetySentences(limits: DeviceLimits): SafetySentence[] {
  const { chipWarnC, chipTripC, regulatorTripC, maxPowerW, fanMinPercent, canCutPower, measuresHeat } = limits
  const guard = (text: string): SafetySentence => ({ text, kind: 'guard' })
  const gap = (text: string): SafetySentence => ({ text, kind: 'gap' })
  return [
    measuresHeat
      ? guard(
          `From ${String(chipWarnC)} °C you are warned; at ${String(chipTripC)} °C the board is stopped, even when the rest of Headframe hangs.`,
        )
      : gap('It has no thermometer that can be read: touch it with care, and keep air moving over it.'),
    ...(measuresHeat && regulatorTripC !== null
      ? [guard(`It is stopped when its voltage regulator reaches ${String(regulatorTripC)} °C.`)]
      : []),
    ...(maxPowerW === null ? [] : [guard(`It is stopped when it draws more than ${String(maxPowerW)} W.`)]),
    ...(fanMinPercent === null
      ? []
      : [
          guard(
            limits.stopsOnFanStall
              ? `Its fan never runs below ${String(fanMinPercent)} %; a fan that stands still for ten seconds stops the board.`
              : `Its fan never runs below ${String(fanMinPercent)} %.`,
          ),
        ]),
    canCutPower
      ? guard('Stopping takes the core voltage away.')
      : gap('Headframe cannot take its power away, only its work. To cut the power, unplug it.'),
  ]
}

/** @returns what is left of a board's safety when nobody watches it */
export function whenKilled({ canCutPower, measuresHeat }: DeviceLimits): string {
  // What has a control channel has a board of its own around its chips, which goes on without us.
  return canCutPower || measuresHeat
    ? 'If Headframe is killed, the board may keep its power and go on hashing with nobody watching its heat. The next start switches it off before it does anything else; until then, unplug it.'
    : 'If Headframe is killed, its chips run out of work and idle, still under power. Unplug it to cut that too.'
}

/** The nearest value that the board can be set to. */
export function toStep(range: { min: number; max: number; step: number }, value: number): number {
  const steps = Math.round((value - range.min) / range.step)
  const most = Math.floor((range.max - range.min) / range.step + 1e-9)
  return Number((range.min + Math.min(Math.max(steps, 0), most) * range.step).toFixed(3))
}

/** Whether it lies on the range's grid and within it. */
export const isOnStep = (range: { min: number; max: number; step: number }, value: number): boolean =>
  value >= range.min && value <= range.max && Math.abs(toStep(range, value) - value) < 1e-6

/** `400 to 625 MHz in steps of 6.25, usually 525`. */
export function rangeText(
  range: { min: number; max: number; step: number; default: number },
  unit: string,
): string {
  return `${formatCount(range.min)} to ${formatCount(range.max)} ${unit} in steps of ${String(range.step)}; usually ${range.default.toLocaleString('en-US')}`
}

/** Where the USB port is, for people who look for it. */
export function usbText({ vendorId, productId, ports }: Device['usb']): string {
  const id = vendorId === null || productId === null ? null : `${vendorId}:${productId}`
  return [id, ...ports].filter((each) => each !== null).join(' · ')
}

const PLATFORMS: Record<DeviceAccess['platform'], string> = {
  linux: 'Linux',
  macos: 'macOS',
  windows: 'Windows',
  other: 'this system',
}
export const platformText = (platform: DeviceAccess['platform']): string => PLATFORMS[platform]

/** What can be plugged in, for those who have nothing plugged in yet. */
export const DEVICE_KINDS: readonly { name: string; chips: string; rate: string; hint: string }[] = [
  {
    name: 'Bitaxe on bitaxe-raw',
    chips: 'Ultra, Supra, Gamma',
    rate: '0.4 to 1.1 TH/s',
    hint: 'With the bitaxe-raw USB firmware. With its usual firmware it mines over the network: see Find.',
  },
  {
    name: 'GekkoScience sticks',
    chips: 'Compac, 2Pac, NewPac, Compac F, A1, A2',
    rate: '8 to 600 GH/s',
    hint: 'They get hot: use a powered hub and a fan. Some models need a driver, which is said here.',
  },
  {
    name: 'GekkoScience pods',
    chips: 'Terminus, R606, R909',
    rate: '0.1 to 1.8 TH/s',
    hint: 'With a supply of their own. The USB cable carries the data alone.',
  },
  {
    name: 'Old sticks',
    chips: 'Block Erupter, AntMiner U1 and U2, Icarus',
    rate: '0.3 to 2 GH/s',
    hint: 'For fun and for learning. They do not say what they are, so you will be asked.',
  },
]

export const CABLE_HINT =
  'A Bitaxe that does not show up is nearly always the cable: use one from USB-A to USB-C. Many boards stay invisible on cables from C to C, and cables that only charge carry no data.'

/** Practice only. */
export const DEVICE_FAULTS: readonly { fault: DeviceFault; label: string; hint: string }[] = [
  { fault: 'overheat', label: 'Overheat', hint: 'Its chip gets hotter and hotter' },
  { fault: 'stuck-fan', label: 'Stick the fan', hint: 'It stands still whatever it is told' },
  { fault: 'dead-chip', label: 'Kill a chip', hint: 'One chip no longer answers' },
  { fault: 'lost-bytes', label: 'Lose bytes', hint: 'As a bad cable does' },
  { fault: 'bad-crc', label: 'Break answers', hint: 'Their check sums are wrong' },
  { fault: 'silence', label: 'Fall silent', hint: 'It takes what is sent and says nothing' },
  { fault: 'unplug', label: 'Unplug it', hint: 'In the midst of whatever it does' },
  { fault: 'plug-in', label: 'Plug it in', hint: 'It goes on with its settings' },
  { fault: 'heal', label: 'Heal it', hint: 'Everything is well again' },
]
