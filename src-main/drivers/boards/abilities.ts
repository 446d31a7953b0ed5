/** What can be done for a board's safety, as its data say. */
import { type BoardModel } from '../model/board.ts'

/** Whether we can take the power away; else work can be stopped, and unplugging cuts the power. */
export function canCutPower(model: BoardModel): boolean {
  return model.control === 'gekko-telemetry' || model.bridge?.regulator === 'tps546'
}

/** Whether its chips can at least be held in reset, where they take next to nothing. */
export function canHoldReset(model: BoardModel): boolean {
  return model.control !== 'none'
}

/** Whether a temperature can be read at all. */
export function measuresHeat(model: BoardModel): boolean {
  return model.control === 'usb-bridge' || model.control === 'gekko-telemetry'
}
