/** CSV as RFC 4180 has it, read by a program that shares nothing with the one that wrote it. Throws at anything else. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at <= text.length) {
    let cell = ''
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (at >= text.length) throw new Error('a quoted cell does not end')
        if (text[at] === '"' && text[at + 1] !== '"') break
        if (text[at] === '"') at++
        cell += text[at]
      }
      at++
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r' && text[at] !== '\n') {
        if (text[at] === '"') throw new Error('a quote within a cell that is not quoted')
        cell += text[at++]
      }
    }
    row.push(cell)
    if (text[at] === ',') {
      at++
      continue
    }
    rows.push(row)
    row = []
    if (at >= text.length) return rows
    if (text.slice(at, at + 2) !== '\r\n') throw new Error('a line does not end in CRLF')
    at += 2
    if (at >= text.length) return rows
  }
  return rows
}
