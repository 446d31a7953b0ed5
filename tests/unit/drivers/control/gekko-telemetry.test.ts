import { describe, expect, it } from 'vitest'
import { type ErrorCode, HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import { type ControlLoss } from '../../../../src-main/drivers/control/buses.ts'
import { GekkoTelemetry } from '../../../../src-main/drivers/control/gekko-telemetry.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { turn, within } from '../../../support/settled-time.ts'

/** The helper of an A1 or A2: what it is sent, and what it answers to each two letters; undefined: nothing. */
function setUp(told: Record<string, readonly number[] | undefined>) {
  const answers = { ...told }
  const clock = new ManualClock()
  const { host, board } = memoryLinkPair({ name: '/dev/ttyUSB1' })
  const heard: { command: string; atMs: number }[] = []
  board.onBytes((bytes) => {
    const [letter = 0, argument = 0] = bytes
    const second = argument >= 0x20 && argument < 0x7f && letter !== 0x56 && letter !== 0x46
    const command = String.fromCharCode(letter) + (second ? String.fromCharCode(argument) : String(argument))
    heard.push({ command, atMs: clock.monotonicMs() })
    const answer = answers[command] ?? answers[command.charAt(0)]
    if (answer) void board.write(Uint8Array.from(answer))
  })
  return { clock, host, board, heard, answers, telemetry: new GekkoTelemetry(host, clock) }
}

const firmware3 = { '?v': [0x30], 'M.': [0x7f], 'G.': [0x34, 0x64, 0x95, 0x32, 0x96, 0x64, 0x3c] }
const ready = { ...firmware3, V: [1], BO: [1], 'B-': [1], F: [1], L: [1] }

function outcome(work: Promise<unknown>): Promise<ErrorCode | 'done'> {
  return work.then(
    () => 'done' as const,
    (error: unknown) => {
      if (error instanceof HeadframeError) return error.code
      throw error
    },
  )
}

describe('the telemetry port of an A1 or A2', () => {
  it('asks who it is, and reads in its fields', async () => {
    const { clock, telemetry, heard } = setUp(firmware3)
    expect(await within(clock, telemetry.identify())).toEqual({ major: 3, minor: 0 })
    const readings = await within(clock, telemetry.read())
    expect(readings.inputMv).toBeCloseTo(5011.6, 0)
    expect(readings.temp1C).toBeCloseTo(70.4128, 3)
    expect(readings.fanRpm).toBe(1800)
    expect(heard.map(({ command }) => command)).toEqual(['?v', 'M.', 'G.'])
  })

  it('leaves the firmware 200 ms between an answer and the next command, and 300 ms after none', async () => {
    const { clock, telemetry, heard } = setUp(ready)
    await within(clock, telemetry.identify())
    await within(clock, telemetry.setFan(500))
    const gaps = heard.slice(1).map(({ atMs }, index) => atMs - (heard[index]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(200)
    expect(heard.at(-1)?.command).toBe('F50')
  })

  it('powers nothing whose firmware was not asked or is unknown', async () => {
    const { clock, telemetry, heard, answers } = setUp({ ...ready, '?v': [0x70] })
    expect(await outcome(telemetry.powerOn(300))).toBe('control/not-identified')
    expect(heard).toEqual([])
    expect(await within(clock, outcome(telemetry.identify()))).toBe('control/unknown-firmware')
    expect(await outcome(telemetry.powerOn(300))).toBe('control/not-identified')
    answers['?v'] = [0x10]
    expect(await within(clock, telemetry.identify())).toEqual({ major: 1, minor: 0 })
  })

  it('refuses a voltage beyond what the stick takes, and sends nothing', async () => {
    const { clock, telemetry, heard } = setUp(ready)
    await within(clock, telemetry.identify())
    for (const offset of [505, -5, Number.NaN]) {
      expect(await outcome(telemetry.powerOn(offset))).toBe('safety/out-of-range')
    }
    expect(heard.map(({ command }) => command)).toEqual(['?v', 'M.'])
    await within(clock, telemetry.powerOn(300))
    expect(heard.slice(2).map(({ command }) => command)).toEqual(['V60', 'BO'])
  })

  it('does not switch on again what was switched off while it was being switched on', async () => {
    for (const offAfterMs of [0, 100, 150, 250]) {
      const { clock, telemetry, heard } = setUp(ready)
      await within(clock, telemetry.identify())
      const on = outcome(telemetry.powerOn(300))
      const poll = outcome(telemetry.read())
      for (let passed = 0; passed < offAfterMs; passed += 50) {
        await turn()
        clock.advance(50)
      }
      await turn()
      const off = telemetry.regulatorOff()
      await within(clock, off)
      await within(clock, Promise.all([on, poll]))
      expect(await on).toBe('control/cancelled')
      const commands = heard.map(({ command }) => command)
      expect(commands.slice(commands.lastIndexOf('B-'))).not.toContain('BO')
      expect(commands).toContain('B-')
    }
  })

  it('does not take an answer that came too late for that to the next command', async () => {
    const { clock, board, telemetry, answers } = setUp(ready)
    await within(clock, telemetry.identify())
    answers['G.'] = undefined
    const missed = outcome(telemetry.read())
    expect(await within(clock, missed)).toBe('control/timeout')
    void board.write(Uint8Array.of(1, 2, 3, 4, 5, 6, 7))
    answers['G.'] = firmware3['G.']
    expect((await within(clock, telemetry.read())).fanRpm).toBe(1800)
  })

  it('trusts no answer with more bytes than it has', async () => {
    const { clock, telemetry, answers } = setUp(ready)
    await within(clock, telemetry.identify())
    answers['G.'] = [...firmware3['G.'], 9]
    expect(await within(clock, outcome(telemetry.read()))).toBe('control/timeout')
  })

  it('is lost after three misses, and still tries to switch off; says so if that is not confirmed', async () => {
    const { clock, telemetry, heard, answers } = setUp(ready)
    await within(clock, telemetry.identify())
    const losses: ControlLoss[] = []
    telemetry.onLoss((loss) => losses.push(loss))
    for (const command of Object.keys(answers)) answers[command] = undefined
    for (let miss = 0; miss < 3; miss++) {
      expect(await within(clock, outcome(telemetry.read()))).toBe('control/timeout')
    }
    expect(losses).toMatchObject([{ code: 'control/lost' }])
    expect(await outcome(telemetry.read())).toBe('control/lost')
    expect(await within(clock, outcome(telemetry.regulatorOff()))).toBe('safety/off-failed')
    expect(heard.filter(({ command }) => command === 'B-')).toHaveLength(3)
    answers['B-'] = [1]
    expect(await within(clock, outcome(telemetry.regulatorOff()))).toBe('done')
  })

  it('ends what waits when it is unplugged', async () => {
    const { clock, board, telemetry } = setUp(ready)
    await within(clock, telemetry.identify())
    const asked = [outcome(telemetry.read()), outcome(telemetry.read())]
    await turn()
    board.unplug()
    expect(await within(clock, Promise.all(asked))).toEqual(['control/closed', 'control/closed'])
    expect(await within(clock, outcome(telemetry.regulatorOff()))).toBe('safety/off-failed')
    await telemetry.close()
  })
})
