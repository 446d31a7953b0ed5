/**
 * The dashboard over a pretend core, for looking at screens without a proxy:
 * `npx vite --config tests/e2e/preview/vite.config.mjs --host 127.0.0.1 --port 4960`, then
 * `/?scene=farm#/rigs`. Scenes: farm, practice, empty, first-rig, block, stale, offline, unauthorised,
 * updated, error, loading, stand-in, split, fallen (a switch that fails), disk-full, new-farm (rigs nobody looked for yet);
 * `rigs=300` sets how many are connected, `fleet=300` how many have an interface; `tuning=running` or `tuning=done` gives
 * every small board a tuning; `days=400` how long earnings were counted, scene new-money that nothing is chosen for them. `rig=antminer` opens the page of the first rig of that family. `devices=12` plugs devices in,
 * some of them in every state. Never part of a build.
 */
import { createConnection } from '../../../src-renderer/src/api/connection.ts'
import { createHeadframeApp } from '../../../src-renderer/src/create-headframe-app.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendDeviceFarm, pretendFarmDetail, stepDevices } from '../../support/pretend-device-farm.ts'
import { findBlock, livingFarm } from '../../support/pretend-life.ts'
import { pretendDressing, pretendRigHistory, pretendTuning } from '../../support/pretend-rig-page.ts'

const query = new URLSearchParams(location.search)
const scene = query.get('scene') ?? 'farm'
const count = Number(query.get('rigs') ?? 12)

const fleetCount = Number(query.get('fleet') ?? 40)

const bare = scene === 'empty' || scene === 'first-rig'
const { core, step } = bare
  ? {
      core: new PretendCore({
        info: { stratum: { address: '192.0.2.10:3333', lanAddresses: ['192.0.2.10', '198.51.100.7'] } },
      }),
      step: () => core.tick(),
    }
  : livingFarm(count, {
      practice: scene === 'practice',
      fleet: fleetCount,
      earnings: { days: Number(query.get('days') ?? 120), configured: scene !== 'new-money' },
    })

if (scene === 'first-rig') core.pools.change([{ ...livingFarm(1).core.pools.all[0], state: 'ready' }])
if (scene === 'unauthorised') core.refuse('unauthorised')
if (scene === 'unreachable') core.refuse('unreachable')
if (scene === 'loading')
  for (const path of ['overview.live', 'pools.live', 'downstreams.live', 'rigs.live'])
    core.answerNext(path, () => new Promise(() => {}))
if (scene === 'notices')
  core.info = {
    ...core.info,
    notices: [
      {
        id: 'bind',
        severity: 'warning',
        title: 'Rigs on other machines cannot connect.',
        detail:
          'The port for rigs is open on this machine only. Start with --stratum 0.0.0.0:3333 to change that.',
        at: 0,
      },
      {
        id: 'up',
        severity: 'info',
        title: 'History from before 14:02 is missing.',
        detail: 'The last run ended without closing its database; nothing else was lost.',
        at: 0,
      },
    ],
  }

// Past the contract's output checks, which run in the core and not in a page: for measuring the page alone.
if (query.has('raw')) {
  core.answerNext('devices.live', () => core.devices.list.open(undefined))
  core.answerNext('downstreams.live', () => core.rigs.readers.open(core.rigs.snapshot(), undefined))
}

// The history of a real core is read in another thread.
core.explored.yields = true
core.keeping.taskMs = 3000

// Slow enough to watch.
core.testStepMs = 450
if (scene === 'disk-full')
  core.keeping.change({
    writing: false,
    problem: 'The disk is full: 0 bytes are free. Free some space and recording goes on by itself.',
  })
if (scene === 'fallen') {
  const message =
    'solo.example.net does not take connections on port 3333. Check the port, or whether the pool is under maintenance.'
  core.poolTest = {
    ok: false,
    done: true,
    steps: [
      { step: 'address', ok: true, tookMs: 0.2, detail: 'Stratum V1 over TCP, port 3333' },
      { step: 'dns', ok: true, tookMs: 4.1, detail: '192.0.2.80' },
      { step: 'tcp', ok: false, tookMs: 5002, detail: message },
    ],
    problem: { code: 'connect/refused', message, at: Date.now() },
  }
  core.answerNext(
    'pools.activate',
    () => new Promise((resolve) => setTimeout(() => resolve(new Error(message)), 1200)),
  )
}
if (scene === 'stand-in') {
  core.pools.change(
    core.pools.all.map((pool) => {
      if (pool.id === 'northern') return { ...pool, active: true, preferred: false }
      if (pool.id !== 'braidpool') return pool
      return {
        ...pool,
        active: false,
        preferred: true,
        state: 'silent',
        health: { verdict: 'bad', because: 'It has sent no work for 3 min.' },
      }
    }),
  )
  core.followRouting()
  core.tick({
    activePool: {
      ...core.overview.activePool,
      id: 'northern',
      name: 'Northern Lode',
      switchedAt: Date.now() - 754_000,
    },
    standIn: { since: Date.now() - 754_000, because: 'Copper Ridge has sent no work for 3 min.' },
  })
}
if (scene === 'new-farm') {
  core.fleet.hidden = [...core.fleet.rigs.all, ...core.fleet.hidden]
  core.fleet.rigs.change(
    [],
    core.fleet.rigs.all.map((rig) => rig.id),
  )
  core.rigs.change(
    [],
    core.rigs.all.map((rig) => rig.id),
  )
}
if (scene === 'split') {
  core.setRouting({
    ...core.routing.value,
    split: [
      { poolId: 'braidpool', percent: 90 },
      { poolId: 'northern', percent: 10 },
    ],
  })
}

// What rigs' own pages show beyond the table.
for (const rig of core.fleet.rigs.all) core.fleet.details.set(rig.id, pretendDressing(rig, Date.now()))
core.rigHistory = (metric, id, from, to, points) =>
  pretendRigHistory(metric, core.fleet.requireRig(id), from, to, points)
if (query.get('tuning') === 'done')
  for (const { id, family } of core.fleet.rigs.all)
    if (family === 'axeos' || family === 'nerdq') {
      const { settings } = core.fleet.detail(id)
      core.fleet.details.set(id, {
        ...core.fleet.details.get(id),
        settings: { ...settings, frequencyMHz: 400, coreVoltageMv: 1000 },
      })
    }
if (query.has('tuning'))
  core.fleet.tunings.change(
    core.fleet.rigs.all
      .filter(({ family }) => family === 'axeos' || family === 'nerdq')
      .map(({ id }) =>
        query.get('tuning') === 'running'
          ? pretendTuning(id, Date.now(), { state: 'running', count: 5 })
          : pretendTuning(id, Date.now()),
      ),
  )
if (query.has('rig')) {
  const wanted = query.get('rig')
  const rig = core.fleet.rigs.all.find(({ id, family, state }) => [id, family, state].includes(wanted))
  const part = query.get('part')
  location.hash = `#/rigs/${encodeURIComponent(rig.id)}${part === null ? '' : `/${part}`}`
}

const plugged = Number(query.get('devices') ?? 0)
if (plugged > 0) {
  core.devices.list.change(pretendDeviceFarm(Date.now(), Math.max(0, plugged - 11)))
  for (const device of core.devices.list.all)
    core.devices.detail(device.id).set(pretendFarmDetail(device, Date.now()))
  setInterval(() => stepDevices(core.devices, Date.now()), 1000)
}

const connection = createConnection({ transport: core })
createHeadframeApp(connection).mount('#app')
connection.start()

const life = query.has('raw') ? undefined : setInterval(step, 1000)
const later = {
  block: () => findBlock(core, Date.now()),
  stale: () => clearInterval(life),
  offline: () => {
    core.refuse('unreachable')
    core.cut()
  },
  error: () => {
    for (let i = 0; i < 50; i++) core.failRigs('The proxy has stopped. Restart Headframe.')
  },
  updated: () => {
    core.info = { ...core.info, version: '0.2.0' }
    core.cut()
  },
}
setTimeout(() => later[scene]?.(), 1200)

Object.assign(window, { core, connection, findBlock })
