/**
 * The contract's client over plain HTTP, as a script would write it: each procedure's method and path from
 * its route, JSON in and out, event streams for what is followed. It shares no code with the server.
 */
import { request } from 'node:http'
import { type ClientLink, createORPCErrorFromJson, isORPCErrorJson } from '@orpc/client'
import { contract } from '../../src-preload/contract/index.ts'

interface Route {
  readonly method: string
  readonly path: string
}

/** Every procedure's dotted name with its HTTP method and path. */
export function routes(): Map<string, Route> {
  const found = new Map<string, Route>()
  for (const [area, procedures] of Object.entries(contract)) {
    for (const [name, procedure] of Object.entries(procedures)) {
      const { method, path } = procedure['~orpc'].route
      if (method === undefined || path === undefined) throw new Error(`${area}.${name} has no route`)
      found.set(`${area}.${name}`, { method, path })
    }
  }
  return found
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

export interface HttpAsk {
  readonly method?: string
  /** As sent on the request line; may be what no URL parser would make. */
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

/** One request, with full say over its headers (`host` included), to a loopback port. */
export function ask(
  port: number,
  { method = 'GET', path, headers = {}, body }: HttpAsk,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
      incoming.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The events of a server-sent stream, until it ends. */
async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ event: string; data: string }, void, void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const field = (name: string): string =>
        lines
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join('\n')
      const event = field('event')
      if (event !== '') yield { event, data: field('data') }
    }
  }
}

/** Puts what the path names into it, and returns what is left of the input. */
function place(
  path: string,
  input: Record<string, unknown>,
): { pathname: string; rest: Record<string, unknown> } {
  const named = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  return {
    pathname: path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name]))),
    rest: Object.fromEntries(Object.entries(input).filter(([name]) => !named.has(name))),
  }
}

/**
 * A link for `createORPCClient`.
 * @param leaving when aborted, every open request ends as if the caller had died
 */
export function httpLink(
  origin: string,
  token: string,
  leaving: AbortSignal,
): ClientLink<Record<never, never>> {
  const known = routes()
  return {
    async call(path, input, { signal }) {
      const route = known.get(path.join('.'))
      if (!route) throw new Error(`no route for ${path.join('.')}`)
      const { pathname, rest } = place(route.path, (input ?? {}) as Record<string, unknown>)
      const url = new URL(`/api${pathname}`, origin)
      const isRead = route.method === 'GET'
      if (isRead) for (const [name, value] of Object.entries(rest)) url.searchParams.set(name, String(value))
      const response = await fetch(url, {
        method: route.method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(isRead ? {} : { 'content-type': 'application/json' }),
        },
        ...(isRead || input === undefined ? {} : { body: JSON.stringify(rest) }),
        signal: signal ? AbortSignal.any([signal, leaving]) : leaving,
      })
      if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body) {
        return values(response.body)
      }
      const text = await response.text()
      const json: unknown = text === '' ? undefined : JSON.parse(text)
      if (response.ok) return json
      throw isORPCErrorJson(json) ? createORPCErrorFromJson(json) : new Error(`${response.status}: ${text}`)
    },
  }
}

async function* values(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void, void> {
  for await (const { event, data } of readEvents(body)) {
    if (event === 'done') return
    const json: unknown = JSON.parse(data)
    if (event !== 'message') throw isORPCErrorJson(json) ? createORPCErrorFromJson(json) : new Error(data)
    yield json
  }
}
