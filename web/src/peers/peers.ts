import { batch, signal, type Signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { t } from '../i18n/i18n.js'
import { call, self } from '../session/session.js'
import { shelf } from '../storage/shelf.js'
import { calm } from './calm.js'
import { channelKey, idOf, isUser, keyOf, userKey, type PeerKey } from './key.js'

export type User = tl.RawUser
export type Channel = tl.RawChannel | tl.RawChannelForbidden
export type KnownPeer = User | Channel

const known = new Map<PeerKey, Signal<KnownPeer | undefined>>()
/** Where somebody was seen of whom only a short form is known: the server takes that in place of a key. */
const seenIn = new Map<PeerKey, { chat: PeerKey; message: number }>()

/** What is known of a user or channel; changes when more is learned. */
export function peer(key: PeerKey): Signal<KnownPeer | undefined> {
  let place = known.get(key)
  if (!place) known.set(key, (place = signal(undefined)))
  return place
}

export function user(id: number): User | undefined {
  const found = peer(userKey(id)).value
  return found?._ === 'user' ? found : undefined
}

export function channel(key: PeerKey): Channel | undefined {
  const found = peer(key).value
  return found?._ === 'user' ? undefined : found
}

/** Takes in the people and chats that came with an answer. */
export function learn(from: { users: tl.TypeUser[]; chats: tl.TypeChat[] }): void {
  batch(() => {
    for (const one of from.users) if (one._ === 'user') learnOne(userKey(one.id), one)
    for (const one of from.chats) {
      if (one._ === 'channel' || one._ === 'channelForbidden') learnOne(channelKey(one.id), one)
    }
  })
}

/** Takes in those of whom nothing is known; of the others newer things are known. */
export function learnUnknown(from: { users: tl.TypeUser[]; chats: tl.TypeChat[] }): void {
  learn({
    users: from.users.filter(({ id }) => !known.get(userKey(id))?.peek()),
    chats: from.chats.filter(({ id }) => !known.get(channelKey(id))?.peek()),
  })
}

function learnOne(key: PeerKey, fresh: KnownPeer): void {
  const place = peer(key)
  const old = place.peek()
  place.value = old ? merged(old, fresh) : fresh
  if (!('min' in fresh && fresh.min)) void shelf.put('peers', key, place.peek())
}

/** A short form says what everybody sees; what depends on the viewer stays as it was known. */
export function merged(old: KnownPeer, fresh: KnownPeer): KnownPeer {
  if (fresh._ === 'channelForbidden' || old._ !== fresh._ || !fresh.min || old.min) return fresh
  if (old._ === 'user' && fresh._ === 'user') {
    const { firstName, lastName, username, usernames, photo, status } = fresh
    return { ...old, firstName, lastName, username, usernames, photo, status }
  }
  if (old._ === 'channel' && fresh._ === 'channel') {
    const { title, username, usernames, photo } = fresh
    return { ...old, title, username, usernames, photo }
  }
  return fresh
}

/** Notes where a sender was seen, for those of whom only a short form is known. */
export function noteSeen(message: tl.TypeMessage): void {
  if (message._ === 'messageEmpty' || !message.fromId) return
  const sender = keyOf(message.fromId)
  const found = known.get(sender)?.peek()
  if (found && 'min' in found && found.min) seenIn.set(sender, { chat: keyOf(message.peerId), message: message.id })
}

/** Changes what is known of somebody. */
export function update(key: PeerKey, changed: Partial<User> | Partial<tl.RawChannel>): void {
  const place = peer(key)
  const old = place.peek()
  if (old) place.value = { ...old, ...changed } as KnownPeer
}

/** A peer as requests name it. */
export function inputPeer(key: PeerKey): tl.TypeInputPeer {
  if (key === userKey(self())) return { _: 'inputPeerSelf' }
  const found = peer(key).peek()
  const seen = seenIn.get(key)
  const short = found !== undefined && 'min' in found && found.min === true
  if (seen && (short || !found)) {
    const at = { peer: inputPeer(seen.chat), msgId: seen.message }
    return isUser(key)
      ? { _: 'inputPeerUserFromMessage', ...at, userId: idOf(key) }
      : { _: 'inputPeerChannelFromMessage', ...at, channelId: idOf(key) }
  }
  const accessHash = found?.accessHash ?? ZERO
  return isUser(key)
    ? { _: 'inputPeerUser', userId: idOf(key), accessHash }
    : { _: 'inputPeerChannel', channelId: idOf(key), accessHash }
}

const ZERO = { low: 0, high: 0, unsigned: false } as unknown as tl.Long

export function inputChannel(key: PeerKey): tl.TypeInputChannel {
  const found = peer(key).peek()
  return { _: 'inputChannel', channelId: idOf(key), accessHash: found?.accessHash ?? ZERO }
}

export function inputUser(key: PeerKey): tl.TypeInputUser {
  const input = inputPeer(key)
  switch (input._) {
    case 'inputPeerSelf':
      return { _: 'inputUserSelf' }
    case 'inputPeerUserFromMessage':
      return { _: 'inputUserFromMessage', peer: input.peer, msgId: input.msgId, userId: input.userId }
    default:
      return { _: 'inputUser', userId: idOf(key), accessHash: peer(key).peek()?.accessHash ?? ZERO }
  }
}

/** The name of somebody, as people read it. */
export function nameOf(found: KnownPeer | undefined): string {
  if (!found) return '…'
  if (found._ !== 'user') return calm(found.title) || t('peer.untitled')
  if (found.deleted) return t('peer.deleted')
  return calm(`${found.firstName ?? ''} ${found.lastName ?? ''}`) || t('peer.untitled')
}

/** The name of a chat in the list: one's own is where notes are kept. */
export function chatName(key: PeerKey): string {
  return key === userKey(self()) ? t('peer.saved') : nameOf(peer(key).value)
}

export function usernameOf(found: KnownPeer | undefined): string | undefined {
  if (!found || found._ === 'channelForbidden') return undefined
  return found.username ?? found.usernames?.find(({ active }) => active)?.username
}

/** Finds a user or channel by its name. */
export async function resolve(username: string): Promise<PeerKey> {
  const found = await call({ _: 'contacts.resolveUsername', username })
  learn(found)
  return keyOf(found.peer)
}

/** Shows those known from before, until the server answers. */
export async function recall(): Promise<void> {
  for (const one of await shelf.all<KnownPeer>('peers')) {
    const place = peer(one._ === 'user' ? userKey(one.id) : channelKey(one.id))
    place.value ??= one
  }
}
