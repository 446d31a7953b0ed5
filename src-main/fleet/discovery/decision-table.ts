/**
 * Which firmware answers, judged from what the probes brought: the digest's decision table as data, and one function over
 * it. Pure. Order matters: third-party firmware stands before stock, because it keeps strings of the stock it replaced.
 * Not here: what to ask (`identify.ts`), model and version (`identity.ts`).
 * Governing document: rig API digest, section 1.2; `row` is the number there.
 */
import { at, isObject, textOf } from '../model/lenient.ts'
import { type FamilyId } from '../model/reading.ts'
import { parseReply } from '../transport/repair-json.ts'
import { type HttpAnswer, type ProbeAnswers, type ProbeName } from './probes.ts'

/**
 * custom: a firmware that replaces the maker's; nothing overrides it. stock: what custom firmware may still be hiding
 * behind, until every probe has answered.
 */
export type Verdict =
  | {
      readonly kind: 'family'
      readonly family: FamilyId
      readonly level: 'custom' | 'stock'
      readonly row: string
    }
  /** A miner that cannot mine Bitcoin. `because` is for a person. */
  | { readonly kind: 'declined'; readonly make: string; readonly because: string; readonly row: string }
  /** Something stands out that only this probe can settle. */
  | { readonly kind: 'ask'; readonly probe: ProbeName; readonly row: string }
  | { readonly kind: 'unknown' }

type Outcome =
  | { readonly kind: 'family'; readonly family: FamilyId; readonly level: 'custom' | 'stock' }
  | { readonly kind: 'declined'; readonly make: string; readonly because: string }
  | { readonly kind: 'ask'; readonly probe: ProbeName }

export interface DecisionRow {
  /** In the digest's table, with a letter where one row of it became several. */
  readonly row: string
  readonly sees: (answers: ProbeAnswers) => boolean
  readonly then: Outcome
}

const custom = (family: FamilyId): Outcome => ({ kind: 'family', family, level: 'custom' })
const stock = (family: FamilyId): Outcome => ({ kind: 'family', family, level: 'stock' })
const notForBitcoin = (make: string, mines: string): { make: string; because: string } => ({
  make,
  because: `This is a ${make} miner. It ${mines}, and Headframe is for Bitcoin (SHA-256), so there is nothing to do for it here.`,
})
const declined = (make: string, mines: string): Outcome => ({
  kind: 'declined',
  ...notForBitcoin(make, mines),
})
const ask = (probe: ProbeName): Outcome => ({ kind: 'ask', probe })

type Sees = DecisionRow['sees']

/** Words in the reply to RPC `version`, any case. */
const version =
  (...words: readonly string[]): Sees =>
  ({ version: text }) =>
    contains(text, words)

/** Words in the page at `/`, any case. */
const page =
  (...words: readonly string[]): Sees =>
  ({ root }) =>
    contains(root?.body, words)

const realm =
  (beginning: RegExp): Sees =>
  ({ root }) =>
    root?.status === 401 &&
    beginning.test(/realm="?([^"]*)/i.exec(root.headers['www-authenticate'] ?? '')?.[1] ?? '')

const redirect =
  (status: number, to: RegExp): Sees =>
  ({ root }) =>
    root?.status === status && to.test(root.headers.location ?? '')

const not =
  (sees: Sees): Sees =>
  (answers) =>
    !sees(answers)
const all =
  (...conditions: readonly Sees[]): Sees =>
  (answers) =>
    conditions.every((sees) => sees(answers))
const any =
  (...conditions: readonly Sees[]): Sees =>
  (answers) =>
    conditions.some((sees) => sees(answers))

/** `VERSION[0].Type`, in JSON or in text form, also where the JSON is broken. */
const type =
  (beginning: RegExp): Sees =>
  ({ version: text }) =>
    beginning.test(/(?:"Type"\s*:\s*"|(?:^|,)Type=)([^",|]*)/.exec(text ?? '')?.[1] ?? '')

const info = ({ systemInfo }: ProbeAnswers): unknown => jsonOf(systemInfo)
const hasAsicModel: Sees = (answers) => textOf(at(info(answers), 'ASICModel')) !== null
/** NerdQ's own members beside AxeOS's; boards named after their chip only (Q1370) do not begin with Nerd. */
const nerdMembers: Sees = (answers) => {
  const model = textOf(at(info(answers), 'deviceModel'))
  if (model === null) return false
  return (
    /^nerd/i.test(model) ||
    at(info(answers), 'hostip') !== undefined ||
    isObject(at(info(answers), 'stratum'))
  )
}
const nerdTitle: Sees = ({ root }) => /nerd/i.test(titleOf(root) ?? '')

const antminerRealm = realm(/^antMiner Configuration/i)
const whatsminerDescription: Sees = ({ version: first, devdetails }) =>
  [first, devdetails].some((text) => /"Description"\s*:\s*"whatsminer/i.test(text ?? ''))

/** Antminers of other coins, by the letters of their line: L (Scrypt), Z, D, E, K, KA, KS, AL, X, HS, DR, B, A. */
const OTHER_LINE = /^(?:L|Z|DR?|E|KA?|KS|AL|X|HS|B|A)\d/i
const OTHER_ANTMINER = new RegExp(`^Antminer\\s+${OTHER_LINE.source.slice(1)}`, 'i')

/** What is known of a machine beside its firmware. */
export interface MachineSaid {
  readonly make: string | null
  readonly model: string | null
  /** In the firmware's words, where it says. */
  readonly algorithm: string | null
}

/** Why a machine cannot mine Bitcoin, whatever firmware it has, as far as it is known; null if nothing speaks against it. */
export function judgeMachine({
  make,
  model,
  algorithm,
}: MachineSaid): { make: string; because: string } | null {
  const isOther =
    (algorithm !== null && !/sha-?256/i.test(algorithm)) ||
    (make === 'Antminer' && model !== null && OTHER_LINE.test(model)) ||
    (make === 'SealMiner' && model !== null && /^(?:SealMiner\s+)?DL\d/i.test(model))
  if (!isOther) return null
  const { make: named, because } = notForBitcoin(make ?? 'unknown', 'is made for other coins')
  return { make: named, because }
}

/** In the order of judgement. */
export const DECISION_TABLE: readonly DecisionRow[] = [
  { row: '1', sees: version('BOSMINER', 'BOSER'), then: custom('braiins') },
  { row: '2', sees: version('LUXMINER'), then: custom('luxos') },
  { row: '3', sees: version('MARAFW', 'KAONSU'), then: custom('marathon') },
  { row: '4', sees: version('VNISH'), then: custom('vnish') },
  // A recorded Hiveon machine carries MSKminer's mark too.
  { row: '5', sees: version('HIVEON'), then: custom('hiveon') },
  { row: '6', sees: version('RWGLR'), then: custom('mskminer') },
  {
    row: '12',
    sees: ({ root }) => /<meta\s+name="firmware"\s+content="AnthillOS"/i.test(root?.body ?? ''),
    then: custom('vnish'),
  },
  { row: '13', sees: page('Braiins OS'), then: custom('braiins') },
  { row: '14', sees: page('Luxor Firmware'), then: custom('luxos') },
  { row: '15', sees: page('Miner Web Dashboard'), then: custom('epic') },
  {
    row: '15a',
    sees: ({ capabilities }) =>
      textOf(at(jsonOf(capabilities), 'Model')) !== null &&
      ['Model Subtype', 'Max HBs', 'Default Hashrate'].some(
        (member) => at(jsonOf(capabilities), member) !== undefined,
      ),
    then: custom('epic'),
  },
  {
    row: '16a',
    sees: ({ kaonsuBrief }) => at(jsonOf(kaonsuBrief), 'hashrate_realtime') !== undefined,
    then: custom('marathon'),
  },

  {
    row: '17',
    sees: realm(/^blackMiner Configuration/i),
    then: declined('Hammer or VolcMiner', 'mines Scrypt coins'),
  },
  { row: '18', sees: realm(/^Daoge/i), then: declined('Elphapex', 'mines Scrypt coins') },
  {
    row: '26a',
    sees: any(page('cloud-box'), version('INTCHAINS_QOMO', 'KDAMINER')),
    then: declined('Goldshell', 'is made for other coins'),
  },
  {
    row: '26b',
    sees: ({ root }) => titleOf(root) === '用户界面',
    then: declined('IceRiver', 'is made for other coins'),
  },
  {
    row: '11a',
    sees: type(OTHER_ANTMINER),
    then: declined('Antminer', 'is made for other coins'),
  },

  {
    row: '7',
    sees: any(
      version('BITMICRO', 'BTMINER'),
      ({ devdetails }) => contains(devdetails, ['BITMICRO', 'BTMINER']),
      whatsminerDescription,
    ),
    then: stock('whatsminer'),
  },
  {
    row: '7a',
    sees: ({ deviceInfo }) => {
      const message = at(parsed(deviceInfo), 'msg')
      return (
        textOf(at(message, 'miner', 'type')) !== null || textOf(at(message, 'system', 'fwversion')) !== null
      )
    },
    then: stock('whatsminer'),
  },
  { row: '8', sees: version('GCMINER', 'FLUXOS'), then: stock('auradine') },
  { row: '9', sees: version('BDMINER'), then: stock('sealminer') },
  { row: '10', sees: version('AVALON'), then: stock('avalon') },
  { row: '28', sees: version('INNOMINER'), then: stock('innosilicon') },
  { row: '11', sees: all(type(/^Antminer/i), not(version('DEVDETAILS'))), then: stock('antminer') },
  // Replies to `devdetails` of machines whose `version` was refused.
  {
    row: '10a',
    sees: ({ devdetails }) => /"(?:Name|Driver)"\s*:\s*"avalon/i.test(devdetails ?? ''),
    then: stock('avalon'),
  },

  // Before AxeOS: the fork's page and answers have that name in them too.
  { row: '27a', sees: all(hasAsicModel, any(nerdMembers, nerdTitle)), then: stock('nerdq') },
  { row: '27', sees: hasAsicModel, then: stock('axeos') },
  // On a network that is not private by RFC 1918 it refuses everybody, which is an answer of its own.
  {
    row: '22a',
    sees: all(any(page('AxeOS'), nerdTitle), ({ systemInfo }) => systemInfo?.status === 401),
    then: stock('axeos'),
  },
  { row: '22', sees: page('AxeOS', 'Lucky miner'), then: ask('systemInfo') },
  { row: '23', sees: nerdTitle, then: ask('systemInfo') },
  // An HTTP server where RPC was expected.
  { row: '15b', sees: ({ version: text }) => /^HTTP\/\d/.test(text ?? ''), then: ask('capabilities') },

  // The header is Marathon's own; stock sends none of that name.
  {
    row: '16b',
    sees: all(antminerRealm, ({ root }) => contains(root?.headers.algorithm, ['MD5'])),
    then: custom('marathon'),
  },
  { row: '16', sees: antminerRealm, then: ask('kaonsuBrief') },
  { row: '16c', sees: antminerRealm, then: stock('antminer') },
  { row: '20', sees: redirect(308, /\/overview/), then: stock('futurebit') },
  { row: '19', sees: redirect(307, /\/cgi-bin\/luci/i), then: stock('whatsminer') },
  // Routers and file servers redirect like that as well; Whatsminer shows LuCI there.
  { row: '19a', sees: redirect(307, /^https:\/\//i), then: ask('securePage') },
  {
    row: '19b',
    sees: all(redirect(307, /^https:\/\//i), ({ securePage }) =>
      contains(securePage?.body, ['/cgi-bin/luci']),
    ),
    then: stock('whatsminer'),
  },
  { row: '21', sees: page('Avalon'), then: stock('avalon') },
  { row: '24', sees: page('Proto OS'), then: stock('proto') },
  { row: '25', sees: page('amazeui'), then: stock('sealminer') },
  { row: '26c', sees: page('DragonMint'), then: stock('innosilicon') },
  { row: '26d', sees: page('Miner UI'), then: stock('auradine') },
]

/** The first row that sees something. Rows that ask for a probe count only while that probe has not been tried. */
export function judge(answers: ProbeAnswers): Verdict {
  for (const { row, sees, then } of DECISION_TABLE) {
    if (then.kind === 'ask' && answers[then.probe] !== undefined) continue
    if (sees(answers)) return { ...then, row }
  }
  return { kind: 'unknown' }
}

/** Why nobody known answers there, in a sentence for a person, from answers that no row knows. */
export function describeOther(answers: ProbeAnswers): string {
  const { root, systemInfo } = answers
  const first = answers.version ?? answers.devdetails ?? null
  if (contains(root?.body, ['AxeOS', 'Lucky miner']) || nerdTitle(answers)) {
    return 'The page of AxeOS answers, its /api/system/info does not. Restart that rig and look again.'
  }
  if (first !== null && /socket connect failed|connection refused/i.test(first)) {
    return 'A rig whose miner process is down answers. Restart that rig and look again.'
  }
  if (first !== null && /"STATUS"|STATUS=|Access denied/i.test(first)) {
    const program = /"Description"\s*:\s*"([^"]{1,60})"|Description=([^,|]{1,60})/.exec(first)
    const name = program?.[1] ?? program?.[2]
    return `A miner of an unknown kind answers${name === undefined ? '' : ` (${name})`}.`
  }
  if (isObject(jsonOf(systemInfo))) {
    return 'Something that is no rig answers where a Bitaxe would, for instance a lamp bridge.'
  }
  if (root !== undefined && root !== null) {
    const title = titleOf(root)
    if (title !== null) return `A web page titled “${title}” answers, of no rig that is known.`
    return `A web server answers (HTTP ${String(root.status)}), of no rig that is known.`
  }
  return 'Something accepts connections and says nothing a rig would say.'
}

/** Text of `<title>`, without blanks around it and cut at 60 characters; null if there is none. */
export function titleOf(answer: HttpAnswer | null | undefined): string | null {
  const title = /<title[^>]{0,200}>([^<]{0,500})<\/title/i
    .exec(answer?.body ?? '')?.[1]
    ?.replaceAll(/\s+/g, ' ')
    .trim()
  return title === undefined || title === '' ? null : title.slice(0, 60)
}

/** The JSON of an answer with status 200; undefined if it has none. */
export function jsonOf(answer: HttpAnswer | null | undefined): unknown {
  return answer?.status === 200 ? parsed(answer.body) : undefined
}

function parsed(text: string | null | undefined): unknown {
  if (text === null || text === undefined || !text.trimStart().startsWith('{')) return undefined
  const reply = parseReply(text)
  return reply.ok ? reply.value.value : undefined
}

function contains(text: string | null | undefined, words: readonly string[]): boolean {
  if (text === null || text === undefined) return false
  const upper = text.toUpperCase()
  return words.some((word) => upper.includes(word.toUpperCase()))
}
