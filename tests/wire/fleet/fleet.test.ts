/**
 * The fleet over real sockets: practice rigs of many families found, read, sent elsewhere and back, while others misbehave.
 * Time runs ten times as fast as in the world, because firmware takes its time over pools.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigFind } from '../../../src-main/fleet/book/adoption.ts'
import { identify } from '../../../src-main/fleet/discovery/identify.ts'
import { probeLinks } from '../../../src-main/fleet/discovery/probe-link.ts'
import { FAMILIES } from '../../../src-main/fleet/families/index.ts'
import { Fleet } from '../../../src-main/fleet/fleet.ts'
import { type DownstreamSeen } from '../../../src-main/fleet/ports.ts'
import { openLink } from '../../../src-main/fleet/transport/open-link.ts'
import { type RunView } from '../../../src-main/fleet/views/view-types.ts'
import { openFileSecrets, openRigBook } from '../../../src-main/settings/index.ts'
import { antminerFirmware } from '../../../src-main/practice/firmware/antminer.ts'
import { auradineFirmware } from '../../../src-main/practice/firmware/auradine.ts'
import { axeosFirmware } from '../../../src-main/practice/firmware/axeos.ts'
import { epicFirmware } from '../../../src-main/practice/firmware/epic.ts'
import { type BootFirmware } from '../../../src-main/practice/firmware/firmware.ts'
import { hiveonFirmware } from '../../../src-main/practice/firmware/hiveon.ts'
import { luxosFirmware } from '../../../src-main/practice/firmware/luxos.ts'
import { marathonFirmware } from '../../../src-main/practice/firmware/marathon.ts'
import { nerdqFirmware } from '../../../src-main/practice/firmware/nerdq.ts'
import { protoFirmware } from '../../../src-main/practice/firmware/proto.ts'
import { type RigBlueprint } from '../../../src-main/practice/firmware/rig-body.ts'
import { vnishFirmware } from '../../../src-main/practice/firmware/vnish.ts'
import { whatsminerFirmware } from '../../../src-main/practice/firmware/whatsminer.ts'
import { hurriedClock } from '../../support/hurried-clock.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const HURRY = 10
const PASSWORD = 'right and proper'

interface Kind {
  readonly boot: BootFirmware
  readonly machine: Partial<RigBlueprint>
  /** null where nobody asks for a login. */
  readonly username: string | null
}

const big = {
  make: 'Antminer',
  boardCount: 3,
  chipsPerBoard: 65,
  fanCount: 4,
  nameplateHs: 1e14,
  nameplateW: 3000,
}

const KINDS: Readonly<Record<string, Kind>> = {
  'axeos 2.15': {
    boot: axeosFirmware('2.15'),
    machine: { model: 'Gamma', chipsPerBoard: 1, fanCount: 1, nameplateHs: 1.2e12, nameplateW: 18 },
    username: null,
  },
  'axeos 2.4': { boot: axeosFirmware('2.4'), machine: { model: 'Supra', chipsPerBoard: 1 }, username: null },
  'nerdq 1.1': { boot: nerdqFirmware('1.1'), machine: { model: 'NerdQAxe++' }, username: null },
  'antminer 2025': {
    boot: antminerFirmware('since-2023-07'),
    machine: { ...big, model: 'S21', firmwareVersion: 'Thu Oct 9 18:55:45 CST 2025' },
    username: 'root',
  },
  'whatsminer v3': {
    boot: whatsminerFirmware(3),
    machine: { ...big, make: 'Whatsminer', model: 'M60S_VK43', firmwareVersion: '' },
    username: 'super',
  },
  'vnish 1.3': {
    boot: vnishFirmware('1.3'),
    machine: { ...big, model: 'S21 Pro', firmwareVersion: '1.3.4', coreVoltageMv: 13_800 },
    username: 'admin',
  },
  luxos: {
    boot: luxosFirmware,
    machine: { ...big, model: 'S19k Pro', firmwareVersion: '2025.4.8.220305', coreVoltageMv: 13_500 },
    username: null,
  },
  epic: {
    boot: epicFirmware,
    machine: { ...big, model: 'S19 XP', firmwareVersion: '1.5.13', coreVoltageMv: 12_900 },
    username: 'root',
  },
  marathon: {
    boot: marathonFirmware,
    machine: { ...big, model: 'S19 XP', firmwareVersion: '2024.3.1' },
    username: 'root',
  },
  hiveon: {
    boot: hiveonFirmware,
    machine: { ...big, model: 'S19j Pro', firmwareVersion: 'Fri Apr 19 10:58:21 UTC 2024' },
    username: 'root',
  },
  proto: {
    boot: protoFirmware,
    machine: { ...big, make: 'Proto', model: 'Rig', firmwareVersion: '1.8.0' },
    username: '',
  },
  auradine: {
    boot: auradineFirmware,
    machine: { ...big, make: 'Auradine', model: 'AT1500', firmwareVersion: '2023-12.27' },
    username: 'admin',
  },
}

interface Farm {
  readonly fleet: Fleet
  readonly dataDir: string
  readonly rigs: ReadonlyMap<string, PracticeFirmware>
  /** Id of the rig of a kind. */
  idOf(kind: string): string
}

async function farmOf(kinds: readonly string[], clock: Clock = hurriedClock(HURRY)): Promise<Farm> {
  const dataDir = temporaryDir()
  const rigs = new Map<string, PracticeFirmware>()
  const { store } = await openRigBook(dataDir, clock)
  const fleet = new Fleet({
    clock,
    entropy: systemEntropy,
    log: silentLogger,
    families: Object.values(FAMILIES),
    openLink: (request) => openLink({ ...request, clock: systemClock, entropy: systemEntropy }),
    store,
    secrets: await openFileSecrets(dataDir, systemEntropy),
    proxy: {
      downstreams: () => [...rigs.values()].flatMap((rig) => connectionOf(rig, clock)),
      listener: () => ({ host: '0.0.0.0', port: 53_333 }),
      ports: () => [53_333],
      localAddresses: () => [],
      pool: () => Promise.resolve(null),
    },
    options: { sharePatienceMs: 120_000 },
  })
  onTestFinished(() => fleet.stop())
  await fleet.start()
  const ids = new Map<string, string>()
  for (const [n, kind] of kinds.entries()) {
    const found = KINDS[kind]
    if (!found) throw new Error(`no kind ${kind}`)
    const rig = await startPracticeFirmware(
      found.boot,
      {
        ...found.machine,
        name: `rig${String(n)}`,
        mac: `02:00:00:00:01:${n.toString(16).padStart(2, '0')}`,
        serial: `SERIAL00${String(n)}`,
        username: found.username,
        password: found.username === null ? null : PASSWORD,
      },
      [{ url: 'stratum+tcp://pool.example:3333', user: `farm.rig${String(n)}`, password: 'x' }],
      clock,
    )
    rigs.set(kind, rig)
    const { rigId } = await fleet.adopt(await find(rig.address))
    ids.set(kind, rigId)
    if (found.username !== null)
      await fleet.setCredentials({ scope: 'rig', id: rigId }, found.username, PASSWORD)
  }
  return { fleet, dataDir, rigs, idOf: (kind) => ids.get(kind) ?? '' }
}

async function find(address: { readonly host: string; readonly port: number }): Promise<RigFind> {
  const tools = { clock: systemClock, entropy: systemEntropy }
  const found = await identify(address, { clock: systemClock, openLink: probeLinks(tools) })
  if (found.kind !== 'rig') throw new Error(`${String(address.port)}: ${found.kind}, ${found.because}`)
  return found
}

/** What the proxy would see of a rig that mines at it: a share every ten seconds since it began. */
function connectionOf({ body, address }: PracticeFirmware, clock: Clock): DownstreamSeen[] {
  const { pool } = body
  if (!pool?.url.includes(':53333') || body.miner !== 'running') return []
  const validShares = Math.floor(body.minerUptimeS / 10)
  return [
    {
      id: `${String(address.port)}`,
      name: pool.user,
      address: `127.0.0.1:${String(address.port)}`,
      connectedAtMs: clock.nowMs() - body.minerUptimeS * 1000,
      lastShareAtMs: validShares > 0 ? clock.nowMs() : null,
      hashrateHs: 1e12,
      validShares,
    },
  ]
}

async function finished(fleet: Fleet, run: RunView): Promise<RunView> {
  await expect.poll(() => fleet.run(run.id).state, { timeout: 150_000, interval: 100 }).not.toBe('running')
  return fleet.run(run.id)
}

const outcomes = ({ items }: RunView): string[] =>
  items.map(({ rigName, state, message }) => `${rigName} ${state}: ${message}`)

describe('a fleet of practice rigs', () => {
  const all = Object.keys(KINDS)

  it('knows what each rig is, reads it, and shows no secret of it', { timeout: 120_000 }, async () => {
    const { fleet, idOf } = await farmOf(all)
    await Promise.all(all.map((kind) => fleet.refresh(idOf(kind))))
    for (const kind of all) {
      const view = fleet.view(idOf(kind))
      expect([kind, view.family, view.state, view.freshness, view.problem]).toEqual([
        kind,
        kind.split(' ')[0],
        'mining',
        'live',
        null,
      ])
      expect(view.hashrateHs, kind).toBeGreaterThan(1e11)
      expect(view.mac, kind).toMatch(/^02:00:00:00:01/)
      expect(view.pool?.url, kind).toContain('pool.example')
      expect(view.minesHere, kind).toBe(false)
      const raw = fleet.raw(idOf(kind))
      expect(raw.replies.length, kind).toBeGreaterThan(0)
      const said = JSON.stringify(raw)
      expect(said, kind).not.toContain(PASSWORD)
      expect(said, kind).not.toContain(view.pool?.user)
    }
  })

  it(
    'sends all of them to Headframe, each with the worker it had, and back again',
    { timeout: 400_000 },
    async () => {
      const { fleet, rigs, idOf } = await farmOf(all)
      const rigIds = all.map(idOf)
      await Promise.all(rigIds.map((id) => fleet.refresh(id)))
      const request = { rigIds, batchSize: 12, pauseMs: 0, stopAfterFailures: 100, dryRun: false }

      const dry = await finished(
        fleet,
        await fleet.startRun({ ...request, action: 'send-to-headframe', dryRun: true }),
      )
      expect(dry.message).toBe(`${String(all.length)} would be told.`)
      for (const rig of rigs.values()) expect(rig.body.pools[0]?.url).toContain('pool.example')

      const sent = await finished(fleet, await fleet.startRun({ ...request, action: 'send-to-headframe' }))
      expect(outcomes(sent).filter((line) => !line.includes(' done: '))).toEqual([])
      for (const [n, rig] of [...rigs.values()].entries()) {
        expect(rig.body.pool).toMatchObject({ user: `rig${String(n)}` })
        expect(rig.body.pool?.url).toContain('127.0.0.1:53333')
      }
      await Promise.all(rigIds.map((id) => fleet.refresh(id)))
      expect(
        fleet.list().map(({ minesHere, downstreamId }) => minesHere === true && downstreamId !== null),
      ).not.toContain(false)

      const back = await finished(fleet, await fleet.undoRun(sent.id))
      const unproven = outcomes(back).filter((line) => !line.includes(' done: '))
      // Whatsminer's newest API tells nothing of shares: elsewhere than here nobody can see them arrive.
      expect(unproven).toEqual([expect.stringContaining('rig4 unproven: ')])
      expect(unproven[0]).toContain('does not tell of its shares')
      for (const [n, rig] of [...rigs.values()].entries()) {
        expect(rig.body.pool).toMatchObject({ user: `farm.rig${String(n)}` })
        expect(rig.body.pool?.url).toContain('pool.example:3333')
      }
    },
  )

  it('reboots them, and knows by their uptime that they did', { timeout: 400_000 }, async () => {
    const kinds = ['axeos 2.15', 'antminer 2025', 'luxos', 'vnish 1.3']
    const { fleet, idOf } = await farmOf(kinds)
    const rigIds = kinds.map(idOf)
    // Uptime counts whole seconds: what has been up for one cannot be seen to have started anew.
    const uptimes = async (): Promise<number> => {
      await Promise.all(rigIds.map((id) => fleet.refresh(id)))
      return Math.min(...fleet.list().map(({ uptimeS }) => uptimeS ?? 0))
    }
    await expect.poll(uptimes, { timeout: 30_000, interval: 500 }).toBeGreaterThan(10)
    const run = await finished(
      fleet,
      await fleet.startRun({
        action: 'reboot',
        rigIds,
        batchSize: 4,
        pauseMs: 0,
        stopAfterFailures: 9,
        dryRun: false,
      }),
    )
    expect(outcomes(run).filter((line) => !line.includes(' done: '))).toEqual([])
  })
})

describe('rigs that misbehave', () => {
  async function misbehaving(onConnection: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>()
    const server: Server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      onConnection(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }

  const asAxeos = (port: number, n: number): RigFind => ({
    kind: 'rig',
    address: { host: '127.0.0.1', port },
    family: 'axeos',
    make: 'Bitaxe',
    model: 'Gamma',
    firmware: 'AxeOS',
    firmwareVersion: null,
    mac: `02:00:00:00:02:${n.toString(16).padStart(2, '0')}`,
    serial: null,
    hostname: null,
  })

  it('delay nobody: 40 silent ones and one that answers with 100 MB', { timeout: 120_000 }, async () => {
    const { fleet, idOf } = await farmOf(['axeos 2.4', 'luxos'])
    const silent = await Promise.all(Array.from({ length: 40 }, () => misbehaving(() => {})))
    const chunk = Buffer.alloc(64 * 1024, 0x20)
    let sentBytes = 0
    const flood = await misbehaving((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n{')
      const more = (): void => {
        while (!socket.destroyed && sentBytes < 104_857_600 && socket.write(chunk)) sentBytes += chunk.length
      }
      socket.on('drain', more)
      more()
    })
    for (const [n, port] of [...silent, flood].entries()) await fleet.adopt(asAxeos(port, n))
    const read: string[] = []
    fleet.onChange((change) => {
      if (change.kind === 'rigs')
        read.push(...change.ids.filter((id) => fleet.list().some((rig) => rig.id === id)))
    })
    const id = idOf('axeos 2.4')
    // Its rhythm is 5 s of a clock ten times as fast: twenty polls take about ten seconds.
    await expect
      .poll(() => read.filter((each) => each === id).length, { timeout: 40_000 })
      .toBeGreaterThan(20)
    expect(fleet.view(id)).toMatchObject({ freshness: 'live', problem: null })
    const flooding = fleet.list().find(({ address }) => address === `127.0.0.1:${String(flood)}`)
    expect(flooding?.freshness).not.toBe('live')
    expect(flooding?.problem?.code).toMatch(/^rig\/(?:too-large|timeout|cut-off)$/)
    expect(sentBytes).toBeLessThan(40 * 1024 * 1024)
    const states = new Set(
      silent.map((port) => fleet.list().find(({ address }) => address.endsWith(String(port)))?.state),
    )
    expect([...states].every((state) => state === 'unreachable' || state === 'unknown')).toBe(true)
  })

  it('cannot make a login be shown twice', { timeout: 60_000 }, async () => {
    const { fleet, rigs, idOf } = await farmOf(['vnish 1.3'])
    const id = idOf('vnish 1.3')
    const body = rigs.get('vnish 1.3')?.body
    if (!body) throw new Error('no rig')
    let wrong = 0
    const login = body.login.bind(body)
    body.login = (password) => {
      const answer = login(password)
      if (answer !== 'welcome') wrong++
      return answer
    }
    await fleet.setCredentials({ scope: 'rig', id }, 'admin', 'wrong')
    await fleet.refresh(id)
    for (let n = 0; n < 5; n++) await fleet.refresh(id)
    expect(wrong).toBe(1)
    expect(fleet.view(id).login).toBe('wrong')
    await fleet.setCredentials({ scope: 'rig', id }, 'admin', PASSWORD)
    await fleet.refresh(id)
    expect(fleet.view(id)).toMatchObject({ login: 'entered', freshness: 'live' })
  })
})
