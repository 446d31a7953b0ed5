/** Builds the fleet with its searches and its tuning beside the proxy, starts and stops them in order. */
import { networkInterfaces } from 'node:os'
import { type ScanSuggestion, type Tuning } from '../../src-preload/contract/index.ts'
import { type Clock, DisposalStack, type Entropy, type Logger } from '../base/index.ts'
import {
  antminerReports,
  type CandidateSource,
  FAMILIES,
  Fleet,
  mdnsSource,
  ownSubnets,
  parseTargets,
  probeLinks,
  rigSubject,
  Tuner,
  type TuningSubject,
  whatsminerReports,
} from '../fleet/index.ts'
import { type JsonFileNotice, openRigBook, openTuningFile, type SecretStore } from '../settings/index.ts'
import { FleetDesk, type FleetDeskParts } from './fleet-desk.ts'
import { type PoolList } from './pool-list.ts'
import { proxySide, type ProxySideParts } from './proxy-side.ts'
import { ScanDesk } from './scan-desk.ts'
import { TuningDesk } from './tuning-desk.ts'

export interface FleetServiceParts extends Pick<ProxySideParts, 'downstreams' | 'listeners'> {
  readonly dataDir: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly secrets: SecretStore
  readonly list: PoolList
  /** Ranges beside the private ones where a person allows to look, as CIDR. */
  allowedRanges(): readonly string[]
  /** Places to look that are no networks of this machine: the practice farm. */
  readonly extraTargets: readonly string[]
  /** IPv4 addresses of this machine on whose networks rigs may announce themselves; all it has for null. */
  readonly announcedOn: readonly string[] | null
  sawRig: FleetDeskParts['sawRig']
  sawRun: FleetDeskParts['sawRun']
  sawTuning: (tuning: Tuning) => void
  forgetRig: FleetDeskParts['forgetRig']
  /** A device on this machine's own ports, tuned as a rig is; null if it is none. */
  deviceSubject(id: string): TuningSubject | null
  /** Something about the kept files that the person should be told. */
  tell(notice: JsonFileNotice): void
}

export interface FleetService {
  readonly desk: FleetDesk
  readonly scans: ScanDesk
  readonly tuning: TuningDesk
  stop(): Promise<void>
}

/** @throws HeadframeError `settings/…` if what is known of rigs cannot be read */
export async function startFleet(parts: FleetServiceParts): Promise<FleetService> {
  const { dataDir, clock, entropy, secrets } = parts
  const log = parts.log.child('fleet')
  const disposal = new DisposalStack()
  const book = await openRigBook(dataDir, clock)
  const memory = await openTuningFile(dataDir, clock)
  for (const notice of [...book.notices, ...memory.notices]) parts.tell(notice)

  const fleet = new Fleet({
    clock,
    entropy,
    log,
    families: Object.values(FAMILIES),
    store: book.store,
    secrets,
    proxy: proxySide(parts),
  })
  const scans = new ScanDesk({
    clock,
    entropy,
    log,
    fleet,
    openLink: probeLinks({ clock, entropy }),
    suggestions: () => [
      ...parts.extraTargets.map(practiceFarm),
      ...ownNetworks(parts.extraTargets.length === 0),
    ],
    sources: (wanted) => candidateSources(parts, wanted),
    allowedRanges: parts.allowedRanges,
  })
  const desk = new FleetDesk({
    fleet,
    sawRig: (rig, detail) => parts.sawRig(rig, detail),
    sawRun: (run) => parts.sawRun(run),
    forgetRig: (id) => parts.forgetRig(id),
    scan: async (targets) => {
      const draft = { targets: [...targets], mdns: false, reports: false, listenSeconds: 1 }
      return (await scans.start(draft)).id
    },
  })
  const subject = (id: string): TuningSubject =>
    parts.deviceSubject(id) ?? rigSubject(id, { clock, entropy, access: fleet })
  const tuner = new Tuner({ clock, log, subject, memory: memory.store })
  const tuning = new TuningDesk(tuner, (view) => parts.sawTuning(view))

  disposal.add('fleet', () => fleet.stop())
  await fleet.start()
  disposal.add('tuning', () => tuner.stop())
  await tuner.start()
  disposal.add('scans', () => scans.stopAll())
  desk.begin()
  tuning.begin()
  return {
    desk,
    scans,
    tuning,
    async stop() {
      for (const { name, error } of await disposal.dispose())
        log.warn('could not stop a part', { part: name, error })
    },
  }
}

/** @param preferred whether they are where rigs are likely; beside a practice farm they are not */
function ownNetworks(preferred: boolean): ScanSuggestion[] {
  return ownSubnets(networkInterfaces()).map((subnet) => ({
    ...subnet,
    preferred: preferred && subnet.preferred,
  }))
}

function practiceFarm(target: string): ScanSuggestion {
  const addresses = parseTargets([target]).length
  return { target, label: 'Practice farm', addresses, preferred: true }
}

function candidateSources(
  { clock, announcedOn }: FleetServiceParts,
  { mdns, reports }: { mdns: boolean; reports: boolean },
): CandidateSource[] {
  return [
    ...(mdns ? [mdnsSource({ clock, interfaceAddresses: announcedOn ?? ipv4Addresses() })] : []),
    ...(reports ? [antminerReports(), whatsminerReports()] : []),
  ]
}

function ipv4Addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  )
}
