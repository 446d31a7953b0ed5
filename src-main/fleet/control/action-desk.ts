/** What an action needs to know of its rig, of the proxy and of the pools, brought together for planning and performing it. */
import { HeadframeError } from '../../base/index.ts'
import { type RigBook } from '../book/rig-book.ts'
import { type FamilyTools, type RigCommand } from '../families/family.ts'
import { maskKnown } from '../polling/mask-secrets.ts'
import { type RigKeeper } from '../polling/rig-keeper.ts'
import { type FleetOptions, type ProxySide } from '../ports.ts'
import { leadsHere } from '../views/mines-here.ts'
import { rigView } from '../views/rig-views.ts'
import { type ActionValues, type RigActionName } from '../views/view-types.ts'
import { performAction, type Performed } from './perform-action.ts'
import { type ActionPlan, planAction } from './plan-action.ts'
import { type PoolsVault } from './pools-vault.ts'

export interface ActionDeskParts {
  readonly tools: FamilyTools
  readonly book: RigBook
  readonly keeper: RigKeeper
  readonly vault: PoolsVault
  readonly proxy: ProxySide
  readonly options: FleetOptions
  /** Ends waiting for proof. */
  readonly signal: AbortSignal
}

export class ActionDesk {
  readonly #parts: ActionDeskParts

  constructor(parts: ActionDeskParts) {
    this.#parts = parts
  }

  /** @throws HeadframeError `rig/unknown` */
  async plan(id: string, action: RigActionName, values: ActionValues): Promise<ActionPlan> {
    const { book, keeper, proxy, vault } = this.#parts
    const pool = values.poolId === undefined ? null : await proxy.pool(values.poolId)
    const known = keeper.facts(id)
    const { rig, family, login, freshness } = known
    const view = rigView(known)
    return planAction(action, values, {
      family,
      reading: freshness === 'gone' ? null : (known.merged?.reading ?? null),
      host: rig.host,
      login,
      snapshot: vault.of(id),
      worker: {
        users: keeper.usersOf(id),
        minesHere: view.minesHere === true,
        nameByPerson: rig.name,
        hostname: view.hostname,
        host: rig.host,
        mac: rig.mac,
        number: keeper.ids.indexOf(id) + 1,
      },
      template: book.workerTemplate,
      listener: proxy.listener(),
      local: proxy.localAddresses(),
      pool,
    })
  }

  /** @throws HeadframeError `rig/unknown` */
  async perform(
    id: string,
    command: RigCommand,
    onPhase: (phase: 'writing' | 'verifying', message: string) => void,
  ): Promise<Performed> {
    const { keeper, options, proxy, signal, tools, vault } = this.#parts
    const performed = await performAction(
      id,
      command,
      {
        access: keeper,
        clock: tools.clock,
        family: tools,
        vault,
        lookEveryMs: options.lookEveryMs,
        sharePatienceMs: options.sharePatienceMs,
        signal,
        isHere: (url, { host }) =>
          leadsHere(url, host, { ports: proxy.ports(), local: proxy.localAddresses() }),
      },
      onPhase,
    )
    // A rig may repeat what it was sent.
    const written = command.kind === 'set-pools' ? command.pools.map(({ password }) => password) : []
    const known = [...keeper.passwordsOf(id), ...written]
    const { message, error } = performed
    return {
      ...performed,
      message: maskKnown(message, known),
      error: error && new HeadframeError(error.code, maskKnown(error.message, known), { cause: error }),
    }
  }
}
