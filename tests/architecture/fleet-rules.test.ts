/**
 * What rigs do to whoever reads and tells them, and which test holds that against them: the bad input that the fleet has to
 * bear, the traps of finding rigs and of the cgminer kind of exchange, and the rules learned from bug reports (rig API
 * digest, sections 1, 2 and 8). The list is closed: whoever renames a test carries its title along, or this fails.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

interface Rule {
  readonly rule: string
  /** Path below `tests`, and titles of tests there, as they are spelled (names in tables of cases included). */
  readonly held: Readonly<Record<string, readonly string[]>>
}

const REPAIR = 'unit/fleet/transport/repair-json.test.ts'
const FLEET = 'unit/fleet/fleet.test.ts'
const ACTIONS = 'unit/fleet/control/actions.test.ts'
const READER = 'unit/fleet/polling/rig-reader.test.ts'
const TRANSPORT = 'wire/fleet/transport.test.ts'
const DISCOVERY = 'wire/fleet/discovery.test.ts'
const TABLE = 'unit/fleet/discovery/decision-table.test.ts'
const HOSTILE = 'unit/fleet/families/hostile-replies.test.ts'
const AXEOS = 'wire/fleet/axeos.test.ts'

const BAD_INPUT: readonly Rule[] = [
  {
    rule: 'broken JSON',
    held: { [REPAIR]: ['forgives several defects at once and names each'], [HOSTILE]: ['half an object'] },
  },
  {
    rule: 'text that ends in NUL',
    held: { [REPAIR]: ['a NUL at the end'], [HOSTILE]: ['text that ends in NUL'] },
  },
  {
    rule: 'nan and inf',
    held: { [REPAIR]: ['nan', 'leaves a pool host alone that has nan or inf in its name'] },
  },
  {
    rule: 'objects one after the other',
    held: {
      [REPAIR]: [
        'two objects one after the other',
        'joins very many objects without keeping everybody waiting',
      ],
      [TRANSPORT]: ['waits for objects that follow in later pieces'],
    },
  },
  {
    rule: 'HTML instead of JSON',
    held: {
      [HOSTILE]: ['a web page'],
      'wire/fleet/nerdq.test.ts': ['says that it is none when only a page answers'],
    },
  },
  {
    rule: 'a 200 that did nothing',
    held: {
      [ACTIONS]: [
        'fails where the rig says yes and does nothing',
        'calls a rig that ignores a setting failed',
      ],
      [AXEOS]: [
        'answers flat pool members with yes and changes nothing',
        'is not restarted when it said yes to new pools and kept the old ones',
      ],
      'wire/fleet/whatsminer.test.ts': [
        'shows by its readings that firmware said yes to pools and did nothing',
      ],
    },
  },
  {
    rule: 'redirects to https with certificates nobody vouches for',
    held: {
      [TRANSPORT]: [
        'follows a redirect to https of the same host, whoever signed its certificate, and no other',
      ],
      [DISCOVERY]: ['follows a redirect to a page with a certificate of its own making, to see whose it is'],
    },
  },
  {
    rule: 'half a reply and then silence',
    held: {
      [TRANSPORT]: ['calls half an answer and then silence a timeout, and says so'],
      [DISCOVERY]: ['is not kept by half a reply'],
    },
  },
  {
    rule: 'a rig that changes its identity',
    held: {
      [FLEET]: ['is not mistaken for the rig whose address it took'],
      [READER]: [
        'is not shown to another machine that took its address while it was away',
        'is not shown to another machine that took its address while Headframe was not running',
        'is not shown to another machine that took its address while this computer slept',
        'is not shown with a change, nor is the change made, where another machine took its address',
      ],
    },
  },
  {
    rule: 'two rigs with one MAC address',
    held: { [FLEET]: ['stays two rigs, both flagged, where two with one MAC address answer at once'] },
  },
  {
    rule: 'a Hue bridge on the path of AxeOS',
    held: {
      [TABLE]: ['takes a Philips Hue bridge for no Bitaxe, though it answers where one would'],
      [DISCOVERY]: ['takes a Philips Hue bridge for no Bitaxe'],
      [AXEOS]: ['is refused when it is a lamp bridge'],
    },
  },
  {
    rule: 'replies of 100 MB',
    held: {
      [TRANSPORT]: [
        'ends a flood at the limit',
        'has one limit of time for a trickle, and one of size for a flood',
        'unpacks what is packed, within the same limit',
        'takes an answer that comes in very many pieces',
      ],
      [DISCOVERY]: ['reads no reply of 100 MB'],
    },
  },
  {
    rule: 'a rig never breaks the poll of another',
    held: {
      [FLEET]: [
        'ends neither the others nor itself with an answer that breaks its family',
        'ends neither the others nor itself with a reading that cannot be taken in',
        'does not delay the others, however many of them there are',
      ],
      'wire/fleet/fleet.test.ts': ['delay nobody: 40 silent ones and one that answers with 100 MB'],
      'unit/fleet/model/bounded-reading.test.ts': [
        'does not keep the list of all rigs from being shown, whatever one of them says',
      ],
      [HOSTILE]: ['is read or fails in words where a rig answers with %s'],
    },
  },
]

const TRAPS: readonly Rule[] = [
  {
    rule: '1.1 no login and no write while identifying',
    held: { [DISCOVERY]: ['sends no login and changes nothing while it identifies'] },
  },
  {
    rule: '1.1 known addresses first, a second try for them alone',
    held: {
      'unit/fleet/discovery/targets.test.ts': [
        'names each address once, known rigs first, the others as given',
      ],
      [DISCOVERY]: ['asks rigs that were known before a second time, and others once'],
    },
  },
  {
    rule: '1.1 by MAC address, so that a lease moves a rig and does not double it',
    held: { [FLEET]: ['moves with its name when it answers at a new address'] },
  },
  {
    rule: '1.2 custom firmware before stock',
    held: {
      [TABLE]: ['sees custom firmware behind what it kept of the stock', 'has an example for every row'],
      'unit/fleet/discovery/identify.test.ts': [
        'waits 300 ms for custom firmware behind what looks like stock, and no longer',
      ],
    },
  },
  {
    rule: '1.2 some answer the text form alone, some JSON alone',
    held: { [DISCOVERY]: ['understands a rig that refuses JSON and knows text commands alone'] },
  },
  {
    rule: '1.2 "access denied" to devdetails is an answer of a miner all the same',
    held: { [TABLE]: ['does not take other Antminer answers for a known machine'] },
  },
  {
    rule: '1.2 an open port with a dead miner behind it',
    held: {
      [REPAIR]: ['says what unreadable replies are'],
      'wire/fleet/antminer.test.ts': ['says that its miner program is away while it starts anew'],
    },
  },
  {
    rule: '1.3 announcements and report buttons are noise as well',
    held: {
      'unit/fleet/discovery/ip-report.test.ts': [
        'are only what they should be: noise is nothing, and never an error',
      ],
    },
  },
  {
    rule: '1.5 factory passwords are never tried by themselves',
    held: { [FLEET]: ['never tries the factory login by itself, and uses it when asked'] },
  },
  {
    rule: '2.1 ends at NUL, at close, or where JSON is complete',
    held: {
      [TRANSPORT]: [
        'sends the request with a newline and ends at the NUL, though the rig keeps the connection open',
        'ends where the rig closes',
        'ends where the JSON is complete, if there is neither NUL nor close',
      ],
    },
  },
  {
    rule: '2.1 answers come in pieces',
    held: { [TRANSPORT]: ['puts an answer together whose letters are torn apart'] },
  },
  {
    rule: '2.1 the text form and its backslashes',
    held: {
      'unit/fleet/transport/text-reply.test.ts': [
        'undoes backslashes and splits only at the first equals sign',
        'keeps a comma that was not escaped with the value it stands in',
      ],
    },
  },
  {
    rule: '2.1 joined commands fail: one by one then',
    held: {
      'wire/fleet/luxos.test.ts': ['is asked in one go, and command by command when that does not work'],
      'unit/fleet/model/rpc-reply.test.ts': ['takes one reply out of joined ones'],
    },
  },
  { rule: '2.1 one caller at a time', held: { [FLEET]: ['never has two requests at one rig'] } },
  {
    rule: '2.2 the repairs, each by name',
    held: {
      [REPAIR]: [
        'several NULs and rubbish after them',
        'a prompt after the end',
        'a line break inside a string',
        'no comma between objects',
        'a comma before the closing brace',
        'a comma after the opening bracket',
        'a lost opening brace',
        'JSONP',
        'a backslash too many',
        'a bracket of the wrong kind',
        'a tail cut within a number',
        'keeps what came before a cut, wherever the cut is',
        'leaves braces, commas and quotation marks inside text alone',
      ],
    },
  },
  {
    rule: '2.2 numbers as text, sentinels, suffixes, moments in five shapes',
    held: {
      'unit/fleet/model/lenient.test.ts': [
        'read numbers as numbers and as text, and nothing else as one',
        'take what dead sensors say for nothing',
        'read difficulties with and without a suffix',
        'tell by its shape when a last share was found',
      ],
    },
  },
]

/** Of section 8, by number. */
const BEHAVIOUR: readonly Rule[] = [
  {
    rule: '1 polls gently, one request at a time, jittered, backing off',
    held: {
      'unit/fleet/polling/poll-rhythm.test.ts': [
        'spreads first polls over three seconds, or the rhythm where that is shorter',
        'doubles the wait with every failure, up to five minutes',
        'is back to normal with the first answer',
      ],
      [FLEET]: [
        'never has two requests at one rig',
        'is asked less and less often, down to once in five minutes',
      ],
    },
  },
  {
    rule: '2 old values are stale for three polls, then none; one lost packet is no outage',
    held: {
      [FLEET]: ['shows old values as stale, then none, and comes back by itself'],
      'unit/fleet/polling/poll-rhythm.test.ts': [
        'calls values live, stale after a failure, and gone after three',
      ],
      'unit/fleet/polling/merge-reading.test.ts': ['lets go after three misses'],
    },
  },
  {
    rule: '3 reachable is not earning',
    held: { [FLEET]: ['says that a rig earns nothing although it says that it mines'] },
  },
  {
    rule: '4 what it says and what its shares say, side by side',
    held: { [FLEET]: ['is shown with the rig it belongs to'] },
  },
  {
    rule: '5 a yes is no proof',
    held: {
      [ACTIONS]: ['is unproven while the rig only says so', 'fails where the rig says yes and does nothing'],
    },
  },
  {
    rule: '6 a write that cuts the connection is unknown, not failed',
    held: {
      [ACTIONS]: ['takes a cut connection for unknown, and looks'],
      'wire/fleet/whatsminer.test.ts': [
        'changes its power mode, and the answer that is cut off counts as unknown',
      ],
      'wire/fleet/antminer.test.ts': ['reboots without an answer, and comes back'],
    },
  },
  {
    rule: '7 the worker keeps its name',
    held: {
      'unit/fleet/control/worker-names.test.ts': [
        'keeps the suffix that the rig had, of the pool it mines at first',
      ],
    },
  },
  {
    rule: '8 pools are kept before they are changed, and can be put back',
    held: {
      [ACTIONS]: [
        'keeps the pools it had among the secrets before anything is written',
        'is undone with the pools and passwords it had',
        'can be put back after a restart, also when it was sent twice',
      ],
    },
  },
  {
    rule: '9 farm managers change pools back',
    held: {
      'unit/fleet/control/pool-targets.test.ts': ['warns of a farm manager by the groups it leaves'],
      [ACTIONS]: ['fails where something changes the pools back'],
    },
  },
  {
    rule: '10 batches, pauses, an end after failures, a result for each',
    held: {
      [ACTIONS]: [
        'goes in batches with a pause between them',
        'stops after so many failures, and says what was not begun',
        'begins no more rigs when it is stopped',
      ],
    },
  },
  {
    rule: '11 firmware of tomorrow is read as far as it is known, and not written blindly',
    held: {
      'wire/fleet/braiins.test.ts': ['offers no changes for an interface that is not known yet'],
      'unit/fleet/families/readings/axeos.test.ts': [
        'is read in a version of tomorrow, and not told what it does not show',
      ],
    },
  },
  {
    rule: '12 actions go by id, not by place in a list',
    held: {
      [ACTIONS]: [
        'goes by id: a rig that moves meanwhile is told where it is, and one that was removed is not',
      ],
    },
  },
  {
    rule: '13 passwords stay among the secrets',
    held: {
      [FLEET]: [
        'keeps passwords among the secrets alone',
        'shows a refused login once, and none again until another is entered',
      ],
      [TRANSPORT]: ['tells whoever keeps raw replies what was asked, without arguments'],
      [READER]: ['is not repeated in what is shown, although the rig repeats it'],
      'unit/fleet/polling/mask-secrets.test.ts': [
        'hides the value of every secret member, whatever it holds, and leaves the JSON whole',
        'hides secrets in %s',
      ],
    },
  },
]

const tests = resolve(import.meta.dirname, '..')
const read = new Map<string, ReadonlySet<string>>()

/** String literals of a test file; a comment is no title. */
function textsOf(file: string): ReadonlySet<string> {
  const known = read.get(file)
  if (known) return known
  const path = join(tests, file)
  const texts = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.add(node.text)
    else if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) texts.add(node.name.text)
    ts.forEachChild(node, visit)
  }
  if (existsSync(path)) visit(ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest))
  read.set(file, texts)
  return texts
}

const missingOf = ({ held }: Rule): string[] =>
  Object.entries(held).flatMap(([file, titles]) =>
    titles.filter((title) => !textsOf(file).has(title)).map((title) => `${file}: ${title}`),
  )

describe('what rigs do to whoever talks to them', () => {
  it.each(BAD_INPUT)('has tests that hold it: $rule', (rule) => {
    expect(missingOf(rule)).toEqual([])
  })

  it.each(TRAPS)('has tests that hold trap $rule', (rule) => {
    expect(missingOf(rule)).toEqual([])
  })

  it.each(BEHAVIOUR)('has tests that hold rule $rule', (rule) => {
    expect(missingOf(rule)).toEqual([])
  })

  it('is thirteen kinds of bad input and thirteen rules, each once and each held by something', () => {
    expect(new Set(BAD_INPUT.map(({ rule }) => rule)).size).toBe(13)
    expect(BEHAVIOUR.map(({ rule }) => Number.parseInt(rule, 10))).toEqual(
      Array.from({ length: 13 }, (_, n) => n + 1),
    )
    for (const { held } of [...BAD_INPUT, ...TRAPS, ...BEHAVIOUR]) {
      expect(Object.values(held).flat().length).toBeGreaterThan(0)
    }
  })
})
