import { connectWs } from '@fuman/net'
import { addPublicKey } from '@mtcute/core/utils.js'
import {
  BaseTelegramClient,
  IdbStorage,
  IntermediatePacketCodec,
  MemoryStorage,
  ObfuscatedPacketCodec,
  WebCryptoProvider,
  WebPlatform,
  type ITelegramStorageProvider,
} from '@mtcute/web'
import { canStore } from '../storage/can-store.js'
import type { Facts } from './facts.js'

/** The name that people see in the list of their devices. */
const DEVICE = 'Web page'

/** A client of this very server, and whether it will still know its keys after the browser was closed. */
export interface OwnClient {
  client: BaseTelegramClient
  persistent: boolean
}

/** Puts a client together that speaks to the server the page came from, and to no other. */
export async function makeClient(facts: Facts): Promise<OwnClient> {
  const crypto = new WebCryptoProvider()
  await crypto.initialize()
  addPublicKey(crypto, facts.public_key)

  const persistent = await canStore()
  // A session belongs to one server key: another installation on the same address begins anew.
  const storage: ITelegramStorageProvider = persistent
    ? new IdbStorage(`heliograph ${facts.fingerprint}`)
    : new MemoryStorage()

  const here = { id: facts.dc, ipAddress: self.location.hostname, port: 443 }
  const client = new BaseTelegramClient({
    apiId: 1,
    apiHash: 'heliograph',
    crypto,
    storage,
    platform: new WebPlatform(),
    transport: {
      connect: () => connectWs({ url: socketAddress(), implementation: WebSocket, protocols: 'binary' }),
      packetCodec: () => new ObfuscatedPacketCodec(new IntermediatePacketCodec()),
    },
    defaultDcs: { main: here, media: { ...here, mediaOnly: true } },
    initConnectionOptions: { deviceModel: DEVICE, systemVersion: browserName(), appVersion: '1' },
    // Tried again at once, then with growing pauses: most interruptions are a laptop waking up.
    reconnectionStrategy: ({ previousWait }) => (previousWait === null ? 0 : Math.min(previousWait * 2 + 250, 8_000)),
    // Tabs load the list of chats anew when they start; what comes after that is pushed, or fetched as a difference.
    updates: { catchUp: false, disableNoDispatch: true },
    logLevel: 1,
  })
  waitLonger(client)
  return { client, persistent }
}

/** How much later than it is due a timer is set, in milliseconds. */
const LATE_MS = 20

/**
 * An update that comes before an earlier one waits half a second for it; then the difference is asked for. Browsers'
 * timers go off up to a millisecond early, and mtcute, which then finds that there is something left to wait, sets no
 * other timer: people would see the message with the next one only.
 */
function waitLonger(client: BaseTelegramClient): void {
  const timer = client.updates?.postponedTimer
  if (!timer) return
  const emitBefore = timer.emitBefore.bind(timer)
  timer.emitBefore = (at) => emitBefore(at + LATE_MS)
}

function socketAddress(): string {
  const { protocol, host } = self.location
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/apiws`
}

/** The browser's short name, so that a person knows their devices apart. */
export function browserName(agent = navigator.userAgent): string {
  const known: [RegExp, string][] = [
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrom(e|ium)\//, 'Chromium'],
    [/Safari\//, 'Safari'],
  ]
  return known.find(([pattern]) => pattern.test(agent))?.[1] ?? 'Browser'
}
