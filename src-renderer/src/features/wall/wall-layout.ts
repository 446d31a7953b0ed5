/** How tiles are laid out on a screen, and who comes first. Pure. */
import type { Downstream, Rig } from '@contract'
import { rigHealth } from '../../format/rig-health.ts'
import {
  connectionStanding,
  standingWording,
  type RigStanding,
  type StateShape,
} from '../../format/rig-words.ts'
import type { Tone } from '../../format/words.ts'

export interface WallTile {
  id: string
  name: string
  standing: RigStanding
  tone: Tone
  shape: StateShape
  /** What is wrong, a short sentence. */
  problem: string | null
  hashrateHs: number | null
  chipC: number | null
  place: string
  /** Its values are the last known, not live. */
  stale: boolean
  /** Has a page of its own. */
  rigId: string | null
}

const NAMES = new Intl.Collator('en', { numeric: true })

/** Rigs, and connections of those without an interface, by place and name: a tile keeps its place on the screen. */
export function wallTiles(rigs: readonly Rig[], connections: readonly Downstream[], now: number): WallTile[] {
  const taken = new Set(rigs.map((rig) => rig.downstreamId))
  const tiles = rigs.map((rig): WallTile => {
    const health = rigHealth(rig, now)
    const shows = rig.freshness === 'live' || rig.freshness === 'stale'
    const state = standingWording(rig.state)
    const tone = health.tone === 'info' ? state.tone : health.tone
    return {
      id: rig.id,
      name: rig.name,
      standing: rig.state,
      tone,
      // A tick beside something that is wrong would be read as all is well.
      shape: tone !== state.tone && (tone === 'bad' || tone === 'warn') ? 'cross' : state.shape,
      problem: tone === 'bad' || tone === 'warn' ? health.text : null,
      hashrateHs: shows ? rig.hashrateHs : null,
      chipC: shows ? rig.chipMaxC : null,
      place: `${rig.place.room}\n${rig.place.shelf}`,
      stale: rig.freshness === 'stale',
      rigId: rig.id,
    }
  })
  const others = connections
    .filter((connection) => !taken.has(connection.id))
    .map((connection): WallTile => {
      const standing = connectionStanding(connection.state)
      return {
        id: `connection:${connection.id}`,
        name: connection.name,
        standing,
        tone: standingWording(standing).tone,
        shape: standingWording(standing).shape,
        problem: standing === 'quiet' ? 'Its shares are overdue' : null,
        hashrateHs: connection.state === 'subscribing' ? null : connection.hashrateHs,
        chipC: null,
        // After everything that has a place.
        place: '\uffff',
        stale: false,
        rigId: null,
      }
    })
  return [...tiles, ...others].sort(
    (a, b) => NAMES.compare(a.place, b.place) || NAMES.compare(a.name, b.name),
  )
}

export interface WallGrid {
  columns: number
  rows: number
  /** Tiles on one page. */
  perPage: number
  pages: number
}

/** Smaller than this and a tile cannot be read across a room. */
const LEAST_WIDTH = 148
const LEAST_HEIGHT = 96
/** Width to height that a tile looks best at. */
const SHAPE = 1.55

/** The largest tiles that all fit; where they would be too small to read, pages of the smallest that can be. */
export function wallGrid(count: number, width: number, height: number): WallGrid {
  if (count === 0 || width <= 0 || height <= 0) return { columns: 1, rows: 1, perPage: 1, pages: 1 }
  const mostColumns = Math.max(1, Math.floor(width / LEAST_WIDTH))
  const mostRows = Math.max(1, Math.floor(height / LEAST_HEIGHT))
  if (count > mostColumns * mostRows) {
    const perPage = mostColumns * mostRows
    return { columns: mostColumns, rows: mostRows, perPage, pages: Math.ceil(count / perPage) }
  }
  let best = { columns: mostColumns, rows: Math.ceil(count / mostColumns), size: 0 }
  for (let columns = 1; columns <= Math.min(count, mostColumns); columns++) {
    const rows = Math.ceil(count / columns)
    if (rows > mostRows) continue
    const size = Math.min(width / columns, (height / rows) * SHAPE)
    if (size > best.size) best = { columns, rows, size }
  }
  return { columns: best.columns, rows: best.rows, perPage: best.columns * best.rows, pages: 1 }
}

/** Those in trouble on every page first, so that nobody waits for the right page; the others in their order. */
export function wallPage(tiles: readonly WallTile[], grid: WallGrid, page: number): WallTile[] {
  if (grid.pages <= 1) return [...tiles]
  const trouble = tiles.filter((tile) => tile.tone === 'bad').slice(0, Math.floor(grid.perPage / 2))
  const ids = new Set(trouble.map((tile) => tile.id))
  const others = tiles.filter((tile) => !ids.has(tile.id))
  const room = grid.perPage - trouble.length
  const pages = Math.max(1, Math.ceil(others.length / room))
  const from = (page % pages) * room
  return [...trouble, ...others.slice(from, from + room)]
}

/** How many pages there are when those in trouble are on each. */
export function wallPages(tiles: readonly WallTile[], grid: WallGrid): number {
  if (grid.pages <= 1) return 1
  const trouble = Math.min(tiles.filter((tile) => tile.tone === 'bad').length, Math.floor(grid.perPage / 2))
  return Math.max(1, Math.ceil((tiles.length - trouble) / (grid.perPage - trouble)))
}
