import { batch } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import * as dialogs from '../chats/dialogs.js'
import { historiesOf, history, openHistory } from '../messages/history.js'
import { isMessage, type AnyMessage } from '../messages/message.js'
import * as outbox from '../messages/outbox.js'
import { pinned as messagesPinned, unpinDeleted } from '../messages/pins.js'
import { heard } from '../messages/typing.js'
import { announce } from '../notifications/announce.js'
import { blockedChanged } from '../peers/blocked.js'
import { channelKey, keyOf, userKey, type PeerKey } from '../peers/key.js'
import { learn, learnUnknown, noteSeen, peer, update as updatePeer } from '../peers/peers.js'
import { call, self } from '../session/session.js'
import type { Peers } from '../worker/protocol.js'

/** Carries out one change that the server told of, in everything this tab shows. */
export function apply(update: tl.TypeUpdate, peers: Peers): void {
  batch(() => {
    learnUnknown(peers)
    change(update)
  })
}

function change(update: tl.TypeUpdate): void {
  switch (update._) {
    case 'updateNewMessage':
    case 'updateNewChannelMessage':
      return arrived(update.message)
    case 'updateEditMessage':
    case 'updateEditChannelMessage':
      return edited(update.message)
    case 'updateMessageID':
      return outbox.accepted(update.randomId, update.id)
    case 'updateDeleteMessages':
      return deleted('private', update.messages)
    case 'updateDeleteChannelMessages':
      return deleted(channelKey(update.channelId), update.messages)
    case 'updateReadHistoryInbox':
      return readHere(keyOf(update.peer), update.maxId, update.stillUnreadCount)
    case 'updateReadChannelInbox':
      return readHere(channelKey(update.channelId), update.maxId, update.stillUnreadCount)
    case 'updateReadHistoryOutbox':
      return readThere(keyOf(update.peer), update.maxId)
    case 'updateReadChannelOutbox':
      return readThere(channelKey(update.channelId), update.maxId)
    case 'updateUserTyping':
      return heard(userKey(update.userId), userKey(update.userId), goesOn(update.action))
    case 'updateChannelUserTyping':
      return heard(channelKey(update.channelId), keyOf(update.fromId), goesOn(update.action))
    case 'updateUserStatus':
      return updatePeer(userKey(update.userId), { status: update.status })
    case 'updateUserName': {
      const { firstName, lastName, usernames } = update
      const username = usernames.find(({ active }) => active)?.username
      return updatePeer(userKey(update.userId), { firstName, lastName, usernames, username })
    }
    case 'updateUser':
      return refreshUser(update.userId)
    case 'updatePeerBlocked':
      return blockedChanged(keyOf(update.peerId), update.blocked ?? false)
    case 'updateDraftMessage':
      return dialogs.patch(keyOf(update.peer), {
        draft: update.draft._ === 'draftMessage' ? update.draft : undefined,
      })
    case 'updateDialogPinned':
      return pinned(update)
    case 'updatePinnedDialogs':
      if (update.order) dialogs.setPinned(update.order.flatMap(dialogKey))
      return
    case 'updatePinnedMessages':
      return messagesPinned(keyOf(update.peer), new Set(update.messages), update.pinned ?? false)
    case 'updatePinnedChannelMessages':
      return messagesPinned(channelKey(update.channelId), new Set(update.messages), update.pinned ?? false)
    case 'updateDialogUnreadMark':
      for (const key of dialogKey(update.peer)) dialogs.patch(key, { marked: update.unread ?? false })
      return
    case 'updateNotifySettings':
      if (update.peer._ === 'notifyPeer') {
        dialogs.patch(keyOf(update.peer.peer), { mutedUntil: update.notifySettings.muteUntil ?? 0 })
      }
      return
    case 'updateChannel':
      return channelChanged(channelKey(update.channelId))
    case 'updateChannelMessageViews':
      return views(channelKey(update.channelId), update.id, update.views)
  }
}

function arrived(message: tl.TypeMessage): void {
  if (!isMessage(message)) return
  noteSeen(message)
  const chat = keyOf(message.peerId)
  const known = openHistory({ chat })
  known?.add(message)
  const thread = threadOf(message)
  if (thread) openHistory({ chat, thread })?.add(message)
  if (message.fromId) heard(chat, keyOf(message.fromId), false)
  else heard(chat, chat, false)
  dialogs.arrived(message)
  if (!message.out) announce(message)
}

/** The post whose comments a message is among. */
function threadOf(message: AnyMessage): number | undefined {
  const reply = message.replyTo
  if (reply?._ !== 'messageReplyHeader') return undefined
  return reply.replyToTopId ?? reply.replyToMsgId
}

function edited(message: tl.TypeMessage): void {
  if (!isMessage(message)) return
  for (const one of historiesOf(keyOf(message.peerId))) one.edit(message)
  dialogs.edited(message)
}

function deleted(chat: PeerKey | 'private', numbers: number[]): void {
  const ids = new Set(numbers)
  for (const one of historiesOf(chat)) one.delete(ids)
  unpinDeleted(chat, ids)
  if (chat !== 'private') return dialogs.topWasDeleted(chat, ids)
  // Numbers of private messages are unique among all private chats, so any chat may be meant.
  for (const { key } of dialogs.chatList.peek()) if (key.startsWith('u')) dialogs.topWasDeleted(key, ids)
}

function readHere(chat: PeerKey, upTo: number, unread: number): void {
  dialogs.patch(chat, (old) => ({
    readInbox: Math.max(old.readInbox, upTo),
    unread,
    mentions: unread === 0 ? 0 : old.mentions,
    marked: false,
  }))
}

function readThere(chat: PeerKey, upTo: number): void {
  dialogs.patch(chat, (old) => ({ readOutbox: Math.max(old.readOutbox, upTo) }))
}

function goesOn(action: tl.TypeSendMessageAction): boolean {
  return action._ !== 'sendMessageCancelAction'
}

function dialogKey(one: tl.TypeDialogPeer): PeerKey[] {
  return one._ === 'dialogPeer' ? [keyOf(one.peer)] : []
}

function pinned(update: tl.RawUpdateDialogPinned): void {
  for (const key of dialogKey(update.peer)) {
    const others = dialogs.pinnedKeys().filter((other) => other !== key)
    dialogs.setPinned(update.pinned ? [key, ...others] : others)
  }
}

/** A channel that one joined or left, or that changed. */
function channelChanged(chat: PeerKey): void {
  const found = peer(chat).peek()
  if (found?._ === 'channelForbidden' || (found?._ === 'channel' && found.left)) return dialogs.remove(chat)
  void dialogs.fetchDialog(chat)
}

function views(chat: PeerKey, id: number, count: number): void {
  for (const one of historiesOf(chat)) {
    const message = one.messages.peek().find((known) => known.id === id)
    if (message?._ === 'message') one.edit({ ...message, views: count })
  }
}

function refreshUser(id: number): void {
  const input: tl.TypeInputUser =
    id === self() ? { _: 'inputUserSelf' } : { _: 'inputUser', userId: id, accessHash: peer(userKey(id)).peek()?.accessHash ?? ZERO }
  void call({ _: 'users.getUsers', id: [input] }).then(
    (users) => learn({ users, chats: [] }),
    () => undefined,
  )
}

const ZERO = { low: 0, high: 0, unsigned: false } as unknown as tl.Long

/** Loads anew what is shown, after too much was missed to be told change by change. */
export function reload(open: PeerKey | undefined): void {
  void dialogs.load().catch(() => undefined)
  if (open) void history({ chat: open }).loadNewest()
}
