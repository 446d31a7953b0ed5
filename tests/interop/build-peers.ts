/**
 * Builds every foreign peer of the interop tests into the cache: `node tests/interop/build-peers.ts`.
 * Continuous integration runs this before the tests, so that no test waits for a compiler. Prints the paths to
 * stdout. Ends with 1 if a peer cannot be had and `CI` is `true`.
 */
import { dropBuildFiles, findPeer, PEER_NAMES } from './peers.ts'

let complete = true
for (const name of PEER_NAMES) {
  try {
    const path = await findPeer(name)
    if (path === undefined) complete = false
    else process.stdout.write(`${path}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
    complete = false
  }
}
// A build that failed half way goes on from what it compiled.
if (complete) await dropBuildFiles()
