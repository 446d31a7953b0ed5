/**
 * `npm run dev:headless`: the headless host with live reload, without Electron. electron-vite builds, watches
 * and serves the page, and starts plain Node where it would start Electron. In front of both stands a small
 * proxy, so that the page of the development server and the API of the host share one origin, as they do
 * when built.
 *
 * Options after `--` go to the host: `npm run dev:headless -- --practice`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'

const root = resolve(import.meta.dirname, '../..')
const require = createRequire(join(root, 'package.json'))
const electronVite = join(dirname(require.resolve('electron-vite/package.json')), 'bin/electron-vite.js')
const FRONT_PORT = Number(process.env.HEADFRAME_DEV_PORT ?? 4960)

/** Where the two servers behind are, as soon as they have said so. */
const servers = { page: null, host: null }

const say = (line) => process.stderr.write(`${line}\n`)
// Colours cut what is looked for into pieces.
// eslint-disable-next-line no-control-regex
const plain = (text) => text.replace(/\u001b\[[0-9;]*m/g, '')

/** The API, and links with the token, are the host's; everything else is the page's. */
const serverFor = (url) => (/^\/(api\/|metrics)|[?&]token=/.test(url) ? servers.host : servers.page)

/** The page's own socket has a token, too: the development server's. */
const socketServerFor = (url) => (/^\/rpc(\?|$)/.test(url) ? servers.host : servers.page)

/** To the server behind, the request comes from its own page. */
function headersFor(headers, target) {
  const { origin, ...rest } = headers
  return { ...rest, host: target.host, ...(origin === undefined ? {} : { origin: target.origin }) }
}

const front = createServer((incoming, outgoing) => {
  const target = serverFor(incoming.url)
  if (!target) {
    outgoing.writeHead(503, { 'retry-after': '1' }).end('Still starting…')
    return
  }
  const { hostname, port } = target
  const headers = headersFor(incoming.headers, target)
  const behind = request(
    { hostname, port, method: incoming.method, path: incoming.url, headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.pipe(outgoing)
    },
  )
  // While the host restarts after a change.
  behind.on('error', (error) =>
    outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end(error.message),
  )
  outgoing.on('close', () => behind.destroy())
  incoming.pipe(behind)
})

front.on('upgrade', (incoming, socket, head) => {
  socket.on('error', () => socket.destroy())
  const target = socketServerFor(incoming.url)
  if (!target) return socket.destroy()
  const behind = connect(Number(target.port), target.hostname, () => {
    const lines = Object.entries(headersFor(incoming.headers, target)).map(
      ([name, value]) => `${name}: ${value}`,
    )
    behind.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    behind.write(head)
    behind.pipe(socket).pipe(behind)
  })
  behind.on('error', () => socket.destroy())
  socket.on('close', () => behind.destroy())
})

front.on('error', (error) => {
  say(`The development proxy cannot listen on port ${FRONT_PORT} (${error.message}): set HEADFRAME_DEV_PORT.`)
  process.exit(1)
})

const built = spawnSync(process.execPath, [join(root, 'src-main/launch/build-wasm.mjs')], {
  stdio: 'inherit',
})
if (built.status !== 0) process.exit(1)

front.listen(FRONT_PORT, '127.0.0.1', () => {
  const { port } = front.address()
  const child = spawn(process.execPath, [electronVite, 'dev', '--watch', '--', ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_EXEC_PATH: process.execPath, ELECTRON_ENTRY: 'out/main/headless.js' },
  })
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.setEncoding('utf8').on('data', (text) => {
      to.write(text)
      const page = /Local:\s+(http:\/\/\S+)/.exec(plain(text))?.[1]
      if (page) servers.page = new URL(page)
      const host = /Dashboard: (http:\/\/\S+)/.exec(plain(text))?.[1]
      if (!host) return
      servers.host = new URL(host)
      say(`Development page: http://127.0.0.1:${port}/${servers.host.search}`)
    })
  }
  const forward = (signal) => child.kill(signal)
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  child.on('exit', (code) => process.exit(code ?? 0))
})
