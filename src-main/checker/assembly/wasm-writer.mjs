/**
 * Writes WebAssembly modules: the few instructions and sections that the SHA256d kernel needs, no more.
 * Runs when the project is built, never in the app. An expression is a nested array of bytes that leaves
 * its value on the stack; a statement leaves nothing. Governed by the WebAssembly core specification, 5
 * (binary format).
 *
 * @typedef {number | readonly Code[]} Code
 * @typedef {{ params: number[], results: number[], locals: number[], code: Code, exportAs?: string }} Func
 */

export const I32 = 0x7f
export const V128 = 0x7b

const NO_RESULT = 0x40

/** LEB128 of an unsigned 32-bit number. */
export function u32(value) {
  const bytes = []
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** LEB128 of a signed 32-bit number. */
export function s32(value) {
  const bytes = []
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f
    if ((rest >> 7 === 0 && low < 0x40) || (rest >> 7 === -1 && low >= 0x40)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

export const local = {
  get: (index) => [0x20, u32(index)],
  set: (index, value) => [value, 0x21, u32(index)],
  tee: (index, value) => [value, 0x22, u32(index)],
}

/** Offsets are static and unsigned; addresses are expressions. Loads and stores are little endian. */
export const i32 = {
  const: (value) => [0x41, s32(value)],
  load: (address, offset) => [address, 0x28, 2, u32(offset)],
  store: (address, offset, value) => [address, value, 0x36, 2, u32(offset)],
  ne: (a, b) => [a, b, 0x47],
  ltU: (a, b) => [a, b, 0x49],
  leU: (a, b) => [a, b, 0x4d],
  add: (a, b) => [a, b, 0x6a],
  sub: (a, b) => [a, b, 0x6b],
  and: (a, b) => [a, b, 0x71],
  or: (a, b) => [a, b, 0x72],
  xor: (a, b) => [a, b, 0x73],
  shl: (a, bits) => [a, i32.const(bits), 0x74],
  shrU: (a, bits) => [a, i32.const(bits), 0x76],
  rotr: (a, bits) => [a, i32.const(bits), 0x78],
  select: (ifTrue, ifFalse, condition) => [ifTrue, ifFalse, condition, 0x1b],
}

const simdOp = (code) => [0xfd, u32(code)]

/** Four 32-bit words side by side. */
export const v128 = {
  load: (address, offset) => [address, simdOp(0x00), 4, u32(offset)],
  loadSplat: (address, offset) => [address, simdOp(0x09), 2, u32(offset)],
  store: (address, offset, value) => [address, value, simdOp(0x0b), 4, u32(offset)],
  storeLane: (address, offset, value, lane) => [address, value, simdOp(0x5a), 2, u32(offset), lane],
  const: (words) => [simdOp(0x0c), words.map(littleEndian)],
  shuffleBytes: (a, b, lanes) => [a, b, simdOp(0x0d), lanes],
  splat: (value) => [value, simdOp(0x11)],
  leU: (a, b) => [a, b, simdOp(0x3e)],
  and: (a, b) => [a, b, simdOp(0x4e)],
  xor: (a, b) => [a, b, simdOp(0x51)],
  anyTrue: (a) => [a, simdOp(0x53)],
  shl: (a, bits) => [a, i32.const(bits), simdOp(0xab)],
  shrU: (a, bits) => [a, i32.const(bits), simdOp(0xad)],
  add: (a, b) => [a, b, simdOp(0xae)],
}

export const call = (index, ...args) => [args, 0x10, u32(index)]
export const when = (condition, code) => [condition, 0x04, NO_RESULT, code, 0x0b]
export const returnWhen = (condition, value) => [condition, 0x04, NO_RESULT, value, 0x0f, 0x0b]

/** Runs `code` once, and again as long as `condition` holds after it. */
export const repeatWhile = (condition, code) => [0x03, NO_RESULT, code, condition, 0x0d, 0, 0x0b]

/** The four bytes of a 32-bit number, lowest first. */
export function littleEndian(value) {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
}

/** Numbers parameters and locals of one function. */
export class Locals {
  #types = []
  #params

  constructor(params) {
    this.#params = params
  }

  add(type) {
    this.#types.push(type)
    return this.#params.length + this.#types.length - 1
  }

  get types() {
    return this.#types
  }
}

/**
 * The bytes of a module with one exported memory.
 * @param {{ functions: Func[], constants: Record<string, number>, pages: number,
 *   data: { at: number, bytes: number[] }[] }} module `constants` become exported immutable globals
 * @returns {Uint8Array}
 */
export function encodeModule({ functions, constants, pages, data }) {
  const names = Object.keys(constants)
  const exported = functions.flatMap(({ exportAs }, index) =>
    exportAs === undefined ? [] : [[text(exportAs), 0, u32(index)]],
  )
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, list(functions.map((f) => [0x60, list(f.params), list(f.results)]))),
      section(3, list(functions.map((_, index) => u32(index)))),
      section(5, list([[0, u32(pages)]])),
      section(6, list(names.map((name) => [I32, 0, i32.const(constants[name]), 0x0b]))),
      section(
        7,
        list([
          [text('memory'), 2, 0],
          ...names.map((name, index) => [text(name), 3, u32(index)]),
          ...exported,
        ]),
      ),
      section(10, list(functions.map((f) => sized([list(f.locals.map((type) => [1, type])), f.code, 0x0b])))),
      section(11, list(data.map(({ at, bytes }) => [0, i32.const(at), 0x0b, list(bytes)]))),
    ]),
  )
}

const list = (items) => [u32(items.length), items]
const text = (value) => list([...new TextEncoder().encode(value)])
const section = (id, content) => [id, sized(content)]

function sized(content) {
  const bytes = flatten(content)
  return [u32(bytes.length), bytes]
}

function flatten(code, into = []) {
  for (const part of code) {
    if (typeof part === 'number') into.push(part)
    else flatten(part, into)
  }
  return into
}
