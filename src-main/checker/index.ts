export { type KernelInfo, kernelInfo } from './kernel-info.ts'
export { type KernelKind } from './kernel.ts'
export { createNonceScanner, type NonceScanner, type NonceScannerOptions } from './nonce-scanner.ts'
export { createShareChecker, type ShareCheckerOptions, warmUp } from './share-checker.ts'
