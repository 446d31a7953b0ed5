/**
 * Pool URLs as people type and paste them (design, "Pool URLs"). Kinds that the proxy cannot use yet are
 * parsed all the same; the proxy says which it supports. Not here: whether an authority key is a key,
 * which is the business of the SV2 wire and comes in as a function.
 */
import { type Result } from '../base/index.ts'

interface Endpoint {
  /** Name or address; an IPv6 address without its brackets. */
  host: string
  port: number
}

/** A pool URL taken apart. `protocol` says what is spoken, `transport` over what. */
export type PoolUrl = Endpoint &
  (
    | { protocol: 'stratum-v2'; transport: 'tcp'; authorityKey: string }
    | { protocol: 'stratum-v2'; transport: 'ws' | 'wss'; path: string; authorityKey: string }
    | { protocol: 'stratum-v1'; transport: 'tcp' | 'tls' }
    | { protocol: 'stratum-v1'; transport: 'ws' | 'wss'; path: string }
    | {
        protocol: 'getblocktemplate'
        transport: 'http' | 'https'
        credentials: { user: string; password: string } | null
      }
    | { protocol: 'template-distribution'; transport: 'tcp'; authorityKey: string }
  )

export type PoolUrlPart = 'url' | 'scheme' | 'user-info' | 'host' | 'port' | 'path' | 'authority-key'

export interface PoolUrlError {
  /** The part that is wrong. */
  part: PoolUrlPart
  /** Names what is wrong and what to do. */
  message: string
  /** Whole URLs that were probably meant; may be empty. */
  suggestions: string[]
}

/** Says whether a text is an authority key; the error is a sentence about what is wrong with it. */
export type CheckAuthorityKey = (text: string) => Result<unknown, string>

export type ParsePoolUrl = (
  text: string,
  checkAuthorityKey: CheckAuthorityKey,
) => Result<PoolUrl, PoolUrlError>
