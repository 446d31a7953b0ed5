/**
 * MSKminer firmware on Antminers: Bitmain's tables, with totals of hashrate (GH/s) and watts of its own in the first entry of
 * `stats`, and `info_v1` for the network. Pure. Governing document: rig API digest, section 5.1.
 */
import { at } from '../../model/lenient.ts'
import { type RigReading } from '../../model/reading.ts'
import { type BitmainReplies, bitmainReading } from './antminer.ts'
import { antminerModelName } from './antminer-models.ts'

/** @param info parsed reply of `/api/info_v1`, undefined if it was not read */
export function mskminerReading(replies: BitmainReplies, info: unknown, atMs: number): RigReading {
  return bitmainReading(
    { family: 'mskminer', firmware: 'MSKminer', powerSource: 'estimated', modelName: antminerModelName },
    { ...replies, systemInfo: at(info, 'network_info', 'result') },
    atMs,
  )
}
