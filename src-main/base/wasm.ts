/**
 * Instantiates a WebAssembly kernel from base64. Kernels are small modules without imports, made by
 * `npm run build:wasm`; they are compiled synchronously (a few kilobytes, once a thread).
 */

/** What a kernel offers: its linear memory and its functions. */
export interface WasmKernel<Functions> {
  /** The kernel's own memory. Kernels have a fixed size, so views of this buffer stay valid. */
  readonly memory: ArrayBuffer
  readonly functions: Functions
}

/** The part of the WebAssembly API used here; Node's type declarations do not carry it. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } & Record<string, unknown> }
}

/**
 * A new instance of the kernel in `base64`, or undefined if this host cannot run it: no WebAssembly, or
 * none of the instructions the module uses (SIMD). `Functions` is the caller's statement of what the
 * kernel exports; it is bound to the kernel by the caller's tests.
 */
export function instantiateKernel<Functions>(base64: string): WasmKernel<Functions> | undefined {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: WebAssemblyApi }
  if (WebAssembly === undefined) return undefined
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  if (!WebAssembly.validate(bytes)) return undefined
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  return { memory: exports.memory.buffer, functions: exports as Functions }
}
