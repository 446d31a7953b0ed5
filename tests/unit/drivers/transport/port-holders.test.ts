import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPortHolders, holdersAmong } from '../../../../src-main/drivers/transport/port-holders.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

describe('the holders of a port', () => {
  it('are the processes that have its device open', () => {
    const found = holdersAmong(
      [
        { pid: 1, name: 'systemd', files: ['/dev/null', 'socket:[1]'] },
        { pid: 812, name: 'ModemManager', files: ['/dev/null', '/dev/ttyACM0'] },
        { pid: 900, name: 'minicom', files: ['/dev/ttyACM01'] },
      ],
      '/dev/ttyACM0',
    )
    expect(found).toEqual({ holders: [{ pid: 812, name: 'ModemManager' }], incomplete: false })
  })

  it('still hold a device that was unplugged under them', () => {
    const found = holdersAmong([{ pid: 5, name: null, files: ['/dev/ttyUSB0 (deleted)'] }], '/dev/ttyUSB0')
    expect(found.holders).toEqual([{ pid: 5, name: 'a process' }])
  })

  it('may be among processes that we may not look at', () => {
    expect(holdersAmong([{ pid: 1, name: null, files: null }], '/dev/ttyUSB0')).toEqual({
      holders: [],
      incomplete: true,
    })
  })

  it('are read from the process file system', async () => {
    const proc = temporaryDir()
    for (const [pid, name, file] of [
      ['7', 'screen', '/dev/ttyHEADFRAME7'],
      ['8', 'bash', '/dev/pts/1'],
    ] as const) {
      mkdirSync(join(proc, pid, 'fd'), { recursive: true })
      writeFileSync(join(proc, pid, 'comm'), `${name}\n`)
      symlinkSync(file, join(proc, pid, 'fd', '3'))
    }
    mkdirSync(join(proc, '9'))
    writeFileSync(join(proc, 'uptime'), '1 1')
    expect(await findPortHolders('/dev/ttyHEADFRAME7', 'linux', proc)).toEqual({
      holders: [{ pid: 7, name: 'screen' }],
      incomplete: false,
    })
  })

  it.each(['darwin', 'win32'] as const)('are not told by %s', async (platform) => {
    expect(await findPortHolders('COM5', platform)).toEqual({ holders: [], incomplete: true })
  })

  it('are unknown where there is no process file system', async () => {
    expect(await findPortHolders('/dev/ttyUSB0', 'linux', '/nowhere')).toEqual({
      holders: [],
      incomplete: true,
    })
  })
})
