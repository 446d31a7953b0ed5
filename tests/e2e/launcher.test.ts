/** `npm start` as a person and as a script meet it: the launcher with the options of the README. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/headless-process.ts'

const root = resolve(import.meta.dirname, '../..')
const launcher = join(root, 'src-main/launch/start.mjs')

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the launcher to its end, or interrupts it once stdout has a line. */
function launch(args: readonly string[], interruptAfterFirstLine = false): Promise<Ran> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, [launcher, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' },
    })
    let stdout = ''
    let stderr = ''
    let interrupted = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (interruptAfterFirstLine && !interrupted && stdout.includes('\n')) {
        interrupted = true
        child.kill('SIGTERM')
      }
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('exit', (code) => settle({ code, stdout, stderr }))
  })
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const free = ['--dashboard', '127.0.0.1:0', '--stratum', '127.0.0.1:0', '--stratum-v2', '127.0.0.1:0']

beforeAll(async () => {
  folder = await temporaryFolder()
})

afterAll(() => folder.remove())

describe('npm start', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(await launch(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  it('prints its options', async () => {
    const { code, stdout } = await launch(['--help'])
    expect(code).toBe(0)
    for (const option of ['--headless', '--practice', '--data-dir', '--dashboard', '--stratum', '--json']) {
      expect(stdout).toContain(option)
    }
  })

  it('names an option that does not exist', async () => {
    const { code, stderr } = await launch(['--headless', '--sratum', '127.0.0.1:3333'])
    expect(code).toBe(2)
    expect(stderr).toContain('--sratum')
  })

  it('says what is wrong with an address', async () => {
    const { code, stderr } = await launch(['--headless', '--stratum', '3333'])
    expect(code).toBe(2)
    expect(stderr).toContain('--stratum 3333 is not HOST:PORT')
  })

  it('keeps stdout for JSON lines with --json, and ends with 0 when told to stop', async () => {
    const dataDir = join(folder.path, 'json')
    const { code, stdout } = await launch(['--headless', '--json', '--data-dir', dataDir, ...free], true)
    expect(code).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(JSON.parse(lines[0]!)).toMatchObject({ event: 'ready', dataDir })
    for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object')
  })

  it('starts the dashboard where there is no display, and says so in one line', async () => {
    const { stderr } = await launch(['--json', '--data-dir', join(folder.path, 'display'), ...free], true)
    expect(stderr).toContain('so no window: starting the headless dashboard.')
  })

  it('names the port that is taken and the option that changes it', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as AddressInfo
    const dataDir = join(folder.path, 'taken')
    for (const option of ['--stratum', '--stratum-v2', '--dashboard']) {
      const { code, stderr } = await launch([
        '--headless',
        '--data-dir',
        dataDir,
        ...free,
        option,
        `127.0.0.1:${port}`,
      ])
      expect(code).toBe(1)
      expect(stderr).toContain(`Port ${port} on 127.0.0.1 is taken by another program`)
      expect(stderr).toContain(option)
    }
    taken.close()
  })

  it('names a data directory it cannot write to', async () => {
    // Below a regular file: also the superuser cannot make a folder there.
    const file = join(folder.path, 'a-file')
    await writeFile(file, '')
    const { code, stderr } = await launch(['--headless', '--data-dir', join(file, 'data'), ...free])
    expect(code).toBe(1)
    expect(stderr).toContain('cannot write to its data directory')
    expect(stderr).toContain(file)
  })

  it('starts with a broken settings file put aside, losing nothing', async () => {
    const dataDir = join(folder.path, 'broken')
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'settings.json'), '{ "version": 1, "pools": [')
    const { code, stdout } = await launch(['--headless', '--json', '--data-dir', dataDir, ...free], true)
    expect(code).toBe(0)
    expect(stdout).toContain('"event":"ready"')
  })
})
