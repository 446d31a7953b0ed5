/**
 * The dashboard in a page of a real browser, with everything kept that should not happen on the way: errors,
 * and requests to anywhere but this machine.
 */
import { readFile, readdir, readlink } from 'node:fs/promises'
import { type Browser, type Page } from 'playwright-core'
import { type HeadlessProcess } from './headless-process.ts'

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])
/** What never leaves the page. */
const OWN_SCHEMES: ReadonlySet<string> = new Set(['data:', 'blob:', 'about:'])

export interface DashboardPage {
  readonly page: Page
  /** Errors on the console, uncaught errors and rejections nobody handled, in the order they came. */
  readonly problems: readonly string[]
  /** Addresses outside this machine that the page asked for. */
  readonly strangers: readonly string[]
  /** Goes to a screen by its path below `#`, as a click in the navigation does: without loading the page anew. */
  go(path: string): Promise<void>
}

/** Opens it as the link on the console does, token included. */
export async function openDashboard(browser: Browser, host: HeadlessProcess): Promise<DashboardPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(30_000)
  const problems: string[] = []
  const strangers: string[] = []
  const note = (address: string): void => {
    const { protocol, hostname } = new URL(address)
    if (!OWN_SCHEMES.has(protocol) && !LOOPBACK_HOSTS.has(hostname)) strangers.push(address)
  }
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  page.on('crash', () => problems.push('the page crashed'))
  page.on('request', (request) => note(request.url()))
  page.on('websocket', (socket) => note(socket.url()))
  await page.goto(`${host.ready.dashboard}/?token=${host.ready.token}`)
  return {
    page,
    problems,
    strangers,
    go: async (path) => {
      await page.goto(`${host.ready.dashboard}/#${path}`)
    },
  }
}

/** Peers of a line of `/proc/net/tcp` that are this machine, or nobody (a listening socket), in its hex. */
const HERE = /^(?:[0-9A-F]{6}7F|0{8}|0{32}|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/

/**
 * The network sockets of a process: how many end on this machine or listen, and the others as the kernel
 * writes them (address in hex).
 * @returns null where the kernel does not tell (Linux does)
 */
export async function socketsOf(pid: number): Promise<{ here: number; elsewhere: string[] } | null> {
  let descriptors: string[]
  try {
    descriptors = await readdir(`/proc/${pid}/fd`)
  } catch {
    return null
  }
  const inodes = new Set<string>()
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined) inodes.add(inode)
  }
  let here = 0
  const elsewhere: string[] = []
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const text = await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      const [remote, inode] = [columns[2], columns[9]]
      if (remote === undefined || inode === undefined || !inodes.has(inode)) continue
      if (HERE.test(remote.split(':')[0] ?? '')) here += 1
      else elsewhere.push(`${table} ${remote}`)
    }
  }
  return { here, elsewhere }
}
