import { describe, expect, it } from 'vitest'
import { drawSvg, drawText, type StepPlot, valueAt } from '../../bench/step-plot.ts'

const plot: StepPlot = {
  title: 'from <far> above',
  minutes: 60,
  lowest: -1,
  highest: 2,
  unit: 'right',
  series: [
    {
      name: 'quick',
      mark: '*',
      steps: [
        { minute: 0, value: 100 },
        { minute: 1, value: 1 },
      ],
    },
    {
      name: 'slow',
      mark: 'o',
      steps: [
        { minute: 0, value: 100 },
        { minute: 30, value: 0.1 },
      ],
    },
  ],
}

describe('the plot of values that jump', () => {
  it('holds each value until the next', () => {
    const [quick] = plot.series
    expect([0, 0.9, 1, 59].map((minute) => valueAt(quick!, minute))).toEqual([100, 100, 1, 1])
  })

  it('puts marks into the rows of their powers of ten', () => {
    expect(drawText(plot).split('\n')).toEqual([
      'from <far> above',
      `   100 x |#${'o'.repeat(29)}`,
      '    10 x |',
      `   right |-${'*'.repeat(59)}`,
      `  1/10 x |${' '.repeat(30)}${'o'.repeat(30)}`,
      `         +${'-'.repeat(60)} 60 min`,
      '          * quick   o slow   # both',
    ])
  })

  it('draws one path a series that begins at the left edge and ends at the right', () => {
    const svg = drawSvg([plot])
    expect(svg).toContain('<path class="s0" d="M64.0 58.0H73.1V171.3H612.0"/>')
    expect(svg).toContain('<path class="s1" d="M64.0 58.0H338.0V228.0H612.0"/>')
    expect(svg).toContain('from &lt;far> above')
    expect(svg).toContain('prefers-color-scheme:dark')
  })
})
