import { describe, expect, it } from 'vitest'
import { openFailureError, openFailureKind } from '../../../../src-main/drivers/transport/open-failure.ts'
import { type PortHolders } from '../../../../src-main/drivers/transport/port-holders.ts'

const none: PortHolders = { holders: [], incomplete: false }

function failure(
  path: string,
  text: string,
  platform: NodeJS.Platform,
  holders: PortHolders = none,
): { code: string; message: string } {
  return openFailureError({ path, text, platform, holders, pid: 4242, cause: new Error(text) })
}

describe('why a port did not open', () => {
  it.each([
    ['Error: No such file or directory, cannot open /dev/ttyACM0', 'linux', 'not-found'],
    ['Error: No such device or address, cannot open /dev/ttyUSB0', 'linux', 'not-found'],
    ['Opening COM9: File not found', 'win32', 'not-found'],
    ['Error: Permission denied, cannot open /dev/ttyACM0', 'linux', 'no-access'],
    ['Error: Operation not permitted, cannot open /dev/cu.usbmodem1', 'darwin', 'no-access'],
    ['Error Resource temporarily unavailable Cannot lock port', 'linux', 'busy'],
    ['Error: Device or resource busy, cannot open /dev/ttyACM0', 'linux', 'busy'],
    ['Error: Resource busy, cannot open /dev/cu.usbmodem1', 'darwin', 'busy'],
    ['Opening COM5: Access denied', 'win32', 'busy'],
    ['Opening COM5: Unknown error code 31', 'win32', 'open-failed'],
  ] as const)('is read from “%s” on %s as %s', (text, platform, kind) => {
    expect(openFailureKind(text, platform)).toBe(kind)
  })

  it('tells about the group and the udev rule on Linux', () => {
    const { code, message } = failure('/dev/ttyACM0', 'Permission denied', 'linux')
    expect(code).toBe('port/no-access')
    expect(message).toContain('dialout')
    expect(message).toContain('udev rule')
  })

  it('names the program that has it, and what to do about the likely ones', () => {
    const held = (name: string): string =>
      failure('/dev/ttyACM0', 'Cannot lock port', 'linux', {
        holders: [{ pid: 812, name }],
        incomplete: true,
      }).message
    expect(held('ModemManager')).toMatch(
      /^\/dev\/ttyACM0 is in use by ModemManager \(process 812\)\. .*wait ten seconds/,
    )
    expect(held('brltty')).toMatch(/Braille/)
    expect(held('cgminer')).toBe('/dev/ttyACM0 is in use by cgminer (process 812). Close it, then try again.')
  })

  it('says when it is Headframe itself', () => {
    const own = { holders: [{ pid: 4242, name: 'node' }], incomplete: false }
    expect(failure('/dev/ttyACM0', 'Cannot lock port', 'linux', own).message).toContain('Headframe itself')
  })

  it('guesses, and says that it does, where it may not look', () => {
    const hidden = { holders: [], incomplete: true }
    const { message } = failure('/dev/ttyACM0', 'Device or resource busy', 'linux', hidden)
    expect(message).toContain('most likely')
    expect(message).toContain('ModemManager')
    expect(message).toContain('brltty')
  })

  it('says that Windows does not tell who has a port', () => {
    const { code, message } = failure('COM5', 'Opening COM5: Access denied', 'win32')
    expect(code).toBe('port/busy')
    expect(message).toContain('Windows does not tell which')
  })

  it('hands on what the system said where nothing better is known', () => {
    expect(failure('COM5', 'Opening COM5: Unknown error code 31', 'win32')).toMatchObject({
      code: 'port/open-failed',
      message: expect.stringContaining('Unknown error code 31'),
    })
  })
})
