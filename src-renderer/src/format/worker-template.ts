/** How user names of rigs are made from a template, to show it before it is used. The core has the last word. */
import type { Rig } from '@contract'

export const PLACEHOLDERS: readonly { name: string; meaning: string }[] = [
  { name: 'worker', meaning: 'The name that the rig goes by at its pool now, after the first dot' },
  { name: 'name', meaning: 'What the rig is called here' },
  { name: 'host', meaning: 'Its host name' },
  { name: 'ip', meaning: 'Its address, with dashes' },
  { name: 'mac4', meaning: 'The last four digits of its MAC address' },
  { name: 'n', meaning: 'Its number in the list' },
]

/** Names in braces that mean nothing. */
export function unknownPlaceholders(template: string): string[] {
  const known = new Set(PLACEHOLDERS.map(({ name }) => name))
  return [...template.matchAll(/\{([^}]*)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !known.has(name))
}

/** What is wrong with a template, a sentence; undefined when nothing is. */
export function templateError(template: string): string | undefined {
  const unknown = unknownPlaceholders(template)[0]
  if (unknown !== undefined) return `There is no placeholder {${unknown}}.`
  return /\s/.test(template.trim()) ? 'A user name has no blanks.' : undefined
}

/** Letters, digits, `-` and `_`: what every pool takes. */
const plain = (text: string): string => text.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '')

/** `number` is the rig's place in the list, from 1. */
export function fillTemplate(template: string, rig: Rig, number: number): string {
  const host = rig.address.replace(/:\d+$/, '')
  const mac4 = (rig.mac ?? '').replaceAll(':', '').slice(-4)
  const own = (rig.namedByPerson && plain(rig.name)) || plain(rig.hostname ?? '') || `rig-${mac4 || number}`
  const user = rig.pool?.user ?? ''
  const dot = user.indexOf('.')
  const worker = dot >= 0 ? user.slice(dot + 1) : rig.minesHere === true ? user : ''
  const values: Record<string, string> = {
    worker: plain(worker) || own,
    name: (rig.namedByPerson && plain(rig.name)) || own,
    host: plain(rig.hostname ?? '') || plain(host),
    ip: plain(host),
    mac4: mac4 || String(number),
    n: String(number),
  }
  return template.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => values[name] ?? whole)
}
