import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import {
  defaultSettings,
  type OpenedSettings,
  openSettings,
  type PoolSettings,
  SETTINGS_FILE,
  SETTINGS_VERSION,
} from '../../../src-main/settings/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const clock = new ManualClock(Date.UTC(2026, 10, 22, 7, 47, 10))
const BROKEN = 'settings.broken-2026-11-22T07-47-10Z.json'
const PREVIOUS = 'settings.previous.json'

const open = (dataDir: string): Promise<OpenedSettings> => openSettings(dataDir, clock)

function pool(fields: Partial<PoolSettings> = {}): PoolSettings {
  return {
    id: 'home',
    name: 'Home',
    url: 'stratum+tcp://pool.example:3333',
    userIdentity: 'account.worker',
    enabled: true,
    fallbackUrl: null,
    lines: 'shared',
    namesRigs: false,
    mayMoveTo: 'same-host',
    listens: false,
    solo: false,
    versionRolling: 'bip320',
    knownRollableSize: null,
    secretRef: null,
    ...fields,
  }
}

/** A directory whose settings were changed twice: one pool, then two. */
async function changedTwice(): Promise<string> {
  const dataDir = temporaryDir()
  const { store } = await open(dataDir)
  await store.update((draft) => ({ ...draft, pools: [pool()] }))
  await store.update((draft) => ({ ...draft, pools: [...draft.pools, pool({ id: 'second' })] }))
  return dataDir
}

describe('settings', () => {
  it('begin with defaults, and say that they are new', async () => {
    const dataDir = temporaryDir()
    const { store, notices, isNew } = await open(dataDir)
    expect({ notices, isNew }).toEqual({ notices: [], isNew: true })
    expect(store.current).toEqual(defaultSettings())
    expect(store.current.dashboard).toEqual({ host: '127.0.0.1', port: 4950 })
    expect(store.current.listeners.stratum).toEqual({ host: '0.0.0.0', port: 3333 })
  })

  it('are there after a restart, in a file that only this user can read', async () => {
    const dataDir = await changedTwice()
    const { store, notices, isNew } = await open(dataDir)
    expect({ notices, isNew }).toEqual({ notices: [], isNew: false })
    expect(store.current.pools.map(({ id }) => id)).toEqual(['home', 'second'])
    if (process.platform !== 'win32') {
      expect(statSync(join(dataDir, SETTINGS_FILE)).mode & 0o777).toBe(0o600)
      expect(statSync(join(dataDir, PREVIOUS)).mode & 0o777).toBe(0o600)
    }
    expect(readdirSync(dataDir).sort()).toEqual([SETTINGS_FILE, PREVIOUS])
  })

  it('may be written by hand with nothing but pools', async () => {
    const dataDir = temporaryDir()
    writeFileSync(
      join(dataDir, SETTINGS_FILE),
      JSON.stringify({ version: SETTINGS_VERSION, pools: [pool()], activePoolId: 'home' }),
    )
    const { store } = await open(dataDir)
    expect(store.current).toEqual({ ...defaultSettings(), pools: [pool()], activePoolId: 'home' })
  })

  it('of the first version are understood, with one line or one per rig as they said', async () => {
    const dataDir = temporaryDir()
    const { fallbackUrl: _f, lines: _l, namesRigs: _n, mayMoveTo: _m, listens: _i, solo: _s, ...old } = pool()
    const pools = [
      { ...old, id: 'together', aggregated: true },
      { ...old, id: 'single', aggregated: false },
    ]
    writeFileSync(
      join(dataDir, SETTINGS_FILE),
      JSON.stringify({ version: 1, pools, activePoolId: 'single', ui: { theme: 'dark' } }),
    )
    const { store, notices } = await open(dataDir)
    expect(notices).toEqual([])
    const together = pool({ id: 'together' })
    const single = pool({ id: 'single', lines: 'per-rig' })
    expect(store.current.pools).toEqual([together, single])
    expect(store.current.activePoolId).toBe('single')
    expect(store.current.ui.theme).toBe('dark')
    expect(store.current.routing.failover).toEqual({ enabled: true, returnAfterMinutes: 5 })
    expect(store.current.audit.enabled).toBe(false)
  })

  it('are changed one update after the other, each seeing the one before', async () => {
    const dataDir = temporaryDir()
    const { store } = await open(dataDir)
    const seen: number[] = []
    store.onChange(({ settings, before }) => seen.push(before.pools.length, settings.pools.length))
    const updates = Array.from({ length: 10 }, (_, n) =>
      store.update((draft) => ({ ...draft, pools: [...draft.pools, pool({ id: `pool-${n}` })] })),
    )
    await store.settled()
    expect(store.current.pools).toHaveLength(10)
    expect(seen).toEqual(updates.flatMap((_, n) => [n, n + 1]))
    expect((await open(dataDir)).store.current).toEqual(store.current)
  })

  it('cannot be changed by editing what was read', async () => {
    const { store } = await open(temporaryDir())
    expect(() => {
      store.current.ui.theme = 'dark'
    }).toThrow(TypeError)
  })

  it.each<[string, (dataDir: string) => Promise<unknown>]>([
    [
      'activePoolId',
      async (dir) => (await open(dir)).store.update((draft) => ({ ...draft, activePoolId: 'x' })),
    ],
    [
      'pools[1].id',
      async (dir) => (await open(dir)).store.update((draft) => ({ ...draft, pools: [pool(), pool()] })),
    ],
    [
      'pools[0].userIdentity',
      async (dir) =>
        (await open(dir)).store.update((draft) => ({
          ...draft,
          pools: [pool({ userIdentity: 'é'.repeat(128) })],
        })),
    ],
    [
      'allowedRanges[0]',
      async (dir) =>
        (await open(dir)).store.update((draft) => ({ ...draft, allowedRanges: ['10.0.0.0/33'] })),
    ],
  ])('refuse a change that breaks %s, and stay as they were', async (field, change) => {
    const dataDir = await changedTwice()
    const before = readFileSync(join(dataDir, SETTINGS_FILE), 'utf8')
    await expect(change(dataDir)).rejects.toMatchObject({
      code: 'settings/invalid',
      message: expect.stringContaining(`${field}: `) as string,
    })
    expect(readFileSync(join(dataDir, SETTINGS_FILE), 'utf8')).toBe(before)
  })

  it('go on being changed after an update that failed', async () => {
    const { store } = await open(temporaryDir())
    const failed = store.update(() => {
      throw new Error('no')
    })
    const later = store.update((draft) => ({ ...draft, activePoolId: null, pools: [pool()] }))
    await expect(failed).rejects.toThrow('no')
    expect((await later).pools).toHaveLength(1)
  })

  // Root ignores file modes, so the failure is a real one that stops root too: the directory is gone.
  it('say where they could not be saved, and keep what was there', async () => {
    const dataDir = await changedTwice()
    const { store } = await open(dataDir)
    rmSync(dataDir, { recursive: true })
    await expect(store.update((draft) => ({ ...draft, pools: [] }))).rejects.toMatchObject({
      code: 'settings/not-writable',
      message: expect.stringMatching(
        new RegExp(`could not be saved \\(${join(dataDir, SETTINGS_FILE)}\\).*--data-dir`),
      ) as string,
    })
    expect(store.current.pools).toHaveLength(2)
  })
})

describe('a broken settings file', () => {
  it.each([
    ['cut off', '{"version": 1, "poo', 'it is not JSON'],
    ['empty', '', 'it is not JSON'],
    ['of another shape', '[1, 2]', 'it does not hold a JSON object'],
    ['without a version', '{"pools": []}', 'version: is not a whole number'],
    ['with a mistyped field', JSON.stringify({ version: 1, pools: [], activPool: null }), '"activPool"'],
    [
      'with a wrong value in a pool',
      JSON.stringify({ version: 1, pools: [pool(), pool({ id: 'b', enabled: 1 as unknown as boolean })] }),
      'pools[1].enabled: ',
    ],
  ])('%s is kept aside, and the copy from before the last change is used', async (_, text, reason) => {
    const dataDir = await changedTwice()
    const path = join(dataDir, SETTINGS_FILE)
    writeFileSync(path, text)
    const { store, notices, isNew } = await open(dataDir)
    expect(isNew).toBe(false)
    expect(store.current.pools.map(({ id }) => id)).toEqual(['home'])
    expect(notices).toMatchObject([{ kind: 'restored-previous', brokenPath: join(dataDir, BROKEN) }])
    expect(notices[0]!.detail).toContain(reason)
    expect(notices[0]!.detail).toContain(join(dataDir, BROKEN))
    expect(readFileSync(join(dataDir, BROKEN), 'utf8')).toBe(text)
    // The next start finds the restored one and has nothing to say.
    expect((await open(dataDir)).notices).toEqual([])
    expect((await open(dataDir)).store.current).toEqual(store.current)
  })

  it('without a sound copy leads to defaults, and says so', async () => {
    for (const previous of [undefined, 'noise']) {
      const dataDir = temporaryDir()
      writeFileSync(join(dataDir, SETTINGS_FILE), '{')
      if (previous !== undefined) writeFileSync(join(dataDir, PREVIOUS), previous)
      const { store, notices } = await open(dataDir)
      expect(store.current).toEqual(defaultSettings())
      expect(notices).toMatchObject([{ kind: 'reset-to-defaults', brokenPath: join(dataDir, BROKEN) }])
      expect(notices[0]!.detail).toContain('pools have to be added again')
    }
  })

  it('does not replace one that was kept aside in the same second', async () => {
    const dataDir = temporaryDir()
    for (const text of ['first', 'second']) {
      writeFileSync(join(dataDir, SETTINGS_FILE), text)
      await open(dataDir)
    }
    expect(readFileSync(join(dataDir, BROKEN), 'utf8')).toBe('first')
    expect(readFileSync(join(dataDir, BROKEN.replace('.json', '-2.json')), 'utf8')).toBe('second')
  })

  it('that is missing while its copy is there is restored', async () => {
    const dataDir = await changedTwice()
    rmSync(join(dataDir, SETTINGS_FILE))
    const { store, notices } = await open(dataDir)
    expect(store.current.pools).toHaveLength(1)
    expect(notices).toMatchObject([{ kind: 'restored-previous', brokenPath: null }])
  })

  it.each([SETTINGS_FILE, PREVIOUS])(
    'from a newer version (%s) is refused and left as it is',
    async (name) => {
      const dataDir = temporaryDir()
      const text = JSON.stringify({ version: SETTINGS_VERSION + 1, pools: 'differently' })
      writeFileSync(join(dataDir, name), text)
      await expect(open(dataDir)).rejects.toMatchObject({
        code: 'settings/newer-version',
        message: expect.stringContaining(`${join(dataDir, name)} was written by a newer Headframe`) as string,
      })
      expect(readFileSync(join(dataDir, name), 'utf8')).toBe(text)
      expect(existsSync(join(dataDir, BROKEN))).toBe(false)
    },
  )

  it('that cannot be read is not taken for a broken one', async () => {
    const dataDir = temporaryDir()
    mkdirSync(join(dataDir, SETTINGS_FILE))
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'settings/not-readable' })
    expect(readdirSync(dataDir)).toEqual([SETTINGS_FILE])
  })
})
