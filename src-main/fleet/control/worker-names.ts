/**
 * User names of rigs from a template, so that one bulk action gives each rig its own: `{worker}` is the name it goes by
 * at its pool now, which people have given it and want to keep. Pure. Governing document: rig API digest, section 8, rule 7.
 */
import { HeadframeError } from '../../base/index.ts'
import { realMac } from '../model/identity.ts'

export const PLACEHOLDERS = ['worker', 'name', 'host', 'ip', 'mac4', 'n'] as const
type Placeholder = (typeof PLACEHOLDERS)[number]

/** What a name is made of. */
export interface WorkerFacts {
  /** User names of its pool entries, the active one first. */
  readonly users: readonly string[]
  /** Whether it mines at our proxy, where a user name without a dot is a worker's. */
  readonly minesHere: boolean
  /** '' for none. */
  readonly nameByPerson: string
  readonly hostname: string | null
  /** Where it answers. */
  readonly host: string
  readonly mac: string | null
  /** Its place in the fleet, from 1. */
  readonly number: number
}

/** Of each part; pools cut longer ones. */
const LONGEST_PART = 48
const LONGEST_USER = 255

/**
 * Fills a template in. What a placeholder gives has letters, digits, `-` and `_` only.
 * @returns at most 255 characters; never empty
 */
export function expandWorker(template: string, facts: WorkerFacts): string {
  const expanded = template
    .replace(/\{(\w+)\}/g, (whole, name: string) => (isPlaceholder(name) ? partOf(name, facts) : whole))
    .replace(/\s+/g, '')
    .slice(0, LONGEST_USER)
  return expanded === '' ? ownName(facts) : expanded
}

/** The user name at a pool that knows us by `userIdentity`: its account, and the worker from the template. */
export function userAtPool(userIdentity: string, template: string, facts: WorkerFacts): string {
  const account = userIdentity.split('.')[0] ?? ''
  const worker = expandWorker(template, facts)
  return `${account}.${worker}`.slice(0, LONGEST_USER)
}

/** @throws HeadframeError `rig/bad-template` with what is wrong */
export function checkTemplate(template: string): void {
  for (const [whole, name = ''] of template.matchAll(/\{([^{}]*)\}?|\}/g)) {
    if (whole.endsWith('}') && whole.startsWith('{') && isPlaceholder(name)) continue
    throw new HeadframeError(
      'rig/bad-template',
      `"${whole}" is no placeholder. There are ${PLACEHOLDERS.map((each) => `{${each}}`).join(', ')}.`,
      { context: { template } },
    )
  }
  if (template.trim() === '' || /\s/.test(template.trim())) {
    throw new HeadframeError(
      'rig/bad-template',
      'A user name has at least one character and no blanks. {worker} keeps the names that rigs have.',
      { context: { template } },
    )
  }
}

function partOf(name: Placeholder, facts: WorkerFacts): string {
  switch (name) {
    case 'worker':
      return presentWorker(facts) ?? ownName(facts)
    case 'name':
      return plain(facts.nameByPerson) || ownName(facts)
    case 'host':
      return plain(facts.hostname ?? '') || plain(facts.host)
    case 'ip':
      return plain(facts.host)
    case 'mac4':
      return mac4(facts) ?? String(facts.number)
    case 'n':
      return String(facts.number)
  }
}

/** The suffix of the first user name that has one; all of it where it is a worker's name. */
function presentWorker({ users, minesHere }: WorkerFacts): string | null {
  for (const [i, user] of users.entries()) {
    const dot = user.indexOf('.')
    const suffix = dot >= 0 ? user.slice(dot + 1) : minesHere && i === 0 ? user : ''
    if (plain(suffix) !== '') return plain(suffix)
  }
  return null
}

function ownName(facts: WorkerFacts): string {
  const named = plain(facts.nameByPerson) || plain(facts.hostname ?? '')
  if (named !== '') return named
  const last = mac4(facts)
  return `rig-${last ?? String(facts.number)}`
}

function mac4({ mac }: WorkerFacts): string | null {
  return realMac(mac)?.replaceAll(':', '').slice(-4) ?? null
}

function plain(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LONGEST_PART)
}

const isPlaceholder = (name: string): name is Placeholder =>
  (PLACEHOLDERS as readonly string[]).includes(name)
