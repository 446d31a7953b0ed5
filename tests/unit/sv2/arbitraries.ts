/** Random messages, made from the definitions themselves, for property tests. */
import fc from 'fast-check'
import { type AnyMessageDefinition } from '../../../src-main/sv2/message.ts'

const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max })

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  BOOL: fc.boolean(),
  U8: fc.nat(0xff),
  U16: fc.nat(0xffff),
  U24: fc.nat(0xffffff),
  U32: fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0x7fffffff, 0x80000000, 0xffffffff)),
  U64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  F32: fc.float({ noNaN: true, noDefaultInfinity: true }),
  U256: bytes(32, 32),
  STR0_255: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text.isWellFormed()),
  B0_32: bytes(0, 32),
  B0_255: bytes(0, 255),
  B0_64K: bytes(0, 400),
  B0_16M: bytes(0, 400),
}

/** Values of a field type, told by its name. */
function valuesOf(typeName: string): fc.Arbitrary<unknown> {
  const composed = /^(OPTION|SEQ0_255|SEQ0_64K)\[(.+)\]$/.exec(typeName)
  if (composed !== null) {
    const element = valuesOf(composed[2]!)
    return composed[1] === 'OPTION' ? fc.option(element) : fc.array(element, { maxLength: 6 })
  }
  const scalar = scalars[typeName]
  if (scalar === undefined) throw new Error(`no arbitrary for ${typeName}`)
  return scalar
}

/** Messages of a definition, `name` included. */
export function messagesOf(definition: AnyMessageDefinition): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = { name: fc.constant(definition.name) }
  for (const [key, type] of Object.entries(definition.fields)) fields[key] = valuesOf(type.name)
  // The codec makes plain objects, so the expectation must be one too.
  return fc.record(fields, { noNullPrototype: true })
}
