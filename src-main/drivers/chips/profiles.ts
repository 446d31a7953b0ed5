/** Every chip profile, by id: the one place that knows them all. */
import { HeadframeError } from '../../base/index.ts'
import { type ChipId, type ChipProfile } from '../model/chip.ts'
import { bm1362 } from './bm1362.ts'
import { bm1366 } from './bm1366.ts'
import { bm1368 } from './bm1368.ts'
import { bm1370 } from './bm1370.ts'
import { bm1397 } from './bm1397.ts'

const PROFILES: Readonly<Partial<Record<ChipId, ChipProfile>>> = {
  BM1362: bm1362,
  BM1366: bm1366,
  BM1368: bm1368,
  BM1370: bm1370,
  BM1397: bm1397,
  // GekkoScience (`gekko/`) and Icarus (`icarus/`), one line each:
}

/** @throws HeadframeError `chip/unknown` */
export function chipProfile(id: ChipId): ChipProfile {
  const profile = PROFILES[id]
  if (profile === undefined) {
    throw new HeadframeError('chip/unknown', `This version cannot drive ${id} chips; update Headframe.`)
  }
  return profile
}
