/**
 * Complaints of Braiins OS in plain words. Its REST list is a log of weeks, so what was said before its miner started is
 * over. Pure. Governing document: rig API digest, section 5.2; recordings of 25.07 and 26.04.
 */
import { at, listOf, numberOf, textOf } from '../../model/lenient.ts'
import { type ErrorSeverity, type RigError } from '../../model/reading.ts'

/** A box without a battery dates what it says before the network gave it the time to 1970 or 2015. */
const CLOCK_SET_FROM_MS = Date.parse('2020-01-01T00:00:00Z')
/** Of its clock against ours. */
const CLOCK_SLACK_MS = 60_000
const DAY_MS = 24 * 3_600_000
/** Complaints that differ, of one rig; more would be one broken thing said in many ways. */
const MAX_ERRORS = 50

interface Known {
  readonly says: RegExp
  readonly code: string
  readonly severity: ErrorSeverity
  readonly text: (found: RegExpExecArray) => string
  readonly remedy: string
  readonly component: (found: RegExpExecArray) => string | null
}

/** What it says without a code of its own; the first that fits counts. */
const KNOWN: readonly Known[] = [
  {
    says: /failed to resolve \("?([^",]+)"?,\s*(\d+)\)/i,
    code: 'name-not-found',
    severity: 'warning',
    text: ([, host = '', port = '']) => `It cannot find the address of ${host}:${port}`,
    remedy: 'Check the spelling of the pool, and the DNS server in the network settings of the rig.',
    component: () => 'pool',
  },
  {
    says: /sensor hb(\d+)/i,
    code: 'sensor',
    severity: 'warning',
    text: ([, board = '']) => `A temperature sensor of hashboard ${board} cannot be read`,
    remedy: 'Switch the rig off, reseat the cables of that hashboard, and start it again.',
    component: ([, board = '']) => `board ${String(Number(board) - 1)}`,
  },
  {
    says: /(?:disabled )?hashboard (\d+)\b.*(?:chip count|read_register|responses)/i,
    code: 'chips-missing',
    severity: 'error',
    text: ([, board = '']) => `Not all chips of hashboard ${board} answer`,
    remedy: 'Reseat its data and power cables. If it stays so, the hashboard needs repair.',
    component: ([, board = '']) => `board ${String(Number(board) - 1)}`,
  },
  {
    says: /\bfan\b/i,
    code: 'fan',
    severity: 'error',
    text: () => 'A fan does not turn as it should',
    remedy: 'Check that no fan is blocked or unplugged, and replace the one that stands still.',
    component: () => 'fan',
  },
  {
    says: /dangerous|overheat|too hot/i,
    code: 'too-hot',
    severity: 'error',
    text: () => 'It is too hot',
    remedy: 'Give it more and cooler air, or a lower power limit.',
    component: () => null,
  },
]

/**
 * Of `miner/errors`: `{errors: [{timestamp, message, error_codes: [{code, reason, hint}], components: [{name, index}]}]}`.
 * @param sinceMs when its miner started; null takes the last day
 */
export function readBraiinsErrors(reply: unknown, atMs: number, sinceMs: number | null): RigError[] {
  const fromMs = (sinceMs ?? atMs - DAY_MS) - CLOCK_SLACK_MS
  const entries = listOf(at(reply, 'errors'))
  const current: RigError[] = []
  // From the last to the first: what has no date was said before the next one that has.
  let beforeMs: number | null = null
  for (const entry of [...entries].reverse()) {
    const saidMs = Date.parse(textOf(at(entry, 'timestamp')) ?? '')
    const dated = saidMs >= CLOCK_SET_FROM_MS
    if (dated) beforeMs = saidMs
    if ((beforeMs ?? atMs) < fromMs) break
    for (const error of explain(entry, dated ? Math.min(saidMs, atMs) : null)) current.push(error)
  }
  return withoutRepeats(current.reverse())
}

/** Of GraphQL's `events.appeals`: `[{id, kind, message, timestamp}]`, timestamps in seconds. They are current ones. */
export function readBraiinsAppeals(appeals: unknown, atMs: number): RigError[] {
  return withoutRepeats(
    listOf(appeals).flatMap((appeal) => {
      const saidS = numberOf(at(appeal, 'timestamp'))
      const saidMs = saidS === null ? Date.parse(textOf(at(appeal, 'timestamp')) ?? '') : saidS * 1000
      const sinceMs = saidMs >= CLOCK_SET_FROM_MS ? Math.min(saidMs, atMs) : null
      const kind = (textOf(at(appeal, 'kind')) ?? '').toLowerCase()
      return explain({ message: at(appeal, 'message') }, sinceMs, severityOfKind(kind))
    }),
  )
}

function severityOfKind(kind: string): ErrorSeverity {
  if (kind === 'error') return 'error'
  return kind === 'info' ? 'info' : 'warning'
}

function explain(entry: unknown, sinceMs: number | null, otherwise: ErrorSeverity = 'warning'): RigError[] {
  const message = textOf(at(entry, 'message')) ?? ''
  const component = componentOf(entry)
  const coded = listOf(at(entry, 'error_codes')).flatMap((code): RigError[] => {
    const name = textOf(at(code, 'code'))
    if (name === null) return []
    return [
      {
        code: name,
        text: textOf(at(code, 'reason')) ?? message,
        remedy: textOf(at(code, 'hint')),
        severity: 'error',
        component: component ?? boardIn(message),
        sinceMs,
      },
    ]
  })
  if (coded.length > 0 || message === '') return coded
  for (const known of KNOWN) {
    const found = known.says.exec(message)
    if (found === null) continue
    const { code, severity, remedy } = known
    return [
      {
        code,
        text: known.text(found),
        remedy,
        severity,
        component: component ?? known.component(found),
        sinceMs,
      },
    ]
  }
  return [{ code: 'message', text: message, remedy: null, severity: otherwise, component, sinceMs }]
}

/** Its hashboards count from 1, ours from 0. */
function componentOf(entry: unknown): string | null {
  const [component] = listOf(at(entry, 'components'))
  const name = textOf(at(component, 'name'))?.toLowerCase()
  if (name === undefined) return null
  const index = numberOf(at(component, 'index'))
  if (index === null) return name
  return name === 'hashboard' ? `board ${String(index - 1)}` : `${name} ${String(index)}`
}

function boardIn(message: string): string | null {
  const board = /hashboard (\d+)/i.exec(message)?.[1]
  return board === undefined ? null : `board ${String(Number(board) - 1)}`
}

/** One of each, since it was first said. */
function withoutRepeats(errors: readonly RigError[]): RigError[] {
  const kept = new Map<string, RigError>()
  for (const error of errors) {
    const key = `${error.code}\n${error.component ?? ''}\n${error.text}`
    if (!kept.has(key)) kept.set(key, error)
    if (kept.size >= MAX_ERRORS) break
  }
  return [...kept.values()]
}
