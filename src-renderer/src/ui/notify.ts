/** Toasts for the outcome of something a person started. */
import { toast } from 'vue-sonner'
import { describeProblem } from '../api/problem.ts'

/** Long enough to read the message, find the button and reach it by keyboard. */
const UNDO_MS = 12_000

/**
 * Tells how it went: the success text may be made from the answer, null says nothing. Resolves to whether
 * it went well.
 */
export async function notifyOutcome<T>(
  action: Promise<T>,
  texts: { success: string | ((answer: T) => string) | null; failure: string },
): Promise<boolean> {
  try {
    const answer = await action
    if (texts.success !== null)
      toast.success(typeof texts.success === 'string' ? texts.success : texts.success(answer))
    return true
  } catch (error) {
    toast.error(texts.failure, { description: describeProblem(error).message })
    return false
  }
}

/** The same for a change that can be taken back: the message has an Undo button. */
export async function notifyUndoable(
  action: Promise<unknown>,
  texts: { success: string; failure: string; undo: () => Promise<unknown> },
): Promise<boolean> {
  try {
    await action
    toast.success(texts.success, {
      duration: UNDO_MS,
      action: {
        label: 'Undo',
        onClick: () => void notifyOutcome(texts.undo(), { success: null, failure: 'It could not be undone' }),
      },
    })
    return true
  } catch (error) {
    toast.error(texts.failure, { description: describeProblem(error).message })
    return false
  }
}
