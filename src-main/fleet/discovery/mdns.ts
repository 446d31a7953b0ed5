/**
 * Listens for rigs that announce themselves by multicast DNS: AxeOS from 2.15 on, as `_http._tcp` with the sub-type
 * `_axeos`. What is heard is hearsay, identified like every other address. Packets come from anybody in the network, so
 * the library that reads them is fed through a gate that bounds them and ends no program.
 * Governing document: rig API digest, section 1.3.
 */
import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import { Bonjour } from 'bonjour-service'
import { type Clock, err, errorText, HeadframeError, ok, type Result } from '../../base/index.ts'
import { parseAddress } from '../../net/index.ts'
import { objectOf } from '../model/lenient.ts'
import { type RigAddress } from '../transport/rig-link.ts'
import { type CandidateSource, type Listening } from './candidate.ts'

const MDNS_PORT = 5353
const MDNS_GROUP = '224.0.0.251'
const MAX_PACKET_BYTES = 9000
/** While one search listens; a network with more has other problems. */
const MAX_PACKETS = 20_000
/** RFC 6762 asks at growing intervals; a search is short. */
const ASK_AGAIN_MS = 2_000
const HTTP_PORT = 80

/** The part of what was announced that is used. */
export interface AnnouncedService {
  readonly name?: string | undefined
  readonly port?: number | undefined
  readonly addresses?: readonly string[] | undefined
  readonly subtypes?: readonly string[] | undefined
  /** By key, in any case. */
  readonly txt?: unknown
  readonly referer?: { readonly address: string } | undefined
}

export interface MdnsOptions {
  readonly clock: Clock
  /** IPv4 addresses of this machine; asked and listened at from each. */
  readonly interfaceAddresses: readonly string[]
  /** 5353 if absent. */
  readonly port?: number
  /** Whether announcements of this very machine count too; they do if absent. */
  readonly loopback?: boolean
}

/** Whether an announced web server is a rig's, by sub-type, name, or the keys only AxeOS has. */
export function isAxeosService({ name = '', subtypes = [], txt }: AnnouncedService): boolean {
  const keys = new Set(Object.keys(objectOf(txt)).map((key) => key.toLowerCase()))
  return (
    subtypes.some((subtype) => /^_?axeos$/i.test(subtype)) ||
    /^bitaxe\b/i.test(name) ||
    (keys.has('board') && keys.has('asic') && keys.has('fw_version'))
  )
}

/** Where an announced service is: its IPv4 address, else the one that told of it. @returns null if neither is known */
export function addressOfService({ port, addresses = [], referer }: AnnouncedService): RigAddress | null {
  const host = [...addresses, referer?.address ?? ''].find((each) => parseAddress(each)?.length === 4)
  if (host === undefined) return null
  return { host, port: port === undefined || port === HTTP_PORT || port < 1 || port > 65_535 ? null : port }
}

export function mdnsSource(options: MdnsOptions): CandidateSource {
  const { interfaceAddresses } = options
  return {
    open: async (onCandidate) => {
      const onService = (service: AnnouncedService): void => {
        const address = isAxeosService(service) ? addressOfService(service) : null
        if (address !== null) onCandidate({ address, mac: null })
      }
      const opened = await Promise.all(interfaceAddresses.map((each) => listenAt(each, options, onService)))
      const open = opened.flatMap((each) => (each.ok ? [each.value] : []))
      const refused = opened.find((each) => !each.ok)
      if (open.length === 0) return refused ?? err(refusal('this machine is in no network'))
      return ok({ stop: async () => void (await Promise.all(open.map((each) => each.stop()))) })
    },
  }
}

function refusal(why: string, cause?: unknown): HeadframeError {
  return new HeadframeError(
    'scan/cannot-listen',
    `Rigs that announce themselves cannot be heard: ${why}. Everything else was searched.`,
    { cause },
  )
}

async function listenAt(
  interfaceAddress: string,
  { clock, port = MDNS_PORT, loopback = true }: MdnsOptions,
  onService: (service: AnnouncedService) => void,
): Promise<Result<Listening, HeadframeError>> {
  const opened = await openMulticast(interfaceAddress, port, loopback)
  if (!opened.ok) return opened
  const gate = new PacketGate(opened.value)
  // The socket is bound and a member already, by us: where that fails, the library throws where nobody can catch.
  const settings = { port, socket: gate, bind: false, multicast: false }
  const bonjour = new Bonjour(settings, () => undefined)
  const browsers = [
    bonjour.find({ type: 'http' }, onService),
    // Becomes the query for the sub-type, `_axeos._sub._http._tcp.local`.
    bonjour.find({ type: 'http', name: '_axeos._sub' }, (service) =>
      onService({ ...plainService(service), subtypes: ['axeos'] }),
    ),
  ]
  const again = clock.every(ASK_AGAIN_MS, () => {
    for (const browser of browsers) browser.update()
  })
  let stopped: Promise<void> | null = null
  return ok({
    stop: () =>
      (stopped ??= new Promise((resolve) => {
        again.cancel()
        for (const browser of browsers) browser.stop()
        bonjour.destroy(() => resolve())
      })),
  })
}

/** Members of the library's class as plain values. */
function plainService({ name, port, addresses, txt, referer }: AnnouncedService): AnnouncedService {
  return { name, port, addresses, txt, referer }
}

function openMulticast(
  interfaceAddress: string,
  port: number,
  loopback: boolean,
): Promise<Result<Socket, HeadframeError>> {
  return new Promise((resolve) => {
    // Other programs listen there too, the system's own responder first.
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const refuse = (error: unknown): void => {
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.close()
      resolve(err(refusal(errorText(error), error)))
    }
    socket.once('error', refuse)
    socket.bind(port, () => {
      try {
        socket.addMembership(MDNS_GROUP, interfaceAddress)
        socket.setMulticastInterface(interfaceAddress)
        socket.setMulticastTTL(255)
        socket.setMulticastLoopback(loopback)
      } catch (error) {
        refuse(error)
        return
      }
      socket.removeListener('error', refuse)
      resolve(ok(socket))
    })
  })
}

/** What the library takes for its socket: passes packets on within limits, and keeps what they cause to itself. */
class PacketGate extends EventEmitter {
  readonly #socket: Socket
  #packets = 0

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('message', (packet, from) => {
      if (packet.length > MAX_PACKET_BYTES || ++this.#packets > MAX_PACKETS) return
      try {
        this.emit('message', packet, from)
      } catch {
        // Names and records that the library does not expect; the next packet is another matter.
      }
    })
  }

  send(
    ...message: readonly [Uint8Array, number, number, number, string, (error: Error | null) => void]
  ): void {
    this.#socket.send(...message)
  }

  close(done: () => void): void {
    this.#socket.close(done)
  }
}
