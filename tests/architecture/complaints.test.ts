/**
 * What users of the reference proxy complain of most, and that each has a test here which names the thread. The list
 * is closed: whoever renames a test carries the number along, or this fails.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

interface Complaint {
  readonly number: number
  /** Project and number of the thread, as titles of tests spell it. */
  readonly thread: string
  readonly said: string
}

const COMPLAINTS: readonly Complaint[] = [
  { number: 1, thread: 'sv2-apps 673', said: 'the only pool restarts, and the proxy shuts down' },
  {
    number: 2,
    thread: 'sv2-apps 650',
    said: 'a mask is offered where the pool forbids rolling: shares are dropped',
  },
  { number: 3, thread: 'sv2-apps 136', said: 'miners reconnect after 120 s without a job' },
  { number: 4, thread: 'sv2-apps 402', said: 'a channel for each rig: very many shares are rejected' },
  { number: 5, thread: 'sv2-apps 382', said: 'a Bitaxe loops: its requests come before the channel is open' },
  {
    number: 6,
    thread: 'sv2-apps 20',
    said: 'a small miner has shares rejected after SetTarget until the next job',
  },
  { number: 7, thread: 'sv2-apps 32', said: 'no fallback when a pool refuses set-up or channel' },
  { number: 8, thread: 'sv2-apps 247', said: 'SetExtranoncePrefix is ignored' },
  { number: 9, thread: 'sv2-apps 110', said: 'a clock that drifts makes a certificate invalid' },
  { number: 10, thread: 'sv2-apps 466', said: 'fallback is broken when the upstream refuses or goes away' },
  {
    number: 11,
    thread: 'sv2-apps 289',
    said: 'the hashrate shown is stale or wrong, derived from the target',
  },
  { number: 12, thread: 'stratum 1647', said: 'clients micro-manage the difficulty of the pool' },
  { number: 13, thread: 'stratum 1861', said: 'extranonce sizes that real hardware cannot take' },
  {
    number: 14,
    thread: 'stratum 1399',
    said: 'Braiins Pool: a channel before any miner, a fixed user, no names in DNS',
  },
  { number: 15, thread: 'sv2-apps 209', said: 'monitoring dies with a few hundred machines' },
]

const root = resolve(import.meta.dirname, '..')
const folders = ['unit', 'wire', 'interop']

/** Texts of all test files that speak of a thread. */
function titles(): { readonly file: string; readonly text: string }[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => {
      const source = readFileSync(path, 'utf8')
      if (!/sv2-apps|stratum \d/.test(source)) return []
      return textsOf(source).map((text) => ({ file: relative(root, path), text }))
    })
}

/** String literals; a comment is no title. */
function textsOf(source: string): string[] {
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('a.test.ts', source, ts.ScriptTarget.Latest))
  return texts
}

describe('what users complain of elsewhere', () => {
  const known = titles()

  it.each(COMPLAINTS)('has a test that names it: $number, $said ($thread)', ({ thread }) => {
    const marker = new RegExp(`\\b${thread}\\b`)
    expect(known.filter(({ text }) => marker.test(text)).map(({ file }) => file)).not.toEqual([])
  })

  it('is fifteen things, each once', () => {
    expect(COMPLAINTS.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, n) => n + 1))
    expect(new Set(COMPLAINTS.map(({ thread }) => thread)).size).toBe(15)
  })
})
