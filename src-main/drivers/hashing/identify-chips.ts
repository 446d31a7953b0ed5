/** Asks chips on a powered board what they are, when the board is not known well enough to expect any in particular. */
import { type Clock } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type ChipProfile } from '../model/chip.ts'
import { type Step } from '../model/sequence.ts'
import { identityOf } from '../sequence/expect-chips.ts'
import { ReplyReader } from '../sequence/reply-reader.ts'
import { runSequence } from '../sequence/run-sequence.ts'

export interface IdentifyParts {
  /** Open at the rate of chips after a reset. */
  readonly link: ByteLink
  /** Of any chip of the family: they are all asked the same way. */
  readonly profile: ChipProfile
  readonly clock: Clock
}

/** Cold boards may stay silent at first (asic-serial 5.12). */
const TRIES = 5
const PAUSE_MS = 500

/**
 * @returns the model that answered and how often: null and 0 if none did, or if chips named different models
 * @throws HeadframeError `port/…`
 */
export async function identifyChips({
  link,
  profile,
  clock,
}: IdentifyParts): Promise<{ model: number | null; count: number }> {
  const decoder = profile.createDecoder()
  decoder.setReplyLength('either')
  const replies = new ReplyReader(link, decoder, clock)
  const pause: Step = { op: 'wait', ms: PAUSE_MS }
  const question = profile
    .discover(1)
    .map((step): Step => (step.op === 'expect-chips' ? { op: 'wait', ms: step.withinMs } : step))
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { registers } = await runSequence([...question, pause], { line: link, replies, clock })
      const models = registers.flatMap((reply) => identityOf(reply)?.model ?? [])
      const [model] = models
      if (model !== undefined && models.every((other) => other === model)) {
        return { model, count: models.length }
      }
    }
    return { model: null, count: 0 }
  } finally {
    replies.dispose()
  }
}
