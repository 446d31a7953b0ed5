/** How user names of rigs are made from a template, to show it before it is used. The core has the last word. */
import type { Rig } from '@contract'

export const PLACEHOLDERS: readonly { name: string; meaning: string }[] = [
  { name: 'worker', meaning: 'The worker name that the rig has now, the part after the last dot' },
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

/** `number` is the rig's place in the list, from 1. */
export function fillTemplate(template: string, rig: Rig, number: number): string {
  const host = rig.address.replace(/:\d+$/, '')
  const values: Record<string, string> = {
    worker: rig.pool?.user.split('.').slice(1).join('.') || rig.name,
    name: rig.name,
    host: rig.hostname ?? host,
    ip: host.replaceAll('.', '-'),
    mac4: (rig.mac ?? '').replaceAll(':', '').slice(-4),
    n: String(number),
  }
  return template.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => values[name] ?? whole)
}
