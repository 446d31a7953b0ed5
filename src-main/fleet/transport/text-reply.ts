/**
 * The text form of cgminer's API, `STATUS=S,When=…|SUMMARY,Elapsed=5,MHS av=3.1|`, brought into the shape of its JSON form,
 * so that the same readers read both. Values stay text. Pure, never throws.
 * Governing document: rig API digest, section 2.1.
 */

/** Where the text form heads a section by the name of its first member and the JSON form names the list otherwise. */
const LIST_OF_HEAD: Readonly<Record<string, string>> = {
  POOL: 'POOLS',
  ASC: 'DEVS',
  PGA: 'DEVS',
  GPU: 'DEVS',
}

/** Whether a reply begins as the text form does. */
export function isTextReply(text: string): boolean {
  return /^\s*STATUS=[A-Z],/.test(text)
}

/** Whether the answer to a question in JSON says that only the text form is understood. */
export function refusesJson(text: string): boolean {
  return /invalid json|STATUS=E|Code=2[34]/i.test(text)
}

/**
 * @returns lists of sections by name, as `{STATUS: [{STATUS: 'S', Msg: …}], SUMMARY: [{Elapsed: '5'}]}`
 */
export function parseTextReply(bytes: Uint8Array | string): Record<string, Record<string, string>[]> {
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)
  const lists = new Map<string, Record<string, string>[]>()
  for (const section of splitUnescaped(text.split('\0', 1)[0] ?? '', '|')) {
    const fields = splitUnescaped(section, ',')
    const head = unescape(fields[0] ?? '').trim()
    if (head === '') continue
    const [headName = ''] = head.split('=', 1)
    const name = LIST_OF_HEAD[headName] ?? headName
    const members: [string, string][] = []
    for (const [index, field] of fields.map(unescape).entries()) {
      const equals = field.indexOf('=')
      const previous = members.at(-1)
      if (equals >= 0) members.push([field.slice(0, equals).trim(), field.slice(equals + 1)])
      // Avalon leaves commas in its long text as they are: what names nothing belongs to the value before it.
      else if (index > 0 && previous !== undefined) previous[1] += `,${field}`
    }
    const list = lists.get(name) ?? []
    list.push(Object.fromEntries(members))
    lists.set(name, list)
  }
  return Object.fromEntries(lists)
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < text.length; i++) {
    if (text.charAt(i) === '\\') i++
    else if (text.charAt(i) === separator) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1')
}
