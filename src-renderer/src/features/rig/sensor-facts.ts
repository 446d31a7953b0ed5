/** Fans, temperatures, what comes in and how well it is heard: what is known, as lines of a list. Pure. */
import type { RigDetail } from '@contract'
import { measuredPercent, measuredRpm, measuredTemperature } from '../../format/measured.ts'
import type { Tone } from '../../format/words.ts'

export interface Fact {
  label: string
  value: string
  tone: Tone
  note: string
  meaning?: string
}

const fact = (label: string, value: string, given: Partial<Fact> = {}): Fact => ({
  label,
  value,
  tone: 'neutral',
  note: '',
  ...given,
})

const known = (label: string, celsius: number | null, meaning?: string): Fact[] =>
  celsius === null
    ? []
    : [fact(label, measuredTemperature(celsius), meaning === undefined ? {} : { meaning })]

function fanTitle(label: string, index: number, kind: string): string {
  const own = label.trim()
  if (own === '') return `${kind} ${index + 1}`
  return /^\d+$/.test(own) ? `${kind} ${own}` : own
}

export function fanFacts(detail: RigDetail): Fact[] {
  const line =
    (kind: string) =>
    (fan: RigDetail['fans'][number], index: number): Fact =>
      fact(fanTitle(fan.label, index, kind), measuredRpm(fan.rpm), {
        tone: fan.ok === false ? 'bad' : 'neutral',
        note: [
          fan.dutyPercent === null ? null : `at ${measuredPercent(fan.dutyPercent)}`,
          fan.ok === false ? 'faulty' : null,
        ]
          .filter((part) => part !== null)
          .join(', '),
      })
  return [...detail.fans.map(line('Fan')), ...detail.psuFans.map(line('Power supply fan'))]
}

export function temperatureFacts({ temperatures }: RigDetail): Fact[] {
  return [
    ...known('Hottest chip', temperatures.chipMaxC),
    ...known('Hottest board', temperatures.boardMaxC),
    ...known(
      'Voltage regulator',
      temperatures.regulatorC,
      'It feeds the chips. It is built for more heat than they are.',
    ),
    ...known('Air around it', temperatures.ambientC),
    ...known('Water in', temperatures.waterInC),
    ...known('Water out', temperatures.waterOutC),
  ]
}

/** From which signal on Wi-Fi is likely to lose connections, in dBm. */
const WEAK_DBM = -75
const POOR_DBM = -67

function wifiFact(dbm: number): Fact {
  const value = `${Math.round(dbm)} dBm`
  const meaning = 'How strong its Wi-Fi signal is: nearer to 0 is better.'
  if (dbm < WEAK_DBM)
    return fact('Wi-Fi', value, { tone: 'warn', note: 'weak: move it or the access point', meaning })
  return fact('Wi-Fi', value, { note: dbm < POOR_DBM ? 'fair' : 'good', meaning })
}

export function supplyFacts(detail: RigDetail): Fact[] {
  const { inputVoltageV, inputCurrentA, wifiRssiDbm } = detail
  return [
    ...(inputVoltageV === null
      ? []
      : [fact('Input voltage', `${inputVoltageV.toFixed(inputVoltageV < 20 ? 2 : 0)} V`)]),
    ...(inputCurrentA === null ? [] : [fact('Input current', `${inputCurrentA.toFixed(2)} A`)]),
    ...(wifiRssiDbm === null ? [] : [wifiFact(wifiRssiDbm)]),
  ]
}
