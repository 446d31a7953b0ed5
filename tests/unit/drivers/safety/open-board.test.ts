import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { bitaxeGammaRhapD } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { type AttachedDevice } from '../../../../src-main/drivers/model/usb.ts'
import { openModel } from '../../../../src-main/drivers/safety/open-board.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { BridgePeer, type PeerAnswer, type SeenRequest } from '../../../support/bridge-peer.ts'
import { within } from '../../../support/settled-time.ts'

const device: AttachedDevice = {
  key: '1209:6102:T1',
  vendorId: 0x1209,
  productId: 0x6102,
  manufacturer: null,
  product: 'Bitaxe Gamma RHAP-D',
  serialNumber: 'T1',
  bcdDevice: null,
  ports: [{ kind: 'tty', path: '/dev/ttyACM0' }],
}

/** A bridge with nothing on its bus, its chips out of reset: left running. */
function setUp(
  change: (request: SeenRequest, readsOfReset: number) => PeerAnswer | undefined = () => undefined,
) {
  const clock = new ManualClock()
  const { host, board } = memoryLinkPair()
  let resetLevel = 1
  let reads = 0
  const peer = new BridgePeer(board, 'v1', (request) => {
    const { page, command, data } = request
    if (page === 6 && data.length === 0) reads++
    const changed = change(request, reads)
    if (changed !== undefined) return changed
    if (page === 6) {
      resetLevel = data[0] ?? resetLevel
      return { data: [resetLevel] }
    }
    if (command === 0x10) return { data: [...data] }
    return { error: 0xff, text: 'I2C WriteRead Error' }
  })
  const opened = openModel(
    {
      clock,
      log: silentLogger,
      openPort: async () => host,
      openUsbControl: () => Promise.reject(new Error('not asked for')),
    },
    device,
    bitaxeGammaRhapD,
  )
  return { clock, peer, opened, level: () => resetLevel }
}

describe('a board that is opened', () => {
  it('is held in reset even if its level could not be read', async () => {
    // The first read finds out how replies look; the one that looks whether it runs goes unanswered.
    const { clock, opened, level } = setUp(({ page, data }, reads) =>
      page === 6 && data.length === 0 && reads === 2 ? null : undefined,
    )
    await expect(within(clock, opened)).rejects.toMatchObject({ code: 'board/other-parts' })
    expect(level()).toBe(0)
  })

  it('is held in reset before anything else, and its bus is asked at the rate that every part takes', async () => {
    const { clock, peer, opened } = setUp()
    await expect(within(clock, opened)).rejects.toMatchObject({ code: 'board/other-parts' })
    const asked = peer.seen.map(({ page, command, data }) => ({ page, command, data: [...data] }))
    const held = asked.findIndex(({ page, data }) => page === 6 && data[0] === 0)
    const rated = asked.findIndex(({ page, command }) => page === 5 && command === 0x10)
    const scanned = asked.findIndex(({ page, command }) => page === 5 && command !== 0x10)
    expect(asked[rated]?.data).toEqual([0xa0, 0x86, 0x01, 0x00])
    expect(held).toBeGreaterThan(0)
    expect(held).toBeLessThan(rated)
    expect(rated).toBeLessThan(scanned)
  })
})
