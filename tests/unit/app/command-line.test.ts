import { describe, expect, it } from 'vitest'
import { type CommandLine, parseCommandLine, USAGE } from '../../../src-main/app/command-line.ts'

function parsed(...args: string[]): CommandLine {
  const result = parseCommandLine(args)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

function refusal(...args: string[]): string {
  const result = parseCommandLine(args)
  if (result.ok) throw new Error(`${args.join(' ')} was taken`)
  return result.error
}

describe('the command line', () => {
  it('leaves everything to the settings when nothing is said', () => {
    expect(parsed()).toEqual({
      practice: false,
      json: false,
      help: false,
      version: false,
      dataDir: null,
      dashboard: null,
      stratum: null,
      stratumV2: null,
      stratumWs: null,
    })
  })

  it('reads every option that can be used', () => {
    expect(
      parsed(
        '--headless',
        '--practice',
        '--json',
        '--data-dir',
        '/srv/farm',
        '--dashboard=0.0.0.0:0',
        '--stratum',
        '[::]:3333',
      ),
    ).toMatchObject({
      practice: true,
      json: true,
      dataDir: '/srv/farm',
      dashboard: { host: '0.0.0.0', port: 0 },
      stratum: { host: '::', port: 3333 },
    })
  })

  it.each([
    ['127.0.0.1:4950', { host: '127.0.0.1', port: 4950 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[fd00::1]:65535', { host: 'fd00::1', port: 65535 }],
  ])('takes %s as an address', (text, address) => {
    expect(parsed('--dashboard', text).dashboard).toEqual(address)
  })

  it.each([
    '127.0.0.1',
    ':4950',
    '4950',
    '127.0.0.1:65536',
    'fd00::1:4950',
    '[fd00::1]',
    'host:port',
    'a b:1',
    '',
  ])('refuses "%s" as an address, naming the option and how to write it', (text) => {
    expect(refusal('--stratum', text)).toMatch(/^--stratum .*is not HOST:PORT: write for instance --stratum /)
  })

  it('names an option it does not know, and one without its value', () => {
    expect(refusal('--practise')).toMatch(/--practise.*--help/)
    expect(refusal('--data-dir')).toMatch(/--data-dir.*--help/)
    expect(refusal('farm')).toContain('--help')
  })

  it('takes the frozen options whose part is not served yet, so that scripts written for them start', () => {
    const parsed = parseCommandLine(['--stratum-v2', '0.0.0.0:3336', '--stratum-ws', '[::1]:3337'])
    expect(parsed.ok && parsed.value).toMatchObject({
      stratumV2: { host: '0.0.0.0', port: 3336 },
      stratumWs: { host: '::1', port: 3337 },
    })
    expect(refusal('--stratum-v2', 'nowhere')).toContain('--stratum-v2 nowhere is not HOST:PORT')
  })

  it('explains in its usage every option that it takes', () => {
    for (const option of [
      '--headless',
      '--practice',
      '--data-dir',
      '--dashboard',
      '--stratum',
      '--json',
      '--version',
      '--help',
    ]) {
      expect(USAGE).toContain(option)
    }
  })
})
