import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownBoards } from '../../../../src-main/drivers/boards/models.ts'
import { udevInstallSteps, udevRules } from '../../../../src-main/drivers/discovery/udev-rules.ts'
import { boardIdentity } from '../../../../src-main/drivers/model/board.ts'

const resource = resolve(import.meta.dirname, '../../../../resources/linux/70-headframe.rules')
const idsIn = (rules: string): string[] =>
  [...rules.matchAll(/idVendor\}=="(.{4})", ATTRS\{idProduct\}=="(.{4})"/g)].map(([, vendor, product]) =>
    [vendor, product].join(':'),
  )

describe('the udev rules', () => {
  it('are the file in resources', () => {
    expect(readFileSync(resource, 'utf8')).toBe(udevRules('dialout'))
  })

  it('name every device of a board that is driven', () => {
    const hex = (id: number): string => id.toString(16).padStart(4, '0')
    const ids = idsIn(udevRules('dialout'))
    const wanted = knownBoards
      .filter(({ kind }) => kind !== 'recognised')
      .flatMap((known) => boardIdentity(known).patterns)
      .map(({ vendorId, productId }) => `${hex(vendorId)}:${hex(productId)}`)
      // Simulated boards are never plugged in.
      .filter((id) => id !== '1209:f1e1')
    expect(wanted.length).toBeGreaterThan(5)
    for (const id of wanted) expect(ids).toContain(id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('end where they jump to, on lines of one rule each', () => {
    const lines = udevRules('uucp').split('\n')
    expect(lines.filter((line) => line === 'LABEL="headframe_end"')).toHaveLength(1)
    for (const line of lines) expect(line).toMatch(/^(#.*|[A-Z]+.*"|)$/)
    expect(udevRules('uucp')).not.toContain('dialout')
  })

  it('are installed by commands that can be copied as they are', () => {
    const commands = udevInstallSteps('dialout').map(({ command }) => command)
    expect(commands[0]).toMatch(
      /^sudo tee \/etc\/udev\/rules\.d\/70-headframe\.rules > \/dev\/null <<'HEADFRAME'\n[^]*\nHEADFRAME$/,
    )
    expect(commands).toContain('sudo udevadm control --reload')
  })
})
