/**
 * Compiles the WebAssembly kernels into git-ignored TypeScript modules that hold the module's bytes as
 * base64, so that plain Node, vite, Electron and worker threads import them like any other source.
 *
 * `npm run build:wasm [-- --force] [name …]`. An output is rebuilt when the hash it carries no longer
 * matches its sources, options, compiler version and this script. Everything is said on stderr.
 *
 * Not a general build tool: one table, two ways of making bytes (AssemblyScript, or a generator module
 * that exports `generate(): Uint8Array`). Plain ES module, Node 20 or newer.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * Speed first, no garbage collector, no imports: a kernel gets fixed memory and raw loads and stores.
 * `abort=` drops the import that AssemblyScript's own library would otherwise ask for.
 */
const kernelOptions = [
  '--optimizeLevel=3',
  '--shrinkLevel=0',
  '--converge',
  '--noAssert',
  '--runtime=stub',
  '--enable=simd',
  '--use=abort=',
]

/**
 * `source` ends in .ts (AssemblyScript entry) or .mjs (generator). Every file of the source's folder
 * counts as a source.
 */
const kernels = [
  {
    name: 'aead',
    source: 'src-main/sv2/noise/assembly/index.ts',
    output: 'src-main/sv2/noise/.generated/aead-kernel.ts',
    exportName: 'aeadKernelBase64',
    // Warning 112 is about vectors in the signatures of functions that stay inside the module.
    options: [...kernelOptions, '--initialMemory=2', '--maximumMemory=2', '--disableWarning=112'],
  },
  {
    name: 'sha256d-vector',
    source: 'src-main/checker/assembly/vector.mjs',
    output: 'src-main/checker/.generated/sha256d-vector-kernel.ts',
    exportName: 'sha256dVectorKernelBase64',
  },
  {
    name: 'sha256d-scalar',
    source: 'src-main/checker/assembly/scalar.mjs',
    output: 'src-main/checker/.generated/sha256d-scalar-kernel.ts',
    exportName: 'sha256dScalarKernelBase64',
  },
]

const say = (text) => process.stderr.write(`build-wasm: ${text}\n`)

class BuildError extends Error {}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesUnder(path) : [path]
    })
    .sort()
}

const withoutCompiler = (error) =>
  new BuildError(`the AssemblyScript compiler cannot be loaded (${error.message}); run "npm install" first`)

/** Read without loading the compiler, which takes a second. */
function compilerVersion() {
  try {
    return createRequire(import.meta.url)('assemblyscript/package.json').version
  } catch (error) {
    throw withoutCompiler(error)
  }
}

function fingerprint(kernel) {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([kernel, compilerVersion()]))
  const sources = filesUnder(dirname(join(root, kernel.source)))
  for (const path of [fileURLToPath(import.meta.url), ...sources]) {
    hash.update(`\0${relative(root, path).replaceAll('\\', '/')}\0`)
    hash.update(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'))
  }
  return hash.digest('hex')
}

async function compileAssembly(kernel) {
  const compiler = await import('assemblyscript/asc').catch((error) => {
    throw withoutCompiler(error)
  })
  let binary
  const { error, stdout, stderr } = await compiler.main(
    [kernel.source, '--outFile=kernel.wasm', ...kernel.options],
    {
      readFile(name, baseDir) {
        const path = resolve(root, baseDir, name)
        return existsSync(path) ? readFileSync(path, 'utf8') : null
      },
      writeFile(name, contents) {
        if (basename(name) === 'kernel.wasm') binary = contents
      },
      listFiles: () => [],
    },
  )
  const report = `${stdout.toString()}${stderr.toString()}`.trim()
  if (error) throw new BuildError(`${kernel.source} does not compile: ${error.message}\n${report}`)
  if (report !== '') say(report)
  if (!(binary instanceof Uint8Array))
    throw new BuildError(`the compiler wrote no module for ${kernel.source}`)
  return binary
}

async function runGenerator(kernel) {
  const generator = await import(pathToFileURL(join(root, kernel.source)).href)
  if (typeof generator.generate !== 'function') {
    throw new BuildError(`${kernel.source} must export a function generate() that returns the module's bytes`)
  }
  return generator.generate()
}

/** Written aside and renamed: a reader, or a second build at the same time, never sees half a file. */
function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(aside, text)
    renameSync(aside, path)
  } catch (error) {
    rmSync(aside, { force: true })
    throw new BuildError(`cannot write ${relative(root, path)}: ${error.message}`)
  }
}

async function buildKernel(kernel, force) {
  if (!existsSync(join(root, kernel.source))) {
    say(`${kernel.name}: ${kernel.source} does not exist, skipped`)
    return
  }
  const outputPath = join(root, kernel.output)
  const stamp = `// Made by src-main/launch/build-wasm.mjs from ${dirname(kernel.source)}; do not edit. ${fingerprint(kernel)}`
  if (!force && existsSync(outputPath) && readFileSync(outputPath, 'utf8').startsWith(`${stamp}\n`)) {
    say(`${kernel.name}: up to date`)
    return
  }
  const binary =
    extname(kernel.source) === '.mjs' ? await runGenerator(kernel) : await compileAssembly(kernel)
  if (!WebAssembly.validate(binary)) {
    throw new BuildError(`${kernel.source}: this Node (${process.version}) does not accept the module`)
  }
  const base64 = Buffer.from(binary).toString('base64')
  writeWhole(outputPath, `${stamp}\nexport const ${kernel.exportName}: string =\n  '${base64}'\n`)
  say(`${kernel.name}: ${binary.length} bytes -> ${kernel.output}`)
}

async function main(args) {
  const force = args.includes('--force')
  const names = args.filter((arg) => arg !== '--force')
  const unknown = names.find((name) => !kernels.some((kernel) => kernel.name === name))
  if (unknown !== undefined) {
    throw new BuildError(
      `no kernel named "${unknown}"; there are ${kernels.map(({ name }) => name).join(', ')}`,
    )
  }
  for (const kernel of kernels) {
    if (names.length === 0 || names.includes(kernel.name)) await buildKernel(kernel, force)
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  say(error instanceof BuildError ? error.message : error.stack)
  process.exitCode = 1
}
