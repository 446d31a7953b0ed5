import { describe, expect, it } from 'vitest'
import { ownArguments } from '../../../src-main/electron/arguments.ts'

describe('our part of the arguments', () => {
  it('begins after the path of the program, which a package does not have', () => {
    expect(ownArguments(['electron', '/opt/headframe', '--practice'], false)).toEqual(['--practice'])
    expect(ownArguments(['headframe', '--practice'], true)).toEqual(['--practice'])
  })

  it('leaves out what is for Chromium and Node, wherever it stands', () => {
    const foreign = [
      '--no-sandbox',
      '--ozone-platform=wayland',
      '--inspect=9229',
      '--disable-gpu',
      '-psn_0_1',
    ]
    expect(
      ownArguments(['electron', ...foreign, '/opt/headframe', '--data-dir', '/x', ...foreign], false),
    ).toEqual(['--data-dir', '/x'])
  })

  it('keeps what it does not know, so that a typing error is named', () => {
    expect(ownArguments(['headframe', '--practise', 'farm'], true)).toEqual(['--practise', 'farm'])
  })

  it('takes no option of ours for one of Chromium', () => {
    const ours = [
      '--practice',
      '--json',
      '--help',
      '--version',
      '--data-dir',
      '--dashboard',
      '--stratum',
      '--stratum-v2',
      '--stratum-ws',
    ]
    expect(ownArguments(['headframe', ...ours], true)).toEqual(ours)
  })
})
