/** How something that is asked now and then stands: accounts, addresses, plugs. Words only. */
import type { PoolAccount } from '@contract'
import type { Wording } from '../../format/words.ts'

export type WatchedState = PoolAccount['state']

const WORDS: Record<WatchedState, Wording> = {
  waiting: { label: 'Not asked yet', tone: 'neutral', meaning: 'It is asked within the next minutes.' },
  ok: { label: 'Answers', tone: 'good', meaning: 'It answered when it was asked last.' },
  'wrong-key': {
    label: 'Key refused',
    tone: 'bad',
    meaning: 'It says that the key is wrong, or may not read. It is asked seldom until you change it.',
  },
  unreachable: {
    label: 'Does not answer',
    tone: 'warn',
    meaning: 'It is asked again later. What is shown is what it said last.',
  },
  changed: {
    label: 'Answers differently',
    tone: 'warn',
    meaning:
      'Its answer has another form than the one known, so nothing was taken from it. What is shown is what it said last.',
  },
  off: { label: 'Not asked', tone: 'neutral', meaning: 'No source is chosen, so nobody is asked.' },
}
export const watchedWords = (state: WatchedState): Wording => WORDS[state]
/** Whether its values are of now, or the last that are known. */
export const isCurrent = (state: WatchedState): boolean => state === 'ok'
