/**
 * What cgminer's own descendants answer over RPC alike: the envelope, the version, sums and pools of a practice machine.
 * Governing document: rig API digest, section 2; field names as in its captures.
 */
import { rounded } from './figures.ts'
import { type RigBody } from './rig-body.ts'

/** How a miner program calls itself. */
export interface MinerProgram {
  /** As in every `Description`, for instance `bdminer 4.11.1`. */
  readonly description: string
}

export type StatusLetter = 'S' | 'I' | 'W' | 'E'

export interface RpcCommand {
  readonly command: string
  readonly parameter: unknown
}

/** The command of a request in JSON or as text; null for neither. */
export function readCommand(request: string): RpcCommand | null {
  if (!request.startsWith('{')) {
    const [command = '', ...rest] = request.split('|')
    return command === '' ? null : { command, parameter: rest.join('|') }
  }
  try {
    const { command, parameter } = JSON.parse(request) as { command?: unknown; parameter?: unknown }
    return typeof command === 'string' ? { command, parameter } : null
  } catch {
    return null
  }
}

/** One reply with its status; ends with the NUL that cgminer sends. */
export function envelope(
  { body, description }: MinerProgram & { readonly body: RigBody },
  [letter, code, message]: readonly [StatusLetter, number, string],
  members: Readonly<Record<string, unknown>> = {},
): string {
  const status = {
    STATUS: letter,
    When: Math.floor(body.clock.nowMs() / 1000),
    Code: code,
    Msg: message,
    Description: description,
  }
  return `${JSON.stringify({ STATUS: [status], ...members, id: 1 })}\0`
}

/** The rate of a machine in MH/s. */
export function rateMhs(body: RigBody): number {
  return rounded(body.measures.hashrateHs() / 1e6, 2)
}

export function summaryOf(body: RigBody): Record<string, unknown> {
  const { accepted, rejected, stale, bestDifficulty, difficulty } = body.measures.counts()
  const rate = rateMhs(body)
  return {
    Elapsed: body.minerUptimeS,
    'MHS av': rate,
    'MHS 5s': rate,
    'MHS 1m': rate,
    'MHS 5m': rate,
    'MHS 15m': rate,
    'Found Blocks': 0,
    Accepted: accepted,
    Rejected: rejected,
    'Hardware Errors': 0,
    Stale: stale,
    'Difficulty Accepted': accepted * difficulty,
    'Difficulty Rejected': rejected * difficulty,
    'Best Share': Math.round(bestDifficulty),
  }
}

export function poolsOf(body: RigBody): Record<string, unknown>[] {
  const { accepted, rejected, stale, difficulty, lastShareAtMs } = body.measures.counts()
  return body.pools
    .filter(({ url }) => url !== '')
    .map(({ url, user }, index) => {
      const active = index === body.activePool
      return {
        POOL: index,
        URL: url,
        Status: !active || body.measures.poolAlive() ? 'Alive' : 'Dead',
        Priority: index,
        Quota: 1,
        User: user,
        Accepted: active ? accepted : 0,
        Rejected: active ? rejected : 0,
        Stale: active ? stale : 0,
        'Last Share Time': active && lastShareAtMs !== null ? Math.floor(lastShareAtMs / 1000) : 0,
        'Stratum Active': active && body.miner === 'running',
        'Stratum Difficulty': difficulty,
      }
    })
}

/** What is common; null for commands that are each family's own. */
export function answerCommon(
  program: MinerProgram & { readonly body: RigBody },
  command: string,
): string | null {
  if (command === 'summary') {
    return envelope(program, ['S', 11, 'Summary'], { SUMMARY: [summaryOf(program.body)] })
  }
  if (command === 'pools') {
    const pools = poolsOf(program.body)
    return envelope(program, ['S', 7, `${String(pools.length)} Pool(s)`], { POOLS: pools })
  }
  return null
}

export function invalidCommand(program: MinerProgram & { readonly body: RigBody }): string {
  return envelope(program, ['E', 14, 'Invalid command'])
}

/** Joined commands (`summary+pools`) as one reply with a list for each; a single one as it is. */
export function answerJoined(command: string, answer: (command: string) => string): string {
  const commands = command.split('+')
  if (commands.length === 1) return answer(command)
  const replies = commands.map((each): [string, unknown[]] => [
    each,
    [JSON.parse(answer(each).replace(/\0$/, ''))],
  ])
  return `${JSON.stringify({ ...Object.fromEntries(replies), id: 1 })}\0`
}
