/** The audit log is there because somebody needs records: changing its settings must not lose any. */
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import {
  type MiningEvent,
  type MiningProcedures,
  runMiningService,
} from '../../src-main/app/mining-service.ts'
import { ThreadClient, type ThreadPort } from '../../src-main/app/thread-link.ts'
import { systemEntropy } from '../../src-main/base/index.ts'
import { DEFAULT_ROUTING } from '../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { until } from '../support/proxy/until.ts'

/** Two ends of a line within this thread. */
function portPair(): [ThreadPort, ThreadPort] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []]
  const end = (own: 0 | 1): ThreadPort => ({
    postMessage: (message) =>
      queueMicrotask(() => listeners[own === 0 ? 1 : 0].forEach((listener) => listener(message))),
    on: (_event, listener) => listeners[own].push(listener),
  })
  return [end(0), end(1)]
}

it('keeps what was recorded right before the audit log is set anew, or switched off', async () => {
  const [service, host] = portPair()
  runMiningService(service)
  const recorded: string[] = []
  const mining = new ThreadClient<MiningProcedures, MiningEvent>(host, (event) => {
    if (event.kind === 'audit') recorded.push(...event.batch.lines.map(({ json }) => json))
  })
  onTestFinished(() => mining.call('stop', null).then(() => undefined))
  const { stratum } = await mining.call('start', {
    pools: [],
    activePoolId: null,
    routing: DEFAULT_ROUTING,
    userAgent: 'headframe/0.1.0',
    authority: generateAuthorityKeyPair(systemEntropy),
    tls: null,
    allowedRanges: [],
    sharesPerMinute: 6,
    stratum: { host: '127.0.0.1', port: 0 },
    stratumV2: null,
    stratumWs: null,
  })
  const options = { kinds: ['session'], links: null, maskIdentities: false } as const
  await mining.call('setAudit', options)
  for (const next of [{ ...options, maskIdentities: true }, null]) {
    recorded.length = 0
    const rig = connect({ host: '127.0.0.1', port: stratum!.port })
    onTestFinished(() => void rig.destroy())
    let answered = false
    rig.once('data', () => (answered = true))
    rig.write('{"id":1,"method":"mining.subscribe","params":["bitaxe/2.0"]}\n')
    await until('an answer', () => answered)
    await mining.call('setAudit', next)
    expect(recorded.join('\n')).toContain('mining.subscribe')
  }
})
