import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { type CaptureReader, capture, captureFiles } from '../../../support/captures.ts'

const folder = resolve(import.meta.dirname, '../../../support/capture-readers')

async function allReaders(): Promise<CaptureReader[]> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : []
  const modules = await Promise.all(
    files.map((name) => import(resolve(folder, name)) as Promise<{ readers: readonly CaptureReader[] }>),
  )
  return modules.flatMap((module) => [...module.readers])
}

it.runIf(captureFiles().length > 0)('every recorded reply of a rig is read by its family', async () => {
  const readers = await allReaders()
  const unread = captureFiles().filter((path) => {
    const bytes = capture(path)
    const reader = readers.find(({ match }) => match.test(path))
    return bytes === null || reader === undefined || !reader.parses(bytes, path)
  })
  const total = captureFiles().length
  process.stdout.write(`Captures of rigs: ${String(total - unread.length)} of ${String(total)} parsed\n`)
  expect(unread).toEqual([])
})
