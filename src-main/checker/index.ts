export { createHeaderHasher, type HeaderHasherOptions } from './header-hasher.ts'
export { type KernelInfo, kernelInfo } from './kernel-info.ts'
export { type KernelKind } from './kernel.ts'
export {
  createNonceScanner,
  createTailScanner,
  type HeaderTail,
  type NonceScanner,
  type NonceScannerOptions,
  type TailScanner,
} from './nonce-scanner.ts'
export { createShareChecker, type ShareCheckerOptions, warmUp } from './share-checker.ts'
