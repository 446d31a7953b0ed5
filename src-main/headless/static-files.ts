/** The built renderer over HTTP: a fixed set of files, read once. No path of a request ever reaches the disk. */
import { readdirSync, readFileSync } from 'node:fs'
import { type ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'

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

export const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

interface StaticFile {
  readonly body: Buffer
  readonly zipped: Buffer | null
  readonly type: string
  readonly cache: string
}

export class StaticFiles {
  readonly #files = new Map<string, StaticFile>()

  /** @throws if the folder cannot be read: the build is missing */
  constructor(folder: string) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const url = `/${relative(folder, path).split(sep).join('/')}`
      const body = readFileSync(path)
      const type = TYPES[extname(path)] ?? 'application/octet-stream'
      // Built names carry a hash of their content; the page itself must be asked for anew.
      const cache = url.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
      this.#files.set(url, { body, zipped: /text|svg|json/.test(type) ? gzipSync(body) : null, type, cache })
    }
  }

  /** @returns false if there is no such file */
  serve(pathname: string, acceptsGzip: boolean, response: ServerResponse): boolean {
    const file = this.#files.get(pathname === '/' ? '/index.html' : pathname)
    if (!file) return false
    const zipped = acceptsGzip ? file.zipped : null
    response.writeHead(200, {
      'content-type': file.type,
      'cache-control': file.cache,
      ...(file.type.startsWith('text/html') ? { 'content-security-policy': PAGE_POLICY } : {}),
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    })
    response.end(zipped ?? file.body)
    return true
  }
}
