/**
 * Which Avalon it is, from the several ways in which firmware says so, and what that means for how it is told things. Pure.
 * Governing document: rig API digest, sections 1.4 and 5.8.
 */
import { type LooseObject, textOf } from '../../model/lenient.ts'

/** a: the large ones. The rest are the home models. */
export type AvalonKind = 'a' | 'q' | 'nano3' | 'nano3s' | 'mini3'

const HOME_MODELS: readonly { readonly word: RegExp; readonly model: string; readonly kind: AvalonKind }[] = [
  { word: /^nano\s*3s$/i, model: 'Nano 3S', kind: 'nano3s' },
  { word: /^nano\s*3?$/i, model: 'Nano 3', kind: 'nano3' },
  { word: /^mini\s*3$/i, model: 'Mini 3', kind: 'mini3' },
  { word: /^q$/i, model: 'Q', kind: 'q' },
]

/**
 * The model as people call it: `Nano 3S`, `Q`, `A1246`, `A1126 Pro`, `A15-194`.
 * @param version `VERSION[0]`
 * @param ver the token of that name, which begins with the model; null if there is none
 */
export function avalonModel(version: LooseObject, ver: string | null): string | null {
  const product = textOf(version['PROD'])?.replace(/^avalon\s*(?:miner)?\s*/i, '') ?? null
  const word = textOf(version['MODEL']) ?? cut(product) ?? cut(ver)
  if (word === null || word === '') return null
  const home = HOME_MODELS.find((one) => one.word.test(word))
  if (home !== undefined) return home.model
  const large = /^a?(\d{2,4})(?:\s*(pro))?$/i.exec(word)
  if (large !== null) return `A${large[1] ?? ''}${large[2] === undefined ? '' : ' Pro'}`
  return /^\d{2}-\d+/.test(word) ? `A${word}` : word
}

/** By the model that a reading names; what is not known is taken for a large one. */
export function avalonKind(model: string | null): AvalonKind {
  return HOME_MODELS.find((one) => one.model === model)?.kind ?? 'a'
}

/** The generation of a large one: 12 of `A1246`, 15 of `A15-194`, 9 of `A921`; null when its name does not say. */
export function avalonGeneration(model: string | null): number | null {
  const match = /^A(?:(\d{2})\d{2}|(\d)\d{2}|(\d{2}))(?!\d)/.exec(model ?? '')
  return match === null ? null : Number(match[1] ?? match[2] ?? match[3])
}

/** What stands before the first dash, as in `1246-83-21072802_4ec6bb0`. */
function cut(text: string | null): string | null {
  return text === null ? null : (text.split('-')[0] ?? '').trim()
}
