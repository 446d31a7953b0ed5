/**
 * The two forms in which cgminer takes commands and answers: JSON, and text parted by bars and commas. As in the rig API
 * digest, section 2.1.
 */
export type Form = 'json' | 'text'

export interface Ask {
  readonly form: Form
  readonly command: string
  readonly parameter: string
}

/** One list of sections, under its JSON name. */
export type Sections = Readonly<
  Record<string, readonly Readonly<Record<string, string | number | boolean>>[]>
>

/** What stands at the head of each section in text, for lists whose members are counted. */
const COUNTED: Readonly<Record<string, string>> = {
  POOLS: 'POOL',
  DEVS: 'ASC',
  STATS: 'STATS',
  DEVDETAILS: 'DEVDETAILS',
}

/** @returns null for JSON that cannot be read */
export function parseAsk(request: string): Ask | null {
  if (!request.startsWith('{')) {
    const bar = request.indexOf('|')
    return bar < 0
      ? { form: 'text', command: request.trim(), parameter: '' }
      : { form: 'text', command: request.slice(0, bar).trim(), parameter: request.slice(bar + 1) }
  }
  try {
    const asked: unknown = JSON.parse(request)
    if (typeof asked !== 'object' || asked === null || !('command' in asked)) return null
    const parameter = 'parameter' in asked ? asked.parameter : ''
    return {
      form: 'json',
      command: String(asked.command),
      parameter: typeof parameter === 'string' ? parameter : String(parameter),
    }
  } catch {
    return null
  }
}

/** Ends with a NUL, as cgminer does. */
export function formatReply(form: Form, sections: Sections): string {
  if (form === 'json') return `${JSON.stringify({ ...sections, id: 1 })}\0`
  const parts = Object.entries(sections).flatMap(([name, list]) =>
    list.map((members) => {
      const counted = COUNTED[name]
      const fields = Object.entries(members).map(([key, value]) => `${key}=${String(value)}`)
      return name === 'STATUS' || counted !== undefined ? fields.join(',') : [name, ...fields].join(',')
    }),
  )
  return `${parts.join('|')}|\0`
}
