/** The page's address: a scheme of our own, so that the page has an origin without a port or a file path. Pure. */
import { type PageFile, pagePolicy } from '../app/index.ts'

export const PAGE_SCHEME = 'app'
const PAGE_HOST = 'headframe'
export const PAGE_ORIGIN = `${PAGE_SCHEME}://${PAGE_HOST}`

/**
 * Whether an address is the page's own.
 * @param developmentOrigin of the development server, null when the built page is shown
 */
export function isOwnPage(address: string, developmentOrigin: string | null): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  if (developmentOrigin !== null) return url.origin === developmentOrigin
  // Schemes of one's own have no origin in Node, so scheme and host are compared.
  return url.protocol === `${PAGE_SCHEME}:` && url.host === PAGE_HOST
}

/** Whether an address is of data that the page itself put together: what it saves for a person, as an export. */
export function isOwnBlob(address: string, developmentOrigin: string | null): boolean {
  return address.startsWith('blob:') && isOwnPage(address.slice('blob:'.length), developmentOrigin)
}

/** What the page may ask the network for: its own files, and nothing from elsewhere. */
export function isAllowedRequest(address: string, developmentOrigin: string | null): boolean {
  if (isOwnPage(address, developmentOrigin)) return true
  if (/^(devtools|data|blob):/.test(address)) return true
  return developmentOrigin !== null && address.startsWith(developmentOrigin.replace(/^http/, 'ws'))
}

/** Answers a request for one of the page's files. */
export function answerPageRequest(
  files: ReadonlyMap<string, PageFile>,
  { method, url }: { method: string; url: string },
): Response {
  const isRead = method === 'GET' || method === 'HEAD'
  const file = isRead && isOwnPage(url, null) ? files.get(new URL(url).pathname) : undefined
  if (!file) return new Response('There is no such file.', { status: 404 })
  return new Response(new Uint8Array(file.body), {
    headers: {
      'content-type': file.type,
      'cache-control': file.cache,
      'content-security-policy': pagePolicy(),
      'x-content-type-options': 'nosniff',
    },
  })
}
