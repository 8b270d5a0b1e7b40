import { signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import type { Facts } from '../worker/facts.js'
import type { PasswordChange } from '../worker/password.js'
import type { Connection, Peers, Standing } from '../worker/protocol.js'
import { behindMs } from './clock.js'
import { WorkerPort } from './port.js'

/** Who is signed in, or why nobody is. */
export const standing = signal<Standing>({ is: 'starting' })
/** How the connection is. */
export const connection = signal<Connection>('connecting')
/** What the server says of itself; nothing before it was reached. */
export const facts = signal<Facts | undefined>(undefined)
/** Whether this browser keeps the session when it closes. */
export const persistent = signal(true)
/** Whether another tab has to be used, as tabs cannot share a worker here. */
export const otherTab = signal(false)

type Listener = (update: tl.TypeUpdate, peers: Peers) => void
const listeners = new Set<Listener>()
const learners = new Set<(peers: Peers) => void>()
const losses = new Set<(channel: number | undefined) => void>()

const port = new WorkerPort(
  (message) => {
    switch (message.event) {
      case 'standing':
        persistent.value = message.persistent
        standing.value = message.standing
        break
      case 'connection':
        connection.value = message.connection
        break
      case 'facts':
        behindMs.value = message.behindMs
        facts.value = message.facts
        break
      case 'lost':
        for (const lost of losses) lost(message.channel)
        break
      case 'peers':
        for (const learn of learners) learn(message.peers)
        break
      case 'update':
        for (const listen of listeners) listen(message.update, message.peers)
    }
  },
  (busy) => (otherTab.value = busy),
)

/**
 * Calls a method of the server. `tells` is the change that it makes, where the server's answer says only that it was
 * made: every tab hears of it like of a change that came by itself.
 */
export function call<M extends tl.RpcMethod>(request: M, tells?: tl.TypeUpdate): Promise<tl.RpcCallReturn[M['_']]> {
  return port.ask({ do: 'call', request, tells })
}

/** Calls a method that sends messages; they come back as updates, to every tab. */
export function sendCall(request: tl.RpcMethod): Promise<void> {
  return port.ask({ do: 'send', request })
}

/** Sends a file up, in parts. */
export function upload(
  file: Blob,
  name: string,
  options: { progress: (done: number, of: number) => void; signal: AbortSignal },
): Promise<tl.TypeInputFile> {
  return port.ask({ do: 'upload', file, name }, options)
}

/** Fetches a file. */
export function download(
  location: tl.TypeInputFileLocation,
  size: number,
  options: { progress?: (done: number, of: number) => void; signal?: AbortSignal } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return port.ask({ do: 'download', location, size }, options)
}

/** Tells the worker that a call has signed somebody in. */
export function signedIn(authorization: tl.auth.RawAuthorization): Promise<void> {
  return port.ask({ do: 'signed-in', authorization })
}

/** Signs in, after the code or the QR code was right, with the password that the account has beside them. */
export function checkPassword(password: string): Promise<void> {
  return port.ask({ do: 'check-password', password })
}

/** Sets, changes or removes the cloud password. */
export function changePassword(change: PasswordChange): Promise<void> {
  return port.ask({ do: 'change-password', change })
}

export function signOut(): Promise<void> {
  return port.ask({ do: 'sign-out' })
}

/** Tries again to reach the server. */
export function again(): void {
  void port.ask({ do: 'again' })
}

/** Hears every update; the answer ends it. */
export function onUpdate(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Hears how the server describes people and chats. */
export function onPeers(learner: (peers: Peers) => void): void {
  learners.add(learner)
}

/** Hears that too much was missed, everywhere or in one channel: what is shown has to be loaded anew. */
export function onLoss(listener: (channel: number | undefined) => void): void {
  losses.add(listener)
}

/** The number of who is signed in; 0 for nobody. */
export function self(): number {
  return standing.value.is === 'signed-in' ? standing.value.self : 0
}
