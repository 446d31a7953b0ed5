/**
 * `npm run screenshots`: the practice farm in a real browser, each screen in both themes. The README shows
 * what this writes to resources/screenshots; it is never made by hand.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { launchBrowser } from '../support/browser.ts'
import { startHeadless, temporaryFolder } from '../support/headless-process.ts'

const target = resolve(import.meta.dirname, '../../resources/screenshots')
/** Long enough for vardiff to settle and for the chart to have something to show. */
const WARM_UP_MS = Number(process.env['SCREENSHOT_WARM_UP_MS'] ?? 150_000)
const SCREENS = [
  { name: 'overview', path: '/#/' },
  { name: 'pools', path: '/#/pools' },
  { name: 'rigs', path: '/#/rigs' },
] as const

const folder = await temporaryFolder()
const host = await startHeadless(folder.path, ['--practice'])
const browser = await launchBrowser()
try {
  await mkdir(target, { recursive: true })
  await new Promise((next) => setTimeout(next, WARM_UP_MS))
  for (const colorScheme of ['dark', 'light'] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${host.ready.dashboard}/?token=${host.ready.token}`)
    for (const { name, path } of SCREENS) {
      await page.goto(`${host.ready.dashboard}${path}`)
      if (name === 'overview') await page.getByText('10 min').first().click()
      await new Promise((next) => setTimeout(next, 2500))
      await page.screenshot({ path: join(target, `${name}-${colorScheme}.png`) })
      process.stderr.write(`${name}-${colorScheme}.png\n`)
    }
    await context.close()
  }
} finally {
  await browser.close()
  await host.end()
  await folder.remove()
}
