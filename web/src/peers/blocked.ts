import { signal } from '@preact/signals'
import { call } from '../session/session.js'
import { isUser, keyOf, peerOf, type PeerKey } from './key.js'
import { inputPeer, learn } from './peers.js'

/** How many are fetched at a time. */
const PAGE = 100

/** Whom somebody has blocked, the newest first: they cannot write, and do not see when one is here. */
export const blocked = signal<readonly PeerKey[]>([])

export function isBlocked(key: PeerKey): boolean {
  return blocked.value.includes(key)
}

/** Asks the server who is blocked. */
export async function loadBlocked(): Promise<void> {
  const all: PeerKey[] = []
  for (let more = true; more; ) {
    const page = await call({ _: 'contacts.getBlocked', offset: all.length, limit: PAGE })
    learn(page)
    const keys = page.blocked.map(({ peerId }) => keyOf(peerId)).filter(isUser)
    all.push(...keys)
    more = page._ === 'contacts.blockedSlice' && page.blocked.length > 0 && all.length < page.count
  }
  blocked.value = all
}

/** Blocks somebody, or takes messages from them again. Every tab hears of it. */
export async function setBlocked(key: PeerKey, now: boolean): Promise<void> {
  const told = { _: 'updatePeerBlocked', peerId: peerOf(key), blocked: now } as const
  await call({ _: now ? 'contacts.block' : 'contacts.unblock', id: inputPeer(key) }, told)
}

/** Somebody was blocked or unblocked, here or on another device. */
export function blockedChanged(key: PeerKey, now: boolean): void {
  const others = blocked.peek().filter((other) => other !== key)
  blocked.value = now ? [key, ...others] : others
}

export function forget(): void {
  blocked.value = []
}
