import { signal } from '@preact/signals'
import { t } from '../i18n/i18n.js'
import { isUser, userKey, type PeerKey } from '../peers/key.js'
import { channel, inputPeer, learn, noteSeen, usernameOf } from '../peers/peers.js'
import { call, self } from '../session/session.js'
import { ask } from '../ui/confirm.js'
import { sayError } from '../ui/toast.js'
import { historiesOf } from './history.js'
import { isMessage, type AnyMessage } from './message.js'

/** How many pinned messages of a chat one goes through. */
const MOST = 50

const pins = signal<ReadonlyMap<PeerKey, readonly AnyMessage[]>>(new Map())

/** The pinned messages of a chat, newest first, as far as they were asked for. */
export function pinsOf(chat: PeerKey): readonly AnyMessage[] {
  return pins.value.get(chat) ?? []
}

/** Asks the server what is pinned in a chat. */
export async function loadPins(chat: PeerKey): Promise<void> {
  const found = await call({
    _: 'messages.search',
    peer: inputPeer(chat),
    q: '',
    filter: { _: 'inputMessagesFilterPinned' },
    minDate: 0,
    maxDate: 0,
    offsetId: 0,
    addOffset: 0,
    limit: MOST,
    maxId: 0,
    minId: 0,
    hash: { low: 0, high: 0, unsigned: false } as never,
  }).catch(() => undefined)
  if (!found || found._ === 'messages.messagesNotModified') return
  learn(found)
  found.messages.forEach(noteSeen)
  pins.value = new Map(pins.peek()).set(chat, found.messages.filter(isMessage))
}

/** Messages were pinned or unpinned, by whoever may. */
export function pinned(chat: PeerKey, ids: ReadonlySet<number>, now: boolean): void {
  for (const one of historiesOf(chat)) {
    for (const message of one.messages.peek()) {
      if (message._ === 'message' && ids.has(message.id)) one.edit({ ...message, pinned: now })
    }
  }
  if (pins.peek().has(chat)) void loadPins(chat)
}

/** Messages are gone, and with them what they pinned. */
export function unpinDeleted(chat: PeerKey | 'private', ids: ReadonlySet<number>): void {
  for (const [key, list] of pins.peek()) {
    const concerns = chat === 'private' ? isUser(key) : key === chat
    if (!concerns || !list.some(({ id }) => ids.has(id))) continue
    pins.value = new Map(pins.peek()).set(key, list.filter(({ id }) => !ids.has(id)))
  }
}

export function forget(): void {
  pins.value = new Map()
}

/** Whether somebody may pin in a chat: in a broadcast that goes with editing. */
export function mayPin(chat: PeerKey): boolean {
  if (isUser(chat)) return true
  const found = channel(chat)
  if (found?._ !== 'channel' || found.left) return false
  if (found.creator) return true
  if (found.broadcast) return found.adminRights?.editMessages === true
  if (found.adminRights?.pinMessages) return true
  // In a public group that is for admins, whatever its members may.
  if (usernameOf(found)) return false
  return !found.bannedRights?.pinMessages && !found.defaultBannedRights?.pinMessages
}

/** Pins a message. In a private chat it is asked whether the other person is to see it too. */
export async function pin(chat: PeerKey, id: number): Promise<void> {
  let pmOneside = false
  if (isUser(chat) && chat !== userKey(self())) {
    const answer = await ask({
      title: t('pin.title'),
      answers: [
        { label: t('pin.for_both'), value: 'both' },
        { label: t('pin.for_me'), value: 'mine' },
      ],
    })
    if (!answer) return
    pmOneside = answer === 'mine'
  }
  await call({ _: 'messages.updatePinnedMessage', peer: inputPeer(chat), id, pmOneside }).catch(sayError)
}

export async function unpin(chat: PeerKey, id: number): Promise<void> {
  await call({ _: 'messages.updatePinnedMessage', peer: inputPeer(chat), id, unpin: true }).catch(sayError)
}
