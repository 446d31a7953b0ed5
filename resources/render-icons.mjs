/**
 * Renders the icons that the desktop host uses from their drawings, with the system's Chromium:
 * `node resources/render-icons.mjs [path of chromium]`. To be run again when a drawing changed; the results
 * are kept in the repository, so that a build needs no browser.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'

const here = (path) => resolve(import.meta.dirname, path)

/** Readable on light and dark panels alike. */
const COPPER = '#d08546'
/** macOS takes the shape alone from a template image and colours it itself. */
const TEMPLATE = '#000'

/** Drawing, colour of its lines, size in pixels, target. */
const ICONS = [
  ['icon.svg', null, 512, 'icon.png'],
  ['tray/mark.svg', COPPER, 16, 'tray/headframe.png'],
  ['tray/mark.svg', COPPER, 32, 'tray/headframe@2x.png'],
  ['tray/mark.svg', TEMPLATE, 16, 'tray/headframeTemplate.png'],
  ['tray/mark.svg', TEMPLATE, 32, 'tray/headframeTemplate@2x.png'],
]

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
try {
  for (const [drawing, colour, size, target] of ICONS) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    const svg = readFileSync(here(drawing), 'utf8')
    await page.setContent(
      `<style>body{margin:0;color:${colour ?? 'inherit'}}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
    )
    writeFileSync(here(target), await page.screenshot({ omitBackground: true }))
    await page.close()
  }
} finally {
  await browser.close()
}
