/** Screens by address. Hash history: the same page is served over HTTP and loaded from a file by the desktop window. */
import { createRouter, createWebHashHistory, type Router } from 'vue-router'
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
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
}
