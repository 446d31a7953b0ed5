/** The bearer token of the HTTP API: made at the first start, then the same, so that scripts keep working. */
import { join } from 'node:path'
import { type Entropy, HeadframeError } from '../base/index.ts'
import { fileFailure } from './failures.ts'
import { keepPrivate, readText, replaceFile } from './private-file.ts'

export const TOKEN_FILE = 'api-token'

const TOKEN_BYTES = 32

/**
 * The token of a data directory: 43 characters of base64url.
 * @throws HeadframeError `api-token/broken` if the file holds something else (it is left as it is),
 *   `api-token/not-writable`
 */
export async function loadOrCreateToken(dataDir: string, entropy: Entropy): Promise<string> {
  const path = join(dataDir, TOKEN_FILE)
  try {
    const text = (await readText(path))?.trim()
    // An empty file is what a full disk or a power failure leaves of a new one.
    if (text === undefined || text === '') {
      const token = Buffer.from(entropy(TOKEN_BYTES)).toString('base64url')
      await replaceFile(path, `${token}\n`)
      return token
    }
    if (!/^[\w-]{32,200}$/.test(text)) {
      throw new HeadframeError(
        'api-token/broken',
        `${path} does not hold a token (at least 32 letters, digits, "-" or "_"). Delete it to get a new one.`,
        { context: { path } },
      )
    }
    await keepPrivate(path)
    return text
  } catch (error) {
    if (error instanceof HeadframeError) throw error
    throw fileFailure('api-token/not-writable', 'The API token could not be read or written', path, error)
  }
}
