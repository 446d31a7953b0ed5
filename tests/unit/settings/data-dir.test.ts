import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultDataDir, LOCK_FILE, lockDataDir, prepareDataDir } from '../../../src-main/settings/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const settings = resolve(import.meta.dirname, '../../../src-main/settings/index.ts')

describe('the data directory', () => {
  it.each<[string, Record<string, string>, string, string]>([
    ['linux', {}, '/home/ada/.local/share/headframe', '/home/ada/.local/share/headframe-practice'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/headframe', '/data/headframe-practice'],
    [
      'linux',
      { XDG_DATA_HOME: 'relative' },
      '/home/ada/.local/share/headframe',
      '/home/ada/.local/share/headframe-practice',
    ],
    [
      'darwin',
      {},
      '/home/ada/Library/Application Support/Headframe',
      '/home/ada/Library/Application Support/Headframe Practice',
    ],
    ['win32', { APPDATA: '/roaming' }, join('/roaming', 'Headframe'), join('/roaming', 'Headframe Practice')],
  ])('on %s with %o is %s, and practice has its own', (platform, env, real, practice) => {
    const folders = { platform, env, homeDir: '/home/ada' }
    expect(defaultDataDir(folders, false)).toBe(real)
    expect(defaultDataDir(folders, true)).toBe(practice)
  })

  it('is created for this user only, and nothing is left of the write test', async () => {
    const dir = join(temporaryDir(), 'a', 'b')
    await prepareDataDir(dir)
    await prepareDataDir(dir)
    expect(readdirSync(dir)).toEqual([])
    if (process.platform !== 'win32') expect(statSync(dir).mode & 0o777).toBe(0o700)
  })

  // The tests may run as root, who ignores modes: a path below a regular file cannot be written by anyone.
  it('that cannot be written is named with what to do', async () => {
    const file = join(temporaryDir(), 'file')
    writeFileSync(file, '')
    for (const dir of [file, join(file, 'below')]) {
      await expect(prepareDataDir(dir)).rejects.toMatchObject({
        code: 'data-dir/not-writable',
        message: expect.stringContaining(
          `Make ${dir} a directory that this user may write to, or choose another with --data-dir.`,
        ) as string,
        context: expect.objectContaining({ directory: dir }) as object,
      })
    }
  })
})

describe('the lock of the data directory', () => {
  it('refuses a second program and names the first', async () => {
    const dir = temporaryDir()
    const { child, pid } = await lockInAnotherProcess(dir)
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: 'data-dir/in-use',
      message: expect.stringContaining(`(process ${pid}) uses the data directory ${dir}`) as string,
      context: { dir, pid },
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await lockDataDir(dir)).release()
  })

  it('is taken over from a program that was killed', async () => {
    const dir = temporaryDir()
    const { child } = await lockInAnotherProcess(dir)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await lockDataDir(dir)
    expect(JSON.parse(readFileSync(join(dir, LOCK_FILE), 'utf8'))).toMatchObject({ pid: process.pid })
    await lock.release()
    expect(readdirSync(dir)).toEqual([])
  })

  it('refuses the same program a second time until it is released', async () => {
    const dir = temporaryDir()
    const lock = await lockDataDir(dir)
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'data-dir/in-use' })
    await lock.release()
    await lock.release()
    await (await lockDataDir(dir)).release()
  })

  it.runIf(process.platform === 'linux')(
    'is taken over when the number of the dead process belongs to another one by now',
    async () => {
      const dir = temporaryDir()
      // As after a restart of a container, in which the program is process 1 every time.
      const before = { pid: process.pid, processStart: 'another-boot 123' }
      writeFileSync(join(dir, LOCK_FILE), JSON.stringify(before))
      await (await lockDataDir(dir)).release()
    },
  )

  it('is respected where the system does not tell when a process began', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, LOCK_FILE), JSON.stringify({ pid: process.pid, processStart: null }))
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'data-dir/in-use' })
  })

  it('without content is another program that is just starting, unless it is old', async () => {
    const dir = temporaryDir()
    const path = join(dir, LOCK_FILE)
    writeFileSync(path, '')
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'data-dir/in-use', context: { pid: null } })
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    await (await lockDataDir(dir)).release()
  })

  it('of a dead program goes to exactly one of many that start at once', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, LOCK_FILE), JSON.stringify({ pid: 2 ** 30, processStart: 'gone' }))
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dir)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('is not removed by one who lost it', async () => {
    const dir = temporaryDir()
    const lock = await lockDataDir(dir)
    const other = JSON.stringify({ pid: 1, processStart: null })
    writeFileSync(join(dir, LOCK_FILE), other)
    await lock.release()
    expect(readFileSync(join(dir, LOCK_FILE), 'utf8')).toBe(other)
  })

  it('names a directory that cannot be written', async () => {
    const dir = join(temporaryDir(), 'dir')
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'data-dir/not-writable' })
    mkdirSync(dir)
    await (await lockDataDir(dir)).release()
  })
})

/** A process that holds the lock until it is killed. */
async function lockInAnotherProcess(dir: string) {
  const program = `
    const { lockDataDir } = await import(${JSON.stringify(settings)})
    await lockDataDir(${JSON.stringify(dir)})
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect(line.toString()).toBe('locked\n')
  return { child, pid: child.pid! }
}
