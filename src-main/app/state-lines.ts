/** Lines of `--json` on stdout, which scripts read: one when ready, then one per state change. */
import { formatHostPort, type HostPort } from '../net/index.ts'
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
  core: Pick<RunningCore, 'overview' | 'listeners' | 'authorityKey'>,
  facts: ReadyFacts,
  emit: EmitLine,
): void {
  const { dashboard, token, dataDir, pid } = facts
  emit({
    event: 'ready',
    dashboard,
    token,
    stratum: addressText(core.listeners.stratum),
    stratumV2: addressText(core.listeners.stratumV2),
    authorityKey: core.listeners.stratumV2 || core.listeners.stratumWs ? core.authorityKey : null,
    stratumWs: addressText(core.listeners.stratumWs),
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

const addressText = (address: HostPort | null): string | null => (address ? formatHostPort(address) : null)
