/** What a connection attempt has achieved so far, for a person who watches a connection test. */

export type ConnectStep = 'dns' | 'tcp' | 'tls' | 'upgrade'

/** One step that is done. `detail` is a text for a person; the other fields are what it is made of. */
export type ConnectProgress =
  /** The name was looked up; not reported for numeric addresses. */
  | { readonly step: 'dns'; readonly detail: string; readonly addresses: readonly string[] }
  | { readonly step: 'tcp'; readonly detail: string; readonly address: string; readonly port: number }
  | {
      readonly step: 'tls'
      readonly detail: string
      /** `TLSv1.2` or `TLSv1.3`. */
      readonly version: string
      readonly subject: string
      readonly issuer: string
      /** Epoch milliseconds. */
      readonly notAfterMs: number
      /** SHA-256 of the certificate, upper-case hex pairs with colons. */
      readonly fingerprintSha256: string
    }
  | { readonly step: 'upgrade'; readonly detail: string; readonly subprotocol: string }

export type OnConnectProgress = (progress: ConnectProgress) => void
