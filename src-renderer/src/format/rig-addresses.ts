/** Every way in for rigs, as text to copy into a rig's own page. Pure. */
import type { AppInfo } from '@contract'
import { poolHost } from './text.ts'

export interface RigAddress {
  label: string
  /** What is copied. */
  text: string
}

export interface RigEntrance {
  id: 'stratum-v1' | 'stratum-v1-tls' | 'stratum-v2' | 'websocket'
  title: string
  /** Whom it is for, a sentence. */
  note: string
  addresses: RigAddress[]
}

type Listening = { address: string; lanAddresses: readonly string[] }

/** Listening on all addresses is none to point a rig at. */
const EVERYWHERE = /^(?:0\.0\.0\.0|\[::\]):/

/** `host:port` of this machine as rigs can reach it: the main one first. */
export function rigPlaces({ address, lanAddresses }: Listening): string[] {
  const port = /:(\d+)$/.exec(address)?.[1]
  const others = lanAddresses.map((each) =>
    port === undefined || /[^:]:\d+$/.test(each)
      ? each
      : `${each.includes(':') ? `[${each}]` : each}:${port}`,
  )
  if (!EVERYWHERE.test(address)) return [...new Set([address, ...others])]
  // Without a network there are rigs on this machine at most.
  return others.length > 0 ? [...new Set(others)] : [address.replace(EVERYWHERE, '127.0.0.1:')]
}

/** The same as URLs for rigs that speak Stratum V1. */
export function stratumUrls(stratum: Listening): string[] {
  return rigPlaces(stratum).map((place) => `stratum+tcp://${place}`)
}

const spell = (places: readonly string[], url: (place: string) => string): RigAddress[] =>
  places.map((place, index) => ({
    label: index === 0 ? 'Address' : 'Another address of this machine',
    text: url(place),
  }))

/** In the order people need them: what any rig understands first. */
export function rigEntrances(
  info: Pick<AppInfo, 'stratum' | 'stratumV2' | 'stratumWs' | 'certificate'>,
): RigEntrance[] {
  const entrances: RigEntrance[] = []
  if (info.stratum !== null) {
    const places = rigPlaces(info.stratum)
    entrances.push({
      id: 'stratum-v1',
      title: 'Stratum V1',
      note: 'What nearly every rig speaks. Any user name works and becomes the rig’s name here.',
      addresses: spell(places, (place) => `stratum+tcp://${place}`),
    })
    if (info.certificate !== null)
      entrances.push({
        id: 'stratum-v1-tls',
        title: 'Stratum V1, encrypted',
        note: 'On the same port, for rigs that offer TLS. Let the rig accept our own certificate, or pin it.',
        addresses: spell(places.slice(0, 1), (place) => `stratum+ssl://${place}`),
      })
  }
  if (info.stratumV2 !== null) {
    const { authorityKey } = info.stratumV2
    const places = rigPlaces(info.stratumV2)
    const main = places[0] ?? ''
    entrances.push({
      id: 'stratum-v2',
      title: 'Stratum V2',
      note: 'Encrypted, and with fewer bytes. The key at the end proves to the rig that it talks to this Headframe.',
      addresses: [
        ...spell(places, (place) => `stratum2+tcp://${place}/${authorityKey}`),
        { label: 'Key alone, for rigs that ask for it apart', text: authorityKey },
        { label: 'Host and port alone', text: poolHost(`stratum2+tcp://${main}`) },
      ],
    })
  }
  if (info.stratumWs !== null) {
    const [main = ''] = rigPlaces(info.stratumWs)
    entrances.push({
      id: 'websocket',
      title: 'WebSocket',
      note: 'For software that can only open web connections. Both protocols on one port; wss:// is encrypted.',
      addresses: [
        { label: 'Stratum V1', text: `stratum+ws://${main}` },
        ...(info.stratumV2 === null
          ? []
          : [{ label: 'Stratum V2', text: `sv2+ws://${main}/#${info.stratumV2.authorityKey}` }]),
      ],
    })
  }
  return entrances
}
