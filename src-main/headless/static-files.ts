/** The built renderer over HTTP. */
import { type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { loadPageFiles, type PageFile, pagePolicy } from '../app/index.ts'

interface StaticFile extends PageFile {
  /** Null for what does not shrink. */
  readonly zipped: Buffer | null
}

export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>

  /** @throws if the folder cannot be read: the build is missing */
  constructor(folder: string) {
    this.#files = new Map(
      [...loadPageFiles(folder)].map(([path, file]) => [
        path,
        { ...file, zipped: /text|svg|json/.test(file.type) ? gzipSync(file.body) : null },
      ]),
    )
  }

  /**
   * @param host the checked Host header of the request: the page may open WebSockets to it
   * @returns false if there is no such file
   */
  serve(pathname: string, acceptsGzip: boolean, host: string, response: ServerResponse): boolean {
    const file = this.#files.get(pathname)
    if (!file) return false
    const zipped = acceptsGzip ? file.zipped : null
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': (zipped ?? file.body).length,
      'cache-control': file.cache,
      ...(file.type.startsWith('text/html')
        ? { 'content-security-policy': pagePolicy([`ws://${host}`, `wss://${host}`]) }
        : {}),
      ...(file.zipped ? { vary: 'accept-encoding' } : {}),
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    })
    response.end(zipped ?? file.body)
    return true
  }
}
