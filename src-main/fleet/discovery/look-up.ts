/** Addresses of a host name, by the system's resolver, which knows local names too. */
import { lookup } from 'node:dns/promises'
import { type Clock, HeadframeError } from '../../base/index.ts'

export interface LookUpOptions {
  readonly clock: Clock
  readonly timeoutMs: number
}

/** @throws HeadframeError `scan/name-unknown` if the name is not known, or the resolver did not say in time */
export type HostLookup = (host: string, options: LookUpOptions) => Promise<readonly string[]>

export const lookUpHost: HostLookup = (host, { clock, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown): void =>
      reject(
        new HeadframeError(
          'scan/name-unknown',
          `${what} "${host}". Check its spelling, or write its address.`,
          {
            context: { host },
            cause,
          },
        ),
      )
    const timer = clock.after(timeoutMs, () => fail('The name service did not answer in time for'))
    lookup(host, { all: true })
      .then((found) => resolve(found.map(({ address }) => address)))
      .catch((error: unknown) => fail('No address is known for', error))
      .finally(() => timer.cancel())
  })
