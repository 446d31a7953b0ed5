/**
 * The one contract: every procedure a screen, a script or a test can call, with its HTTP path, checked
 * input and typed answer. Implemented once in `src-main/api`; carried by Electron message ports, WebSocket
 * and HTTP alike. Imports nothing of the core.
 */
import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { liveList, liveValue } from './live.ts'
import * as d from './devices.ts'
import * as e from './earnings.ts'
import * as h from './history.ts'
import * as j from './jobs.ts'
import * as k from './keeping.ts'
import * as m from './money.ts'
import * as g from './rigs.ts'
import * as r from './routing.ts'
import * as n from './runs.ts'
import * as s from './scans.ts'
import * as t from './traffic.ts'
import * as u from './tuning.ts'
import * as v from './values.ts'

export * from './devices.ts'
export * from './earnings.ts'
export * from './history.ts'
export * from './jobs.ts'
export * from './keeping.ts'
export * from './live.ts'
export * from './money.ts'
export * from './rigs.ts'
export * from './routing.ts'
export * from './runs.ts'
export * from './scans.ts'
export * from './traffic.ts'
export * from './tuning.ts'
export * from './values.ts'

/** What every error carries beside its message. */
export const errorData = z.object({
  code: z.string().describe('subject/what-happened, stable'),
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
export type ErrorData = z.infer<typeof errorData>

const base = oc.errors({
  BAD_REQUEST: { status: 400, data: errorData },
  NOT_FOUND: { status: 404, data: errorData },
  CONFLICT: { status: 409, data: errorData },
  BAD_GATEWAY: { status: 502, data: errorData, message: 'The pool did not do what was asked' },
  SERVICE_UNAVAILABLE: { status: 503, data: errorData },
})

const id = z.object({ id: z.string() })

const poolTestDraft = v.poolDraft.pick({ url: true, userIdentity: true, password: true }).extend({
  id: z.string().optional().describe('Use the stored password of this pool'),
})

export const contract = {
  app: {
    health: base
      .route({ method: 'GET', path: '/health', summary: 'Whether Headframe runs; needs no token' })
      .output(z.object({ status: z.literal('ok'), version: z.string(), uptimeMs: z.number().nonnegative() })),
    info: base
      .route({ method: 'GET', path: '/app', summary: 'Version, host, addresses for rigs, notices' })
      .output(v.appInfo),
    dismissNotice: base
      .route({ method: 'DELETE', path: '/app/notices/{id}', summary: 'Dismisses a notice' })
      .input(id),
  },
  overview: {
    get: base.route({ method: 'GET', path: '/overview', summary: 'The farm at a glance' }).output(v.overview),
    live: base
      .route({ method: 'GET', path: '/overview/live', summary: 'The overview, again about every second' })
      .output(eventIterator(liveValue(v.overview))),
  },
  pools: {
    list: base
      .route({ method: 'GET', path: '/pools', summary: 'Pools in order of priority' })
      .output(z.array(v.pool)),
    live: base
      .route({ method: 'GET', path: '/pools/live', summary: 'Pools, then changes' })
      .output(eventIterator(liveList(v.pool))),
    create: base
      .route({ method: 'POST', path: '/pools', summary: 'Adds a pool at the end', successStatus: 201 })
      .input(v.poolDraft)
      .output(v.pool),
    update: base
      .route({ method: 'PATCH', path: '/pools/{id}', summary: 'Changes a pool' })
      .input(v.poolPatch.extend({ id: z.string() }))
      .output(v.pool),
    remove: base
      .route({ method: 'DELETE', path: '/pools/{id}', summary: 'Removes a pool; refused for the active one' })
      .input(id),
    activate: base
      .route({
        method: 'POST',
        path: '/pools/{id}/activate',
        summary: 'Switches every rig to this pool',
        description: 'Answers when the first job of the new pool went out.',
      })
      .input(id)
      .output(v.activation),
    test: base
      .route({
        method: 'POST',
        path: '/pools/test',
        summary: 'Connects to a pool and reports each step; changes nothing',
      })
      .input(poolTestDraft)
      .output(v.poolTest),
    testLive: base
      .route({ method: 'POST', path: '/pools/test/live', summary: 'The same test, told step by step' })
      .input(poolTestDraft)
      .output(eventIterator(v.poolTest)),
    presets: base
      .route({ method: 'GET', path: '/pools/presets', summary: 'Public pools to start from' })
      .output(z.array(v.poolPreset)),
  },
  downstreams: {
    list: base
      .route({ method: 'GET', path: '/downstreams', summary: 'Connected rigs as the proxy sees them' })
      .output(z.array(v.downstream)),
    live: base
      .route({ method: 'GET', path: '/downstreams/live', summary: 'Connected rigs, then changes' })
      .output(eventIterator(liveList(v.downstream))),
  },
  rigs: {
    list: base
      .route({ method: 'GET', path: '/rigs', summary: 'Rigs as the fleet sees them' })
      .output(z.array(g.rig)),
    live: base
      .route({ method: 'GET', path: '/rigs/live', summary: 'Rigs, then changes' })
      .output(eventIterator(liveList(g.rig))),
    get: base
      .route({ method: 'GET', path: '/rigs/{id}', summary: 'Everything the last reading of a rig said' })
      .input(id)
      .output(g.rigDetail),
    detailLive: base
      .route({ method: 'GET', path: '/rigs/{id}/live', summary: 'The same, again after every reading' })
      .input(id)
      .output(eventIterator(liveValue(g.rigDetail))),
    update: base
      .route({ method: 'PATCH', path: '/rigs/{id}', summary: 'Names, notes, place and group of a rig' })
      .input(g.rigPatch.extend({ id: z.string() }))
      .output(g.rig),
    remove: base
      .route({ method: 'DELETE', path: '/rigs/{id}', summary: 'Forgets a rig; the rig itself is not told' })
      .input(id),
    refresh: base
      .route({ method: 'POST', path: '/rigs/{id}/refresh', summary: 'Reads a rig now' })
      .input(id)
      .output(g.rig),
    raw: base
      .route({ method: 'GET', path: '/rigs/{id}/raw', summary: 'Its last raw replies, secrets masked' })
      .input(id)
      .output(g.rigRawReplies),
    act: base
      .route({
        method: 'POST',
        path: '/rigs/{id}/actions/{action}',
        summary: 'Tells a rig something and answers when it is proven, or not',
      })
      .input(
        n.actionInput.extend({ id: z.string(), action: g.rigAction, dryRun: z.boolean().default(false) }),
      )
      .output(n.runItem),
    import: base
      .route({ method: 'POST', path: '/rigs/import', summary: 'Adds rigs from a list' })
      .input(s.rigImport)
      .output(s.rigImportResult),
    setCredentials: base
      .route({
        method: 'PUT',
        path: '/rig-credentials/{scope}/{id}',
        summary: 'Stores the login of a rig, a group or a family',
      })
      .input(g.credentialsDraft.extend(g.credentialsTarget.shape)),
    removeCredentials: base
      .route({ method: 'DELETE', path: '/rig-credentials/{scope}/{id}', summary: 'Forgets a login' })
      .input(g.credentialsTarget),
    useFactoryLogin: base
      .route({
        method: 'POST',
        path: '/rigs/{id}/factory-login',
        summary: 'Stores what the maker set as the login of this rig, and reads it',
      })
      .input(id)
      .output(g.rig),
    template: base
      .route({ method: 'GET', path: '/worker-template', summary: 'How user names of rigs are made' })
      .output(z.object({ workerTemplate: z.string() })),
    setTemplate: base
      .route({ method: 'PUT', path: '/worker-template', summary: 'Changes how user names of rigs are made' })
      .input(z.object({ workerTemplate: z.string().trim().min(1).max(200) }))
      .output(z.object({ workerTemplate: z.string() })),
  },
  rigGroups: {
    list: base
      .route({ method: 'GET', path: '/rig-groups', summary: 'Groups of rigs' })
      .output(z.array(g.fleetGroup)),
    live: base
      .route({ method: 'GET', path: '/rig-groups/live', summary: 'Groups, then changes' })
      .output(eventIterator(liveList(g.fleetGroup))),
    create: base
      .route({ method: 'POST', path: '/rig-groups', summary: 'Adds a group', successStatus: 201 })
      .input(g.fleetGroupDraft)
      .output(g.fleetGroup),
    update: base
      .route({ method: 'PATCH', path: '/rig-groups/{id}', summary: 'Renames a group' })
      .input(g.fleetGroupDraft.extend({ id: z.string() }))
      .output(g.fleetGroup),
    remove: base
      .route({ method: 'DELETE', path: '/rig-groups/{id}', summary: 'Removes a group; its rigs stay' })
      .input(id),
  },
  runs: {
    start: base
      .route({
        method: 'POST',
        path: '/runs',
        summary: 'An action on many rigs, in batches',
        successStatus: 201,
      })
      .input(n.runDraft)
      .output(n.run),
    list: base
      .route({ method: 'GET', path: '/runs', summary: 'Actions since the start, newest first' })
      .output(z.array(n.run)),
    live: base
      .route({ method: 'GET', path: '/runs/live', summary: 'Actions, then changes' })
      .output(eventIterator(liveList(n.run))),
    get: base
      .route({ method: 'GET', path: '/runs/{id}', summary: 'One action, rig by rig' })
      .input(id)
      .output(n.run),
    stop: base
      .route({ method: 'POST', path: '/runs/{id}/stop', summary: 'Begins no more rigs' })
      .input(id)
      .output(n.run),
    undo: base
      .route({
        method: 'POST',
        path: '/runs/{id}/undo',
        summary: 'Puts back what it changed',
        successStatus: 201,
      })
      .input(id)
      .output(n.run),
  },
  scans: {
    suggestions: base
      .route({ method: 'GET', path: '/scans/suggestions', summary: 'Subnets of this machine' })
      .output(z.array(s.scanSuggestion)),
    start: base
      .route({ method: 'POST', path: '/scans', summary: 'Looks for rigs', successStatus: 201 })
      .input(s.scanDraft)
      .output(s.scan),
    get: base
      .route({ method: 'GET', path: '/scans/{id}', summary: 'A scan and what it found so far' })
      .input(id)
      .output(s.scan),
    live: base
      .route({ method: 'GET', path: '/scans/{id}/live', summary: 'The same, again when it changed' })
      .input(id)
      .output(eventIterator(liveValue(s.scan))),
    stop: base
      .route({ method: 'POST', path: '/scans/{id}/stop', summary: 'Ends a scan; finds stay' })
      .input(id)
      .output(s.scan),
  },
  devices: {
    list: base
      .route({ method: 'GET', path: '/devices', summary: 'USB and serial devices' })
      .output(z.array(d.device)),
    live: base
      .route({ method: 'GET', path: '/devices/live', summary: 'USB and serial devices, then changes' })
      .output(eventIterator(liveList(d.device))),
    access: base
      .route({
        method: 'GET',
        path: '/devices/access',
        summary: 'How this system lets a person reach such devices',
      })
      .output(d.deviceAccess),
    stopAll: base.route({
      method: 'POST',
      path: '/devices/stop-all',
      summary: 'Switches every board off, now; they stay off until started',
    }),
    get: base
      .route({ method: 'GET', path: '/devices/{id}', summary: 'Everything known of a device' })
      .input(id)
      .output(d.deviceDetail),
    detailLive: base
      .route({ method: 'GET', path: '/devices/{id}/live', summary: 'The same, again about every second' })
      .input(id)
      .output(eventIterator(liveValue(d.deviceDetail))),
    update: base
      .route({
        method: 'PATCH',
        path: '/devices/{id}',
        summary: 'Name, clock, voltage and fan, within the limits of the board',
      })
      .input(d.devicePatch.extend({ id: z.string() }))
      .output(d.device),
    choose: base
      .route({
        method: 'POST',
        path: '/devices/{id}/model',
        summary: 'Says what an anonymous device is; null: no miner, leave it alone',
      })
      .input(z.object({ id: z.string(), modelId: z.string().nullable() }))
      .output(d.device),
    act: base
      .route({ method: 'POST', path: '/devices/{id}/actions/{action}', summary: 'Tells a device something' })
      .input(z.object({ id: z.string(), action: d.deviceAction }))
      .output(d.device),
    forget: base
      .route({
        method: 'DELETE',
        path: '/devices/{id}',
        summary: 'Forgets the settings of a device that is unplugged',
      })
      .input(id),
    tune: base
      .route({
        method: 'POST',
        path: '/devices/{id}/tuning',
        summary: 'Steps frequency and voltage within limits and keeps the best',
        successStatus: 201,
      })
      .input(u.tuningDraft.extend({ id: z.string() }))
      .output(u.tuning),
    fault: base
      .route({
        method: 'POST',
        path: '/practice/devices/{id}/faults/{fault}',
        summary: 'Practice only: lets a simulated board misbehave',
      })
      .input(z.object({ id: z.string(), fault: d.deviceFault })),
  },
  tuning: {
    list: base
      .route({ method: 'GET', path: '/tuning', summary: 'Tuning of small boards, the last of each rig' })
      .output(z.array(u.tuning)),
    live: base
      .route({ method: 'GET', path: '/tuning/live', summary: 'Tuning, then changes' })
      .output(eventIterator(liveList(u.tuning))),
    start: base
      .route({
        method: 'POST',
        path: '/rigs/{id}/tuning',
        summary: 'Steps frequency and voltage within limits and keeps the best',
        successStatus: 201,
      })
      .input(u.tuningDraft.extend({ id: z.string() }))
      .output(u.tuning),
    stop: base
      .route({
        method: 'POST',
        path: '/rigs/{id}/tuning/stop',
        summary: 'Ends it with the best so far, or as before',
      })
      .input(z.object({ id: z.string(), keep: z.enum(['best', 'before']) }))
      .output(u.tuning),
    revert: base
      .route({
        method: 'POST',
        path: '/rigs/{id}/tuning/revert',
        summary: 'Back to the settings before tuning',
      })
      .input(id)
      .output(u.tuning),
  },
  jobs: {
    current: base
      .route({
        method: 'GET',
        path: '/jobs/current',
        summary: 'The decoded job being hashed; null without one',
      })
      .output(j.currentJob.nullable()),
    ofPool: base
      .route({ method: 'GET', path: '/jobs/current/{id}', summary: 'The decoded job of one connected pool' })
      .input(id)
      .output(j.currentJob.nullable()),
    timeline: base
      .route({
        method: 'GET',
        path: '/jobs/timeline',
        summary: 'Jobs per pool, and who knew of each block first',
      })
      .output(j.jobTimeline),
    timelineLive: base
      .route({ method: 'GET', path: '/jobs/timeline/live', summary: 'The timeline, again when it changed' })
      .output(eventIterator(liveValue(j.jobTimeline))),
  },
  warnings: {
    list: base
      .route({
        method: 'GET',
        path: '/warnings',
        summary: 'What the watchdog finds odd about pools and jobs',
      })
      .output(z.array(j.warning)),
    live: base
      .route({ method: 'GET', path: '/warnings/live', summary: 'Warnings, then changes' })
      .output(eventIterator(liveList(j.warning))),
  },
  routing: {
    get: base
      .route({ method: 'GET', path: '/routing', summary: 'Which rigs work for which pool' })
      .output(r.routing),
    live: base
      .route({ method: 'GET', path: '/routing/live', summary: 'Routing, again when it changed' })
      .output(eventIterator(liveValue(r.routing))),
    set: base
      .route({
        method: 'PUT',
        path: '/routing',
        summary: 'Changes routing; rigs that are concerned move at once',
      })
      .input(r.routing)
      .output(r.routing),
  },
  traffic: {
    links: base
      .route({ method: 'GET', path: '/links', summary: 'Connections to pools and from rigs' })
      .output(z.array(t.link)),
    linksLive: base
      .route({ method: 'GET', path: '/links/live', summary: 'Connections, then changes' })
      .output(eventIterator(liveList(t.link))),
    framesLive: base
      .route({
        method: 'GET',
        path: '/links/{id}/frames/live',
        summary: 'The decoded messages of one connection as they come',
      })
      .input(id)
      .output(eventIterator(t.trafficFrames)),
    bandwidth: base
      .route({
        method: 'GET',
        path: '/bandwidth',
        summary: 'Bytes moved, and what the other protocol would cost',
      })
      .output(t.bandwidth),
  },
  audit: {
    state: base
      .route({
        method: 'GET',
        path: '/audit/state',
        summary: 'Whether mining traffic is recorded, and how much',
      })
      .output(t.auditState),
    configure: base
      .route({ method: 'PUT', path: '/audit/settings', summary: 'Switches the audit log on or off' })
      .input(t.auditSettings)
      .output(t.auditState),
    query: base
      .route({ method: 'GET', path: '/audit', summary: 'Recorded messages, filtered, oldest first' })
      .input(t.auditQuery)
      .output(t.auditPage),
    export: base
      .route({ method: 'GET', path: '/audit/export', summary: 'Recorded messages as text, in pieces' })
      .input(t.auditExport)
      .output(t.auditChunk),
  },
  blocks: {
    list: base
      .route({ method: 'GET', path: '/blocks', summary: 'Blocks found by these rigs, newest first' })
      .output(z.array(v.block)),
  },
  history: {
    series: base
      .route({ method: 'GET', path: '/history', summary: 'A metric over time; gaps are null' })
      .input(h.historyQuery)
      .output(h.historySeries),
    explore: base
      .route({
        method: 'POST',
        path: '/history/explore',
        summary: 'Several metrics of any rigs over one stretch of time, with lowest and highest',
      })
      .input(h.exploreQuery)
      .output(h.exploreResult),
    sources: base
      .route({ method: 'GET', path: '/history/sources', summary: 'Rigs and meters that have a history' })
      .output(z.array(h.historySource)),
    events: base
      .route({ method: 'GET', path: '/history/events', summary: 'Switches, restarts, alerts, oldest first' })
      .input(h.eventQuery)
      .output(z.array(h.historyEvent)),
    analysis: base
      .route({
        method: 'GET',
        path: '/history/analysis',
        summary: 'Uptime, efficiency, rate against expected and rejects by cause, rig by rig',
      })
      .input(h.analysisQuery)
      .output(h.analysis),
  },
  keeping: {
    state: base
      .route({ method: 'GET', path: '/keeping', summary: 'The history as a file: size, retention, backups' })
      .output(k.keepingState),
    live: base
      .route({ method: 'GET', path: '/keeping/live', summary: 'The same, again when it changed' })
      .output(eventIterator(liveValue(k.keepingState))),
    configure: base
      .route({ method: 'PUT', path: '/keeping/retention', summary: 'How long what is kept, and backups' })
      .input(k.retention)
      .output(k.keepingState),
    backup: base
      .route({
        method: 'POST',
        path: '/keeping/backups',
        summary: 'Makes a backup now, while it runs',
        successStatus: 201,
      })
      .output(k.historyBackup),
    removeBackup: base
      .route({ method: 'DELETE', path: '/keeping/backups/{name}', summary: 'Deletes a backup' })
      .input(z.object({ name: z.string() })),
    verify: base
      .route({ method: 'POST', path: '/keeping/verify', summary: 'Reads the history, or a backup, whole' })
      .input(z.object({ backup: z.string().optional().describe('The history in use if absent') }))
      .output(k.verifyReport),
    restore: base
      .route({
        method: 'POST',
        path: '/keeping/backups/{name}/restore',
        summary: 'Puts a backup in place while it runs',
      })
      .input(z.object({ name: z.string() }))
      .output(k.restoreReport),
    export: base
      .route({ method: 'GET', path: '/keeping/export', summary: 'Recorded figures as text, in pieces' })
      .input(k.exportQuery)
      .output(k.exportPiece),
    testDatabase: base
      .route({ method: 'POST', path: '/keeping/database/test', summary: 'Tries a database; changes nothing' })
      .input(k.databaseDraft)
      .output(k.databaseTest),
    useDatabase: base
      .route({
        method: 'PUT',
        path: '/keeping/database',
        summary: 'Where the history is kept from the next start on; the one in use stays as it is',
      })
      .input(k.databaseDraft)
      .output(z.object({ restartNeeded: z.boolean() })),
  },
  money: {
    settings: base
      .route({ method: 'GET', path: '/money/settings', summary: 'What earnings and costs are counted with' })
      .output(m.moneySettings),
    update: base
      .route({ method: 'PATCH', path: '/money/settings', summary: 'Changes parts of it' })
      .input(m.moneyPatch)
      .output(m.moneySettings),
    checkTariff: base
      .route({ method: 'POST', path: '/money/tariff/check', summary: 'Whether every hour has one price' })
      .input(m.tariff)
      .output(m.tariffCheck),
    facts: base
      .route({
        method: 'GET',
        path: '/money/facts',
        summary: 'Difficulty, height, fees and price as known now',
      })
      .output(m.marketFacts),
    factsLive: base
      .route({ method: 'GET', path: '/money/facts/live', summary: 'The same, again when it changed' })
      .output(eventIterator(liveValue(m.marketFacts))),
    requests: base
      .route({
        method: 'GET',
        path: '/money/requests',
        summary: 'Every request to the outside that there can be',
      })
      .output(z.array(m.outgoingRequest)),
    check: base
      .route({
        method: 'POST',
        path: '/money/check',
        summary: 'Asks a chosen source once and tells what it said',
      })
      .input(z.object({ what: z.enum(['facts', 'price', 'payouts', 'node', 'proxy']) }))
      .output(m.sourceCheck),
  },
  accounts: {
    kinds: base
      .route({ method: 'GET', path: '/accounts/kinds', summary: 'Pools whose accounts can be read' })
      .output(z.array(m.accountKind)),
    list: base
      .route({ method: 'GET', path: '/accounts', summary: 'Accounts at pools, as they were last read' })
      .output(z.array(m.poolAccount)),
    live: base
      .route({ method: 'GET', path: '/accounts/live', summary: 'Accounts, then changes' })
      .output(eventIterator(liveList(m.poolAccount))),
    create: base
      .route({
        method: 'POST',
        path: '/accounts',
        summary: 'Adds an account; it is read from then on',
        successStatus: 201,
      })
      .input(m.accountDraft)
      .output(m.poolAccount),
    update: base
      .route({ method: 'PATCH', path: '/accounts/{id}', summary: 'Changes an account' })
      .input(m.accountPatch.extend({ id: z.string() }))
      .output(m.poolAccount),
    remove: base
      .route({
        method: 'DELETE',
        path: '/accounts/{id}',
        summary: 'Forgets an account; what it reported stays',
      })
      .input(id),
    check: base
      .route({ method: 'POST', path: '/accounts/{id}/check', summary: 'Reads an account now' })
      .input(id)
      .output(m.sourceCheck),
  },
  addresses: {
    list: base
      .route({ method: 'GET', path: '/payout-addresses', summary: 'Addresses watched for payouts' })
      .output(z.array(m.payoutAddress)),
    create: base
      .route({ method: 'POST', path: '/payout-addresses', summary: 'Watches an address', successStatus: 201 })
      .input(m.payoutAddressDraft)
      .output(m.payoutAddress),
    remove: base
      .route({
        method: 'DELETE',
        path: '/payout-addresses/{id}',
        summary: 'Watches it no more; payouts stay',
      })
      .input(id),
  },
  payouts: {
    list: base
      .route({ method: 'GET', path: '/payouts', summary: 'What was received, newest first' })
      .input(z.object({ from: z.coerce.number().int().optional(), to: z.coerce.number().int().optional() }))
      .output(z.array(m.payout)),
    add: base
      .route({ method: 'POST', path: '/payouts', summary: 'Enters a payout by hand', successStatus: 201 })
      .input(m.payoutDraft)
      .output(m.payout),
    remove: base
      .route({ method: 'DELETE', path: '/payouts/{id}', summary: 'Removes one that was entered by hand' })
      .input(id),
  },
  meters: {
    list: base.route({ method: 'GET', path: '/meters', summary: 'Smart plugs' }).output(z.array(m.meter)),
    live: base
      .route({ method: 'GET', path: '/meters/live', summary: 'Smart plugs, then changes' })
      .output(eventIterator(liveList(m.meter))),
    create: base
      .route({ method: 'POST', path: '/meters', summary: 'Adds a smart plug', successStatus: 201 })
      .input(m.meterDraft)
      .output(m.meter),
    update: base
      .route({ method: 'PATCH', path: '/meters/{id}', summary: 'Changes a smart plug' })
      .input(m.meterPatch.extend({ id: z.string() }))
      .output(m.meter),
    remove: base
      .route({ method: 'DELETE', path: '/meters/{id}', summary: 'Forgets a smart plug; its history stays' })
      .input(id),
    check: base
      .route({ method: 'POST', path: '/meters/check', summary: 'Asks a plug once; changes nothing' })
      .input(
        m.meterDraft.extend({ id: z.string().optional().describe('Use the stored password of this one') }),
      )
      .output(m.sourceCheck),
  },
  earnings: {
    report: base
      .route({
        method: 'GET',
        path: '/earnings',
        summary: 'Expected, reported and received, cost and profit; as CSV with Accept: text/csv',
      })
      .input(e.earningsQuery)
      .output(e.earningsReport),
    whatIf: base
      .route({ method: 'POST', path: '/earnings/what-if', summary: 'The same work at other prices' })
      .input(e.whatIfDraft)
      .output(e.whatIf),
    odds: base
      .route({
        method: 'GET',
        path: '/earnings/odds',
        summary: 'Chances of a block of your own, and luck so far',
      })
      .output(e.soloOdds),
    statement: base
      .route({ method: 'GET', path: '/earnings/statement', summary: 'A month, for printing' })
      .input(e.statementQuery)
      .output(e.statement),
    csv: base
      .route({
        method: 'GET',
        path: '/earnings/csv',
        summary: 'A table for the tax office: days, or payouts',
      })
      .input(e.earningsCsvQuery)
      .output(e.csvFile),
  },
  practice: {
    state: base
      .route({ method: 'GET', path: '/practice', summary: 'The practice farm; 404 without --practice' })
      .output(v.practiceState),
    trigger: base
      .route({
        method: 'POST',
        path: '/practice/events/{event}',
        summary: 'Makes something happen in the practice farm',
      })
      .input(z.object({ event: v.practiceEvent }))
      .output(v.practiceState),
  },
}

export type Contract = typeof contract
