import { describe, expect, it } from 'vitest'
import { heard, listen, watchdogFrom } from '../../../../src-main/drivers/safety/watchdog.ts'

describe('a watchdog between two sides', () => {
  it('notices silence once, from the start on', () => {
    const begun = watchdogFrom(1_000)
    expect(listen(begun, 3_999).fellSilent).toBe(false)
    const silent = listen(begun, 4_000)
    expect(silent.fellSilent).toBe(true)
    expect(listen(silent.watchdog, 9_000).fellSilent).toBe(false)
  })

  it('notices a return, and a silence after it', () => {
    const silent = listen(watchdogFrom(0), 5_000).watchdog
    const back = heard(silent, 6_000)
    expect(back.cameBack).toBe(true)
    expect(heard(back.watchdog, 6_500).cameBack).toBe(false)
    expect(listen(back.watchdog, 9_000).fellSilent).toBe(true)
  })
})
