/** Every vector of the serial ASIC digest for GekkoScience devices, where its fixtures lie beside the checkout. */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../../src-main/base/index.ts'
import { chipOfAddress } from '../../../../../src-main/drivers/chips/address.ts'
import {
  bm1384ChainInactive,
  bm1384ClockWord,
  bm1384ReadClock,
  bm1384SetAddress,
  bm1384SetClock,
  readChips,
} from '../../../../../src-main/drivers/chips/gekko/bm1384-commands.ts'
import { bm1384 } from '../../../../../src-main/drivers/chips/gekko/bm1384.ts'
import {
  bm1387ChainInactive,
  bm1387Clock,
  bm1387OpenGate,
  bm1387ReadChips,
  bm1387SetAddress,
  bm1387SetBaud,
  bm1387SetClock,
} from '../../../../../src-main/drivers/chips/gekko/bm1387-commands.ts'
import { bm1387 } from '../../../../../src-main/drivers/chips/gekko/bm1387.ts'
import { bm1397Stick, stickBringUp } from '../../../../../src-main/drivers/chips/gekko/bm1397-stick.ts'
import {
  parseReadings,
  parseTelemetryVersion,
  setCoreOffset,
  type TelemetryReadings,
} from '../../../../../src-main/drivers/chips/gekko/telemetry.ts'
import { WORK_SIZE, withGekkoOverlay } from '../../../../../src-main/drivers/chips/icarus/work-frame.ts'
import { type ChainSettings, type ChipWork } from '../../../../../src-main/drivers/model/chip.ts'
import { type Sequence } from '../../../../../src-main/drivers/model/sequence.ts'
import { hasSharedFixtures, sharedFixture } from '../../../../support/shared-fixtures.ts'

interface Vector {
  readonly id: string
  readonly input: Readonly<Record<string, unknown>>
  readonly expected: Readonly<Record<string, unknown>>
}

function load(name: string): readonly Vector[] {
  return (JSON.parse(sharedFixture(`asic/${name}.json`)) as { vectors: Vector[] }).vectors
}

const bytes = (value: unknown): Uint8Array => fromHex(String(value))
const hexByte = (value: number): string => value.toString(16).padStart(2, '0')

function workOfHeader(header: Uint8Array): ChipWork {
  const view = new DataView(header.buffer, header.byteOffset)
  return {
    version: view.getUint32(0, true),
    versionMask: 0,
    prevHash: header.subarray(4, 36),
    merkleRoot: header.subarray(36, 68),
    ntime: view.getUint32(68, true),
    nBits: view.getUint32(72, true),
  }
}

const settings: ChainSettings = { chipCount: 1, frequencyMhz: 100, ticketDifficulty: 1, versionMask: 0 }

/** Frames of the kind that an id ends in. */
const FRAMES: Readonly<Record<string, Uint8Array>> = {
  'bm1387-enumerate': bm1387ReadChips,
  'bm1387-inactive': bm1387ChainInactive,
  'bm1387-addr-0': bm1387SetAddress(0),
  'bm1387-baud-1': bm1387SetBaud(1),
  'bm1387-gateblk-1': bm1387OpenGate(1),
  'bm1384-enumerate': readChips,
  'bm1384-inactive': bm1384ChainInactive,
  'bm1384-addr-0': bm1384SetAddress(0),
  'bm1384-readpll-0': bm1384ReadClock(0),
}

interface Channel {
  readonly version: number
  readonly at: number
  readonly fields: number
  value(readings: TelemetryReadings): number | null
}

const thousandth = (value: number | null): number | null => (value === null ? null : value / 1000)

const CHANNELS: Readonly<Record<string, Channel>> = {
  'vin-v1': { version: 0x10, at: 0, fields: 0x01, value: ({ inputMv }) => thousandth(inputMv) },
  'vin-v2': { version: 0x20, at: 0, fields: 0x01, value: ({ inputMv }) => thousandth(inputMv) },
  temp: { version: 0x30, at: 4, fields: 0x10, value: ({ temp1C }) => temp1C },
  'iin-hi': { version: 0x30, at: 1, fields: 0x82, value: ({ inputMa }) => thousandth(inputMa) },
  tach: { version: 0x30, at: 6, fields: 0x40, value: ({ fanRpm }) => fanRpm },
}

function readings(reply: Uint8Array, version: number, fields: number): TelemetryReadings {
  const parsed = parseTelemetryVersion(version)
  if (parsed === null) throw new Error('a firmware of the vectors is known')
  return parseReadings(reply, parsed, fields)
}

function frameText(sequence: Sequence): string[] {
  return sequence.flatMap((step) => (step.op === 'send' ? [toHex(step.bytes)] : []))
}

const checks: readonly (readonly [prefix: string, check: (vector: Vector) => void])[] = [
  [
    'gekko/bm1384-reply',
    ({ input, expected }) => {
      const [reply] = bm1384.createDecoder().push(bytes(input['bytes']))
      if (reply?.kind !== 'nonce') throw new Error('it is a nonce')
      expect(toHex(reply.raw.subarray(0, 4))).toBe(expected['nonceBytes'])
      expect(hexByte(reply.idByte)).toBe(expected['jobId'])
    },
  ],
  [
    'gekko/bm1387-job-single',
    ({ input, expected }) => {
      const header = load('gekko').find(({ id }) => id === 'gekko/bm1384-job')?.input['header76']
      const frame = bm1387.encodeJob(
        Number(`0x${String(input['jobId'])}`),
        workOfHeader(bytes(header)),
        settings,
      )
      expect(toHex(frame)).toBe(expected['frame'])
    },
  ],
  [
    'gekko/bm1384-job',
    ({ input, expected }) => {
      const work = workOfHeader(bytes(input['header76']))
      const jobId = Number(`0x${String(input['jobId'])}`)
      const frame = bm1384.encodeJob(jobId, work, settings)
      const overlay = { ticketMask: Number(input['ticketMask']), hashCount: Number(input['hcn']), jobId }
      expect(frame).toHaveLength(WORK_SIZE)
      expect(toHex(withGekkoOverlay(frame, overlay))).toBe(expected['work'])
    },
  ],
  [
    'gekko/telemetry-corev-',
    ({ input, expected }) => {
      expect(toHex(setCoreOffset(Number(input['millivoltsOffset'])))).toBe(expected['bytes'])
    },
  ],
  [
    'gekko/telemetry-frame-v3',
    ({ input, expected }) => {
      const all = readings(bytes(input['reply']), 0x30, Number(`0x${String(input['mask'])}`))
      const expectValue = (value: number | null, name: string): void =>
        expect(value, name).toBeCloseTo(Number(expected[name]), 3)
      expectValue(thousandth(all.inputMv), 'vin')
      expectValue(thousandth(all.inputMa), 'iin')
      expectValue(thousandth(all.coreMv), 'vout')
      expectValue(thousandth(all.coreMa), 'iout')
      expectValue(all.temp1C, 'temp1')
      expectValue(all.temp2C, 'temp2')
      expectValue(all.fanRpm, 'tach')
    },
  ],
  [
    'gekko/telemetry-',
    ({ input, expected }) => {
      const channel = CHANNELS[String(input['channel'])]
      if (channel === undefined) throw new Error(`no channel ${String(input['channel'])}`)
      const reply = new Uint8Array(7)
      reply[channel.at] = Number(input['raw'])
      const value = channel.value(readings(reply, channel.version, channel.fields))
      if (expected['value'] === null) expect(value).toBeNull()
      else expect(value).toBeCloseTo(Number(expected['value']), 3)
    },
  ],
  [
    'gekko/chip-index-',
    ({ input, expected }) => {
      const address = Number(`0x${String(input['address'])}`)
      expect(chipOfAddress(address, Number(input['chips']))).toBe(expected['index'])
    },
  ],
  [
    'gekko/job-ids-',
    ({ id, expected }) => {
      const slots = (id.endsWith('bm1397') ? bm1397Stick : bm1387).jobSlots
      const sequence = expected['sequence'] as string[]
      expect(sequence.map((_, i) => hexByte(slots[i % slots.length] ?? -1))).toEqual(sequence)
    },
  ],
  [
    'gekko/',
    ({ id, expected }) => {
      expect(toHex(FRAMES[id.slice('gekko/'.length)] ?? new Uint8Array())).toBe(expected['frame'])
    },
  ],
  [
    'pll/gekko-bm1384-',
    ({ input, expected }) => {
      const clock = bm1384ClockWord(Number(input['mhz']))
      expect(clock?.word.toString(16).padStart(4, '0')).toBe(expected['word'])
      expect(clock?.mhz).toBe(expected['decodedMhz'])
      expect(toHex(bm1384SetClock(clock?.word ?? 0))).toBe(expected['frame'])
      expect(toHex(bm1384ReadClock('all'))).toBe(expected['followUp'])
    },
  ],
  [
    'pll/gekko-bm1387-',
    ({ input, expected }) => {
      expect(toHex(bm1387SetClock(Number(input['mhz'])) ?? new Uint8Array())).toBe(expected['frame'])
      expect(bm1387Clock(Number(input['mhz']))?.mhz).toBe(expected['actualMhz'])
    },
  ],
  [
    'crc/crc5-27bit-',
    ({ input, expected }) => {
      const [first, high = 0, low = 0] = bytes(input['data'])
      const frame =
        first === 0x82
          ? bm1384SetClock((high << 8) | low)
          : first === 0x85
            ? bm1384ChainInactive
            : low === 4
              ? bm1384ReadClock('all')
              : readChips
      expect(toHex(frame)).toBe(expected['frame'])
    },
  ],
  [
    'init-sequences/gekko-compacf-x1',
    ({ expected }) => {
      const parts = stickBringUp(1, 16)
      const sequence = [parts.reset, ...parts.count, ...parts.setup, ...parts.clock(200)]
      const transcript = sequence.map((step): unknown[] => {
        switch (step.op) {
          case 'send':
            return ['tx', toHex(step.bytes)]
          case 'wait':
            return ['delay-ms', step.ms]
          case 'host-baud':
            return ['host-baud', step.baudRate]
          case 'expect-chips':
            return ['expect-chips', step.count, step.model.toString(16), 9]
          case 'reset':
            return ['reset', `FTDI CBUS1 low ${step.lowMs} ms, high ${step.settleMs} ms`]
          case 'discard':
            return ['discard']
        }
      })
      expect(transcript).toEqual(expected['steps'])
      expect(frameText(bm1397Stick.initialise({ ...settings, ticketDifficulty: 16 }))).toEqual(
        frameText([...parts.setup, ...parts.clock(100)]),
      )
    },
  ],
  [
    'pll/gekko-bm1397-',
    ({ input, expected }) => {
      const steps = bm1397Stick.setFrequency(Number(input['mhz']), 1)
      expect(frameText(steps ?? []).slice(0, 4)).toEqual(expected['frames'])
      expect(bm1397Stick.actualFrequencyMhz(Number(input['mhz']))).toBe(expected['actualMhz'])
    },
  ],
]

const PREFIXES_ELSEWHERE = [
  'pll/gekko-bm1384-',
  'pll/gekko-bm1387-',
  'pll/gekko-bm1397-',
  'init-sequences/gekko-',
]

describe.runIf(hasSharedFixtures)('vectors of GekkoScience devices', () => {
  const own = hasSharedFixtures ? load('gekko') : []
  const sums = hasSharedFixtures ? load('crc').filter(({ id }) => id.startsWith('crc/crc5-27bit-')) : []
  const elsewhere = hasSharedFixtures
    ? [...load('pll'), ...load('init-sequences')].filter(({ id }) =>
        PREFIXES_ELSEWHERE.some((prefix) => id.startsWith(prefix)),
      )
    : []
  const cases = [...own, ...sums, ...elsewhere].map((vector) => ({ id: vector.id, vector }))

  it('are 28, with 6 of check sums, 19 of clocks and a transcript beside them', () => {
    expect([own.length, sums.length, elsewhere.length]).toEqual([28, 6, 20])
  })

  it.each(cases)('agree: $id', ({ vector }) => {
    const check = checks.find(([prefix]) => vector.id.startsWith(prefix))
    if (check === undefined) throw new Error(`no check for ${vector.id}`)
    check[1](vector)
  })
})
