/**
 * Builds every foreign peer of the interop tests into the cache: `node tests/interop/build-peers.ts`.
 * Continuous integration runs this before the tests, so that no test waits for a compiler. Prints the paths to
 * stdout. Ends with 1 if a peer cannot be had and `CI` is `true`.
 */
import { findPyasic } from './pyasic/pyasic.ts'
import { dropBuildFiles, findPeer, PEER_NAMES } from './peers.ts'

const finders = [findPyasic, ...PEER_NAMES.map((name) => () => findPeer(name))]
let complete = true
for (const find of finders) {
  try {
    const path = await find()
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
