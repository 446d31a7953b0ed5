/** Screens by address. Hash history: the same page is served over HTTP and loaded from a file by the desktop window. */
import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import FindScreen from './features/find/FindScreen.vue'
import JobInspector from './features/jobs/JobInspector.vue'
import JobsScreen from './features/jobs/JobsScreen.vue'
import TimelinePage from './features/jobs/TimelinePage.vue'
import WarningList from './features/jobs/WarningList.vue'
import OverviewScreen from './features/overview/OverviewScreen.vue'
import PoolsScreen from './features/pools/PoolsScreen.vue'
import AboutPart from './features/rig/AboutPart.vue'
import ControlPart from './features/rig/ControlPart.vue'
import HealthPart from './features/rig/HealthPart.vue'
import HistoryPart from './features/rig/HistoryPart.vue'
import PoolsPart from './features/rig/PoolsPart.vue'
import RawPart from './features/rig/RawPart.vue'
import RigPage from './features/rig/RigPage.vue'
import TuningPart from './features/rig/TuningPart.vue'
import RigsScreen from './features/rigs/RigsScreen.vue'
import RoutingScreen from './features/routing/RoutingScreen.vue'
import AuditPage from './features/traffic/AuditPage.vue'
import BandwidthPage from './features/traffic/BandwidthPage.vue'
import LinksPage from './features/traffic/LinksPage.vue'
import ProtocolView from './features/traffic/ProtocolView.vue'
import TrafficScreen from './features/traffic/TrafficScreen.vue'
import WallScreen from './features/wall/WallScreen.vue'

export function createAppRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', name: 'overview', component: OverviewScreen, meta: { title: 'Overview' } },
      { path: '/pools', name: 'pools', component: PoolsScreen, meta: { title: 'Pools' } },
      { path: '/routing', name: 'routing', component: RoutingScreen, meta: { title: 'Routing' } },
      { path: '/rigs', name: 'rigs', component: RigsScreen, meta: { title: 'Rigs' } },
      {
        path: '/rigs/:id',
        component: RigPage,
        children: [
          { path: '', name: 'rig', component: HealthPart, meta: { title: 'Rig' } },
          { path: 'pools', name: 'rig-pools', component: PoolsPart, meta: { title: 'Pools of a rig' } },
          {
            path: 'history',
            name: 'rig-history',
            component: HistoryPart,
            meta: { title: 'History of a rig' },
          },
          {
            path: 'control',
            name: 'rig-control',
            component: ControlPart,
            meta: { title: 'Control of a rig' },
          },
          { path: 'tuning', name: 'rig-tuning', component: TuningPart, meta: { title: 'Tuning of a rig' } },
          { path: 'about', name: 'rig-about', component: AboutPart, meta: { title: 'About a rig' } },
          { path: 'raw', name: 'rig-raw', component: RawPart, meta: { title: 'Raw replies of a rig' } },
        ],
      },
      {
        path: '/devices',
        name: 'devices',
        component: () => import('./features/devices/DevicesScreen.vue'),
        meta: { title: 'Devices' },
      },
      {
        path: '/devices/:id',
        name: 'device',
        component: () => import('./features/devices/DevicePage.vue'),
        meta: { title: 'Device' },
      },
      {
        path: '/earnings',
        component: () => import('./features/earnings/EarningsScreen.vue'),
        children: [
          {
            path: '',
            name: 'earnings',
            component: () => import('./features/earnings/ReportPage.vue'),
            meta: { title: 'Earnings' },
          },
          {
            path: 'odds',
            name: 'odds',
            component: () => import('./features/earnings/OddsPage.vue'),
            meta: { title: 'Odds' },
          },
          {
            path: 'what-if',
            name: 'what-if',
            component: () => import('./features/earnings/WhatIfPage.vue'),
            meta: { title: 'What if' },
          },
          {
            path: 'payouts',
            name: 'payouts',
            component: () => import('./features/earnings/PayoutsPage.vue'),
            meta: { title: 'Payouts' },
          },
          {
            path: 'costs',
            name: 'costs',
            component: () => import('./features/earnings/CostsPage.vue'),
            meta: { title: 'Costs' },
          },
          {
            path: 'sources',
            name: 'money-sources',
            component: () => import('./features/earnings/SourcesPage.vue'),
            meta: { title: 'Sources' },
          },
          {
            path: 'statement',
            name: 'statement',
            component: () => import('./features/earnings/StatementPage.vue'),
            meta: { title: 'Statement' },
          },
        ],
      },
      { path: '/find', name: 'find', component: FindScreen, meta: { title: 'Find rigs' } },
      { path: '/wall', name: 'wall', component: WallScreen, meta: { title: 'Wall', bare: true } },
      {
        path: '/jobs',
        component: JobsScreen,
        children: [
          { path: '', name: 'jobs', component: JobInspector, meta: { title: 'Jobs' } },
          { path: 'timeline', name: 'timeline', component: TimelinePage, meta: { title: 'Timeline' } },
          { path: 'warnings', name: 'warnings', component: WarningList, meta: { title: 'Warnings' } },
        ],
      },
      {
        path: '/connections',
        component: TrafficScreen,
        children: [
          { path: '', name: 'connections', component: LinksPage, meta: { title: 'Connections' } },
          { path: 'bandwidth', name: 'bandwidth', component: BandwidthPage, meta: { title: 'Bandwidth' } },
          { path: 'audit', name: 'audit', component: AuditPage, meta: { title: 'Audit log' } },
        ],
      },
      {
        path: '/connections/view/:id',
        name: 'protocol-view',
        component: ProtocolView,
        meta: { title: 'Connection' },
      },
      {
        path: '/history',
        component: () => import('./features/history/HistoryScreen.vue'),
        children: [
          {
            path: '',
            name: 'history',
            component: () => import('./features/history/ExplorerPage.vue'),
            meta: { title: 'History' },
          },
          {
            path: 'analysis',
            name: 'history-analysis',
            component: () => import('./features/history/AnalysisPage.vue'),
            meta: { title: 'Analysis' },
          },
          {
            path: 'data',
            name: 'history-data',
            component: () => import('./features/keeping/DataPage.vue'),
            meta: { title: 'Data of the history' },
          },
        ],
      },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
}
