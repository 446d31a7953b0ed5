/** The dashboard's door: who is let in, what is refused and how, and what a browser or a script gets. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type WebSocket } from 'ws'
import { ManualClock } from '../../src-main/base/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import { FakeCore } from '../support/fake-core.ts'
import { pretendRig } from '../support/pretend-farm.ts'
import { temporaryDir } from '../support/temporary-dir.ts'
import { ask, type HttpAnswer } from './http-link.ts'
import { openDashboard, openSocket, TOKEN } from './ports.ts'

const BEARER = { authorization: `Bearer ${TOKEN}` }

interface ProblemBody {
  code: string
  status: number
  message: string
  data: { code: string; context: Record<string, unknown> }
}

const problemOf = ({ text }: HttpAnswer): ProblemBody => JSON.parse(text) as ProblemBody

/** Everything a server sends to these bytes until it closes, or until `enough` says so. */
function exchange(
  port: number,
  bytes: string,
  enough: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (enough(text)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

describe('the frozen paths', () => {
  it.each([
    ['GET', '/api/overview', 'hashrateHs'],
    ['GET', '/api/pools', 'userIdentity'],
    ['POST', '/api/pools/south/activate', 'tookMs'],
    ['GET', '/api/downstreams', 'rigKey'],
    ['GET', '/api/jobs/current', 'previousBlockHash'],
    ['GET', '/api/blocks', 'foundAt'],
    ['GET', '/api/history?metric=hashrate&points=10', 'bucketMs'],
    ['GET', '/api/earnings?from=1&to=2&bucket=day', 'expectedSats'],
    ['GET', '/api/practice', 'chainHeight'],
    ['POST', '/api/practice/events/find-block', 'chainHeight'],
    ['GET', '/api/app', 'dataDir'],
  ])('%s %s answers', async (method, path, field) => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { method, path, headers: BEARER })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.text).toContain(`"${field}"`)
  })

  it('POST /api/pools answers 201 with the pool, PATCH changes it, DELETE removes it', async () => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const body = '{"name":"East","url":"stratum+tcp://east.example.com:3333","userIdentity":"farm"}'
    const created = await ask(port, { method: 'POST', path: '/api/pools', headers: BEARER, body })
    expect(created.status).toBe(201)
    const { id } = JSON.parse(created.text) as { id: string }
    const patched = await ask(port, {
      method: 'PATCH',
      path: `/api/pools/${id}`,
      headers: BEARER,
      body: '{"enabled":false}',
    })
    expect(patched.status).toBe(200)
    expect(JSON.parse(patched.text)).toMatchObject({ id, enabled: false })
    expect((await ask(port, { method: 'DELETE', path: `/api/pools/${id}`, headers: BEARER })).status).toBe(
      200,
    )
    expect(core.pools.find(id)).toBeUndefined()
  })

  it.each([
    ['/api/earnings?from=1&to=2&bucket=day', 'days'],
    ['/api/payouts?from=1&to=2', 'payouts'],
  ])('GET %s answers with a table to whoever accepts CSV', async (path, kind) => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const answer = await ask(port, { path, headers: { ...BEARER, accept: 'text/csv' } })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.headers['content-disposition']).toBe('attachment; filename="headframe-days.csv"')
    expect(answer.text).toBe('day,expected_sats\r\n2026-11-22,1200\r\n')
    expect(core.callsOf('csv')).toEqual([{ kind, from: 1, to: 2 }])
    expect((await ask(port, { path, headers: { accept: 'text/csv' } })).status).toBe(401)
  })

  it('answers a table that cannot be made with the problem as JSON', async () => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    core.failure = new HeadframeError('history/empty-range', '"from" must be earlier than "to".')
    const headers = { ...BEARER, accept: 'text/csv' }
    const answer = await ask(port, { path: '/api/earnings?from=2&to=1', headers })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({
      message: '"from" must be earlier than "to".',
      data: { code: 'history/empty-range' },
    })
    expect((await ask(port, { path: '/api/earnings?from=yesterday', headers })).status).toBe(400)
  })

  it('GET /api/health answers without a token', async () => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: '/api/health' })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      { status: 'ok', version: '0.1.0', uptimeMs: 12 },
    ])
  })

  it('GET /api/overview/live is a stream of server-sent events', async () => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const request = `GET /api/overview/live HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`
    const text = await exchange(port, request, (sofar) => {
      if (
        sofar.includes('"revision":0') &&
        core.overview.followers === 1 &&
        core.overview.value.hashrateHs === 0
      )
        core.overview.set({ ...core.overview.value, hashrateHs: 5 })
      return sofar.includes('"revision":1')
    })
    expect(text).toContain('content-type: text/event-stream')
    expect(text).toContain('event: message\ndata: {"revision":0,"value":{"practice":false')
    expect(text).toContain('"revision":1,"value":{"practice":false,"hashrateHs":5')
    await vi.waitFor(() => expect(core.followers).toBe(0))
  })

  it('GET /api/openapi.json describes every path in OpenAPI 3.1', async () => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: '/api/openapi.json', headers: BEARER })
    expect(answer.headers['content-type']).toContain('application/json')
    const document = JSON.parse(answer.text) as {
      openapi: string
      info: { title: string; version: string }
      servers: { url: string }[]
      paths: Record<string, Record<string, { summary?: string; responses: object; security?: object[] }>>
    }
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info).toMatchObject({ title: 'Headframe', version: '0.1.0' })
    expect(document.servers).toEqual([{ url: '/api' }])
    const described = Object.fromEntries(
      Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods).sort()]),
    )
    expect(described).toEqual({
      '/health': ['get'],
      '/app': ['get'],
      '/app/notices/{id}': ['delete'],
      '/overview': ['get'],
      '/overview/live': ['get'],
      '/pools': ['get', 'post'],
      '/pools/live': ['get'],
      '/pools/presets': ['get'],
      '/pools/test': ['post'],
      '/pools/test/live': ['post'],
      '/pools/{id}': ['delete', 'patch'],
      '/pools/{id}/activate': ['post'],
      '/downstreams': ['get'],
      '/downstreams/live': ['get'],
      '/jobs/current': ['get'],
      '/jobs/current/{id}': ['get'],
      '/jobs/timeline': ['get'],
      '/jobs/timeline/live': ['get'],
      '/warnings': ['get'],
      '/warnings/live': ['get'],
      '/routing': ['get', 'put'],
      '/routing/live': ['get'],
      '/links': ['get'],
      '/links/live': ['get'],
      '/links/{id}/frames/live': ['get'],
      '/bandwidth': ['get'],
      '/audit': ['get'],
      '/audit/state': ['get'],
      '/audit/settings': ['put'],
      '/audit/export': ['get'],
      '/blocks': ['get'],
      '/history': ['get'],
      '/history/explore': ['post'],
      '/history/sources': ['get'],
      '/history/events': ['get'],
      '/history/analysis': ['get'],
      '/keeping': ['get'],
      '/keeping/live': ['get'],
      '/keeping/retention': ['put'],
      '/keeping/backups': ['post'],
      '/keeping/backups/{name}': ['delete'],
      '/keeping/verify': ['post'],
      '/keeping/backups/{name}/restore': ['post'],
      '/keeping/export': ['get'],
      '/keeping/database/test': ['post'],
      '/keeping/database': ['put'],
      '/money/settings': ['get', 'patch'],
      '/money/tariff/check': ['post'],
      '/money/facts': ['get'],
      '/money/facts/live': ['get'],
      '/money/requests': ['get'],
      '/money/check': ['post'],
      '/accounts/kinds': ['get'],
      '/accounts': ['get', 'post'],
      '/accounts/live': ['get'],
      '/accounts/{id}': ['delete', 'patch'],
      '/accounts/{id}/check': ['post'],
      '/payout-addresses': ['get', 'post'],
      '/payout-addresses/{id}': ['delete'],
      '/payouts': ['get', 'post'],
      '/payouts/{id}': ['delete'],
      '/meters': ['get', 'post'],
      '/meters/live': ['get'],
      '/meters/{id}': ['delete', 'patch'],
      '/meters/check': ['post'],
      '/earnings': ['get'],
      '/earnings/what-if': ['post'],
      '/earnings/odds': ['get'],
      '/earnings/statement': ['get'],
      '/earnings/csv': ['get'],
      '/rigs': ['get'],
      '/rigs/live': ['get'],
      '/rigs/import': ['post'],
      '/rigs/{id}': ['delete', 'get', 'patch'],
      '/rigs/{id}/live': ['get'],
      '/rigs/{id}/refresh': ['post'],
      '/rigs/{id}/raw': ['get'],
      '/rigs/{id}/actions/{action}': ['post'],
      '/rigs/{id}/factory-login': ['post'],
      '/rigs/{id}/tuning': ['post'],
      '/rigs/{id}/tuning/stop': ['post'],
      '/rigs/{id}/tuning/revert': ['post'],
      '/rig-credentials/{scope}/{id}': ['delete', 'put'],
      '/rig-groups': ['get', 'post'],
      '/rig-groups/live': ['get'],
      '/rig-groups/{id}': ['delete', 'patch'],
      '/worker-template': ['get', 'put'],
      '/runs': ['get', 'post'],
      '/runs/live': ['get'],
      '/runs/{id}': ['get'],
      '/runs/{id}/stop': ['post'],
      '/runs/{id}/undo': ['post'],
      '/scans': ['post'],
      '/scans/suggestions': ['get'],
      '/scans/{id}': ['get'],
      '/scans/{id}/live': ['get'],
      '/scans/{id}/stop': ['post'],
      '/tuning': ['get'],
      '/tuning/live': ['get'],
      '/devices': ['get'],
      '/devices/live': ['get'],
      '/devices/access': ['get'],
      '/devices/stop-all': ['post'],
      '/devices/{id}': ['delete', 'get', 'patch'],
      '/devices/{id}/live': ['get'],
      '/devices/{id}/model': ['post'],
      '/devices/{id}/actions/{action}': ['post'],
      '/devices/{id}/tuning': ['post'],
      '/practice/devices/{id}/faults/{fault}': ['post'],
      '/practice': ['get'],
      '/practice/events/{event}': ['post'],
    })
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation.summary, path).toBeTruthy()
        expect(Object.keys(operation.responses), path).toContain('400')
      }
    }
    expect(document.paths['/health']?.['get']?.security).toEqual([])
    expect(document.paths['/pools']?.['get']?.security).toBeUndefined()
  })
})

describe('the token', () => {
  it.each([
    ['no token', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['one of the right length but wrong', { authorization: `Bearer ${TOKEN.replace('test', 'best')}` }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a wrong header beside a right query', { authorization: 'Bearer wrong' }, `?token=${TOKEN}`],
  ])('refuses %s with 401 and a sentence', async (_, headers, query = '') => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const answer = await ask(port, { method: 'POST', path: `/api/pools/south/activate${query}`, headers })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(problemOf(answer)).toMatchObject({
      code: 'UNAUTHORIZED',
      status: 401,
      data: { code: 'request/unauthorised' },
    })
    expect(problemOf(answer).message).toMatch(/token/i)
    expect(answer.text).not.toContain(TOKEN)
    expect(core.calls).toEqual([])
  })

  it('is needed for the description, too', async () => {
    const { port } = await openDashboard(new FakeCore())
    expect((await ask(port, { path: '/api/openapi.json' })).status).toBe(401)
  })

  it('in a link becomes a strict cookie, and the address forgets it', async () => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: `/?token=${TOKEN}&view=small` })
    expect(answer.status).toBe(303)
    expect(answer.headers['location']).toBe('/?view=small')
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\//)
    const headers = { cookie: `other=1; ${cookie.split(';')[0] ?? ''}` }
    expect((await ask(port, { path: '/api/overview', headers })).status).toBe(200)
  })

  it('in the query of a call answers at once and sets the cookie', async () => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: `/api/overview?token=${TOKEN}` })
    expect(answer.status).toBe(200)
    expect(answer.headers['set-cookie']?.[0]).toContain(`headframe-${port}=${TOKEN}`)
  })

  it('sets no cookie when it is wrong', async () => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: '/?token=wrong' })
    expect(answer.status).toBe(404)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('never sends a browser to another host', async () => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: `//evil.example.com/?token=${TOKEN}` })
    expect(answer.headers['location']).toBe('/evil.example.com/')
  })

  it('opens the socket as a header or as a cookie, and nothing else does', async () => {
    const { port } = await openDashboard(new FakeCore())
    await openSocket(port)
    await openSocket(port, { cookie: `headframe-${port}=${TOKEN}` })
    await expect(openSocket(port, {})).rejects.toThrow('401')
    await expect(openSocket(port, { cookie: `headframe-1=${TOKEN}` })).rejects.toThrow('401')
  })
})

describe('the name asked for', () => {
  it.each([
    ['another name', 'evil.example.com', 421],
    ['a name that hides an address', '127.0.0.1.example.com', 421],
    ['two ports', '127.0.0.1:80:80', 421],
    ['nothing that is a host', ':80', 421],
    ['localhost', 'localhost', 200],
    ['an address of this machine', '192.0.2.7:4950', 200],
    ['an IPv6 address', '[::1]:4950', 200],
  ])('%s (%s) gets %i', async (_, host, status) => {
    const { port } = await openDashboard(new FakeCore())
    const answer = await ask(port, { path: '/api/overview', headers: { ...BEARER, host } })
    expect(answer.status).toBe(status)
    if (status === 421) {
      expect(problemOf(answer).message).toContain(`http://127.0.0.1:${port}`)
      // Not even what needs no token.
      expect((await ask(port, { path: '/api/health', headers: { host } })).status).toBe(421)
      expect((await ask(port, { path: '/', headers: { host } })).status).toBe(421)
    }
  })

  it('may be the one the listener was given', async () => {
    const { port } = await openDashboard(new FakeCore(), { host: 'localhost' })
    const answer = await ask(port, {
      path: '/api/overview',
      headers: { ...BEARER, host: `LocalHost:${port}` },
    })
    expect(answer.status).toBe(200)
  })

  it.each([
    ['another site', 'https://evil.example.com', 403],
    ['a sandboxed page', 'null', 403],
    ['our host on another port', 'http://127.0.0.1:1', 403],
    ['our host over https', 'https://127.0.0.1:PORT', 403],
    ['our own page', 'http://127.0.0.1:PORT', 200],
  ])('a request from %s (%s) gets %i', async (_, origin, status) => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const headers = { ...BEARER, origin: origin.replace('PORT', String(port)) }
    const answer = await ask(port, { method: 'POST', path: '/api/pools/south/activate', headers })
    expect(answer.status).toBe(status)
    expect(core.calls).toHaveLength(status === 200 ? 1 : 0)
    if (status === 403) await expect(openSocket(port, headers)).rejects.toThrow('403')
    else await openSocket(port, headers)
  })
})

describe('a bad request', () => {
  it.each([
    ['a path that is not there', 'GET', '/api/luck', 404, 'request/unknown-path'],
    ['a method that is not there', 'PUT', '/api/pools', 404, 'request/unknown-path'],
    ['a file that is not there', 'GET', '/etc/passwd', 404, 'request/unknown-path'],
    ['a way out of the folder', 'GET', '/assets/../../package.json', 404, 'request/unknown-path'],
    ['an encoded way out', 'GET', '/assets/..%2f..%2fpackage.json', 404, 'request/unknown-path'],
    ['a broken escape', 'GET', '/api/pools/%', 404, 'request/unknown-path'],
    ['two slashes', 'GET', '//', 404, 'request/unknown-path'],
    ['an address that is none', 'GET', 'http://[', 404, 'request/unknown-path'],
  ])('(%s) gets %s %s answered', async (_, method, path, status, code) => {
    const { port } = await openDashboard(new FakeCore(), { rendererDir: builtPage() })
    const answer = await ask(port, { method, path, headers: BEARER })
    expect([answer.status, problemOf(answer).data.code]).toEqual([status, code])
    expect(problemOf(answer).message).toContain('There is no')
  })

  it.each(['GET // HTTP/1.1', 'GET http://[ HTTP/1.1', 'OPTIONS * HTTP/1.1', 'GET \\\\x HTTP/1.1'])(
    'that asks for an upgrade with "%s" is refused and harms nobody',
    async (line) => {
      const { port } = await openDashboard(new FakeCore())
      const text = await exchange(
        port,
        `${line}\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1\.1 4\d\d /)
      expect((await ask(port, { path: '/api/health' })).status).toBe(200)
    },
  )

  it('survives a caller that resets the connection in the middle of an upgrade', async () => {
    const { port } = await openDashboard(new FakeCore())
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(
          'GET /rpc HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
        )
        socket.resetAndDestroy()
      })
      socket.on('close', () => resolve())
      socket.on('error', () => undefined)
    })
    expect((await ask(port, { path: '/api/health' })).status).toBe(200)
  })

  it.each([
    ['a body that is not JSON', '{"name":', 'request/malformed'],
    ['a body that is no object', '[1]', 'request/invalid'],
    ['no body', '', 'request/invalid'],
  ])('with %s gets 400', async (_, body, code) => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const answer = await ask(port, { method: 'POST', path: '/api/pools', headers: BEARER, body })
    expect(answer.status).toBe(400)
    expect(problemOf(answer).data.code).toBe(code)
    expect(core.calls).toEqual([])
  })

  it.each([
    ['announced', (body: string) => ({ 'content-length': String(body.length) })],
    ['in chunks', () => ({ 'transfer-encoding': 'chunked' })],
  ])('too large, %s, gets 413 and is not kept', async (_, headersOf) => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const body = JSON.stringify({ name: 'n'.repeat(70_000) })
    const headers = { ...BEARER, ...headersOf(body) }
    const answer = await ask(port, { method: 'POST', path: '/api/pools', headers, body })
    expect(answer.status).toBe(413)
    expect(problemOf(answer)).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      data: { code: 'request/too-large' },
    })
    expect(answer.headers['connection']).toBe('close')
    expect(core.calls).toEqual([])
  })

  it('of endless size is cut off', async () => {
    const { port } = await openDashboard(new FakeCore())
    const head = `POST /api/pools HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\ntransfer-encoding: chunked\r\n\r\n`
    const closed = await new Promise<boolean>((resolve) => {
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(head)
        const pour = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        }
        socket.on('drain', pour)
        pour()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(true))
    })
    expect(closed).toBe(true)
    expect((await ask(port, { path: '/api/health' })).status).toBe(200)
  })
})

/** A folder like the built renderer's. */
function builtPage(): string {
  const dir = temporaryDir()
  mkdirSync(join(dir, 'assets'))
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>Headframe</title>')
  writeFileSync(join(dir, 'assets/index-1a2b.js'), 'export const answer = 42\n'.repeat(100))
  writeFileSync(join(dir, 'assets/inter.woff2'), Buffer.from([1, 2, 3]))
  return dir
}

describe('the page', () => {
  it('is served to anyone at this machine, with a strict policy, and asks for itself anew', async () => {
    const { port } = await openDashboard(new FakeCore(), { rendererDir: builtPage() })
    const answer = await ask(port, { path: '/' })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('<title>Headframe</title>')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-eval|script-src|\*/)
  })

  it('sends hashed files for keeps, and zipped to those who can unzip', async () => {
    const { port } = await openDashboard(new FakeCore(), { rendererDir: builtPage() })
    const plain = await ask(port, { path: '/assets/index-1a2b.js' })
    expect(plain.headers['cache-control']).toContain('immutable')
    expect(plain.headers['vary']).toBe('accept-encoding')
    const response = await fetch(`http://127.0.0.1:${port}/assets/index-1a2b.js`)
    expect(await response.text()).toBe(plain.text)
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const font = await ask(port, { path: '/assets/inter.woff2', headers: { 'accept-encoding': 'gzip' } })
    expect(font.headers['content-encoding']).toBeUndefined()
    expect(font.headers['content-type']).toBe('font/woff2')
  })

  it('answers HEAD with the same head and no body', async () => {
    const { port } = await openDashboard(new FakeCore(), { rendererDir: builtPage() })
    const answer = await ask(port, { method: 'HEAD', path: '/' })
    expect([answer.status, answer.text, answer.headers['content-length']]).toEqual([200, '', '39'])
  })
})

describe('a socket', () => {
  it.each([
    ['text that is no call', 'hello'],
    ['JSON that is no call', '{"i":1}'],
    ['a call to nowhere', '{"i":"1","p":{"u":"evil"}}'],
    ['bytes', Buffer.from('{"i":"1","p":{"u":"/overview/get"}}')],
  ])('that sends %s is closed, and nobody else', async (_, message) => {
    const { port, log } = await openDashboard(new FakeCore())
    const other = await openSocket(port)
    const socket = await openSocket(port)
    socket.send(message)
    expect(await closingOf(socket)).toBe(1008)
    expect(other.readyState).toBe(other.OPEN)
    expect(log.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('with a message too large is closed', async () => {
    const { port } = await openDashboard(new FakeCore())
    const socket = await openSocket(port)
    socket.send('x'.repeat(300_000))
    expect(await closingOf(socket)).toBe(1009)
  })

  it('at another path than /rpc is refused', async () => {
    const { port } = await openDashboard(new FakeCore())
    const text = await exchange(
      port,
      `GET /other HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 404 /)
  })

  it('that answers no ping is given up', async () => {
    const clock = new ManualClock()
    const { port } = await openDashboard(new FakeCore(), { clock })
    const silent = await openSocket(port, BEARER, { autoPong: false })
    const lively = await openSocket(port)
    const pingOf = (socket: WebSocket): Promise<unknown> =>
      new Promise((resolve) => socket.once('ping', resolve))
    const pinged = Promise.all([pingOf(silent), pingOf(lively)])
    clock.advance(30_000)
    await pinged
    // The answer of the lively one must have arrived: a call behind it has been answered.
    lively.send('{"i":"1","p":{"u":"/app/health","b":{}}}')
    await new Promise((resolve) => lively.once('message', resolve))
    const gone = closingOf(silent)
    const again = pingOf(lively)
    clock.advance(30_000)
    expect(await gone).toBe(1006)
    await again
  })
})

const closingOf = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.once('close', (code: number) => resolve(code)))

describe('a slow follower', () => {
  /** Large enough that a few of them fill what the system buffers between two sockets. */
  const manyRigs = (round: number): ReturnType<typeof pretendRig>[] =>
    Array.from({ length: 400 }, (_, index) => pretendRig({ id: `r${index}`, hashrateHs: round }))
  const ROUNDS = 120

  it('of a socket gets a fresh snapshot, not the backlog', async () => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    const socket = await openSocket(port)
    const kinds: string[] = []
    let newest = 0
    socket.on('message', (data) => {
      const { t, p } = JSON.parse((data as Buffer).toString()) as {
        t?: number
        p: { d?: { json: LiveEvent } }
      }
      if (t !== 3 || !p.d) return
      const event = p.d.json
      kinds.push(event.kind)
      newest = event.revision
    })
    socket.send('{"i":"1","p":{"u":"/downstreams/live","b":{}}}')
    await vi.waitFor(() => expect(kinds).toEqual(['snapshot']))
    socket.pause()
    for (let round = 1; round <= ROUNDS; round++) {
      core.downstreams.apply(manyRigs(round))
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.resume()
    const last = ROUNDS + 1
    await vi.waitFor(() => expect(newest).toBe(last), { timeout: 20_000 })
    expect(kinds.length).toBeLessThan(ROUNDS / 2)
    expect(kinds.slice(1)).toContain('snapshot')
  })

  it('of server-sent events gets a fresh snapshot, not the backlog', async () => {
    const core = new FakeCore()
    const { port } = await openDashboard(core)
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.write(
      `GET /api/downstreams/live HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`,
    )
    await vi.waitFor(() => expect(text).toContain('"kind":"snapshot"'))
    socket.pause()
    for (let round = 1; round <= ROUNDS; round++) {
      core.downstreams.apply(manyRigs(round))
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.resume()
    const last = ROUNDS + 1
    await vi.waitFor(() => expect(text).toContain(`"revision":${last},`), { timeout: 20_000 })
    expect(text.split('event: message').length).toBeLessThan(ROUNDS / 2)
    expect(text.split('"kind":"snapshot"').length).toBeGreaterThan(2)
    socket.destroy()
  })
})

interface LiveEvent {
  kind: string
  revision: number
}

describe('starting and stopping', () => {
  it('names the address that is taken, and the option to choose another', async () => {
    const { port } = await openDashboard(new FakeCore())
    await expect(openDashboard(new FakeCore(), { port })).rejects.toMatchObject({
      code: 'listen/port-taken',
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`) as string,
      context: { host: '127.0.0.1', port },
    })
    await expect(openDashboard(new FakeCore(), { port })).rejects.toThrow('--dashboard HOST:PORT')
  })

  it('says that an address is not of this machine', async () => {
    await expect(openDashboard(new FakeCore(), { host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'listen/not-our-address',
    })
  })

  it('gives a URL that works for whatever it listens on', async () => {
    const { url, port } = await openDashboard(new FakeCore(), { host: '0.0.0.0' })
    expect(url).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
  })

  it('stops with followers, sockets and idle connections open, and ends their streams', async () => {
    const core = new FakeCore()
    const { port, stop } = await openDashboard(core)
    const socket = await openSocket(port)
    socket.send('{"i":"1","p":{"u":"/pools/live","b":{}}}')
    const stream = await fetch(`http://127.0.0.1:${port}/api/overview/live`, { headers: BEARER })
    const ended = stream.text().catch(() => 'cut')
    await vi.waitFor(() => expect(core.followers).toBe(2))
    const closing = closingOf(socket)
    await Promise.all([stop(), stop()])
    expect(await closing).toBe(1001)
    await ended
    await vi.waitFor(() => expect(core.followers).toBe(0))
    await expect(fetch(`http://127.0.0.1:${port}/api/health`)).rejects.toThrow()
  })

  it('lets its port be used again at once', async () => {
    const { port, stop } = await openDashboard(new FakeCore())
    await stop()
    const again = await openDashboard(new FakeCore(), { port })
    expect(again.port).toBe(port)
  })
})
