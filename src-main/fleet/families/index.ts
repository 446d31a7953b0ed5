/** The table of firmware families. Who adds one adds it here. */
import { HeadframeError } from '../../base/index.ts'
import { type FamilyId } from '../model/reading.ts'
import { antminer } from './antminer.ts'
import { auradine } from './auradine.ts'
import { avalon } from './avalon.ts'
import { axeos } from './axeos.ts'
import { braiinsFamily } from './braiins.ts'
import { epic } from './epic.ts'
import { type RigFamily } from './family.ts'
import { futurebit } from './futurebit.ts'
import { hiveon } from './hiveon.ts'
import { innosilicon } from './innosilicon.ts'
import { marathon } from './marathon.ts'
import { mskminer } from './mskminer.ts'
import { nerdq } from './nerdq.ts'
import { luxos } from './luxos.ts'
import { proto } from './proto.ts'
import { sealminer } from './sealminer.ts'
import { vnish } from './vnish.ts'
import { whatsminer } from './whatsminer.ts'

export const FAMILIES: Readonly<Record<FamilyId, RigFamily>> = {
  antminer,
  auradine,
  avalon,
  axeos,
  braiins: braiinsFamily(),
  epic,
  futurebit,
  hiveon,
  innosilicon,
  luxos,
  marathon,
  mskminer,
  nerdq,
  proto,
  sealminer,
  vnish,
  whatsminer,
}

/** @throws HeadframeError `family/unknown` */
export function familyOf(id: string): RigFamily {
  const family = Object.hasOwn(FAMILIES, id) ? FAMILIES[id as FamilyId] : undefined
  if (family !== undefined) return family
  throw new HeadframeError('family/unknown', `There is no firmware family "${id}". Check its spelling.`, {
    context: { id },
  })
}
