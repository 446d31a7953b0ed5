/** Writes that may take the connection down with them: a reset or silence is no failure, only no answer. */
import { HeadframeError } from '../../base/index.ts'
import { type WriteOutcome } from './family.ts'

/**
 * @param outcome if the rig answers; the same as `unknown` if it says nothing or cuts the connection
 * @throws HeadframeError whatever else `write` throws
 */
export async function unlessSilent(
  write: () => Promise<unknown>,
  outcome: WriteOutcome,
): Promise<WriteOutcome> {
  try {
    await write()
    return outcome
  } catch (error) {
    if (
      !(error instanceof HeadframeError) ||
      (error.code !== 'rig/timeout' && error.code !== 'rig/cut-off')
    ) {
      throw error
    }
    return { ...outcome, outcome: 'unknown' }
  }
}
