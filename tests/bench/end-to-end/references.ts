/** The servers that the proxy is held against, each with rigs of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EchoProcedures } from '../reference/echo-server.ts'
import { type StraightforwardProcedures } from '../reference/straightforward-proxy.ts'
import { type UnslicedProcedures } from '../reference/unsliced-broadcast.ts'
import { ordinaryNotify } from './ordinary-job.ts'
import { type LineProcess, startLineProcess, startServing } from './processes.ts'
import { RigFarm } from './rigs.ts'
import { type LoadedServer, startPoolProcess } from './testbed.ts'

const referenceDir = join(import.meta.dirname, '..', 'reference')

/** The proxy as one would first write it. */
export async function startStraightforward(
  rigCount: number,
  nodeFlags: readonly string[],
): Promise<LoadedServer> {
  const pool = startPoolProcess()
  const upstream = await pool.client.call('discard', null)
  const path = join(referenceDir, 'straightforward-proxy.ts')
  const server = startServing<StraightforwardProcedures>(path, 'measured', nodeFlags)
  const rigs = await connectedRigs(await server.client.call('start', upstream.port), rigCount)
  return {
    rigs,
    cpuMs: () => server.client.call('cpuMs', null),
    async newTip() {
      await rigs.expectJob()
      await server.client.call('newTip', null)
      await rigs.jobArrival()
    },
    stop: () => stopAll(rigs, server, pool),
  }
}

/** Node's own part: answers every line, checks nothing. */
export async function startNodeEcho(rigCount: number, nodeFlags: readonly string[]): Promise<LoadedServer> {
  const path = join(referenceDir, 'echo-server.ts')
  const server = startServing<EchoProcedures>(path, 'measured', nodeFlags)
  const rigs = await connectedRigs(await server.client.call('start', ordinaryNotify(1)), rigCount)
  return {
    rigs,
    cpuMs: () => server.client.call('cpuMs', null),
    newTip: () => Promise.resolve(),
    stop: () => stopAll(rigs, server),
  }
}

/** What the kernel allows. */
export interface NativeFloor extends LoadedServer {
  /** Writes a job to every rig. @returns when it began, on the clock of `process.hrtime`, nanoseconds */
  broadcast(): Promise<{ readonly startNs: number; readonly cpuMs: number }>
}

/** @param program `native/floor.c`, compiled */
export async function startNativeFloor(program: string, rigCount: number): Promise<NativeFloor> {
  const { server, port } = await startFloorProcess(program)
  const rigs = await connectedRigs(port, rigCount)
  return {
    rigs,
    cpuMs: async () => (await server.ask<{ cpuMs: number }>('cpu')).cpuMs,
    newTip: () => Promise.resolve(),
    broadcast: () => server.ask('broadcast'),
    stop: () => stopAll(rigs, server),
  }
}

async function startFloorProcess(program: string): Promise<{ server: LineProcess; port: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'headframe-bench-'))
  try {
    const jobPath = join(dir, 'job')
    writeFileSync(jobPath, ordinaryNotify(1))
    const server = startLineProcess(program, [jobPath], 'measured')
    return { server, port: (await server.next<{ port: number }>()).port }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

export interface Unsliced {
  /** @returns processor time of the one turn, and from its begin to the last rig, milliseconds */
  broadcast(): Promise<{ readonly cpuMs: number; readonly lastRigMs: number }>
  stop(): Promise<void>
}

/** A broadcast without slices. */
export async function startUnsliced(rigCount: number): Promise<Unsliced> {
  const path = join(referenceDir, 'unsliced-broadcast.ts')
  const server = startServing<UnslicedProcedures>(path, 'measured')
  const rigs = await connectedRigs(await server.client.call('start', ordinaryNotify(1)), rigCount)
  return {
    async broadcast() {
      await rigs.expectJob()
      const { startNs, cpuMs } = await server.client.call('broadcast', null)
      const { lastNs } = await rigs.jobArrival()
      return { cpuMs, lastRigMs: (lastNs - startNs) / 1e6 }
    },
    stop: () => stopAll(rigs, server),
  }
}

async function connectedRigs(port: number, count: number): Promise<RigFarm> {
  const rigs = new RigFarm()
  await rigs.connect(port, count)
  return rigs
}

async function stopAll(...parts: readonly { stop(): Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.stop()
}
