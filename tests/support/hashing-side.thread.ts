/**
 * The mining thread without a proxy: real chains that ask the safety thread for power and sign that they live, on one
 * job for ever. Can be told to stand still.
 */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { type ChainOrder, type ChainStatus, DeviceChains } from '../../src-main/app/device-chains.ts'
import { RemotePower } from '../../src-main/app/power-link.ts'
import { serveThread } from '../../src-main/app/thread-link.ts'
import { silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { createHeaderHasher } from '../../src-main/checker/index.ts'
import { ChannelPorts, createOpenPort, MessageChannelPort } from '../../src-main/drivers/index.ts'
import { deviceJob, KeptWork, targetOfZeroBits } from './hashing/device-jobs.ts'

export interface HashingSideProcedures extends Record<string, (argument: never) => unknown> {
  connectPower(port: MessagePort): void
  addPort(port: { name: string; port: MessagePort }): void
  attach(order: ChainOrder): Promise<void>
  detach(id: string): Promise<void>
  status(argument: null): ChainStatus[]
  /** Does nothing at all for so long, signs included. */
  standStill(forMs: number): void
}

/** Some shares a second at the rate of a simulated Gamma. */
const SHARE_ZERO_BITS = 16

function run(port: MessagePort): void {
  const ports = new ChannelPorts()
  let power: RemotePower | null = null
  const chains = new DeviceChains({
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    openPort: createOpenPort(ports, { clock: systemClock, platform: process.platform }),
    hash: createHeaderHasher(),
    connectDevice: () => new KeptWork(deviceJob({ target: targetOfZeroBits(SHARE_ZERO_BITS) })),
    authority(id) {
      if (power === null) throw new Error('there is no way to the safety thread')
      return power.authority(id)
    },
    onWait: () => undefined,
  })
  const procedures: HashingSideProcedures = {
    connectPower(way) {
      power = new RemotePower(way, systemClock)
    },
    addPort: ({ name, port: way }) => ports.add(name, new MessageChannelPort(name, way, systemClock)),
    attach: (order) => chains.attach(order),
    detach: (id) => chains.detach(id, 'The test is over.'),
    status: () => chains.status(),
    standStill: (forMs) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs),
  }
  serveThread(port, procedures)
}

if (parentPort) run(parentPort)
