/** Tuning a board that answers as a small one does. */
import { describe, expect, it } from 'vitest'
import { HeadframeError, silentLogger, systemClock, systemEntropy } from '../../../../src-main/base/index.ts'
import {
  type Capabilities,
  type RigCommand,
  type RigFamily,
} from '../../../../src-main/fleet/families/family.ts'
import {
  NO_HASHRATES,
  NO_SETTINGS,
  NO_TEMPERATURES,
  reading,
  type RigReading,
} from '../../../../src-main/fleet/model/reading.ts'
import { type RigAccess } from '../../../../src-main/fleet/rig-access.ts'
import { type RigLink } from '../../../../src-main/fleet/transport/rig-link.ts'
import { rigSubject } from '../../../../src-main/fleet/tuning/rig-subject.ts'
import { Tuner, type TuningRequest } from '../../../../src-main/fleet/tuning/tuner.ts'
import { type TuningView } from '../../../../src-main/fleet/tuning/tuning-views.ts'

const REQUEST: TuningRequest = {
  goal: 'hashrate',
  maxChipC: 65,
  maxRegulatorC: 90,
  maxPowerW: null,
  maxErrorPercent: 1,
  stepSeconds: 0.012,
}
const OFFERED = { offered: true } as const

/** A board with physics, one rig of it in a fleet. */
class Board implements RigAccess {
  frequencyMHz = 500
  coreVoltageMv = 1150
  ratedPowerW: number | null = 25
  state: RigReading['state'] = 'mining'
  canSetVoltage = true
  /** Ignores writes, as a firmware with a silent no-op does. */
  deaf = false
  answering = true
  busy: string | null = null
  readonly writes: RigCommand[] = []
  /** Called before each reading. */
  onRead: () => void = () => {}
  readonly ids = ['board']
  #turn: Promise<unknown> = Promise.resolve()

  rig(id: string) {
    if (id !== 'board') throw new HeadframeError('rig/unknown', 'There is no such rig.')
    return {
      id,
      name: 'Board',
      host: '192.0.2.7',
      mac: null,
      hostname: null,
      groupId: null,
      family: this.#family as unknown as RigFamily,
      reading: this.#reading(),
      busy: this.busy,
      atProxy: null,
    }
  }

  exclusively<T>(_: string, work: (link: RigLink) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => work({} as RigLink))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  readNow(): Promise<RigReading> {
    this.onRead()
    if (!this.answering) return Promise.reject(new HeadframeError('rig/timeout', 'No answer.'))
    return Promise.resolve(this.#reading())
  }

  setBusy(_: string, action: string | null): void {
    this.busy = action
  }

  readonly #family = {
    capabilities: () =>
      ({
        'set-frequency': OFFERED,
        'set-voltage': this.canSetVoltage ? OFFERED : { offered: false, because: 'It cannot.' },
      }) as Capabilities,
    perform: (_: RigLink, command: RigCommand) => {
      this.writes.push(command)
      if (!this.answering) return Promise.reject(new HeadframeError('rig/timeout', 'No answer.'))
      if (!this.deaf && command.kind === 'set-frequency') this.frequencyMHz = command.megahertz
      if (!this.deaf && command.kind === 'set-voltage') this.coreVoltageMv = command.millivolts
      return Promise.resolve({ outcome: 'accepted' as const, note: null, settlesInMs: 0, patienceMs: 10 })
    },
  }

  #reading(): RigReading {
    const powerW = 15 * (this.frequencyMHz / 500) * (this.coreVoltageMv / 1150) ** 2
    const hashrateHs = this.frequencyMHz * 2e9
    return reading({
      atMs: 1,
      family: 'axeos',
      firmware: 'AxeOS',
      state: this.state,
      hashrates: { ...NO_HASHRATES, nowHs: hashrateHs },
      expectedHs: hashrateHs,
      powerW,
      ratedPowerW: this.ratedPowerW,
      temperatures: { ...NO_TEMPERATURES, chipMaxC: 20 + powerW * 2.6 },
      hashErrorPercent: this.frequencyMHz / 500 - this.coreVoltageMv / 1150 > 0.06 ? 4 : 0.2,
      settings: {
        ...NO_SETTINGS,
        frequencyMHz: this.frequencyMHz,
        coreVoltageMv: this.coreVoltageMv,
        frequencyOptionsMHz: [450, 475, 500, 525, 550, 575],
        coreVoltageOptionsMv: [1100, 1150, 1200],
      },
    })
  }
}

interface Bench {
  tuner: Tuner
  saved: () => readonly TuningView[]
}

function tunerOf(board: Board, stored: readonly TuningView[] = []): Bench {
  let saved = stored
  const tuner = new Tuner({
    clock: systemClock,
    log: silentLogger,
    subject: (id) => rigSubject(id, { clock: systemClock, entropy: systemEntropy, access: board }),
    memory: {
      load: () => Promise.resolve(saved),
      save: (all) => {
        saved = structuredClone(all) as TuningView[]
        return Promise.resolve()
      },
    },
  })
  return { tuner, saved: () => saved }
}

function ended(tuner: Tuner): Promise<TuningView> {
  return new Promise((resolve) => {
    const stop = tuner.onChange((view) => {
      if (view.state === 'running') return
      stop()
      resolve(view)
    })
  })
}

describe('tuning', () => {
  it('ends at the best setting, which the board then runs at', async () => {
    const board = new Board()
    const { tuner, saved } = tunerOf(board)
    const end = ended(tuner)
    expect(await tuner.begin('board', REQUEST)).toMatchObject({
      state: 'running',
      before: { frequencyMHz: 500, coreVoltageMv: 1150 },
    })
    expect(board.busy).toBe('tuning')
    const view = await end
    const best = view.trials[view.best!]!
    expect(view).toMatchObject({ state: 'done' })
    expect(best.verdict).toBe('good')
    expect(best.frequencyMHz).toBeGreaterThan(500)
    expect({ frequencyMHz: board.frequencyMHz, coreVoltageMv: board.coreVoltageMv }).toEqual({
      frequencyMHz: best.frequencyMHz,
      coreVoltageMv: best.coreVoltageMv,
    })
    expect(view.trials.every(({ chipC }) => chipC !== null)).toBe(true)
    await tuner.stop()
    expect(board.busy).toBeNull()
    expect(saved()).toEqual([view])
  })

  it('raises the voltage before the clock, and lowers the clock before the voltage', async () => {
    const board = new Board()
    const { tuner } = tunerOf(board)
    const end = ended(tuner)
    await tuner.begin('board', REQUEST)
    await end
    let frequencyMHz = 500
    let coreVoltageMv = 1150
    for (const write of board.writes) {
      if (write.kind === 'set-frequency') frequencyMHz = write.megahertz
      if (write.kind === 'set-voltage') coreVoltageMv = write.millivolts
      expect(frequencyMHz / 500 - coreVoltageMv / 1150).toBeLessThan(0.11)
    }
  })

  it('keeps within what the board is built for when the person gave no limit', async () => {
    const board = new Board()
    board.ratedPowerW = 15.1
    const { tuner } = tunerOf(board)
    const end = ended(tuner)
    await tuner.begin('board', REQUEST)
    const view = await end
    expect(view.trials.some(({ verdict }) => verdict === 'too-much-power')).toBe(true)
    expect(board.frequencyMHz).toBe(500)
  })

  it('is stopped with the settings from before', async () => {
    const board = new Board()
    const { tuner } = tunerOf(board)
    await tuner.begin('board', { ...REQUEST, stepSeconds: 3600 })
    const view = await tuner.finish('board', 'before')
    expect(view).toMatchObject({ state: 'reverted' })
    expect([board.frequencyMHz, board.coreVoltageMv]).toEqual([500, 1150])
  })

  it('is put back after it ended', async () => {
    const board = new Board()
    const { tuner } = tunerOf(board)
    const end = ended(tuner)
    await tuner.begin('board', REQUEST)
    await end
    expect(board.frequencyMHz).not.toBe(500)
    expect(await tuner.revert('board')).toMatchObject({ state: 'reverted' })
    expect([board.frequencyMHz, board.coreVoltageMv]).toEqual([500, 1150])
  })

  it('can be put back after the program was killed in the middle', async () => {
    const board = new Board()
    const { tuner, saved } = tunerOf(board)
    await tuner.begin('board', { ...REQUEST, stepSeconds: 3600 })
    const left = saved()
    board.frequencyMHz = 575
    const again = tunerOf(board, left).tuner
    await again.start()
    expect(again.all).toMatchObject([{ state: 'failed', before: { frequencyMHz: 500 } }])
    await again.revert('board')
    expect(board.frequencyMHz).toBe(500)
    await tuner.finish('board', 'before')
  })

  it('gives up and goes back when the board shuts itself down', async () => {
    const board = new Board()
    const { tuner } = tunerOf(board)
    const end = ended(tuner)
    board.onRead = () => {
      if (board.frequencyMHz > 500) board.state = 'overheated'
    }
    await tuner.begin('board', REQUEST)
    const view = await end
    expect(view.state).toBe('failed')
    expect(view.message).toMatch(/shut itself down .*525 MHz.* again\.$/)
    expect(board.frequencyMHz).toBe(500)
  })

  it('gives up when the board stops answering, and says what could not be put back', async () => {
    const board = new Board()
    const { tuner } = tunerOf(board)
    const end = ended(tuner)
    await tuner.begin('board', REQUEST)
    board.answering = false
    expect(await end).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('could not be put back') as string,
    })
  })

  it('notices a firmware that says yes and does nothing', async () => {
    const board = new Board()
    board.deaf = true
    const { tuner } = tunerOf(board)
    const end = ended(tuner)
    await tuner.begin('board', REQUEST)
    expect(await end).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('accepted') as string,
    })
  })

  it('refuses rigs that cannot be tuned, are not at work, or are being tuned', async () => {
    const board = new Board()
    const { tuner } = tunerOf(board)
    board.canSetVoltage = false
    await expect(tuner.begin('board', REQUEST)).rejects.toMatchObject({ code: 'tuning/not-supported' })
    board.canSetVoltage = true
    board.state = 'paused'
    await expect(tuner.begin('board', REQUEST)).rejects.toMatchObject({ code: 'tuning/not-supported' })
    board.state = 'mining'
    board.busy = 'reboot'
    await expect(tuner.begin('board', REQUEST)).rejects.toMatchObject({
      code: 'tuning/running',
      message: expect.stringContaining('reboot') as string,
    })
    board.busy = null
    await tuner.begin('board', { ...REQUEST, stepSeconds: 3600 })
    await expect(tuner.begin('board', REQUEST)).rejects.toMatchObject({ code: 'tuning/running' })
    await expect(tuner.begin('nobody', REQUEST)).rejects.toMatchObject({ code: 'rig/unknown' })
    await expect(tuner.finish('nobody', 'best')).rejects.toMatchObject({ code: 'tuning/none' })
    await tuner.stop()
  })
})
