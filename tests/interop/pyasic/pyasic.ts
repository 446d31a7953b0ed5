/**
 * pyasic, the Python library for rigs, as a foreign reader of practice rigs: installed once from the Python package index
 * with every dependency pinned, into the cache of foreign peers.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText } from '../../../src-main/base/index.ts'
import { withBuildLock } from '../peer-build.ts'
import { peersDir } from '../peers.ts'

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
/** Of Python, the lowest that the pinned packages take. */
const MINIMUM_PYTHON_MINOR = 10
const INSTALL_LIMIT_MS = 10 * 60_000

/** What pyasic says of a rig, as `read_rigs.py` prints it. */
export type PyasicReading =
  | { readonly address: string; readonly found: false; readonly error?: string }
  | {
      readonly address: string
      readonly found: true
      /** Its class. */
      readonly kind: string
      /** Its names of fields that it failed over: they had to be left out. */
      readonly lacking: readonly string[]
      readonly make: string | null
      readonly model: string | null
      readonly firmware: string | null
      readonly firmwareVersion: string | null
      readonly mac: string | null
      readonly hostname: string | null
      readonly hashrateHs: number | null
      readonly expectedHs: number | null
      readonly boards: readonly {
        readonly hashrateHs: number | null
        readonly chips: number | null
        readonly boardC: number | null
        readonly chipC: number | null
        readonly missing: boolean | null
      }[]
      readonly fans: readonly (number | null)[]
      readonly powerW: number | null
      readonly pools: readonly {
        readonly url: string | null
        readonly user: string | null
        readonly active: boolean | null
        readonly alive: boolean | null
        readonly accepted: number | null
        readonly rejected: number | null
      }[]
      readonly isMining: boolean | null
      readonly uptimeS: number | null
      readonly locating: boolean | null
      readonly errors: readonly unknown[]
    }

/** What pyasic is to tell a rig. */
export type PyasicTask = { readonly address: string } & (
  | { readonly does: 'light' | 'reboot' }
  | { readonly does: 'pools'; readonly url: string; readonly user: string }
)

/** What came of it: pyasic's own answer, or its error as text. */
export interface PyasicOutcome {
  readonly address: string
  readonly does: PyasicTask['does']
  readonly said: boolean | string | null
}

/**
 * Path of a Python that has pyasic, installed first if the cache does not hold it.
 * @returns undefined if it cannot be had here; the reason was printed to stderr.
 * @throws Error with that reason if `CI` is `true`.
 */
export async function findPyasic(): Promise<string | undefined> {
  const pinned = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const home = join(peersDir(), `pyasic-${pinned}`)
  const python = join(home, 'bin', 'python')
  if (existsSync(python)) return python
  const lacking = lackingTool()
  if (lacking !== undefined) return unavailable(lacking)
  try {
    await mkdir(peersDir(), { recursive: true })
    await withBuildLock(peersDir(), () => install(home, python))
  } catch (error) {
    return unavailable(errorText(error))
  }
  return python
}

/** Reads rigs, a few at once. @throws Error with what pyasic printed if it ended without an answer for each */
export async function readWithPyasic(
  python: string,
  addresses: readonly string[],
  limitMs: number,
): Promise<PyasicReading[]> {
  return answersOf<PyasicReading>(python, 'read_rigs.py', addresses, limitMs)
}

/** Tells rigs one thing after another, in this order. @throws Error as `readWithPyasic` */
export async function writeWithPyasic(
  python: string,
  tasks: readonly PyasicTask[],
  limitMs: number,
): Promise<PyasicOutcome[]> {
  const texts = tasks.map((task) => JSON.stringify(task))
  return answersOf<PyasicOutcome>(python, 'write_rigs.py', texts, limitMs)
}

/** One line of JSON for each argument; whatever else is printed is noise of the library. */
async function answersOf<T>(
  python: string,
  script: string,
  args: readonly string[],
  limitMs: number,
): Promise<T[]> {
  const { stdout, stderr } = await run(python, [join(import.meta.dirname, script), ...args], limitMs)
  const answers = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as T)
  if (answers.length !== args.length) {
    const short = `pyasic answered ${String(answers.length)} of ${String(args.length)} times`
    throw new Error(`${short}: ${stderr.slice(-2000)}`)
  }
  return answers
}

async function install(home: string, python: string): Promise<void> {
  if (existsSync(python)) return
  process.stderr.write('interop peers: installing pyasic\n')
  // Made where it stays, since a virtual environment knows its own place; the marker of success is its Python.
  const hidden = `${python}.ready`
  await rm(home, { recursive: true, force: true })
  must('python3', ['-m', 'venv', home])
  await rename(python, hidden)
  must(hidden, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS])
  await rename(hidden, python)
}

/** @throws Error with the end of what it printed */
function must(command: string, args: readonly string[]): void {
  const { status, stderr, stdout, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: INSTALL_LIMIT_MS,
  })
  if (status === 0) return
  const said = error ? error.message : `${stdout}${stderr}`.slice(-2000)
  throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${said}`)
}

function run(
  command: string,
  args: readonly string[],
  limitMs: number,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { timeout: limitMs, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.once('error', reject)
    child.once('close', () => resolve({ stdout, stderr }))
  })
}

function lackingTool(): string | undefined {
  const { status, stdout } = spawnSync('python3', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return 'python3 is not installed; run "apt-get install -y python3 python3-venv"'
  const minor = Number(/^Python 3\.(\d+)/.exec(stdout)?.[1] ?? 0)
  if (minor < MINIMUM_PYTHON_MINOR) {
    return `${stdout.trim()} is too old, 3.${MINIMUM_PYTHON_MINOR} or newer is needed`
  }
  if (spawnSync('python3', ['-m', 'ensurepip', '--version']).status !== 0) {
    return 'python3 cannot make virtual environments; run "apt-get install -y python3-venv"'
  }
  return undefined
}

function unavailable(reason: string): undefined {
  const text = `pyasic cannot be had here: ${reason}`
  if (process.env['CI'] === 'true') throw new Error(text)
  process.stderr.write(`interop peers: ${text}\n  The tests with it are skipped.\n`)
  return undefined
}
