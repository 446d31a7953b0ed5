import { expect } from 'vitest'

/** Holds that a value is plain data: it survives JSON and a structured clone unchanged. */
export function expectPlain(value: unknown, path = 'value'): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') return expect(Number.isFinite(value), `${path} is ${value}`).toBe(true)
  expect(typeof value, path).toBe('object')
  if (Array.isArray(value)) return value.forEach((element, n) => expectPlain(element, `${path}[${n}]`))
  expect([Object.prototype, null], path).toContain(Object.getPrototypeOf(value))
  for (const [key, inner] of Object.entries(value as object)) expectPlain(inner, `${path}.${key}`)
}
