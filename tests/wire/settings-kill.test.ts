import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src-main/base/index.ts'
import { openSettings } from '../../src-main/settings/index.ts'
import { temporaryDir } from '../support/temporary-dir.ts'

const settings = resolve(import.meta.dirname, '../../src-main/settings/index.ts')
const base = resolve(import.meta.dirname, '../../src-main/base/index.ts')

/** Adds a pool after the other, and prints the number of each once it is saved. */
const program = (dataDir: string): string => `
  const { writeSync } = await import('node:fs')
  const { systemClock } = await import(${JSON.stringify(base)})
  const { openSettings } = await import(${JSON.stringify(settings)})
  const { store } = await openSettings(${JSON.stringify(dataDir)}, systemClock)
  for (;;) {
    const { pools } = await store.update((draft) => {
      draft.pools.push({
        id: 'pool-' + draft.pools.length,
        name: 'Pool',
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
      })
      return draft
    })
    writeSync(1, pools.length + '\\n')
  }`

describe('the settings of a program killed with SIGKILL while it saves', () => {
  it('hold every pool that was reported as saved', async () => {
    const dataDir = temporaryDir()
    let known = 0
    for (const [delayMs, more] of [1, 4, 2, 9, 3, 6].entries()) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program(dataDir)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      let reported = known
      for await (const line of createInterface({ input: child.stdout })) {
        reported = Number(line)
        if (reported === known + more) setTimeout(() => child.kill('SIGKILL'), delayMs)
      }
      expect(await exited).toEqual([null, 'SIGKILL'])

      const { store, notices } = await openSettings(dataDir, systemClock)
      expect(notices).toEqual([])
      // The last change may have been saved without having been reported.
      expect(store.current.pools.length - reported).toBeOneOf([0, 1])
      known = store.current.pools.length
      expect(store.current.pools.map(({ id }) => id)).toEqual(
        Array.from({ length: known }, (_, n) => `pool-${n}`),
      )
    }
  })
})
