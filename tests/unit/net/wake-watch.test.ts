import { networkInterfaces } from 'node:os'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Clock, ManualClock } from '../../../src-main/base/index.ts'
import { interfaceAddresses, type NetworkChange, WakeWatch } from '../../../src-main/net/index.ts'

let clock: ManualClock
let addresses: string[]
let wakes: number[]
let changes: NetworkChange[]

beforeEach(() => {
  clock = new ManualClock()
  addresses = ['eth0 192.168.1.10/24', 'eth0 fd00::10/64']
  wakes = []
  changes = []
})

function watch(over: Clock = clock): WakeWatch {
  const made = new WakeWatch({
    clock: over,
    listAddresses: () => addresses,
    onWake: (sleptMs) => wakes.push(sleptMs),
    onNetworkChange: (change) => changes.push(change),
  })
  made.start()
  return made
}

/** A machine whose monotonic clock counts sleep: timers fire late, and both clocks have moved. */
class SleepyClock extends ManualClock {
  #sleptMs = 0
  override nowMs(): number {
    return super.nowMs() + this.#sleptMs
  }
  override monotonicMs(): number {
    return super.monotonicMs() + this.#sleptMs
  }
  sleep(ms: number): void {
    this.#sleptMs += ms
  }
}

describe('wake watch', () => {
  it('says nothing on a machine that is awake and stays where it is', () => {
    watch()
    clock.advance(24 * 3_600_000)
    expect([wakes, changes]).toEqual([[], []])
  })

  it('tells once of a sleep that only wall time counted', () => {
    watch()
    clock.advance(12_000)
    clock.setWallTime(clock.nowMs() + 3_600_000)
    clock.advance(60_000)
    expect(wakes).toEqual([3_600_000])
  })

  it('tells once of a sleep that the monotonic clock counted', () => {
    const sleepy = new SleepyClock()
    watch(sleepy)
    sleepy.advance(12_000)
    sleepy.sleep(3_600_000)
    sleepy.advance(60_000)
    expect(wakes).toEqual([3_600_000])
  })

  it('tells of each sleep', () => {
    watch()
    for (const sleptMs of [60_000, 7_200_000]) {
      clock.advance(20_000)
      clock.setWallTime(clock.nowMs() + sleptMs)
    }
    clock.advance(20_000)
    expect(wakes).toEqual([60_000, 7_200_000])
  })

  it('takes a busy machine for no sleep, nor a clock that is corrected by little or set back', () => {
    watch()
    clock.advance(20_000)
    clock.setWallTime(clock.nowMs() + 30_000)
    clock.advance(20_000)
    clock.setWallTime(clock.nowMs() - 86_400_000)
    clock.advance(20_000)
    expect(wakes).toEqual([])
  })

  it('tells once which addresses came and went', () => {
    watch()
    clock.advance(20_000)
    addresses = ['wlan0 10.0.0.7/8', 'eth0 fd00::10/64']
    clock.advance(20_000)
    expect(changes).toEqual([{ added: ['wlan0 10.0.0.7/8'], removed: ['eth0 192.168.1.10/24'] }])
  })

  it('does not mind the order of addresses', () => {
    watch()
    addresses = addresses.toReversed()
    clock.advance(20_000)
    expect(changes).toEqual([])
  })

  it('tells of both when a machine wakes in another place', () => {
    watch()
    clock.setWallTime(clock.nowMs() + 3_600_000)
    addresses = []
    clock.advance(5_000)
    expect(wakes).toHaveLength(1)
    expect(changes).toEqual([{ added: [], removed: ['eth0 192.168.1.10/24', 'eth0 fd00::10/64'] }])
  })

  it('says nothing more once stopped, and leaves no timer', () => {
    const made = watch()
    made.start()
    made.stop()
    addresses = []
    clock.advance(60_000)
    expect(changes).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('may be stopped by who hears of the wake', () => {
    const made: WakeWatch = new WakeWatch({
      clock,
      listAddresses: () => addresses,
      onWake: () => made.stop(),
      onNetworkChange: (change) => changes.push(change),
    })
    made.start()
    clock.setWallTime(clock.nowMs() + 3_600_000)
    addresses = []
    clock.advance(60_000)
    expect(changes).toEqual([])
  })
})

describe('interface addresses', () => {
  const info = (address: string, internal: boolean, cidr: string | null) => ({
    address,
    internal,
    cidr,
    netmask: '255.255.255.0',
    family: 'IPv4' as const,
    mac: '00:00:00:00:00:00',
  })

  it('are those that others can reach, with interface and network', () => {
    expect(
      interfaceAddresses({
        lo: [info('127.0.0.1', true, '127.0.0.1/8')],
        eth0: [info('192.168.1.10', false, '192.168.1.10/24'), info('192.168.1.11', false, null)],
      }),
    ).toEqual(['eth0 192.168.1.10/24', 'eth0 192.168.1.11'])
  })

  it('take what the system says', () => {
    expect(Array.isArray(interfaceAddresses(networkInterfaces()))).toBe(true)
  })
})
