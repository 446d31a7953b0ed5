/**
 * Tells one rig one thing, and finds out whether it came to be: reads it first, keeps its pools before they are changed,
 * writes, and reads it back until the proof is there or patience ends. Alone with the rig all the while. Governing
 * document: rig API digest, section 8, rules 5, 6 and 8.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { type FamilyTools, type RigCommand, type WriteOutcome } from '../families/family.ts'
import { type RigReading } from '../model/reading.ts'
import { type AccessibleRig, type RigAccess } from '../rig-access.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { managerOf } from '../views/mines-here.ts'
import { pause } from './pause.ts'
import { undoOf } from './plan-action.ts'
import { type PoolsVault } from './pools-vault.ts'
import { entryOf, type Evidence, judge } from './proof.ts'

export interface PerformTools {
  readonly access: RigAccess
  readonly clock: Clock
  readonly family: FamilyTools
  readonly vault: PoolsVault
  /** Between two looks while verifying. */
  readonly lookEveryMs: number
  /** How long a share is waited for after the rig says that it mines where it was sent. */
  readonly sharePatienceMs: number
  /** Ends the waiting; what was written stays. */
  readonly signal: AbortSignal
  /** Whether a pool URL of that rig leads to this proxy. */
  isHere(url: string, rig: AccessibleRig): boolean
}

export interface Performed {
  readonly state: 'done' | 'unproven' | 'failed'
  /** For a person. */
  readonly message: string
  readonly proof: string | null
  readonly error: HeadframeError | null
  /** What takes it back; null if nothing was written, or nothing can. */
  readonly undo: RigCommand | null
}

/** Failures of a write after which it may have happened all the same; the last one is our own stopping. */
const MAY_HAVE_HAPPENED: ReadonlySet<string> = new Set(['rig/timeout', 'rig/cut-off', 'rig/given-up'])
/** Failures of a look that further looks do not mend: each would show a refused login once more, or ask somebody else. */
const FINAL: ReadonlySet<string> = new Set(['rig/wrong-password', 'rig/locked-out', 'rig/other-rig'])

/** What a rig that cut the connection may need at most to be back. */
const UNKNOWN_OUTCOME: WriteOutcome = {
  outcome: 'unknown',
  note: null,
  settlesInMs: 2000,
  patienceMs: 120_000,
}

/**
 * @param onPhase called when writing begins and when it is over
 * @returns how it went; what the rig or its network did wrong is in there and not thrown
 * @throws HeadframeError `rig/unknown`
 */
export async function performAction(
  rigId: string,
  command: RigCommand,
  tools: PerformTools,
  onPhase: (phase: 'writing' | 'verifying', message: string) => void,
): Promise<Performed> {
  tools.access.setBusy(rigId, command.kind)
  try {
    return await tools.access.exclusively(rigId, (link) =>
      writeAndProve(rigId, command, link, tools, onPhase),
    )
  } catch (error) {
    if (error instanceof HeadframeError && error.code !== 'rig/unknown') return failed(error)
    throw error
  } finally {
    tools.access.setBusy(rigId, null)
  }
}

async function writeAndProve(
  rigId: string,
  command: RigCommand,
  link: RigLink,
  tools: PerformTools,
  onPhase: (phase: 'writing' | 'verifying', message: string) => void,
): Promise<Performed> {
  const { access, clock } = tools
  onPhase('writing', 'Reading it first.')
  const before = await access.readNow(rigId, link)
  const rig = access.rig(rigId)
  const snapshot = await keepPools(rig, command, link, tools)
  const undo = undoOf(command, before, snapshot)
  onPhase('writing', 'Telling the rig.')
  const proxyBefore = rig.atProxy
  const wroteAtMs = clock.nowMs()
  let outcome: WriteOutcome
  try {
    outcome = await rig.family.perform(link, command, before, tools.family)
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
    // Reboots and changes of power cut the connection: what became of it is seen by reading.
    if (!MAY_HAVE_HAPPENED.has(error.code)) throw error
    outcome = UNKNOWN_OUTCOME
  }
  const said =
    outcome.outcome === 'accepted'
      ? 'The rig said yes; reading it back.'
      : 'The rig cut the connection; looking what became of it.'
  onPhase('verifying', outcome.note ?? said)
  const towardsHere = poolsOf(command).some(({ url }, i) => i === 0 && tools.isHere(url, rig))
  const performed = await prove(
    rigId,
    link,
    outcome,
    { command, before, wroteAtMs, proxyBefore, towardsHere },
    tools,
  )
  const note = outcome.note === null || performed.state === 'failed' ? '' : ` ${outcome.note}`
  return { ...performed, message: performed.message + note, undo }
}

async function keepPools(
  rig: AccessibleRig,
  command: RigCommand,
  link: RigLink,
  { vault, family }: PerformTools,
): Promise<Awaited<ReturnType<typeof rig.family.readPools>> | null> {
  if (command.kind !== 'set-pools' && command.kind !== 'restore-pools') return null
  const snapshot = await rig.family.readPools(link, family)
  await vault.keep(rig.id, snapshot, poolsOf(command))
  return snapshot
}

const poolsOf = (
  command: RigCommand,
): readonly { readonly url: string; readonly user: string; readonly password: string }[] => {
  if (command.kind === 'set-pools') return command.pools
  return command.kind === 'restore-pools' ? command.snapshot.pools : []
}

type Written = Pick<Evidence, 'command' | 'before' | 'wroteAtMs' | 'proxyBefore' | 'towardsHere'>

/** Looks again and again, from when it can be so until patience ends. */
async function prove(
  rigId: string,
  link: RigLink,
  { settlesInMs, patienceMs }: WriteOutcome,
  written: Written,
  tools: PerformTools,
): Promise<Omit<Performed, 'undo'>> {
  const { access, clock, signal, lookEveryMs, sharePatienceMs } = tools
  let untilMs = clock.monotonicMs() + Math.max(patienceMs, settlesInMs)
  let wasAway = false
  let firstThere: RigReading | null = null
  let last: { kind: 'silent'; error: HeadframeError } | { kind: 'says-so' | 'not-yet'; text: string }
  let waitMs = settlesInMs
  for (;;) {
    if (!(await pause(clock, waitMs, signal))) return interrupted()
    waitMs = lookEveryMs
    try {
      const now = await access.readNow(rigId, link)
      const pools = poolsOf(written.command)
      if (pools.length > 0 && firstThere === null && entryOf(pools, now) !== null) {
        firstThere = now
        untilMs = Math.max(untilMs, clock.monotonicMs() + sharePatienceMs)
      }
      const judgement = judge({ ...written, now, wasAway, firstThere, proxyNow: access.rig(rigId).atProxy })
      if (judgement.kind === 'proven') {
        return { state: 'done', message: judgement.proof, proof: judgement.proof, error: null }
      }
      if (judgement.kind === 'says-so' && judgement.final) return unproven(judgement.missing)
      last =
        judgement.kind === 'says-so'
          ? { kind: 'says-so', text: judgement.missing }
          : { kind: 'not-yet', text: withManager(judgement.because, now, firstThere !== null) }
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      if (FINAL.has(error.code)) return failed(error)
      wasAway = true
      last = { kind: 'silent', error }
    }
    if (clock.monotonicMs() >= untilMs) break
  }
  if (last.kind === 'says-so') return unproven(last.text)
  if (last.kind === 'silent') {
    const { error } = last
    return failed(
      new HeadframeError('rig/not-back', `It has not answered since it was told. ${error.message}`, {
        cause: error,
      }),
    )
  }
  return failed(
    new HeadframeError(
      'rig/no-effect',
      `The rig took the change without a complaint, but ${last.text}. Try it in the rig's own page, or update its firmware.`,
    ),
  )
}

function withManager(because: string, now: RigReading, wasThere: boolean): string {
  const manager = managerOf(now.pools)
  const back = wasThere ? `it went back: ${because}` : because
  return manager === null ? back : `${back}; ${manager} manages its pools and may have changed them back`
}

const unproven = (missing: string): Omit<Performed, 'undo'> => ({
  state: 'unproven',
  message: missing,
  proof: null,
  error: null,
})

const interrupted = (): Omit<Performed, 'undo'> => ({
  state: 'unproven',
  message: 'The rig was told, but Headframe was stopped before it could be seen to be so.',
  proof: null,
  error: null,
})

const failed = (error: HeadframeError): Performed => ({
  state: 'failed',
  message: error.message,
  proof: null,
  error,
  undo: null,
})
