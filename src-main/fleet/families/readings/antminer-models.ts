/**
 * What is printed on the label of each Antminer for SHA-256, and how many chips its boards carry. Used only where the rig
 * does not say itself: the power of stock firmware, chips that should be there. Board revisions differ, so a value here may
 * be wrong for one rig; nothing is decided by it. Governing document: rig API digest, section 7 ("Rules").
 */

export interface AntminerModel {
  /** Joules per terahash on the label. */
  readonly efficiencyJTh: number
  readonly boards: number
  readonly chipsPerBoard: number
}

const model = (efficiencyJTh: number, boards: number, chipsPerBoard: number): AntminerModel => ({
  efficiencyJTh,
  boards,
  chipsPerBoard,
})

/** By name in lower case, without `antminer` and blanks. */
const MODELS: Readonly<Record<string, AntminerModel>> = {
  s9: model(98, 3, 63),
  s9i: model(94, 3, 63),
  s9j: model(93, 3, 63),
  t9: model(126, 3, 57),
  't9+': model(136, 3, 54),
  s17: model(45, 3, 48),
  s17pro: model(39.5, 3, 48),
  's17+': model(40, 3, 65),
  s17e: model(45, 3, 135),
  t17: model(55, 3, 30),
  't17+': model(50, 3, 44),
  t17e: model(55, 3, 78),
  s19: model(34.5, 3, 76),
  s19pro: model(29.5, 3, 114),
  s19j: model(34.5, 3, 114),
  s19jpro: model(29.5, 3, 126),
  's19jpro+': model(27.5, 3, 120),
  s19a: model(34.5, 3, 72),
  s19apro: model(29.5, 3, 100),
  s19kpro: model(23, 3, 77),
  's19+': model(34.5, 3, 80),
  's19pro+': model(27.5, 3, 120),
  s19xp: model(21.5, 3, 110),
  s19jxp: model(21.5, 3, 110),
  s19hyd: model(28, 4, 104),
  s19prohyd: model(27.5, 4, 180),
  's19pro+hyd': model(27.5, 4, 180),
  t19: model(37.5, 3, 76),
  s21: model(17.5, 3, 108),
  t21: model(19, 3, 108),
  's21+': model(16.5, 3, 55),
  s21pro: model(15, 3, 65),
  s21xp: model(13.5, 3, 91),
  s21hyd: model(16, 3, 216),
  's21+hyd': model(15, 3, 95),
  s21exphyd: model(13, 3, 160),
}

/** The model without its maker: `Antminer S19j Pro (88)` and `ANTMINER S19J PRO` both lead to `S19j Pro`'s own spelling. */
export function antminerModelName(type: string | null): string | null {
  if (type === null) return null
  const name = type
    .replace(/^\s*antminer\s*/i, '')
    .replace(/\s*\(.*$/, '')
    .trim()
  // A board code, not a model (rig API digest, section 1.4).
  return name === '' || /^bhb/i.test(name) ? null : name
}

/** @returns null for a model that is not in the table */
export function findAntminerModel(name: string | null): AntminerModel | null {
  if (name === null) return null
  const key = name
    .toLowerCase()
    .replace(/^antminer/, '')
    .replaceAll(/[\s.]+/g, '')
    .replace(/hydro$/, 'hyd')
    .replace(/imm(ersion)?$/, '')
  return Object.hasOwn(MODELS, key) ? (MODELS[key] ?? null) : null
}

/** Models whose web pages take forms, before the JSON pages of 2020 (rig API digest, section 5.1). */
export function hasFormPages(name: string | null): boolean {
  return name !== null && /^(s[1-9]|t9|s11|s15|t15|s17|t17|r4|v9|x3|e3|b3|a3|d3|l3|z9|z11)(?!\d)/i.test(name)
}

/** Models with the plain service on port 6060 (rig API digest, section 5.1: S19 XP and newer). */
export function hasWarningService(name: string | null): boolean {
  return name !== null && /^(s19j?\s*xp|s19k|s2\d|t2\d)/i.test(name)
}
