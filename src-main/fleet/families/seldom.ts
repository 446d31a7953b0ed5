/**
 * What a poll need not ask a rig every time: requests whose answers stay the same until somebody changes the rig, as versions
 * and lists of what can be chosen. None of them tells who the rig is: one that took the address of another must be seen at
 * once. Data only. Governing document: rig API digest, section 8, rule 1 (poll gently).
 */
import { type FamilyId } from '../model/reading.ts'

/** By family, as raw replies name them, with the parameter of a command: `GET /capabilities`, `rpc ascset 0,help`. */
export const SELDOM_ASKED: Partial<Readonly<Record<FamilyId, readonly string[]>>> = {
  axeos: ['GET /api/system/asic'],
  nerdq: ['GET /api/system/asic'],
  antminer: ['rpc version', 'GET /cgi-bin/miner_type.cgi'],
  hiveon: ['rpc version'],
  mskminer: ['rpc version'],
  marathon: ['GET /kaonsu/v1/network_config'],
  vnish: ['GET /api/v1/autotune/presets'],
  braiins: ['GET /api/v1/version', 'GET /api/v1/configuration/constraints', 'rpc version'],
  epic: ['GET /capabilities'],
  whatsminer: ['rpc get_version', 'rpc devdetails'],
  avalon: ['rpc ascset 0,help'],
  auradine: ['rpc version'],
  innosilicon: ['rpc version'],
  sealminer: ['rpc version'],
}
