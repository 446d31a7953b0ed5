/** The link that searches use: never with credentials, and with less patience for long replies than polls have. */
import { type Clock, type Entropy } from '../../base/index.ts'
import { openLink } from '../transport/open-link.ts'
import { type ProbeLinkOpener } from './identify.ts'

/** Pages and replies that tell firmwares apart are smaller. */
const REPLY_BYTES = 1024 * 1024

export function probeLinks(tools: { readonly clock: Clock; readonly entropy: Entropy }): ProbeLinkOpener {
  return (address, signal) =>
    openLink({ ...tools, address, credentials: null, signal, limits: { replyBytes: REPLY_BYTES } })
}
