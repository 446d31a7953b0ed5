/** A practice rig in the hands of its family's adapter: what tests of families do over and over. */
import { expect } from 'vitest'
import { systemClock, systemEntropy } from '../../src-main/base/index.ts'
import {
  type FamilyTools,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from '../../src-main/fleet/families/family.ts'
import { type RigReading } from '../../src-main/fleet/model/reading.ts'
import { type RigCredentials } from '../../src-main/fleet/transport/rig-link.ts'
import { type PracticeFirmware } from './practice-firmware.ts'

export const TOOLS: FamilyTools = { clock: systemClock, entropy: systemEntropy }

export interface FamilyRig {
  readonly practice: PracticeFirmware
  readonly family: RigFamily
  /** What was asked of it, in order. */
  readonly asked: string[]
  result(credentials?: RigCredentials | null): Promise<ReadResult>
  read(credentials?: RigCredentials | null): Promise<RigReading>
  perform(command: RigCommand, credentials?: RigCredentials | null): Promise<WriteOutcome>
  /** The reading as soon as it satisfies; the rig may be away meanwhile. */
  readUntil(done: (reading: RigReading) => boolean): Promise<RigReading>
}

export function familyRig(
  practice: PracticeFirmware,
  family: RigFamily,
  login: RigCredentials | null,
): FamilyRig {
  const asked: string[] = []
  const link = (credentials: RigCredentials | null) =>
    practice.link(credentials, (request) => asked.push(request))
  const result = (credentials = login): Promise<ReadResult> => family.read(link(credentials), TOOLS)
  const read = async (credentials = login): Promise<RigReading> => (await result(credentials)).reading
  return {
    practice,
    family,
    asked,
    result,
    read,
    async perform(command, credentials = login) {
      return family.perform(link(credentials), command, await read(login), TOOLS)
    },
    async readUntil(done) {
      let last: RigReading | null = null
      await expect
        .poll(
          async () => {
            last = await read().catch(() => null)
            return last !== null && done(last)
          },
          { timeout: 5_000 },
        )
        .toBe(true)
      if (last === null) throw new Error('nothing was read')
      return last
    },
  }
}

export const activeUrl = ({ pools }: RigReading): string | undefined =>
  pools.find(({ active }) => active)?.url
