/** A file that cannot be used is never overwritten: it is given another name. */
import { rename } from 'node:fs/promises'
import { fileFailure } from './failures.ts'
import { readText } from './private-file.ts'

/**
 * Gives a broken file a name with its date, `<name>.broken-<date>.json`, never over another one.
 * @param what the object of the sentence, for instance `The broken settings file`
 * @returns where it is now
 * @throws HeadframeError `settings/not-writable`
 */
export async function keepAside(path: string, what: string, nowMs: number): Promise<string> {
  const date = new Date(nowMs).toISOString().replace(/\.\d+/, '').replaceAll(':', '-')
  const stem = `${path.slice(0, -'.json'.length)}.broken-${date}`
  for (let n = 1; ; n++) {
    const aside = n === 1 ? `${stem}.json` : `${stem}-${n}.json`
    try {
      if ((await readText(aside)) !== undefined) continue
      await rename(path, aside)
      return aside
    } catch (error) {
      throw fileFailure('settings/not-writable', `${what} could not be moved aside`, path, error)
    }
  }
}
