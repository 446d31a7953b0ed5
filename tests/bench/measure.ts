/**
 * Entry of the measuring child process: one family, fresh, so that what the engine learnt from another
 * family does not leak in. Started by `run.ts` with the family's name, the number of repetitions and
 * `quick` or nothing; answers with one message.
 */
import { type BenchFamily } from './family.ts'
import { measureFamily } from './harness.ts'

const [name, repetitions, pace] = process.argv.slice(2)
if (name === undefined || repetitions === undefined || !process.send) {
  throw new Error('this is started by run.ts: npm run bench -- --family NAME')
}
const module = (await import(`./families/${name}.ts`)) as { default: BenchFamily }
const measurement = await measureFamily(name, module.default, Number(repetitions), pace === 'quick')
process.send(measurement, () => process.disconnect())
