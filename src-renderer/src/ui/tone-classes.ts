/** How the tones of `format/words` look. Full class names, so that Tailwind finds them. */
import type { Tone } from '../format/words.ts'

export const TONE_TEXT: Record<Tone, string> = {
  neutral: 'text-muted',
  good: 'text-good',
  info: 'text-info',
  warn: 'text-warn',
  bad: 'text-bad',
}

export const TONE_FILL: Record<Tone, string> = {
  neutral: 'bg-faint',
  good: 'bg-good',
  info: 'bg-info',
  warn: 'bg-warn',
  bad: 'bg-bad',
}

export const TONE_SOFT: Record<Tone, string> = {
  neutral: 'bg-hover text-muted',
  good: 'bg-good-soft text-good',
  info: 'bg-info-soft text-info',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
}
