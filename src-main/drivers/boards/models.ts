/** Every board that is known: what the registry ranks, and what settings and safety look models up in. */
import { type BoardModel, type KnownBoard, type RecognisedBoard } from '../model/board.ts'
import {
  bitaxeFamily,
  bitaxeGamma,
  bitaxeGammaDuo,
  bitaxeGammaRhapD,
  bitaxeGammaTurbo,
  bitaxeMax,
  bitaxeSupra,
  bitaxeSupra402,
  bitaxeSupraHex,
  bitaxeUltra,
  bitaxeUltra207,
  bitaxeUltraHex,
} from './bitaxe.ts'
import { gekkoBoards } from './gekko.ts'
import {
  anonymousStick,
  antminerU,
  antminerU3,
  blockErupter,
  cairnsmore1,
  icarus,
  lancelot,
  rockminer,
} from './icarus.ts'
import { otherBoards } from './other-boards.ts'
import { practiceBoards } from './practice.ts'

/** All boards that are driven. */
export const boardModels: readonly BoardModel[] = [
  bitaxeGamma,
  bitaxeGammaRhapD,
  bitaxeSupra,
  bitaxeSupra402,
  bitaxeUltra,
  bitaxeUltra207,
  bitaxeMax,
  ...gekkoBoards,
  blockErupter,
  antminerU,
  icarus,
  lancelot,
  ...practiceBoards,
]

const recognised: readonly RecognisedBoard[] = [
  bitaxeGammaDuo,
  bitaxeGammaTurbo,
  bitaxeUltraHex,
  bitaxeSupraHex,
  antminerU3,
  rockminer,
  cairnsmore1,
  ...otherBoards,
]

/** Everything that is known; entries without a pattern are reached through a family alone. */
export const knownBoards: readonly KnownBoard[] = [
  ...boardModels.map((model): KnownBoard => ({ kind: 'model', model })),
  { kind: 'family', family: bitaxeFamily },
  { kind: 'family', family: anonymousStick },
  ...recognised.map((board): KnownBoard => ({ kind: 'recognised', board })),
]

const byId = new Map(boardModels.map((model) => [model.id, model]))

/** @param id for instance `bitaxe-gamma` @returns null for one that is not known or not driven */
export function findBoardModel(id: string): BoardModel | null {
  return byId.get(id) ?? null
}
