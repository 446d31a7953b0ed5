import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { chipAddresses } from '../../../../src-main/drivers/chips/address.ts'
import { bm1366Chip } from '../../../../src-main/drivers/chips/bm1366.ts'
import { bm1368Chip } from '../../../../src-main/drivers/chips/bm1368.ts'
import { bm1370Chip } from '../../../../src-main/drivers/chips/bm1370.ts'
import { bm1397BringUp } from '../../../../src-main/drivers/chips/bm1397.ts'
import { stickBringUp } from '../../../../src-main/drivers/chips/gekko/bm1397-stick.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { bringUp, type RollingChip } from '../../../../src-main/drivers/chips/rolling-profile.ts'
import { type Sequence, type Step } from '../../../../src-main/drivers/model/sequence.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { runSequence } from '../../../../src-main/drivers/sequence/run-sequence.ts'
import { scriptedBoard, settled } from '../sequence/scripted-board.ts'
import { asicVectors, sentFrames } from './asic-vectors.ts'

type RecordedStep =
  | ['tx', string]
  | ['expect-chips', number, string, number]
  | ['delay-ms', number]
  | ['ramp', number, number, number, number]
  | ['host-baud', number]
  | ['reset', string]

/** One line for each thing that the chips or the host's side of the line see; pauses apart. */
function transcriptOf(sequence: Sequence): string[] {
  return sequence.flatMap((step): string[] => {
    switch (step.op) {
      case 'send':
        return [`tx ${toHex(step.bytes)}`]
      case 'expect-chips':
        return [`expect ${step.count} ${step.model.toString(16)}`]
      case 'host-baud':
        return [`host-baud ${step.baudRate}`]
      case 'wait':
      case 'discard':
      case 'reset':
        return []
    }
  })
}

/** Identities as chips say them. */
const IDENTITY: Readonly<Record<number, string>> = {
  0x1366: 'aa55136600000000000005',
  0x1368: 'aa5513680000000000000f',
  0x1370: 'aa55137000000000000010',
  0x1397: 'aa5513971800000006',
}

/** That a board on a line sees a sequence as recorded, once it answers as its chips do. */
async function expectRun(sequence: Sequence, recorded: readonly string[], id: string): Promise<void> {
  const model = sequence.flatMap((step) => (step.op === 'expect-chips' ? [step.model] : []))[0]!
  const identity = fromHex(IDENTITY[model]!)
  const { clock, host, seen } = scriptedBoard([{ to: '55aa520500000a', frames: [identity] }], {
    replyLength: identity.length === 9 ? 9 : 11,
  })
  const result = await settled(clock, runSequence(sequence, host))
  expect(result, id).toMatchObject({ status: 'fulfilled', value: { chips: [{ model, address: 0 }] } })
  const visible = seen.map(({ what }) => what).filter((what) => !what.startsWith('reset'))
  expect(visible, id).toEqual(
    recorded
      .filter((line) => !line.startsWith('expect'))
      .map((line) => line.replace(/^tx /, '').replace(/^host-baud/, 'baud')),
  )
}

/** @param rampTo frames of a clock, which firmware ramps with */
function recordedTranscript(steps: readonly RecordedStep[], rampTo: (mhz: number) => Sequence): string[] {
  return steps.flatMap((step): string[] => {
    switch (step[0]) {
      case 'tx':
        return [`tx ${step[1]}`]
      case 'expect-chips':
        return [`expect ${step[1]} ${step[2]}`]
      case 'host-baud':
        return [`host-baud ${step[1]}`]
      case 'ramp': {
        const clocks = [step[1]]
        while (clocks.at(-1)! + step[3] < step[2]) clocks.push(clocks.at(-1)! + step[3])
        return [...clocks, step[2]].flatMap((mhz) => transcriptOf(rampTo(mhz)))
      }
      case 'delay-ms':
      case 'reset':
        return []
    }
  })
}

/** Pauses before each frame, and after the last. @param events milliseconds waited, or a frame */
function pauses(events: readonly (number | 'frame')[]): number[] {
  const before: number[] = []
  let sum = 0
  for (const event of events) {
    if (event === 'frame') {
      before.push(sum)
      sum = 0
    } else sum += event
  }
  return [...before, sum]
}

function eventOf(step: Step): number | 'frame' {
  return step.op === 'send' ? 'frame' : step.op === 'wait' ? step.ms : 0
}

function recordedEventOf(step: RecordedStep): number | 'frame' {
  return step[0] === 'tx' ? 'frame' : step[0] === 'delay-ms' ? step[1] : 0
}

/** That a sequence leaves at least the recorded pause before each frame up to the ramp. */
function expectPauses(sequence: Sequence, recorded: readonly RecordedStep[], id: string): void {
  const ours = pauses(sequence.map(eventOf))
  const ramp = recorded.findIndex(([op]) => op === 'ramp')
  const theirs = pauses(recorded.slice(0, ramp < 0 ? undefined : ramp).map(recordedEventOf))
  // The last pause is the one before the ramp, or after everything.
  for (const [i, ms] of theirs.slice(0, -1).entries()) {
    expect(ours[i], `${id}, pause before frame ${i}`).toBeGreaterThanOrEqual(ms)
  }
}

const MASK = 0x1fffe000

/** What firmware sends, out of the parts that the profile sends. */
function rollingBringUp(
  chip: RollingChip,
  targetMhz: number,
): { sequence: Sequence; clock: (mhz: number) => Step } {
  const parts = bringUp(chip, {
    chipCount: 1,
    addresses: chipAddresses(1),
    ticketDifficulty: 256,
    versionMask: MASK,
  })
  const profile = chipProfile(chip.id)
  const ramp = [profile.startMhz, ...profile.ramp(profile.startMhz, targetMhz)].map(parts.clock)
  return {
    sequence: [
      ...parts.discover,
      ...parts.setup,
      ...ramp,
      ...parts.afterClock,
      ...parts.finish(targetMhz, true),
    ],
    clock: parts.clock,
  }
}

async function checkRolling(chip: RollingChip, steps: readonly RecordedStep[], id: string): Promise<void> {
  const target = steps.find((step) => step[0] === 'ramp')![2] as number
  const { sequence, clock } = rollingBringUp(chip, target)
  const transcript = recordedTranscript(steps, (mhz) => [clock(mhz)])
  expect(transcriptOf(sequence), id).toEqual(transcript)
  await expectRun(sequence, transcript, id)
  expectPauses(sequence, steps, id)

  // The profile sends the same, but its ramp is a sequence of its own, and one chip stays on the first rate.
  const profile = chipProfile(chip.id)
  const frames = sentFrames([
    ...profile.discover(1),
    ...profile.initialise({ chipCount: 1, frequencyMhz: target, ticketDifficulty: 256, versionMask: MASK }),
  ])
  const beforeRamp = steps.slice(
    0,
    steps.findIndex(([op]) => op === 'ramp'),
  )
  const before = beforeRamp.flatMap((step) => (step[0] === 'tx' ? [step[1]] : []))
  expect(frames.slice(0, before.length), id).toEqual(before)
  const after = frames.slice(before.length)
  expect(after[0], id).toBe(sentFrames([clock(profile.startMhz)])[0])
  expect(after.at(-1), id).toBe('55aa510900a49000ffff1c')
}

async function checkBm1397(steps: readonly RecordedStep[], id: string): Promise<void> {
  const parts = bm1397BringUp({ chipCount: 1, ticketDifficulty: 256 })
  const { startMhz, ramp } = chipProfile('BM1397')
  const sequence = [
    ...parts.discover,
    ...parts.setup,
    ...[startMhz, ...ramp(startMhz, 425)].flatMap(parts.clock),
    ...parts.fastLine,
  ]
  const transcript = recordedTranscript(steps, parts.clock)
  expect(transcriptOf(sequence), id).toEqual(transcript)
  await expectRun(sequence, transcript, id)
  expectPauses(sequence, steps, id)
}

async function checkStick(steps: readonly RecordedStep[], id: string): Promise<void> {
  const parts = stickBringUp(1, 16)
  const sequence = [parts.reset, ...parts.count, ...parts.setup, ...parts.clock(200)]
  const transcript = recordedTranscript(steps, () => [])
  expect(transcriptOf(sequence), id).toEqual(transcript)
  await expectRun(sequence, transcript, id)
  expectPauses(sequence, steps, id)
  expect(parts.reset, id).toMatchObject({ op: 'reset', lowMs: 1000, settleMs: 200 })
}

const TRANSCRIPTS: Readonly<Record<string, (steps: readonly RecordedStep[], id: string) => Promise<void>>> = {
  'bm1366-x1': (steps, id) => checkRolling(bm1366Chip, steps, id),
  'bm1368-x1': (steps, id) => checkRolling(bm1368Chip, steps, id),
  'bm1370-x1': (steps, id) => checkRolling(bm1370Chip, steps, id),
  'bm1397-x1': checkBm1397,
  'gekko-compacf-x1': checkStick,
}

interface Input {
  chips: number
  interval?: number | string
}
interface Expected {
  steps?: RecordedStep[]
  addresses?: number[]
}

describe.runIf(hasSharedFixtures)('bring-up transcripts of the shared fixtures', () => {
  const vectors = hasSharedFixtures ? asicVectors<Input, Expected>('init-sequences') : []
  it.each(vectors.map(({ id, input, expected }) => ({ id, input, expected })))(
    'sends what $id recorded',
    async ({ id, input, expected }) => {
      if (expected.addresses !== undefined) {
        const interval = typeof input.interval === 'number' ? input.interval : undefined
        expect(chipAddresses(input.chips, interval)).toEqual(expected.addresses)
        return
      }
      const check = TRANSCRIPTS[id.replace('init-sequences/', '')]
      if (check === undefined) throw new Error(`no test for ${id}`)
      await check(expected.steps!, id)
    },
  )
})
