import { signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { t } from '../i18n/i18n.js'
import { channel, inputChannel, inputPeer, usernameOf, peer } from '../peers/peers.js'
import { idOf, isUser, peerOf, type PeerKey } from '../peers/key.js'
import { reportMessage } from '../report/Report.js'
import { nowS } from '../session/clock.js'
import { call, self } from '../session/session.js'
import { ask } from '../ui/confirm.js'
import type { MenuItem } from '../ui/Menu.js'
import { say, sayError } from '../ui/toast.js'
import { captionOf } from './album.js'
import type { Place } from './history.js'
import { senderOf, type AnyMessage } from './message.js'
import { mayPin, pin, unpin } from './pins.js'

/** What the composer of a place is busy with besides a new message. */
export const composing = signal<{ place: Place; reply?: AnyMessage; edit?: Extract<AnyMessage, { _: 'message' }> } | undefined>(
  undefined,
)
/** The messages that somebody is about to forward. */
export const forwarding = signal<{ chat: PeerKey; ids: number[] } | undefined>(undefined)

/** How long a message to others can be edited, in seconds; `docs/limits.md`. */
const EDIT_S = 48 * 3600

/** What can be done with a message, or with the album (`all`) that begins with it. */
export function menuOf(message: AnyMessage, place: Place, all: readonly tl.RawMessage[] = []): MenuItem[] {
  const items: MenuItem[] = []
  const { chat } = place
  const found = channel(chat)
  const rights = found?._ === 'channel' ? found : undefined
  const own = message.out === true
  const ids = all.length > 0 ? all.map(({ id }) => id) : [message.id]
  if (canWrite(place)) {
    items.push({ icon: 'reply', label: t('message.reply'), onPick: () => (composing.value = { place, reply: message }) })
  }
  if (message._ === 'message') {
    const worded = captionOf(all) ?? message
    const { message: text } = worded
    if (text) items.push({ icon: 'copy', label: t('message.copy'), onPick: () => void copy(text) })
    if (!message.noforwards && !(rights?.noforwards ?? false)) {
      items.push({
        icon: 'forward',
        label: t('message.forward'),
        onPick: () => (forwarding.value = { chat, ids }),
      })
    }
    const young = nowS() - message.date < EDIT_S || chat === `u${self()}` || rights?.creator
    if (own && young && !message.fwdFrom) {
      items.push({ icon: 'edit', label: t('message.edit'), onPick: () => (composing.value = { place, edit: worded }) })
    }
    if (mayPin(chat) && !place.thread) {
      const { id, pinned } = message
      items.push({
        icon: 'pin',
        label: pinned ? t('pin.unpin') : t('pin.pin'),
        onPick: () => void (pinned ? unpin(chat, id) : pin(chat, id)),
      })
    }
  }
  const name = usernameOf(peer(chat).value)
  if (rights && name) {
    items.push({ icon: 'link', label: t('message.copy_link'), onPick: () => void copy(`${location.origin}/${name}/${message.id}`) })
  }
  if (!own && senderOf(message, self()) !== 'u777000') {
    items.push({ icon: 'flag', label: t('report.report'), onPick: () => reportMessage(chat, ids) })
  }
  const admin = rights?.creator || rights?.adminRights?.deleteMessages
  if (isUser(chat) || own || admin) {
    items.push({ icon: 'trash', label: t('message.delete'), grave: true, onPick: () => void remove(chat, ids) })
  }
  return items
}

/** Whether somebody may write in a place as things stand. */
export function canWrite({ chat, thread }: Place): boolean {
  if (isUser(chat)) {
    const found = peer(chat).value
    return found?._ !== 'user' || !found.deleted
  }
  const found = channel(chat)
  if (found?._ !== 'channel') return false
  // Who is not in a group may still comment on its channel's posts, unless its admins want otherwise.
  if (found.left && !(thread && !found.joinToSend)) return false
  if (found.creator || found.adminRights?.postMessages) return true
  if (found.broadcast) return false
  return !found.bannedRights?.sendMessages && !found.defaultBannedRights?.sendMessages
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(t('message.copied'))
  } catch {
    say(t('message.not_copied'))
  }
}

async function remove(chat: PeerKey, id: number[]): Promise<void> {
  const shared = isUser(chat) && chat !== `u${self()}`
  const answer = await ask({
    title: t('message.delete_title'),
    text: shared ? t('message.delete_which') : t('message.delete_all_see'),
    answers: shared
      ? [
          { label: t('message.delete_both'), value: 'both', grave: true },
          { label: t('message.delete_mine'), value: 'mine' },
        ]
      : [{ label: t('message.delete'), value: 'both', grave: true }],
  })
  if (!answer) return
  try {
    const gone = { messages: id, pts: 0, ptsCount: 0 }
    if (isUser(chat)) {
      await call({ _: 'messages.deleteMessages', revoke: answer === 'both', id }, { _: 'updateDeleteMessages', ...gone })
    } else {
      const channelId = idOf(chat)
      const channel = inputChannel(chat)
      await call({ _: 'channels.deleteMessages', channel, id }, { _: 'updateDeleteChannelMessages', channelId, ...gone })
    }
  } catch (error) {
    sayError(error)
  }
}

/** Marks a chat as read up to a message; `still` tells how many stay unread behind it. */
export async function markRead(chat: PeerKey, maxId: number, still: number): Promise<void> {
  const read = { maxId, stillUnreadCount: still, pts: 0 }
  if (isUser(chat)) {
    const told = { _: 'updateReadHistoryInbox', peer: peerOf(chat), ptsCount: 0, ...read } as const
    await call({ _: 'messages.readHistory', peer: inputPeer(chat), maxId }, told)
  } else {
    const told = { _: 'updateReadChannelInbox', channelId: idOf(chat), ...read } as const
    await call({ _: 'channels.readHistory', channel: inputChannel(chat), maxId }, told)
  }
}
