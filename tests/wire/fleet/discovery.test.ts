/** Searches over loopback against servers that behave as well and as badly as what stands in a home. */
import { createSocket } from 'node:dgram'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo } from 'node:net'
import { Bonjour } from 'bonjour-service'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  addressText,
  antminerReports,
  type Candidate,
  type CandidateSource,
  DEFAULT_SCAN_TIMINGS,
  type Identified,
  mdnsSource,
  parseTargets,
  probeLinks,
  type RigAddress,
  type RunningScan,
  type ScanParts,
  startScan,
  whatsminerReports,
} from '../../../src-main/fleet/index.ts'
import { createSelfSignedCertificate } from '../../../src-main/net/index.ts'
import { answerHttp, cgminer, isHttp, pathOf, tinyRig, webServer } from '../../support/tiny-rigs.ts'

const openLink = probeLinks({ clock: systemClock, entropy: systemEntropy })
/** So that what never answers does not keep the suite. */
const timings = {
  ...DEFAULT_SCAN_TIMINGS,
  identify: { requestMs: 700, overrideMs: 300, budgetMs: 4_000 },
}

const antminerVersion = { BMMiner: '1.0.0', API: '3.1', Miner: '49.0.1.3', Type: 'Antminer S19' }
const s19 = cgminer(antminerVersion)
const bitaxe = webServer({
  '/': { body: '<title>AxeOS</title>' },
  '/api/system/info': {
    body: JSON.stringify({
      ASICModel: 'BM1370',
      boardVersion: '601',
      version: 'v2.12.2',
      macAddr: '02:00:00:00:00:61',
      hostname: 'bitaxe',
    }),
  },
})

function search(targets: readonly RigAddress[], more: Partial<ScanParts> = {}): RunningScan {
  const scan = startScan({ targets, clock: systemClock, openLink, timings, ...more })
  onTestFinished(async () => void (await scan.stop()))
  return scan
}

async function findAll(targets: readonly RigAddress[], more: Partial<ScanParts> = {}): Promise<Identified[]> {
  const { finds } = await search(targets, more).done
  return finds.map(({ identified }) => identified)
}

async function findOne(address: RigAddress): Promise<Identified> {
  const [found] = await findAll([address])
  if (found === undefined) throw new Error('nobody answered')
  return found
}

describe('what a search says of an address', () => {
  it('reads an Antminer by the version it tells', async () => {
    const { address } = await tinyRig(s19)
    expect(await findOne(address)).toMatchObject({
      kind: 'rig',
      family: 'antminer',
      make: 'Antminer',
      model: 'S19',
      firmware: 'Stock',
      address,
    })
  })

  it('reads a Bitaxe with its identity', async () => {
    const { address } = await tinyRig(bitaxe)
    expect(await findOne(address)).toEqual({
      kind: 'rig',
      family: 'axeos',
      address,
      make: 'Bitaxe',
      model: 'Gamma',
      firmware: 'AxeOS',
      firmwareVersion: 'v2.12.2',
      mac: '02:00:00:00:00:61',
      serial: null,
      hostname: 'bitaxe',
    })
  })

  it('takes an Antminer’s login page for an Antminer whose model nobody can know yet', async () => {
    const realm = { 'www-authenticate': 'Digest realm="antMiner Configuration", nonce="a", qop="auth"' }
    const { address } = await tinyRig((socket, said) =>
      isHttp(said) ? answerHttp(socket, 401, '', realm) : socket.destroy(),
    )
    expect(await findOne(address)).toMatchObject({ kind: 'rig', family: 'antminer', model: null })
  })

  it('declines a Scrypt miner politely', async () => {
    const realm = { 'www-authenticate': 'Digest realm="blackMiner Configuration", nonce="a"' }
    const { address } = await tinyRig(webServer({ '/': { status: 401, headers: realm } }))
    expect(await findOne(address)).toMatchObject({ kind: 'declined', make: 'Hammer or VolcMiner' })
  })

  it('takes a Philips Hue bridge for no Bitaxe', async () => {
    const { address } = await tinyRig(
      webServer({
        '/': { body: '<title>hue personal wireless lighting</title>' },
        '/api/system/info': { body: '[{"error":{"type":4,"address":"/system/info"}}]' },
      }),
    )
    expect(await findOne(address)).toMatchObject({
      kind: 'other',
      because: 'A web page titled “hue personal wireless lighting” answers, of no rig that is known.',
    })
  })

  it('lets custom firmware override what its kept stock strings said first', async () => {
    const { address } = await tinyRig((socket, said) => {
      if (!isHttp(said)) s19(socket, said)
      else if (pathOf(said) === '/') {
        setTimeout(() => answerHttp(socket, 200, '<meta name="firmware" content="AnthillOS">'), 120)
      } else if (pathOf(said) === '/api/v1/info') {
        answerHttp(
          socket,
          200,
          '{"miner":"Antminer S19","model":"s19","fw_version":"1.2.7","system":{"network_status":{"mac":"02:00:00:00:00:19"}}}',
        )
      } else answerHttp(socket, 404, '')
    })
    expect(await findOne(address)).toMatchObject({
      family: 'vnish',
      firmware: 'VNish',
      mac: '02:00:00:00:00:19',
    })
  })

  it('does not wait for the slow page of a rig that has said it is stock', async () => {
    const { address } = await tinyRig((socket, said) => (isHttp(said) ? undefined : s19(socket, said)))
    expect(await findOne(address)).toMatchObject({ family: 'antminer', model: 'S19' })
  })

  it('understands a rig that refuses JSON and knows text commands alone', async () => {
    const { address } = await tinyRig((socket, said) => {
      if (isHttp(said) || said.startsWith('{')) socket.destroy()
      else
        socket.end(
          'STATUS=S,When=1,Code=22,Msg=CGMiner versions,Description=cgminer 4.11.1|VERSION,CGMiner=4.11.1,API=3.7,PROD=Avalon Mini3,MODEL=Mini3,LVERSION=25071001,MAC=020000000033|\0',
        )
    })
    expect(await findOne(address)).toMatchObject({
      family: 'avalon',
      make: 'Avalon',
      firmwareVersion: '25071001',
      mac: '02:00:00:00:00:33',
    })
  })

  it('follows a redirect to a page with a certificate of its own making, to see whose it is', async () => {
    const { certificatePem, privateKeyPem } = await createSelfSignedCertificate({
      hosts: ['127.0.0.1'],
      nowMs: systemClock.nowMs(),
    })
    const secure = createTlsServer({ cert: certificatePem, key: privateKeyPem }, (_request, response) => {
      response.end('<meta http-equiv="refresh" content="0; URL=/cgi-bin/luci" />')
    })
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => secure.close(() => resolve())))
    const securePort = (secure.address() as AddressInfo).port
    const { port } = await tinyRig((socket, said) => {
      if (isHttp(said)) {
        answerHttp(socket, 307, '', { location: `https://127.0.0.1:${String(securePort)}/` })
      } else socket.destroy()
    })
    // Behind a port of its own a rig has no second one for TLS: the usual ports are played by a link that maps them.
    const found = await findAll([{ host: '127.0.0.1', port: null }], {
      openLink: (_address, signal) => {
        const link = openLink({ host: '127.0.0.1', port: null }, signal)
        return {
          ...link,
          http: (request) => link.http({ ...request, port }),
          rpc: () => Promise.reject(new Error('closed')),
          frame: () => Promise.reject(new Error('closed')),
        }
      },
      knock: ({ port: door }) => Promise.resolve(door === 80 ? 'open' : 'refused'),
    })
    expect(found).toMatchObject([{ kind: 'rig', family: 'whatsminer' }])
  })

  it.each([
    ['accepts and says nothing', () => undefined],
    ['hangs up at once', (socket: { destroy(): void }) => void socket.destroy()],
  ] as const)('says of somebody who %s that it says nothing', async (_what, behave) => {
    const { address } = await tinyRig(behave)
    expect(await findOne(address)).toEqual({
      kind: 'other',
      address,
      because: 'Something accepts connections and says nothing a rig would say.',
    })
  })

  it('is not kept by half a reply', async () => {
    const { address } = await tinyRig((socket, said) => {
      if (isHttp(said)) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<title>AxeOS')
      else socket.write('{"STATUS":[{"STATUS":"S","Code":22')
    })
    expect(await findOne(address)).toMatchObject({ kind: 'other' })
  })

  it('reads no reply of 100 MB', async () => {
    let sent = 0
    const piece = Buffer.alloc(256 * 1024, 0x20)
    const { address } = await tinyRig((socket, said) => {
      socket.write(isHttp(said) ? 'HTTP/1.1 200 OK\r\n\r\n' : '{"STATUS":')
      const flood = (): void => {
        while (sent < 100 * 1024 * 1024) {
          sent += piece.length
          if (!socket.write(piece)) return
        }
      }
      socket.on('drain', flood)
      flood()
    })
    expect(await findOne(address)).toMatchObject({ kind: 'other' })
    expect(sent).toBeLessThan(50 * 1024 * 1024)
  })

  it('sends no login and changes nothing while it identifies', async () => {
    const rigs = await Promise.all(
      [s19, bitaxe, webServer({ '/': { body: '<title>Braiins OS</title>' } })].map((behave) =>
        tinyRig(behave),
      ),
    )
    await findAll(rigs.map(({ address }) => address))
    const asked = rigs.flatMap((rig) => rig.asked)
    expect(asked.length).toBeGreaterThan(8)
    for (const said of asked) {
      expect(said).not.toMatch(/authorization|password|cookie/i)
      if (isHttp(said)) expect(said).toMatch(/^(?:GET \/|POST \/graphql HTTP[^{]*\{"query":"\{ bos)/s)
      else {
        const command = /"(?:command|cmd)":"([^"]*)"/.exec(said)?.[1] ?? said.trim()
        expect(['version', 'devdetails', 'get.device.info', 'config', 'get_version']).toContain(command)
      }
    }
  })
})

describe('a search', () => {
  /** Servers at the same port of several loopback addresses. */
  async function atOnePort(hosts: readonly string[]): Promise<number> {
    const [first = '127.0.0.1', ...others] = hosts
    const { port } = await tinyRig(bitaxe, first)
    for (const host of others) await tinyRig(bitaxe, host, port)
    return port
  }

  it('finds all among many addresses, and counts what it tried', async () => {
    const hosts = ['127.0.9.3', '127.0.9.100', '127.0.9.254']
    const port = await atOnePort(hosts)
    const scan = search(parseTargets([`127.0.9.0/24:${String(port)}`]))
    const progress = await scan.done
    expect(progress).toMatchObject({ state: 'done', total: 254, tried: 254, answered: 3, problems: [] })
    expect(progress.finds.map(({ identified }) => identified.address.host).sort()).toEqual([...hosts].sort())
    expect(progress.firstRigMs).toBeGreaterThan(0)
    expect(progress.completeMs).toBeGreaterThanOrEqual(progress.firstRigMs!)
  })

  it('tells of a find while others still keep it waiting', async () => {
    const silent = await Promise.all(Array.from({ length: 5 }, () => tinyRig(() => undefined)))
    const live = await tinyRig(bitaxe)
    const scan = search([...silent.map(({ address }) => address), live.address])
    const first = await new Promise<string>((resolve) => {
      scan.onFind(({ identified }) => resolve(addressText(identified.address)))
    })
    expect(first).toBe(addressText(live.address))
    expect(scan.progress).toMatchObject({ state: 'running', finds: [{ identified: { family: 'axeos' } }] })
    expect((await scan.done).finds).toHaveLength(6)
  })

  it('is not held up by silent hosts even when they take every place to identify', async () => {
    const silent = await Promise.all(Array.from({ length: 4 }, () => tinyRig(() => undefined)))
    const live = await tinyRig(bitaxe)
    const found = await findAll([...silent.map(({ address }) => address), live.address], {
      identifyConcurrency: 2,
      concurrency: 2,
    })
    expect(found.filter(({ kind }) => kind === 'rig')).toHaveLength(1)
    expect(found).toHaveLength(5)
  })

  it('stops in the middle: finds stay, nothing goes on', async () => {
    const live = await tinyRig(bitaxe)
    const silent = await Promise.all(Array.from({ length: 3 }, () => tinyRig(() => undefined)))
    const targets = [
      live.address,
      ...silent.map(({ address }) => address),
      ...parseTargets(['127.0.8.0/24:9']),
    ]
    const scan = search(targets, { concurrency: 4 })
    await new Promise<void>((resolve) => scan.onFind(() => resolve()))
    const asked = silent.map((rig) => rig.asked.length)
    const progress = await scan.stop()
    expect(progress).toMatchObject({
      state: 'stopped',
      finds: [{ identified: { kind: 'rig' } }],
      completeMs: null,
    })
    expect(progress.endedAtMs).not.toBeNull()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(silent.map((rig) => rig.asked.length)).toEqual(asked)
    expect(await scan.stop()).toEqual(progress)
  })

  it('tells progress as it goes, and the end as the last word', async () => {
    const live = await tinyRig(bitaxe)
    const told: string[] = []
    const scan = search([live.address])
    scan.onProgress(({ state, tried }) => told.push(`${state} ${String(tried)}`))
    await scan.done
    expect(told.at(-1)).toBe('done 1')
  })

  it('is over at once when there is nothing to try', async () => {
    expect(await search([]).done).toMatchObject({ state: 'done', total: 0, finds: [], firstRigMs: null })
  })

  it('looks names up, and says which it does not know', async () => {
    const live = await tinyRig(bitaxe)
    const scan = search(
      [
        { host: 'attic.example', port: live.port },
        { host: 'public.example', port: 80 },
        { host: 'nowhere.example', port: 80 },
      ],
      {
        lookUp: (host) =>
          Promise.resolve(
            host === 'attic.example' ? ['127.0.0.1'] : host === 'public.example' ? ['192.0.2.1'] : [],
          ),
      },
    )
    const { finds, problems, tried } = await scan.done
    expect(finds.map(({ identified }) => identified.address.host)).toEqual(['attic.example'])
    expect(problems.map(({ code }) => code).sort()).toEqual(['scan/name-unknown', 'scan/public-address'])
    expect(tried).toBe(3)
  })

  it('asks rigs that were known before a second time, and others once', async () => {
    const knocked: string[] = []
    const known = { host: '127.0.7.1', port: 80 }
    await search([known, { host: '127.0.7.2', port: 80 }], {
      known: [known],
      knock: ({ host }) => {
        knocked.push(host)
        return Promise.resolve('silent')
      },
    }).done
    expect(knocked.sort()).toEqual(['127.0.7.1', '127.0.7.1', '127.0.7.2'])
  })

  it('says so when this machine has no connection left', async () => {
    const { problems } = await search([{ host: '127.0.0.1', port: 1 }], {
      knock: () => Promise.resolve('overloaded'),
    }).done
    expect(problems).toMatchObject([{ code: 'scan/overloaded' }])
  })
})

describe('what is heard while a search listens', () => {
  /** A source that the test speaks through. */
  function voice(): { source: CandidateSource; say(candidate: Candidate): void; stopped: () => boolean } {
    let say: (candidate: Candidate) => void = () => undefined
    let stopped = false
    return {
      source: {
        open: (onCandidate) => {
          say = onCandidate
          return Promise.resolve({
            ok: true,
            value: {
              stop: () => {
                stopped = true
                return Promise.resolve()
              },
            },
          })
        },
      },
      say: (candidate) => say(candidate),
      stopped: () => stopped,
    }
  }

  it('is identified like everything else, once, with the MAC address that was told', async () => {
    const live = await tinyRig(s19)
    const { source, say, stopped } = voice()
    const scan = search([], { sources: [source], listenMs: 900 })
    await Promise.resolve()
    say({ address: live.address, mac: '02:00:00:00:00:01' })
    say({ address: live.address, mac: '02:00:00:00:00:01' })
    say({ address: { host: '198.51.100.7', port: null }, mac: null })
    const progress = await scan.done
    expect(progress).toMatchObject({ total: 1, tried: 1, answered: 1 })
    expect(progress.finds).toMatchObject([
      { identified: { kind: 'rig', family: 'antminer', mac: '02:00:00:00:00:01' } },
    ])
    expect(progress.listeningUntilMs).toBe(progress.startedAtMs + 900)
    expect(stopped()).toBe(true)
  })

  it('tells the MAC address of a rig that was found before it was heard', async () => {
    const live = await tinyRig(s19)
    const { source, say } = voice()
    const scan = search([live.address], { sources: [source], listenMs: 60_000 })
    await new Promise<void>((resolve) => scan.onFind(() => resolve()))
    const told = new Promise<Identified>((resolve) => scan.onFind(({ identified }) => resolve(identified)))
    say({ address: live.address, mac: '02:00:00:00:00:02' })
    expect(await told).toMatchObject({ mac: '02:00:00:00:00:02' })
    expect((await scan.stop()).finds).toHaveLength(1)
  })

  it('has a rig tried again that did not answer the first time', async () => {
    const { port, close } = await tinyRig(s19)
    await close()
    const { source, say } = voice()
    const address = { host: '127.0.0.1', port }
    const scan = search([address], { sources: [source], listenMs: 60_000 })
    await expect.poll(() => scan.progress.completeMs).not.toBeNull()
    await tinyRig(s19, '127.0.0.1', port)
    const found = new Promise<Identified>((resolve) => scan.onFind(({ identified }) => resolve(identified)))
    say({ address, mac: null })
    expect(await found).toMatchObject({ family: 'antminer' })
    expect(await scan.stop()).toMatchObject({ total: 1, tried: 1 })
  })

  it.each([
    ['an Antminer', antminerReports, '127.0.0.1,02:00:00:00:00:AA'],
    ['a Whatsminer', whatsminerReports, 'IP:127.0.0.1\nMAC:02:00:00:00:00:AA\n'],
  ])('is the report button of %s', async (_whose, reports, report) => {
    const heard = new Promise<Candidate>((resolve, reject) => {
      void reports({
        host: '127.0.0.1',
        port: 0,
        onOpen: (port) => {
          const socket = createSocket('udp4')
          socket.send('nonsense', port, '127.0.0.1')
          socket.send(report, port, '127.0.0.1', () => socket.close())
        },
      })
        .open(resolve)
        .then((opened) => {
          if (!opened.ok) reject(opened.error)
          else onTestFinished(() => opened.value.stop())
        })
    })
    expect(await heard).toEqual({ address: { host: '127.0.0.1', port: null }, mac: '02:00:00:00:00:aa' })
  })

  it('is nothing when another program has the port of the reports, and the search says which', async () => {
    const other = createSocket('udp4')
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const live = await tinyRig(bitaxe)
    const { finds, problems } = await search([live.address], {
      sources: [antminerReports({ host: '127.0.0.1', port: other.address().port })],
      listenMs: 300,
    }).done
    expect(finds).toHaveLength(1)
    expect(problems).toMatchObject([{ code: 'scan/port-taken' }])
    expect(problems[0]?.message).toContain('Antminer')
  })

  it('is a Bitaxe that announces itself', async ({ skip }) => {
    const probe = createSocket({ type: 'udp4' })
    await new Promise<void>((resolve) => probe.bind(0, resolve))
    const { port } = probe.address()
    await new Promise<void>((resolve) => probe.close(() => resolve()))
    const heard: Candidate[] = []
    const opened = await mdnsSource({ clock: systemClock, interfaceAddresses: ['127.0.0.1'], port }).open(
      (candidate) => heard.push(candidate),
    )
    if (!opened.ok) return skip(`no multicast on loopback: ${opened.error.message}`)
    onTestFinished(() => opened.value.stop())
    const settings = { port, interface: '127.0.0.1', loopback: true }
    const announcer = new Bonjour(settings)
    onTestFinished(() => new Promise<void>((resolve) => announcer.destroy(() => resolve())))
    announcer.publish({ name: 'A printer', type: 'http', port: 8631, probe: false })
    announcer.publish({
      name: 'Bitaxe Gamma 601 (01a2)',
      type: 'http',
      port: 8123,
      probe: false,
      subtypes: ['axeos'],
      txt: { board: '601', family: 'Gamma', asic: 'BM1370', asic_count: '1', fw_version: 'v2.15.0' },
    })
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThan(0)
    expect(new Set(heard.map(({ address }) => address.port))).toEqual(new Set([8123]))
  })

  it('ends no search when multicast cannot be had', async () => {
    const { problems, state } = await search([], {
      sources: [
        mdnsSource({ clock: systemClock, interfaceAddresses: [] }),
        mdnsSource({ clock: systemClock, interfaceAddresses: ['192.0.2.77'], port: 0 }),
      ],
      listenMs: 100,
    }).done
    expect(state).toBe('done')
    expect(problems.map(({ code }) => code)).toEqual(['scan/cannot-listen', 'scan/cannot-listen'])
  })
})
