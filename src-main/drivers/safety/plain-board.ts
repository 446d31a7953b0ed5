/**
 * Power of a board that offers nothing to take it by: it is on while it is plugged in. What remains is the agreement
 * with the hashing side, which stops giving it work.
 */
import { type Unsubscribe } from '../../base/index.ts'
import {
  type BoardAbilities,
  type BoardLook,
  type BoardPower,
  type HeatLook,
  type Leftovers,
  NOTHING_LOOKED,
  type PowerStep,
} from './board-power.ts'

export const NO_ABILITIES: BoardAbilities = {
  measuresHeat: false,
  measuresHeatWhenOff: false,
  measuresBoard: false,
  canCutPower: false,
  canReset: false,
  hasFan: false,
  losesPowerWithUsb: true,
  lookLimitMs: 0,
}

export class PlainBoard implements BoardPower {
  readonly abilities = NO_ABILITIES

  powerUpSteps(): readonly PowerStep[] {
    return []
  }

  release(): PowerStep {
    return { what: 'begin', limitMs: 1_000, run: async () => undefined }
  }

  revoke(): void {
    // Nothing is ever under way.
  }

  shutdownSteps(): readonly PowerStep[] {
    return []
  }

  async setCoreVoltage(): Promise<void> {
    // The supervisor refuses before: the board's data have no voltage.
  }

  async resetChips(): Promise<void> {
    // There is no such line.
  }

  async setFan(): Promise<void> {
    // There is no fan.
  }

  async readHeat(): Promise<HeatLook> {
    return { chipsC: [] }
  }

  async look(): Promise<BoardLook> {
    return NOTHING_LOOKED
  }

  async findLeftovers(): Promise<Leftovers> {
    return { wasRunning: false, found: [] }
  }

  onLoss(_listener: (message: string) => void): Unsubscribe {
    return () => undefined
  }

  async close(): Promise<void> {
    // Nothing was opened.
  }
}
