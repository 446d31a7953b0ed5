/** Entry of a worker thread: virtual chips that really hash, one chain for each message port it is given. */
import { workerData } from 'node:worker_threads'
import { systemClock } from '../../../src-main/base/index.ts'
import { BoardPort, serveMessagePort } from '../../../src-main/drivers/index.ts'
import { VirtualChain } from '../../../src-main/drivers/simulated/virtual-chain.ts'
import { createScanFinder } from '../../../src-main/practice/boards/scan-finder.ts'
import { type ChipsThreadData } from './driver-bench.ts'

const { ports, fixedZeroBits } = workerData as ChipsThreadData
const finder = createScanFinder()

for (const port of ports) {
  const chain = new VirtualChain({ chip: 'BM1370', chipCount: 1, clock: systemClock, finder, fixedZeroBits })
  serveMessagePort(port, new BoardPort('bench', (end) => chain.attach(end)))
}
