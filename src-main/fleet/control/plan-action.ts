/**
 * From what a person wants of a rig to the command for its firmware, or to the reason why not. Pure: a dry run is this and
 * nothing more. Governing document: rig API digest, sections 6 and 8.
 */
import { HeadframeError } from '../../base/index.ts'
import { type PoolsSnapshot, type PoolTarget, type RigCommand, type RigFamily } from '../families/family.ts'
import { type RigReading } from '../model/reading.ts'
import { poolPlace } from '../model/pool-place.ts'
import { type ConfiguredPool, type LocalAddress, type StratumListener } from '../ports.ts'
import { COMMAND_OF } from '../views/rig-views.ts'
import { type ActionValues, type RigActionName } from '../views/view-types.ts'
import { type LoginOfRig, loginObstacle } from './credentials.ts'
import { configuredTarget, headframeTarget } from './pool-targets.ts'
import { checkTemplate, expandWorker, type WorkerFacts } from './worker-names.ts'

export interface ActionFacts {
  readonly family: RigFamily
  /** Its last one; null if it was never read, or does not answer now. */
  readonly reading: RigReading | null
  readonly host: string
  readonly login: LoginOfRig | null
  /** What it had before the last change of its pools from here; null if there was none. */
  readonly snapshot: PoolsSnapshot | null
  readonly worker: WorkerFacts
  readonly template: string
  readonly listener: StratumListener | null
  readonly local: readonly LocalAddress[]
  /** The one that `poolId` names; null if there is none. */
  readonly pool: ConfiguredPool | null
}

export type ActionPlan =
  | {
      readonly kind: 'do'
      readonly command: RigCommand
      /** What will be done, a sentence in the infinitive: `set its pool to … as …`. */
      readonly intent: string
    }
  | { readonly kind: 'refuse'; readonly error: HeadframeError }

/**
 * Whether an action has what it needs, whatever the rig.
 * @throws HeadframeError `action/invalid`, `rig/bad-template`
 */
export function checkAction(action: RigActionName, values: ActionValues): void {
  const need = (has: boolean, what: string): void => {
    if (!has) throw new HeadframeError('action/invalid', `${action} needs ${what}.`, { context: { action } })
  }
  switch (action) {
    case 'locate':
      return need(values.on !== undefined, '"on": true or false')
    case 'set-power-mode':
      return need((values.mode ?? '') !== '', '"mode": one of the modes of the rig')
    case 'set-power-limit':
      return need(values.watts !== undefined, '"watts"')
    case 'set-frequency':
      return need(values.megahertz !== undefined, '"megahertz"')
    case 'set-voltage':
      return need(values.millivolts !== undefined, '"millivolts"')
    case 'set-fan':
      return need(values.percent !== undefined, '"percent": 0 to 100, or null for automatic')
    case 'send-to-pool':
      need((values.poolId ?? '') !== '', '"poolId": one of the pools')
      return checkOwnTemplate(values)
    case 'send-to-headframe':
      return checkOwnTemplate(values)
    case 'set-pools':
      need((values.pools ?? []).length > 0, '"pools": at least one')
      for (const { url } of values.pools ?? []) {
        need(poolPlace(url)?.port != null, `a host and a port in every pool URL; "${url}" has none`)
      }
      return checkOwnTemplate(values)
    case 'restore-pools':
    case 'restart':
    case 'reboot':
    case 'pause':
    case 'resume':
      return
  }
}

function checkOwnTemplate({ workerTemplate }: ActionValues): void {
  if (workerTemplate !== undefined) checkTemplate(workerTemplate)
}

/** @param values checked by `checkAction` */
export function planAction(action: RigActionName, values: ActionValues, facts: ActionFacts): ActionPlan {
  const { family, reading } = facts
  if (reading === null) {
    return refuse('rig/not-read', 'It does not answer, so nothing can be told it. Try again when it is read.')
  }
  const capability = family.capabilities(reading)[COMMAND_OF[action]]
  if (!capability.offered) return refuse('rig/not-supported', capability.because)
  const obstacle = loginObstacle(family.login.needed, facts.login)
  if (obstacle) return { kind: 'refuse', error: obstacle }
  try {
    return commandFor(action, values, facts, reading)
  } catch (error) {
    if (error instanceof HeadframeError) return { kind: 'refuse', error }
    throw error
  }
}

function commandFor(
  action: RigActionName,
  values: ActionValues,
  facts: ActionFacts,
  { settings }: RigReading,
): ActionPlan {
  const template = values.workerTemplate ?? facts.template
  switch (action) {
    case 'send-to-headframe':
      return toPools([headframeTarget(facts.host, facts.listener, facts.local, template, facts.worker)])
    case 'send-to-pool':
      if (facts.pool === null)
        return refuse('pool/unknown', 'There is no such pool. It may have been removed.')
      return toPools([configuredTarget(facts.pool, template, facts.worker)])
    case 'set-pools':
      return toPools(
        (values.pools ?? []).map(({ url, user, password = '' }) => ({
          url,
          user: expandWorker(user, facts.worker),
          password,
        })),
      )
    case 'restore-pools':
      if (facts.snapshot === null) {
        return refuse(
          'rig/nothing-to-restore',
          'Its pools were not changed from here, so there is nothing to put back.',
        )
      }
      return {
        kind: 'do',
        command: { kind: 'restore-pools', snapshot: facts.snapshot },
        intent: `put its pools back to ${poolsText(facts.snapshot.pools)}`,
      }
    case 'restart':
      return act({ kind: 'restart' }, 'restart its miner')
    case 'reboot':
      return act({ kind: 'reboot' }, 'reboot it')
    case 'pause':
      return act({ kind: 'pause' }, 'stop it hashing')
    case 'resume':
      return act({ kind: 'resume' }, 'let it hash again')
    case 'locate': {
      const on = values.on === true
      return act({ kind: 'locate', on }, on ? 'let its light flash' : 'let its light stop flashing')
    }
    case 'set-power-mode': {
      const mode = values.mode ?? ''
      const known = settings.powerModes.find(({ id }) => id === mode)
      if (settings.powerModes.length > 0 && known === undefined) {
        const names = settings.powerModes.map(({ label }) => label).join(', ')
        return refuse('action/invalid', `It has no power mode "${mode}". It has ${names}.`)
      }
      return act({ kind: 'set-power-mode', mode }, `set its power mode to ${known?.label ?? mode}`)
    }
    case 'set-power-limit': {
      const watts = values.watts ?? 0
      const range = settings.powerLimitRangeW
      if (range && (watts < range.min || watts > range.max)) {
        return outside('W', 'power limit', range.min, range.max)
      }
      return act({ kind: 'set-power-limit', watts }, `limit its power to ${String(watts)} W`)
    }
    case 'set-frequency': {
      const megahertz = values.megahertz ?? 0
      const range = rangeOf(settings.frequencyOptionsMHz)
      if (range && (megahertz < range.min || megahertz > range.max)) {
        return outside('MHz', 'frequency', range.min, range.max)
      }
      return act({ kind: 'set-frequency', megahertz }, `set its frequency to ${String(megahertz)} MHz`)
    }
    case 'set-voltage': {
      const millivolts = values.millivolts ?? 0
      const range = rangeOf(settings.coreVoltageOptionsMv)
      if (range && (millivolts < range.min || millivolts > range.max)) {
        return outside('mV', 'core voltage', range.min, range.max)
      }
      return act({ kind: 'set-voltage', millivolts }, `set its core voltage to ${String(millivolts)} mV`)
    }
    case 'set-fan': {
      const percent = values.percent ?? null
      const how = percent === null ? 'let it control its fans itself' : `run its fans at ${String(percent)} %`
      return act({ kind: 'set-fan', percent }, how)
    }
  }
}

const act = (command: RigCommand, intent: string): ActionPlan => ({ kind: 'do', command, intent })

const toPools = (pools: readonly PoolTarget[]): ActionPlan => ({
  kind: 'do',
  command: { kind: 'set-pools', pools },
  intent: `set its pools to ${poolsText(pools)}`,
})

export const poolsText = (pools: readonly Pick<PoolTarget, 'url' | 'user'>[]): string =>
  pools
    .filter(({ url }) => url !== '')
    .map(({ url, user }) => `${url} as ${user}`)
    .join(', then ') || 'none'

const refuse = (code: `${string}/${string}`, message: string): ActionPlan => ({
  kind: 'refuse',
  error: new HeadframeError(code, message),
})

/** Beyond what the firmware lists its own protection does not hold. */
const outside = (unit: string, what: string, min: number, max: number): ActionPlan =>
  refuse('action/invalid', `Its ${what} goes from ${String(min)} to ${String(max)} ${unit}.`)

function rangeOf(options: readonly number[]): { readonly min: number; readonly max: number } | null {
  return options.length === 0 ? null : { min: Math.min(...options), max: Math.max(...options) }
}

/** What takes a command back; null where nothing does, or what was before is not known. */
export function undoOf(
  command: RigCommand,
  before: RigReading | null,
  snapshot: PoolsSnapshot | null,
): RigCommand | null {
  const settings = before?.settings
  switch (command.kind) {
    case 'set-pools':
    case 'restore-pools':
      return snapshot && { kind: 'restore-pools', snapshot }
    case 'pause':
      return before?.state === 'paused' ? null : { kind: 'resume' }
    case 'resume':
      return before?.state === 'paused' ? { kind: 'pause' } : null
    case 'locate':
      return before?.locating == null || before.locating === command.on
        ? null
        : { kind: 'locate', on: before.locating }
    case 'set-power-mode':
      return settings?.powerMode == null ? null : { kind: 'set-power-mode', mode: settings.powerMode }
    case 'set-power-limit':
      return settings?.powerLimitW == null ? null : { kind: 'set-power-limit', watts: settings.powerLimitW }
    case 'set-frequency':
      return settings?.frequencyMHz == null
        ? null
        : { kind: 'set-frequency', megahertz: settings.frequencyMHz }
    case 'set-voltage':
      return settings?.coreVoltageMv == null
        ? null
        : { kind: 'set-voltage', millivolts: settings.coreVoltageMv }
    case 'set-fan':
      if (settings?.fanAuto === true) return { kind: 'set-fan', percent: null }
      return settings?.fanPercent == null ? null : { kind: 'set-fan', percent: settings.fanPercent }
    case 'restart':
    case 'reboot':
      return null
  }
}
