/**
 * Pictures of quantities that stay and then jump, on a logarithmic scale over time: as an SVG drawing that is
 * readable on light and dark ground, and in plain characters for a terminal. Values in, text out.
 */

export interface StepSeries {
  readonly name: string
  /** For the terminal. */
  readonly mark: string
  /** Each value holds from its minute on; the first begins at 0. Above 0. */
  readonly steps: readonly { readonly minute: number; readonly value: number }[]
}

export interface StepPlot {
  readonly title: string
  readonly series: readonly StepSeries[]
  readonly minutes: number
  /** Powers of ten at the lower and upper edge. */
  readonly lowest: number
  readonly highest: number
  /** What the value 1 is called. */
  readonly unit: string
}

const WIDTH = 640
const PLOT_HEIGHT = 170
const LEFT = 64
const RIGHT = 28
const TOP = 30
const BOTTOM = 34
const PANEL_HEIGHT = TOP + PLOT_HEIGHT + BOTTOM
const LEGEND_HEIGHT = 28
const COLUMNS = 60

/** The value of a series at a minute. */
export function valueAt({ steps }: StepSeries, minute: number): number {
  return steps.findLast((step) => step.minute <= minute)?.value ?? steps[0]?.value ?? 1
}

/** Plots below each other, with one legend: all have the same series. */
export function drawSvg(plots: readonly StepPlot[]): string {
  const height = LEGEND_HEIGHT + plots.length * PANEL_HEIGHT
  const names = plots[0]?.series.map(({ name }) => name) ?? []
  const legend = names.map((name, i) => {
    const x = LEFT + i * 200
    return `<path class="s${i}" d="M${x} 16h26"/><text x="${x + 34}" y="20">${escape(name)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escape(plots.map(({ title }) => title).join('; '))}</title>`,
    '<style>',
    'text{font:12px system-ui,sans-serif;fill:#333}.ground{fill:#fff}.grid{stroke:#ddd;fill:none}',
    '.aim{stroke:#888;stroke-dasharray:4 4;fill:none}.s0{stroke:#0a6f4d;stroke-width:2.5;fill:none}',
    '.s1{stroke:#c2410c;stroke-width:1.5;fill:none}.end{text-anchor:end}.middle{text-anchor:middle}',
    '@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#16181d}.grid{stroke:#333}.aim{stroke:#999}',
    '.s0{stroke:#4ade80}.s1{stroke:#fb923c}}',
    '</style>',
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    ...legend,
    ...plots.map((plot, i) => drawPanel(plot, LEGEND_HEIGHT + i * PANEL_HEIGHT)),
    '</svg>\n',
  ].join('\n')
}

function drawPanel(plot: StepPlot, top: number): string {
  const { minutes, lowest, highest } = plot
  const x = (minute: number): number => LEFT + (minute / minutes) * (WIDTH - LEFT - RIGHT)
  const y = (value: number): number => {
    const power = Math.min(highest, Math.max(lowest, Math.log10(value)))
    return top + TOP + (1 - (power - lowest) / (highest - lowest)) * PLOT_HEIGHT
  }
  const right = WIDTH - RIGHT
  const powers = Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i)
  const times = Array.from({ length: 7 }, (_, i) => (i * minutes) / 6)
  return [
    `<text x="${LEFT}" y="${top + 18}">${escape(plot.title)}</text>`,
    ...powers.map((power) => {
      const atY = y(10 ** power).toFixed(1)
      return (
        `<path class="${power === 0 ? 'aim' : 'grid'}" d="M${LEFT} ${atY}H${right}"/>` +
        `<text class="end" x="${LEFT - 6}" y="${Number(atY) + 4}">${escape(labelOf(plot, power))}</text>`
      )
    }),
    ...times.map(
      (minute) =>
        `<text class="middle" x="${x(minute).toFixed(1)}" y="${top + TOP + PLOT_HEIGHT + 18}">${minute} min</text>`,
    ),
    ...plot.series.map(({ steps }, i) => {
      const path = steps
        .filter(({ minute }) => minute <= minutes)
        .map(({ minute, value }, step) =>
          step === 0
            ? `M${x(0).toFixed(1)} ${y(value).toFixed(1)}`
            : `H${x(minute).toFixed(1)}V${y(value).toFixed(1)}`,
        )
      return `<path class="s${i}" d="${path.join('')}H${x(minutes).toFixed(1)}"/>`
    }),
  ].join('\n')
}

/** Four rows to a factor of ten would be much; one is enough to see what swings. */
export function drawText(plot: StepPlot): string {
  const { minutes, lowest, highest, series } = plot
  const powers = Array.from({ length: highest - lowest + 1 }, (_, i) => highest - i)
  const columns = series.map((one) =>
    Array.from({ length: COLUMNS }, (_, column) => {
      const power = Math.round(Math.log10(valueAt(one, ((column + 0.5) * minutes) / COLUMNS)))
      return Math.min(highest, Math.max(lowest, power))
    }),
  )
  const rows = powers.map((power) => {
    const cells = Array.from({ length: COLUMNS }, (_, column) => {
      const here = series.filter((_one, i) => columns[i]![column] === power)
      return here.length > 1 ? '#' : (here[0]?.mark ?? (power === 0 ? '-' : ' '))
    })
    return `${labelOf(plot, power).padStart(8)} |${cells.join('').trimEnd()}`
  })
  const legend = [...series.map(({ mark, name }) => `${mark} ${name}`), '# both'].join('   ')
  return [
    plot.title,
    ...rows,
    `${' '.repeat(9)}+${'-'.repeat(COLUMNS)} ${minutes} min`,
    `${' '.repeat(10)}${legend}`,
  ].join('\n')
}

function labelOf({ unit }: StepPlot, power: number): string {
  if (power === 0) return unit
  return power > 0 ? `${10 ** power} x` : `1/${10 ** -power} x`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
