/** What the checker computes with on this machine, for logs and the page about this program. */
import { bestKernelKind, type KernelKind, LANES } from './kernel.ts'

export interface KernelInfo {
  /** `vector` where the engine has 128-bit WebAssembly vectors, else `scalar`. */
  readonly kind: KernelKind
  /** Shares hashed together. */
  readonly lanes: number
}

export function kernelInfo(): KernelInfo {
  const kind = bestKernelKind()
  return { kind, lanes: kind === 'vector' ? LANES : 1 }
}
