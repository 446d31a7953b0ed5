/** Reads the JSON body of a request, up to a limit. */
import { type IncomingMessage } from 'node:http'
import { err, ok, type Result } from '../base/index.ts'

export const MAX_BODY_BYTES = 64 * 1024
/** A body beyond the limit is read to its end and thrown away up to here, so that its sender sees the answer. */
const MAX_DISCARDED_BYTES = 1024 * 1024

/** aborted: the sender went away. */
export type BodyError = 'too-large' | 'not-json' | 'aborted'

/** @returns the value; an empty object for an empty body */
export function readJsonBody(request: IncomingMessage): Promise<Result<unknown, BodyError>> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES) {
    return Promise.resolve(err('too-large'))
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else chunks.length = 0
      if (bytes > MAX_DISCARDED_BYTES) {
        request.pause()
        resolve(err('too-large'))
      }
    })
    request.on('end', () => resolve(bytes > MAX_BODY_BYTES ? err('too-large') : parse(chunks)))
    request.on('error', () => resolve(err('aborted')))
    request.on('close', () => resolve(err('aborted')))
  })
}

function parse(chunks: readonly Buffer[]): Result<unknown, BodyError> {
  if (chunks.length === 0) return ok({})
  try {
    return ok(JSON.parse(Buffer.concat(chunks).toString('utf8')))
  } catch {
    return err('not-json')
  }
}
