/**
 * `npm run bench`: measures every family in `families/`, each in a fresh process, and judges its goals.
 *
 *   -- NAME            families whose name is or begins with this, `proxy` for instance; may be several
 *   -- --family NAME   that family only; may be repeated
 *   -- --quick         5 repetitions, no verdicts
 *
 * Goals that a first run does not pass are measured once more. Results, with every repetition, go to
 * `results/` as JSON, with the pictures of families that draw some; tables in documents are made from these. Ends with code 1 if a goal fails, 2 if it
 * could not be measured.
 */
import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { errorText } from '../../src-main/base/index.ts'
import { type FamilyMeasurement, joinRuns, type Judgement, judgeRun } from './judgement.ts'
import { describeLoad, describeMachine } from './machine.ts'
import { candidateTable, goalTable } from './report.ts'
import { selectFamilies } from './selection.ts'

const familiesDir = join(import.meta.dirname, 'families')
const resultsDir = join(import.meta.dirname, 'results')
const REPETITIONS = 9
const QUICK_REPETITIONS = 5
const MAX_RUNS = 2
/** Parallel garbage collection spins on idle cores and would be counted; see the performance reference. */
const measuringFlags = ['--expose-gc', '--single-threaded-gc']

const print = (text: string): void => void process.stdout.write(`${text}\n`)

function measureInChild(name: string, quick: boolean): Promise<FamilyMeasurement> {
  return new Promise((resolve, reject) => {
    const repetitions = String(quick ? QUICK_REPETITIONS : REPETITIONS)
    const args = [name, repetitions, ...(quick ? ['quick'] : [])]
    const child = fork(join(import.meta.dirname, 'measure.ts'), args, { execArgv: measuringFlags })
    let measurement: FamilyMeasurement | undefined
    child.on('message', (message) => {
      measurement = message as FamilyMeasurement
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (measurement && code === 0) resolve(measurement)
      else reject(new Error(`family ${name} ended with ${signal ?? `code ${code}`}; its reason is above`))
    })
  })
}

/** All runs of a family: a second one when the first leaves a goal open, unless `quick`. */
async function measureFamilyRuns(name: string, quick: boolean): Promise<FamilyMeasurement[]> {
  const runs: FamilyMeasurement[] = []
  for (;;) {
    const run = await measureInChild(name, quick)
    runs.push(run)
    const open = run.goals.some((goal) => ['fail', 'inconclusive'].includes(judgeRun(run, goal).verdict))
    if (!open || quick || runs.length === MAX_RUNS) return runs
    print(`${name}: not every goal is settled, measuring once more`)
  }
}

function judgeFamily(runs: readonly FamilyMeasurement[]): Judgement[] {
  const goals = runs[0]?.goals ?? []
  return goals.map((goal) => joinRuns(runs.map((run) => judgeRun(run, goal))))
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { family: { type: 'string', multiple: true }, quick: { type: 'boolean', default: false } },
  })
  const known = readdirSync(familiesDir)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .toSorted()
  const names = selectFamilies(known, values.family ?? [], positionals)

  const startedAt = new Date().toISOString()
  const baseName = startedAt.replaceAll(':', '-')
  mkdirSync(resultsDir, { recursive: true })
  const loadBefore = describeLoad()
  const judgements: Judgement[] = []
  const families: { runs: FamilyMeasurement[]; judgements: Judgement[] }[] = []
  for (const name of names) {
    const runs = await measureFamilyRuns(name, values.quick)
    const familyJudgements = judgeFamily(runs)
    families.push({ runs, judgements: familyJudgements })
    judgements.push(...familyJudgements)
    const last = runs.at(-1)
    if (last) {
      const others = `${last.otherCores.toFixed(1)} cores used by others`
      print(`\n${last.title} (${name}; ${others})\n\n${candidateTable(last)}`)
      for (const { text, fileName, file } of last.pictures) {
        const path = join(resultsDir, `${baseName}-${fileName}`)
        writeFileSync(path, file)
        print(`\n${text}\ndrawn in ${path}`)
      }
    }
  }
  print(`\n${goalTable(judgements, !values.quick)}\n`)

  const resultPath = join(resultsDir, `${baseName}.json`)
  const result = {
    startedAt,
    quick: values.quick,
    machine: describeMachine(),
    loadBefore,
    loadAfter: describeLoad(),
    families,
  }
  writeFileSync(resultPath, `${JSON.stringify(result, null, 1)}\n`)
  print(`written to ${resultPath}`)
  if (!values.quick && judgements.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(`bench: ${errorText(error)}\n`)
  process.exitCode = 2
}
