/** Puts the app together around a connection: what `main.ts` starts, and what tests and the preview page start too. */
import { createPinia } from 'pinia'
import { createApp, type App as VueApp } from 'vue'
import App from './App.vue'
import { connectionKey } from './api/client.ts'
import type { Connection } from './api/connection.ts'
import { createAppRouter } from './router.ts'
import './styles/main.css'

export function createHeadframeApp(connection: Connection): VueApp {
  const app = createApp(App)
  app.provide(connectionKey, connection)
  app.use(createPinia())
  app.use(createAppRouter())
  return app
}
