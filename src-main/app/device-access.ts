/** How this system lets a person reach devices, as the contract shows it. */
import { access } from 'node:fs/promises'
import { type DeviceAccess } from '../../src-preload/contract/index.ts'
import {
  judgeAccess,
  platformNotes,
  portGroup,
  readGroups,
  readPortRights,
  UDEV_RULES_NAME,
  udevInstallSteps,
  udevRules,
} from '../drivers/index.ts'

const PLATFORMS: Partial<Record<NodeJS.Platform, DeviceAccess['platform']>> = {
  linux: 'linux',
  darwin: 'macos',
  win32: 'windows',
}
const RULE_PATHS = [`/etc/udev/rules.d/${UDEV_RULES_NAME}`, `/usr/lib/udev/rules.d/${UDEV_RULES_NAME}`]

/** @param ports paths of the ports that are there now */
export async function deviceAccess(
  platform: NodeJS.Platform,
  ports: readonly string[],
): Promise<DeviceAccess> {
  return {
    platform: PLATFORMS[platform] ?? 'other',
    allowed: platform === 'linux' ? await mayOpen(ports) : null,
    rule: platform === 'linux' ? await udevRule() : null,
    notes: platformNotes(platform).map(({ title, text }) => ({ title, text })),
  }
}

/** Null while there is no port to tell by. */
async function mayOpen(ports: readonly string[]): Promise<boolean | null> {
  const rights = await Promise.all(ports.map(readPortRights))
  const present = rights.filter((each) => each !== null)
  if (present.length === 0) return null
  return present.every((each) => judgeAccess(each).kind === 'may-open')
}

async function udevRule(): Promise<DeviceAccess['rule']> {
  const group = portGroup(await readGroups())
  return {
    fileName: UDEV_RULES_NAME,
    text: udevRules(group),
    installed: await isInstalled(),
    commands: udevInstallSteps(group).flatMap(({ command }) => (command === null ? [] : [command])),
  }
}

async function isInstalled(): Promise<boolean> {
  for (const path of RULE_PATHS) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    )
    if (isThere) return true
  }
  return false
}
