/** What reads the captures of Avalons: each reply alone must give what it is asked for. */
import { avalonModules, readAvalon } from '../../../src-main/fleet/families/readings/avalon.ts'
import { isRefusal, joinedReply, requireJson, rpcStatusOf } from '../../../src-main/fleet/index.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_780_000_000_000

const reads = (name: string, found: (read: ReturnType<typeof readAvalon>) => boolean): CaptureReader => ({
  match: new RegExp(`^avalon/[^/]+/${name}\\.json$`),
  parses: (bytes, path) => found(readAvalon({ [name]: requireJson(bytes, path) }, AT_MS)),
})

export const readers: readonly CaptureReader[] = [
  reads('version', ({ model, mac }) => model !== null && mac !== null),
  reads('summary', ({ shares }) => (shares.accepted ?? 0) > 0),
  reads('pools', ({ pools }) => pools[0]?.active === true),
  reads('stats', ({ boards, expectedHs }) => boards.length > 0 && (expectedHs ?? 0) > 0),
  {
    match: /^avalon\/[^/]+\/litestats\.json$/,
    parses: (bytes, path) => avalonModules(requireJson(bytes, path))[0]?.tokens.has('GHSspd') === true,
  },
  {
    match: /^avalon\/[^/]+\/(?:devs|devdetails)\.json$/,
    parses: (bytes, path) => [9, 69].includes(rpcStatusOf(requireJson(bytes, path)).code ?? 0),
  },
  {
    match: /^avalon\/[^/]+\/ascset[-_]\w+\.json$/,
    parses(bytes, path) {
      const status = rpcStatusOf(requireJson(bytes, path))
      return !isRefusal(status) && [118, 119].includes(status.code ?? 0)
    },
  },
  {
    match: /^avalon\/[^/]+\/summary\+version\.json$/,
    parses(bytes, path) {
      const reply = requireJson(bytes, path)
      const read = readAvalon(
        { summary: joinedReply(reply, 'summary'), version: joinedReply(reply, 'version') },
        AT_MS,
      )
      return read.model === 'Nano 3S' && read.shares.accepted === 4535
    },
  },
]
