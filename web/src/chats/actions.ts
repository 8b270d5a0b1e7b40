import { t } from '../i18n/i18n.js'
import { go, route } from '../app/route.js'
import { markRead } from '../messages/actions.js'
import { isBlocked, setBlocked } from '../peers/blocked.js'
import { isUser, peerOf, userKey, type PeerKey } from '../peers/key.js'
import { channel, chatName, inputChannel, inputPeer, peer, resolve, usernameOf } from '../peers/peers.js'
import { reportPeer } from '../report/Report.js'
import { call, self } from '../session/session.js'
import { ask } from '../ui/confirm.js'
import type { MenuItem } from '../ui/Menu.js'
import { say, sayError } from '../ui/toast.js'
import { dialog, isMuted, patch, remove } from './dialogs.js'
import { editChannel } from './edit/EditChannel.js'
import { mayEdit } from './edit/rights.js'

/** The time by which something is muted for good. */
const FOR_EVER = 0x7fffffff

/** What can be done with a chat. */
export function chatMenu(chat: PeerKey): MenuItem[] {
  const listed = dialog(chat)
  const found = channel(chat)
  const items: MenuItem[] = []
  if (mayEdit(chat)) items.push({ icon: 'edit', label: t('edit.open'), onPick: () => editChannel(chat) })
  if (listed) {
    const pinned = listed.pinned !== undefined
    items.push({ icon: 'pin', label: pinned ? t('chat.unpin') : t('chat.pin'), onPick: () => void pin(chat, !pinned) })
    const muted = isMuted(listed)
    items.push({ icon: 'mute', label: muted ? t('chat.unmute') : t('chat.mute'), onPick: () => void mute(chat, !muted) })
    const unread = listed.unread > 0 || listed.marked
    items.push({
      icon: 'check',
      label: unread ? t('chat.mark_read') : t('chat.mark_unread'),
      onPick: () => void mark(chat, !unread),
    })
  }
  const name = usernameOf(peer(chat).value)
  if (name && !isUser(chat)) {
    items.push({ icon: 'link', label: t('chat.copy_link'), onPick: () => void copyLink(name) })
  }
  if (chat !== userKey(self()) && chat !== 'u777000' && !(found?._ === 'channel' && found.creator)) {
    items.push({ icon: 'flag', label: t('report.report'), onPick: () => reportPeer(chat) })
  }
  if (mayBlock(chat)) {
    const now = isBlocked(chat)
    items.push({ icon: 'block', label: now ? t('block.unblock') : t('block.block'), grave: !now, onPick: () => void block(chat, !now) })
  }
  if (found?._ === 'channel' && !found.left && !found.creator) {
    items.push({ icon: 'leave', label: t('chat.leave'), grave: true, onPick: () => void leave(chat) })
  }
  if (isUser(chat) && listed) {
    items.push({ icon: 'trash', label: t('chat.delete'), grave: true, onPick: () => void clear(chat) })
  }
  return items
}

async function tried(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    sayError(error)
    return false
  }
}

async function pin(chat: PeerKey, pinned: boolean): Promise<void> {
  const peer = { _: 'inputDialogPeer', peer: inputPeer(chat) } as const
  const told = { _: 'updateDialogPinned', pinned, peer: { _: 'dialogPeer', peer: peerOf(chat) } } as const
  await tried(() => call({ _: 'messages.toggleDialogPin', pinned, peer }, told))
}

async function mute(chat: PeerKey, muted: boolean): Promise<void> {
  const settings = { _: 'inputPeerNotifySettings', muteUntil: muted ? FOR_EVER : 0 } as const
  const peer = { _: 'inputNotifyPeer', peer: inputPeer(chat) } as const
  if (await tried(() => call({ _: 'account.updateNotifySettings', peer, settings }))) {
    patch(chat, { mutedUntil: settings.muteUntil })
  }
}

async function mark(chat: PeerKey, unread: boolean): Promise<void> {
  const peer = { _: 'inputDialogPeer', peer: inputPeer(chat) } as const
  const listed = dialog(chat)
  if (!unread && listed?.top && listed.unread > 0) {
    await tried(() => markRead(chat, listed.top!.id, 0))
  } else if (await tried(() => call({ _: 'messages.markDialogUnread', unread, peer }))) {
    patch(chat, { marked: unread })
  }
}

/** Oneself and the house cannot be blocked. */
function mayBlock(chat: PeerKey): boolean {
  return isUser(chat) && chat !== userKey(self()) && chat !== 'u777000'
}

async function block(chat: PeerKey, now: boolean): Promise<void> {
  if (now) {
    const answer = await ask({
      title: t('block.ask', { who: chatName(chat) }),
      text: t('block.ask_text'),
      answers: [{ label: t('block.block'), value: 'yes', grave: true }],
    })
    if (!answer) return
  }
  await tried(() => setBlocked(chat, now))
}

async function leave(chat: PeerKey): Promise<void> {
  const answer = await ask({
    title: t('chat.leave_title'),
    answers: [{ label: t('chat.leave'), value: 'leave', grave: true }],
  })
  if (!answer) return
  if (await tried(() => call({ _: 'channels.leaveChannel', channel: inputChannel(chat) }))) {
    remove(chat)
    if (route.peek().chat === chat) go({})
  }
}

async function clear(chat: PeerKey): Promise<void> {
  const answer = await ask({
    title: t('chat.delete_title'),
    text: t('chat.delete_which'),
    answers: [
      { label: t('message.delete_both'), value: 'both', grave: true },
      { label: t('message.delete_mine'), value: 'mine' },
    ],
  })
  if (!answer) return
  const deleted = await tried(async () => {
    const request = { _: 'messages.deleteHistory', peer: inputPeer(chat), maxId: 0, revoke: answer === 'both' } as const
    // A long chat goes in several steps; each answer says whether something is left.
    for (let left = 1; left > 0; ) left = (await call(request)).offset
  })
  if (!deleted) return
  remove(chat)
  if (route.peek().chat === chat) go({})
}

async function copyLink(name: string): Promise<void> {
  await navigator.clipboard.writeText(`${location.origin}/${name}`).then(
    () => say(t('message.copied')),
    () => say(t('message.not_copied')),
  )
}

/** Opens the chat in which decisions of moderators are contested. */
export async function appeal(): Promise<void> {
  await tried(async () => {
    go({ chat: await resolve('SpamBot') })
    say(t('report.appeal_hint'))
  })
}
