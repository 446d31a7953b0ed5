import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RemotePower, type ServedPower, servePower } from '../../../src-main/app/power-link.ts'
import { HeadframeError, ManualClock } from '../../../src-main/base/index.ts'
import { type PowerAuthority, type PowerCut } from '../../../src-main/drivers/index.ts'

const HOT: PowerCut = { cause: 'too-hot', message: 'The chip reached 76 °C.', atMs: 5, latched: false }

/** Lets what was posted arrive. */
async function posted(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('power, asked for from another thread', () => {
  const clock = new ManualClock()
  const told: unknown[] = []
  let channel: MessageChannel
  let served: ServedPower
  let remote: RemotePower

  beforeEach(() => {
    told.length = 0
    channel = new MessageChannel()
    const record =
      (name: string) =>
      (...given: unknown[]): Promise<void> => {
        told.push([name, ...given])
        return Promise.resolve()
      }
    const gamma: Omit<PowerAuthority, 'onCut'> = {
      powerUp: record('powerUp'),
      resetChips: record('resetChips'),
      setCoreVoltage: () =>
        Promise.reject(new HeadframeError('safety/out-of-range', '1400 mV is outside 1000 to 1250 mV.')),
      setFan: record('setFan'),
      sign: (sign) => void told.push(['sign', sign]),
      release: record('release'),
    }
    served = servePower(channel.port1, clock, (id) => {
      if (id === 'gamma') return gamma
      throw new HeadframeError('device/unplugged', 'The board is gone.')
    })
    remote = new RemotePower(channel.port2, clock)
  })

  afterEach(() => {
    remote.stop()
    served.stop()
    channel.port1.close()
    channel.port2.close()
  })

  it('reaches the owner of the power, and its answers and refusals come back', async () => {
    const power = remote.authority('gamma')
    await power.powerUp(1150)
    await power.resetChips(100, 200)
    await power.setFan({ mode: 'fixed', permille: 800 })
    power.sign({ hashing: true, sinceNonceMs: 40 })
    await power.release()
    expect(told).toEqual([
      ['powerUp', 1150],
      ['resetChips', 100, 200],
      ['setFan', { mode: 'fixed', permille: 800 }],
      ['sign', { hashing: true, sinceNonceMs: 40 }],
      ['release'],
    ])
    await expect(power.setCoreVoltage(1400)).rejects.toMatchObject({
      code: 'safety/out-of-range',
      message: '1400 mV is outside 1000 to 1250 mV.',
    })
    await expect(remote.authority('gone').powerUp(null)).rejects.toMatchObject({ code: 'device/unplugged' })
  })

  it('is told of a cut, and only the board that was cut', async () => {
    const cuts: [string, PowerCut][] = []
    remote.authority('gamma').onCut((cut) => cuts.push(['gamma', cut]))
    remote.authority('stick').onCut((cut) => cuts.push(['stick', cut]))
    served.cut('gamma', HOT)
    await posted()
    expect(cuts).toEqual([['gamma', HOT]])
  })

  it('takes a safety thread that fell silent for a cut of every board, once', async () => {
    const cuts: PowerCut[] = []
    remote.authority('gamma').onCut((cut) => cuts.push(cut))
    for (let step = 0; step < 20; step++) {
      clock.advance(500)
      await posted()
    }
    expect(cuts).toEqual([])
    // It signs no more; the hashing side's clock goes on.
    served.stop()
    for (let step = 0; step < 20; step++) {
      clock.advance(500)
      await posted()
    }
    expect(cuts).toMatchObject([{ cause: 'control-lost' }])
  })

  it('does not keep a board waiting for the answer of a safety thread that fell silent', async () => {
    const power = remote.authority('gamma')
    served.stop()
    for (let step = 0; step < 7; step++) {
      clock.advance(500)
      await posted()
    }
    channel.port1.close()
    await posted()
    await expect(power.release()).rejects.toMatchObject({ code: 'safety/not-there' })
    await expect(power.powerUp(1150)).rejects.toMatchObject({ code: 'safety/not-there' })
  })
})
