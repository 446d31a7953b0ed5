/**
 * Groups of pools as LuxOS keeps them: ids are positions and shift with every change. What is switched to is worked for
 * after the time a restart takes. Governing document: rig API digest, section 5.4.
 */
import { type BodyPool, type RigBody } from './rig-body.ts'

interface Group {
  readonly name: string
  quota: number
  readonly pools: BodyPool[]
}

export class LuxosPools {
  readonly #body: RigBody
  readonly #groups: Group[]
  #active: BodyPool | null

  constructor(body: RigBody) {
    this.#body = body
    this.#groups = [{ name: 'default', quota: 1, pools: [...body.pools] }]
    this.#active = body.pool
  }

  get groups(): readonly { readonly id: number; readonly name: string; readonly quota: number }[] {
    return this.#groups.map(({ name, quota }, id) => ({ id, name, quota }))
  }

  get pools(): readonly { readonly pool: BodyPool; readonly groupId: number; readonly active: boolean }[] {
    return this.#groups.flatMap(({ pools }, groupId) =>
      pools.map((pool) => ({ pool, groupId, active: pool === this.#active })),
    )
  }

  /** @returns what is wrong; null if it was done */
  change(command: string, args: readonly string[]): string | null {
    const problem = this.#do(command, args)
    if (problem === null) this.#save()
    return problem
  }

  #do(command: string, args: readonly string[]): string | null {
    const id = Number(args[0])
    switch (command) {
      case 'addgroup':
        return this.#addGroup(args)
      case 'groupquota': {
        const group = this.#groups[id]
        if (group === undefined || !(Number(args[1]) > 0)) return 'Invalid group or quota'
        group.quota = Number(args[1])
        return null
      }
      case 'removegroup': {
        const group = this.#groups[id]
        if (group === undefined) return 'Invalid group id'
        this.#groups.splice(id, 1)
        if (this.#active !== null && group.pools.includes(this.#active)) this.#work(this.#first)
        return null
      }
      case 'addpool':
        return this.#addPool(args)
      case 'removepool':
        return this.#removePool(id)
      case 'switchpool': {
        const entry = this.pools[id]
        if (entry === undefined) return `Invalid pool id ${String(args[0])}`
        if (this.#active !== entry.pool) this.#work(entry.pool)
        return null
      }
      default:
        return 'Invalid command'
    }
  }

  get #first(): BodyPool | null {
    return this.#groups[0]?.pools[0] ?? null
  }

  #work(pool: BodyPool | null): void {
    this.#active = pool
    this.#save()
    if (this.#body.miner === 'running') this.#body.restartMiner()
  }

  #addGroup([name = '', quota = '']: readonly string[]): string | null {
    if (name === '' || !(Number(quota) > 0)) return 'Invalid group name or quota'
    this.#groups.push({ name, quota: Number(quota), pools: [] })
    return null
  }

  #addPool(args: readonly string[]): string | null {
    if (args.length < 3 || args.length > 4) return "Missing addpool details: 'URL,user,pass'"
    const [url = '', user = '', password = '', groupId = '0'] = args
    const group = this.#groups[Number(groupId)]
    if (url === '' || user === '' || password === '') return "Missing addpool details: 'URL,user,pass'"
    if (group === undefined) return 'Invalid group id'
    group.pools.push({ url, user, password })
    this.#active ??= this.#first
    return null
  }

  #removePool(id: number): string | null {
    const entry = this.pools[id]
    if (entry === undefined) return `Invalid pool id ${String(id)}`
    if (entry.active) return `Cannot remove active pool ${String(id)}`
    const pools = this.#groups[entry.groupId]?.pools
    pools?.splice(pools.indexOf(entry.pool), 1)
    return null
  }

  #save(): void {
    const all = this.pools.map(({ pool }) => pool)
    this.#body.savePools(all, Math.max(0, this.#active === null ? 0 : all.indexOf(this.#active)))
  }
}
