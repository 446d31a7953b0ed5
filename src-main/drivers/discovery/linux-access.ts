/**
 * Whether this user may open a port on Linux, and what to do if not: the judgement is pure, reading is apart. What the
 * system says to an attempt decides (`uaccess` gives rights that modes do not show); owner and group explain it.
 */
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { type InstallStep, udevInstallSteps } from './udev-rules.ts'

export interface UserGroup {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

export interface PortRights {
  readonly path: string
  /** Whether the system lets us read and write it. */
  readonly accessible: boolean
  /** Permission bits, for instance 0o660. */
  readonly mode: number
  readonly gid: number
  readonly groups: readonly UserGroup[]
  readonly userName: string
  /** Groups of this process: those of the session it was started from. */
  readonly sessionGids: readonly number[]
}

export type AccessVerdict =
  | { readonly kind: 'may-open' }
  | {
      readonly kind: 'may-not-open'
      /** Sentences: why, and what helps most. */
      readonly message: string
      readonly steps: readonly InstallStep[]
    }

const GROUP_MAY_OPEN = 0o060

export function judgeAccess(rights: PortRights): AccessVerdict {
  if (rights.accessible) return { kind: 'may-open' }
  const { path, mode, gid, groups, userName, sessionGids } = rights
  const group = groups.find((each) => each.gid === gid)
  const groupMayOpen = (mode & GROUP_MAY_OPEN) === GROUP_MAY_OPEN && gid !== 0
  const steps = udevInstallSteps(portGroup(groups))
  if (group !== undefined && groupMayOpen && group.members.includes(userName) && !sessionGids.includes(gid)) {
    return {
      kind: 'may-not-open',
      message: `${userName} is a member of the group ${group.name}, which may open ${path}, but has not logged in since. Log out and in again, or restart the machine.`,
      steps: [],
    }
  }
  const who = groupMayOpen
    ? `Only members of the group ${group?.name ?? gid} may open ${path}, and ${userName} is not one.`
    : `Only the administrator may open ${path}.`
  return {
    kind: 'may-not-open',
    message: `${who} Install the udev rules below and plug the board in again.`,
    steps,
  }
}

/** The group that ports belong to on this distribution: `dialout`, or `uucp` where there is no such group. */
export function portGroup(groups: readonly UserGroup[]): string {
  const has = (name: string): boolean => groups.some((group) => group.name === name)
  return !has('dialout') && has('uucp') ? 'uucp' : 'dialout'
}

/** @param text of /etc/group: `dialout:x:20:alice,bob` */
export function parseGroups(text: string): readonly UserGroup[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gid, members] = line.split(':')
    if (name === undefined || gid === undefined || !/^\d+$/.test(gid)) return []
    return [{ name, gid: Number(gid), members: (members ?? '').split(',').filter((member) => member !== '') }]
  })
}

/** @returns null if the port is gone */
export async function readPortRights(path: string): Promise<PortRights | null> {
  const status = await stat(path).catch(() => null)
  if (status === null) return null
  return {
    path,
    accessible: await access(path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ),
    mode: status.mode & 0o777,
    gid: status.gid,
    groups: await readGroups(),
    userName: userInfo().username,
    sessionGids: process.getgroups?.() ?? [],
  }
}

/** Empty where there is no such file. */
export async function readGroups(): Promise<readonly UserGroup[]> {
  return parseGroups(await readFile('/etc/group', 'utf8').catch(() => ''))
}
