/** Which machine an AxeOS board is. Governing document: rig API digest, section 3.7. */
import { type LooseObject, textOf } from '../../model/lenient.ts'

interface Board {
  readonly model: string
  readonly chipCount: number
  /** `boardVersion`: single ones, or from and to. */
  readonly versions: readonly (string | readonly [number, number])[]
}

const BOARDS: readonly Board[] = [
  { model: 'Max', chipCount: 1, versions: ['2.2', '102'] },
  { model: 'Ultra', chipCount: 1, versions: ['0.11', [201, 207]] },
  { model: 'Hex', chipCount: 6, versions: [[302, 303]] },
  { model: 'Supra', chipCount: 1, versions: [[400, 403]] },
  { model: 'SupraHex', chipCount: 6, versions: [[701, 702]] },
  { model: 'Gamma', chipCount: 1, versions: [[600, 603]] },
  { model: 'GammaDuo', chipCount: 2, versions: ['650'] },
  { model: 'GammaTurbo', chipCount: 2, versions: ['801'] },
]

export interface AxeosMachine {
  /** null for a board that is not of the table and does not say. */
  readonly make: string | null
  readonly model: string | null
  /** By the table; null for others. */
  readonly chipCount: number | null
}

/** What `info` and `/api/system/asic` say of the machine. Forks that name themselves are believed first. */
export function axeosMachine(info: LooseObject, asic: LooseObject): AxeosMachine {
  const lucky = textOf(info['minerModel'])
  if (lucky !== null)
    return { make: 'LuckyMiner', model: lucky.replace(/^lucky\s*miner\s*/i, ''), chipCount: null }
  const version = textOf(info['boardVersion'])
  const board = BOARDS.find(({ versions }) => versions.some((each) => matches(version, each)))
  if (board !== undefined) return { make: 'Bitaxe', model: board.model, chipCount: board.chipCount }
  const named = textOf(info['deviceModel']) ?? textOf(asic['deviceModel'])
  const known = BOARDS.some(({ model }) => model === named)
  return { make: known ? 'Bitaxe' : null, model: named ?? textOf(info['ASICModel']), chipCount: null }
}

function matches(version: string | null, each: string | readonly [number, number]): boolean {
  if (version === null || typeof each === 'string') return version === each
  return /^\d{3,4}$/.test(version) && Number(version) >= each[0] && Number(version) <= each[1]
}
