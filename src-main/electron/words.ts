/**
 * Sentences of tray, menu and notifications. Numbers are written here once more, because these places cannot
 * use the page's formats: they belong to the system, not to the page. Pure.
 */
import { type Activation, type Overview, type Pool } from '../../src-preload/contract/index.ts'

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'] as const

/** Three digits and a unit, such as `12.4 TH/s`. @param hashrateHs hashes per second */
export function hashrateText(hashrateHs: number): string {
  if (!(hashrateHs > 0)) return '0 H/s'
  const power = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log10(hashrateHs) / 3)))
  let value = hashrateHs / 1000 ** power
  let prefix = PREFIXES[power]
  // 999.7 would round to 1000 of the smaller unit.
  if (value >= 999.5 && power < PREFIXES.length - 1) {
    value /= 1000
    prefix = PREFIXES[power + 1]
  }
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(decimals)} ${prefix}H/s`
}

const STATES: Record<Pool['state'], string> = {
  idle: 'not connected',
  connecting: 'connecting',
  ready: '',
  silent: 'silent',
  waiting: 'not reachable, trying again',
  blocked: 'stopped, needs you',
}

/** The pool rigs work for, with what is wrong with it. */
export function activePoolText({ activePool }: Overview): string {
  if (!activePool) return 'No pool chosen'
  const state = STATES[activePool.state]
  return state === '' ? activePool.name : `${activePool.name} (${state})`
}

export function rigsText({ rigs }: Overview): string {
  if (rigs.online === 0) return 'No rig connected'
  const noun = rigs.online === 1 ? 'rig' : 'rigs'
  return rigs.hashing === rigs.online
    ? `${rigs.online} ${noun} hashing`
    : `${rigs.hashing} of ${rigs.online} ${noun} hashing`
}

export function switchedText(poolName: string, { downstreams }: Activation): string {
  const { total, reconnected } = downstreams
  if (total === 0) return `Rigs that connect will work for ${poolName}.`
  const who = total === 1 ? 'One rig works' : `${total} rigs work`
  const how = reconnected === 0 ? 'no connection was dropped' : `${reconnected} had to reconnect`
  return `${who} for ${poolName} now; ${how}.`
}
