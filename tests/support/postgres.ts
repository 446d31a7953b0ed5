/**
 * A real PostgreSQL for tests: one server in each test process, on loopback with a free port and a directory of its own, begun
 * with the first test that asks and gone with the process, however that ends. Every test gets a schema of its own.
 * Where PostgreSQL is missing the tests are skipped and say so; in CI they fail.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { onTestFinished } from 'vitest'

const USER = 'headframe'
const PASSWORD = 'practice'
const STARTED = /database system is ready to accept connections/

export interface TestServer {
  readonly port: number
  /** With user and password, to the database `postgres`. */
  readonly url: string
}

/** Why there is no PostgreSQL to test with; null if there is one. */
export const postgresMissing: string | null =
  binaries() === null ? 'PostgreSQL is not installed (apt-get install postgresql)' : null

/** Whether tests of PostgreSQL are left out; says so once. In CI they are not, and then fail. */
export const isPostgresSkipped = postgresMissing !== null && process.env['CI'] !== 'true'
if (isPostgresSkipped) console.warn(`Tests on PostgreSQL are skipped: ${postgresMissing}`)

/** Kept on the process, because test files of one process do not share modules. */
const shared = globalThis as { headframeTestServer?: Promise<TestServer> }

/** The server of this process. */
export function testServer(): Promise<TestServer> {
  return (shared.headframeTestServer ??= startServer())
}

export interface TestSite {
  readonly kind: 'postgres'
  readonly url: string
  readonly site: string
}

let sites = 0

/** A site that nobody has used; its schema goes when the running test ends. */
export async function freshSite(): Promise<TestSite> {
  const { url } = await testServer()
  const site = `t${process.pid}_${Date.now().toString(36)}_${++sites}`
  onTestFinished(async () => {
    await queryServer(url, `DROP SCHEMA IF EXISTS headframe_${site} CASCADE`)
  })
  return { kind: 'postgres', url, site }
}

/** Runs statements beside the history, in the site's schema if one is given. */
export async function queryServer(url: string, text: string, site?: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  // A server that is stopped on purpose also ends this connection.
  client.on('error', () => {})
  await client.connect()
  try {
    if (site !== undefined) await client.query(`SET search_path TO headframe_${site}`)
    return await client.query(text)
  } finally {
    await client.end()
  }
}

function binaries(): string | null {
  const versions = '/usr/lib/postgresql'
  const found = existsSync(versions)
    ? readdirSync(versions)
        .map((version) => join(versions, version, 'bin'))
        .filter((folder) => existsSync(join(folder, 'initdb')))
    : []
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const numberOf = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim())
  return { uid: numberOf('-u'), gid: numberOf('-g') }
}

async function startServer(): Promise<TestServer> {
  const folder = binaries()
  if (folder === null) throw new Error(postgresMissing!)
  const user = serverUser()
  const base = mkdtempSync(join(realpathSync(tmpdir()), 'headframe-postgres-'))
  const passwordFile = join(base, 'password')
  writeFileSync(passwordFile, PASSWORD)
  if (user.uid !== undefined && user.gid !== undefined) {
    chownSync(base, user.uid, user.gid)
    chownSync(passwordFile, user.uid, user.gid)
  }
  const data = join(base, 'data')
  execFileSync(
    join(folder, 'initdb'),
    [
      '-D',
      data,
      '-U',
      USER,
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ],
    { ...user, cwd: base, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    // Nothing of it has to survive the machine.
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    max_connections: 40,
    autovacuum: 'off',
  }
  // The shell ends the server and removes its directory when its input ends, which it also does when this process is killed.
  const program = `"$0" "$@" & server=$!; read -r _; kill -QUIT $server; wait $server; rm -rf "${base}"`
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const shell = spawn('/bin/sh', ['-c', program, join(folder, 'postgres'), '-D', data, ...options], {
    ...user,
    cwd: base,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  const said: string[] = []
  const lines = createInterface({ input: shell.stderr })
  const ready = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      said.push(line)
      if (STARTED.test(line)) resolve()
    })
  })
  const ended = once(shell, 'exit').then(() => {
    throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`)
  })
  await Promise.race([ready, ended])
  ended.catch(() => {})
  // It must not keep the process that uses it from ending.
  shell.unref()
  for (const stream of [shell.stdin, shell.stderr]) (stream as unknown as { unref?(): void }).unref?.()
  return { port, url: `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres` }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
