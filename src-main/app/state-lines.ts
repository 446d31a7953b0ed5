/** Lines of `--json` on stdout, which scripts read: one when ready, then one per state change. */
import { type RunningCore } from './core.ts'

export type EmitLine = (line: Record<string, unknown>) => void

export interface ReadyFacts {
  /** Null where no dashboard is served. */
  readonly dashboard: string | null
  readonly token: string | null
  readonly dataDir: string
  readonly pid: number
}

/** Emits the ready line, then a line whenever the active pool, its state, the rigs or the blocks change. */
export function emitStates(
  core: Pick<RunningCore, 'overview' | 'stratum'>,
  facts: ReadyFacts,
  emit: EmitLine,
): void {
  const { dashboard, token, dataDir, pid } = facts
  emit({
    event: 'ready',
    dashboard,
    token,
    stratum: core.stratum ? `${core.stratum.host}:${core.stratum.port}` : null,
    stratumV2: null,
    authorityKey: null,
    dataDir,
    pid,
  })
  let last = ''
  core.overview.onChange(() => {
    const { activePool, rigs, blocksFound, updatedAt } = core.overview.value
    const state = {
      pool: activePool?.id ?? null,
      poolState: activePool?.state ?? null,
      rigsOnline: rigs.online,
      blocksFound,
    }
    const text = JSON.stringify(state)
    if (text === last) return
    last = text
    emit({ event: 'state', at: updatedAt, ...state })
  })
}
