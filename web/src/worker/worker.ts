/**
 * The worker that all tabs share: it holds the connection, the keys and the order of updates. Where the browser has
 * no shared workers, each tab has one of its own, and a lock lets only one of them run.
 */
import type { FromTab } from './protocol.js'
import { Hub, type Port } from './hub.js'

const hub = new Hub()

function serve(port: Port & { onmessage: ((event: MessageEvent<FromTab>) => void) | null }): void {
  port.onmessage = ({ data }) => void hub.take(port, data)
}

if ('onconnect' in self) {
  // A shared worker is handed a port for each tab.
  self.addEventListener('connect', (event) => {
    const [port] = (event as MessageEvent).ports
    if (port) serve(port)
  })
} else {
  serve(self as unknown as MessagePort)
}
