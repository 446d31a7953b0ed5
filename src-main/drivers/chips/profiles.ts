/** Every chip profile, by id: the one place that knows them all. */
import { type ChipId, type ChipProfile } from '../model/chip.ts'
import { bm1362 } from './bm1362.ts'
import { bm1366 } from './bm1366.ts'
import { bm1368 } from './bm1368.ts'
import { bm1370 } from './bm1370.ts'
import { bm1397 } from './bm1397.ts'
import { gekkoA1 } from './gekko/a1.ts'
import { gekkoA2 } from './gekko/a2.ts'
import { bm1384 } from './gekko/bm1384.ts'
import { bm1387 } from './gekko/bm1387.ts'
import { bm1397Stick } from './gekko/bm1397-stick.ts'
import { antminerU } from './icarus/antminer-u.ts'
import { icarus } from './icarus/icarus.ts'

const PROFILES: Readonly<Record<ChipId, ChipProfile>> = {
  BM1362: bm1362,
  BM1366: bm1366,
  BM1368: bm1368,
  BM1370: bm1370,
  BM1397: bm1397,
  BM1384: bm1384,
  BM1387: bm1387,
  'gekko-bm1397': bm1397Stick,
  'gekko-a1': gekkoA1,
  'gekko-a2': gekkoA2,
  icarus,
  'antminer-u': antminerU,
}

/** Everything that is known of a family of chips; the same object each time. */
export function chipProfile(id: ChipId): ChipProfile {
  return PROFILES[id]
}
