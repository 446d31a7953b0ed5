/** What stands in the cells of the rig table that are one piece of text, and what their tooltips say. */
import { formatDifficulty } from '../../format/difficulty.ts'
import { formatRelative, formatShortDuration } from '../../format/duration.ts'
import { formatHashrate } from '../../format/hashrate.ts'
import { shortLinkLabel } from '../../format/links.ts'
import {
  ABSENT,
  ABSENT_MEANING,
  measuredCount,
  measuredEfficiency,
  measuredPower,
  measuredRpm,
  measuredTemperature,
} from '../../format/measured.ts'
import { formatCount, formatPercent } from '../../format/number.ts'
import { firmwareText, modelText, placeText, powerSourceMeaning } from '../../format/rig-words.ts'
import { poolHost } from '../../format/text.ts'
import type { RigColumn, RigColumnId } from './rig-columns.ts'
import { rowHashrate, rowHealth, rowLastShare, type FleetRow } from './rig-rows.ts'

export interface CellContext {
  /** The core's clock, epoch milliseconds. */
  now: number
  poolNames: ReadonlyMap<string, string>
}

export const NO_INTERFACE = 'Connected, with no interface of its own that Headframe could read.'

export function rigCellText(row: FleetRow, column: RigColumnId, context: CellContext): string {
  const { connection } = row
  // What is too old to show counts as not said.
  const rig = row.hasValues ? row.rig : null
  switch (column) {
    case 'name':
      return row.name
    case 'hashrate': {
      const hashrateHs = rowHashrate(row)
      if (hashrateHs === null || (row.rig === null && hashrateHs === 0)) return ABSENT
      return formatHashrate(hashrateHs)
    }
    case 'effective': {
      const hashrateHs = row.rig?.effectiveHs ?? connection?.hashrateHs ?? null
      return hashrateHs === null ? ABSENT : formatHashrate(hashrateHs)
    }
    case 'chip':
      return measuredTemperature(rig?.chipMaxC ?? null)
    case 'board':
      return measuredTemperature(rig?.boardMaxC ?? null)
    case 'fan':
      return measuredRpm(rig?.fanRpm ?? null)
    case 'power':
      return measuredPower(rig?.powerW ?? null)
    case 'efficiency':
      return measuredEfficiency(rig?.efficiencyJTh ?? null)
    case 'uptime':
      return rig?.uptimeS == null ? ABSENT : formatShortDuration(rig.uptimeS * 1000)
    case 'lastShare': {
      const at = rowLastShare(row)
      return at === null ? ABSENT : formatRelative(at, context.now)
    }
    case 'problem':
      return rowHealth(row, context.now).text ?? ''
    case 'minesAt':
      if (row.rig === null || row.rig.minesHere === true) return 'Headframe'
      return row.rig.pool === null ? ABSENT : poolHost(row.rig.pool.url)
    case 'model':
      return row.rig === null ? 'no interface of its own' : (modelText(row.rig) ?? ABSENT)
    case 'firmware':
      return (row.rig === null ? connection?.userAgent : firmwareText(row.rig)) ?? ABSENT
    case 'group':
      return row.rig?.group?.name ?? ABSENT
    case 'place':
      return (row.rig === null ? null : placeText(row.rig.place)) ?? ABSENT
    case 'accepted':
      return measuredCount(row.rig?.accepted ?? null)
    case 'best': {
      const best = row.rig?.bestShare ?? connection?.bestDifficulty ?? 0
      return best === 0 ? ABSENT : formatDifficulty(best)
    }
    case 'address':
      return row.rig?.address ?? connection?.address ?? ABSENT
    case 'mac':
      return row.rig?.mac ?? ABSENT
    case 'connected':
      return connection === null ? ABSENT : formatShortDuration(context.now - connection.connectedAt)
    case 'difficulty':
      return connection === null ? ABSENT : formatDifficulty(connection.difficulty)
    case 'pool':
      return connection?.poolId == null ? ABSENT : (context.poolNames.get(connection.poolId) ?? ABSENT)
    case 'protocol':
      return connection === null ? ABSENT : shortLinkLabel(connection.protocol, connection.transport)
    case 'valid':
    case 'rejected':
    case 'invalid':
    case 'stale':
    case 'duplicate':
      return connection === null ? ABSENT : formatCount(connection.shares[column])
    // The state is drawn, not written.
    case 'state':
      return ''
  }
}

const CONNECTION_COLUMNS = new Set<RigColumnId>([
  'effective',
  'valid',
  'rejected',
  'invalid',
  'stale',
  'duplicate',
  'difficulty',
  'pool',
  'protocol',
  'connected',
])

/** Why there is a dash, how old a value is, or the whole of a text that may be cut. */
export function rigCellTitle(
  row: FleetRow,
  column: RigColumn,
  text: string,
  now: number,
): string | undefined {
  const { rig } = row
  if (text === ABSENT) {
    if (rig === null) return column.measured ? NO_INTERFACE : undefined
    if (CONNECTION_COLUMNS.has(column.id)) return 'It is not connected to this Headframe.'
    if (rig.freshness === 'never') return 'It has not been read yet.'
    if (rig.freshness === 'gone' && column.measured)
      return rig.readAt === null
        ? 'It could not be read.'
        : `Its last reading is ${formatShortDuration(now - rig.readAt)} old: too old to show.`
    return ABSENT_MEANING
  }
  if (column.measured && row.stale && rig?.readAt != null)
    return `Not read since ${formatShortDuration(now - rig.readAt)}: this is the last known value.`
  if (column.id === 'hashrate' && rig === null && row.connection?.hashrateRatioError != null)
    return `From its shares here, give or take ${formatPercent(row.connection.hashrateRatioError)}.`
  if (column.id === 'power' && rig !== null) return powerSourceMeaning(rig.powerSource)
  if (column.id === 'model' && rig === null) return NO_INTERFACE
  if (column.id === 'minesAt' && rig?.pool != null) return `${rig.pool.url} as ${rig.pool.user}`
  if (column.id === 'problem') return [text, rowHealth(row, now).detail].filter(Boolean).join('\n')
  return column.align === 'start' && text !== '' ? text : undefined
}

/** Numbers that ask for no attention step back. */
export function isFaint(text: string): boolean {
  return text === '0' || text === ABSENT
}
