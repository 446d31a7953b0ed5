/**
 * The built renderer as a fixed set of files, read once: no path of a request ever reaches the disk. Each
 * host serves them its own way.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

export interface PageFile {
  readonly body: Buffer
  /** MIME type. */
  readonly type: string
  /** Value of the header cache-control. */
  readonly cache: string
}

/**
 * The files of `folder` by the path they are asked for with, such as `/assets/index-1a2b.js`; the page itself
 * also as `/`.
 * @throws the system's error if the folder cannot be read: the build is missing
 */
export function loadPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const url = `/${relative(folder, path).split(sep).join('/')}`
    files.set(url, {
      body: readFileSync(path),
      type: TYPES[extname(path)] ?? 'application/octet-stream',
      // Built names carry a hash of their content; everything else must be asked for anew.
      cache: url.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
  }
  const page = files.get('/index.html')
  if (page) files.set('/', page)
  return files
}

/**
 * Content policy of the page.
 * @param connect what the page may talk to beside its own origin; older browsers do not count a WebSocket
 *   to the same host as that
 */
export const pagePolicy = (connect: readonly string[] = []): string =>
  [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    ["connect-src 'self'", ...connect].join(' '),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
