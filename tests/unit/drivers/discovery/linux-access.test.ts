import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  judgeAccess,
  parseGroups,
  portGroup,
  type PortRights,
  readPortRights,
} from '../../../../src-main/drivers/discovery/linux-access.ts'
import { platformNotes } from '../../../../src-main/drivers/discovery/platform-notes.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const groups = parseGroups('root:x:0:\ndialout:x:20:alice,bob\n\nbroken\n')

const rights: PortRights = {
  path: '/dev/ttyACM0',
  accessible: false,
  mode: 0o660,
  gid: 20,
  groups,
  userName: 'carol',
  sessionGids: [1000],
}

describe('whether a user of Linux may open a port', () => {
  it('is what the system says, whatever the modes look like', () => {
    expect(judgeAccess({ ...rights, mode: 0o600, accessible: true })).toEqual({ kind: 'may-open' })
  })

  it('names the group, and offers the rules', () => {
    const verdict = judgeAccess(rights)
    expect(verdict).toMatchObject({
      kind: 'may-not-open',
      message: expect.stringContaining(
        'Only members of the group dialout may open /dev/ttyACM0, and carol is not one.',
      ),
    })
    expect(verdict.kind === 'may-not-open' && verdict.steps.length).toBeGreaterThan(2)
  })

  it('takes another login for who became a member meanwhile', () => {
    const verdict = judgeAccess({ ...rights, userName: 'alice' })
    expect(verdict).toMatchObject({ message: expect.stringContaining('Log out and in again'), steps: [] })
  })

  it('says when only the administrator may', () => {
    expect(judgeAccess({ ...rights, mode: 0o600, gid: 0 })).toMatchObject({
      message: expect.stringContaining('Only the administrator'),
    })
  })

  it('speaks of uucp on distributions without dialout', () => {
    expect(portGroup(groups)).toBe('dialout')
    expect(portGroup(parseGroups('uucp:x:14:'))).toBe('uucp')
    expect(portGroup([])).toBe('dialout')
  })

  it.skipIf(process.platform !== 'linux')('is read from the port itself', async () => {
    const path = join(temporaryDir(), 'tty')
    writeFileSync(path, '', { mode: 0o600 })
    expect(await readPortRights(path)).toMatchObject({ path, accessible: true, mode: 0o600 })
    expect(await readPortRights(`${path}-gone`)).toBeNull()
  })
})

describe('notes on systems', () => {
  it.each(['linux', 'darwin', 'win32', 'freebsd'] as const)('are sentences on %s', (platform) => {
    const notes = platformNotes(platform)
    expect(notes.length).toBeGreaterThan(2)
    for (const { title, text } of notes) {
      expect(title).not.toMatch(/\.$/)
      expect(text).toMatch(/^[A-Z].*\.$/i)
    }
    expect(new Set(notes.map(({ title }) => title)).size).toBe(notes.length)
  })
})
