/**
 * The best share against what was likely and what a block needs, on a scale where each step is ten times harder. After work W the best
 * share is at most d with probability exp(-W / d): shares are as many throws, each exceeding d with chance 1 / d. Pure.
 */

/** The best share that is not exceeded with this probability after so much work. */
export function bestAtQuantile(work: number, probability: number): number {
  return work / -Math.log(probability)
}

export interface LuckScale {
  /** Powers of ten with their place, 0 to 1. */
  ticks: { exponent: number; at: number }[]
  /** Where four out of five farms with as much work have their best share. */
  likely: { from: number; to: number }
  median: number
  best: number | null
  network: number | null
}

/** Places from 0 to 1; null without any work. */
export function luckScale(work: number, best: number, network: number | null): LuckScale | null {
  if (work <= 0) return null
  const low = bestAtQuantile(work, 0.1)
  const high = bestAtQuantile(work, 0.9)
  const shown = [
    low,
    high,
    ...(best > 0 ? [best] : []),
    ...(network !== null && network > 0 ? [network] : []),
  ]
  const begin = Math.floor(Math.log10(Math.min(...shown)) - 0.3)
  const end = Math.ceil(Math.log10(Math.max(...shown)) + 0.3)
  const place = (value: number): number => (Math.log10(value) - begin) / (end - begin)
  return {
    ticks: Array.from({ length: end - begin + 1 }, (_, index) => ({
      exponent: begin + index,
      at: index / (end - begin),
    })),
    likely: { from: place(low), to: place(high) },
    median: place(bestAtQuantile(work, 0.5)),
    best: best > 0 ? place(best) : null,
    network: network !== null && network > 0 ? place(network) : null,
  }
}
