/** Starts the dashboard: over the window's message port if there is a bridge, else over WebSocket. */
import { createConnection } from './api/connection.ts'
import { bridgeTransport, findBridge } from './api/port-transport.ts'
import { webSocketTransport } from './api/websocket-transport.ts'
import { createHeadframeApp } from './create-headframe-app.ts'

const bridge = findBridge(window)
const connection = createConnection({
  transport:
    bridge === null ? webSocketTransport({ origin: location.origin }) : bridgeTransport(window, bridge),
})

createHeadframeApp(connection).mount('#app')
connection.start()
window.addEventListener('online', () => connection.retryNow())
