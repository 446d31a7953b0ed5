/** The system's Chromium, driven by playwright-core. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CANDIDATES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Path of a Chromium on this machine, or undefined. */
export const chromiumPath: string | undefined = CANDIDATES.find(
  (path): path is string => path !== undefined && existsSync(path),
)

/**
 * Whether tests that need a browser can run. Without one they are skipped with a word about it, except in
 * CI, where the lack is a failure.
 */
export function hasBrowser(): boolean {
  if (chromiumPath !== undefined) return true
  if (process.env['CI'] === 'true') throw new Error('Chromium is missing: install the package chromium')
  process.stderr.write('Skipped: no Chromium on this machine (install chromium, or set CHROMIUM_PATH).\n')
  return false
}

export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('no Chromium')
  return chromium.launch({ executablePath: chromiumPath, args: ARGUMENTS })
}
