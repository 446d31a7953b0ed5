/** Whether a person's proxy is there at all. Reaches the proxy and nobody else. */
import { connect } from 'node:net'
import { type Clock, errorText } from '../../base/index.ts'
import { formatHostPort } from '../../net/index.ts'
import { type OutsideProxy } from './config.ts'
import { proxyDown } from './failures.ts'
import { type Trace } from './facts/network-facts.ts'

const PROBE_TIMEOUT_MS = 5_000

/** @throws HeadframeError `outside/proxy-down` */
export function probeProxy(clock: Clock, { host, port }: OutsideProxy, trace: Trace): Promise<void> {
  const proxy = formatHostPort({ host, port })
  const of = { entry: 'proxy', host: 'anybody' }
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const end = (finish: () => void): void => {
      timer.cancel()
      socket.destroy()
      finish()
    }
    const timer = clock.after(PROBE_TIMEOUT_MS, () =>
      end(() => reject(proxyDown(of, proxy, `no answer within ${String(PROBE_TIMEOUT_MS / 1000)} s`))),
    )
    socket.on('error', (error) => end(() => reject(proxyDown(of, proxy, errorText(error), error))))
    socket.once('connect', () =>
      end(() => {
        trace('Your proxy', `${proxy} accepts connections`)
        resolve()
      }),
    )
  })
}
