import type { tl } from '@mtcute/tl'

/** A user (`u1`) or a channel (`c1`), as a key of maps and a word of addresses. */
export type PeerKey = `u${number}` | `c${number}`

export const userKey = (id: number): PeerKey => `u${id}`
export const channelKey = (id: number): PeerKey => `c${id}`

/** The key of a peer. Basic groups do not exist on this server. */
export function keyOf(peer: tl.TypePeer): PeerKey {
  switch (peer._) {
    case 'peerUser':
      return userKey(peer.userId)
    case 'peerChannel':
      return channelKey(peer.channelId)
    case 'peerChat':
      return channelKey(peer.chatId)
  }
}

export function peerOf(key: PeerKey): tl.TypePeer {
  const id = idOf(key)
  return isUser(key) ? { _: 'peerUser', userId: id } : { _: 'peerChannel', channelId: id }
}

export const idOf = (key: PeerKey): number => Number(key.slice(1))
export const isUser = (key: PeerKey): boolean => key.startsWith('u')

/** Reads a key out of an address; nothing for anything else. */
export function parseKey(text: string): PeerKey | undefined {
  return /^[uc][1-9]\d{0,15}$/.test(text) ? (text as PeerKey) : undefined
}
