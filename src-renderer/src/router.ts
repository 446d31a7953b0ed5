/** Screens by address. Hash history: the same page is served over HTTP and loaded from a file by the desktop window. */
import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import JobInspector from './features/jobs/JobInspector.vue'
import JobsScreen from './features/jobs/JobsScreen.vue'
import TimelinePage from './features/jobs/TimelinePage.vue'
import WarningList from './features/jobs/WarningList.vue'
import OverviewScreen from './features/overview/OverviewScreen.vue'
import PoolsScreen from './features/pools/PoolsScreen.vue'
import RigsScreen from './features/rigs/RigsScreen.vue'
import RoutingScreen from './features/routing/RoutingScreen.vue'

export function createAppRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', name: 'overview', component: OverviewScreen, meta: { title: 'Overview' } },
      { path: '/pools', name: 'pools', component: PoolsScreen, meta: { title: 'Pools' } },
      { path: '/routing', name: 'routing', component: RoutingScreen, meta: { title: 'Routing' } },
      { path: '/rigs', name: 'rigs', component: RigsScreen, meta: { title: 'Rigs' } },
      {
        path: '/jobs',
        component: JobsScreen,
        children: [
          { path: '', name: 'jobs', component: JobInspector, meta: { title: 'Jobs' } },
          { path: 'timeline', name: 'timeline', component: TimelinePage, meta: { title: 'Timeline' } },
          { path: 'warnings', name: 'warnings', component: WarningList, meta: { title: 'Warnings' } },
        ],
      },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
}
