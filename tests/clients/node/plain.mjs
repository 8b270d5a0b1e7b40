// Turns the raw TL objects of gramjs and mtcute into the harness's plain records.
// gramjs names a constructor in `className` (`UpdateNewMessage`), mtcute in `_` (`updateNewMessage`);
// the fields are the same.

function kind(value) {
  const name = value?.className ?? value?._ ?? ''
  return name.charAt(0).toLowerCase() + name.slice(1)
}

// Ids are BigInteger in gramjs and numbers in mtcute.
const number = (value) => (value === undefined || value === null ? undefined : Number(value))

export function userOf(user) {
  return {
    id: number(user.id),
    first_name: user.firstName ?? '',
    last_name: user.lastName ?? '',
    username: user.username ?? '',
  }
}

export function messageOf(message) {
  const { userId, channelId } = message.peerId
  return {
    id: message.id,
    ...(channelId === undefined ? { chat: number(userId) } : { channel: number(channelId) }),
    out: Boolean(message.out),
    mentioned: Boolean(message.mentioned),
    text: message.message,
    reply_to: message.replyTo?.replyToMsgId ?? null,
  }
}

export function dialogOf(dialog) {
  if (dialog.peer.channelId !== undefined) return { channel: number(dialog.peer.channelId) }
  return {
    chat: number(dialog.peer.userId),
    top: dialog.topMessage,
    unread: dialog.unreadCount,
    read_inbox: dialog.readInboxMaxId,
    read_outbox: dialog.readOutboxMaxId,
    pinned: Boolean(dialog.pinned),
    draft: dialog.draft?.message ?? '',
  }
}

export const stateOf = ({ pts, qts, date }) => ({ pts, qts, date })

/**
 * Everything since `state`, slice by slice; `ask` calls `updates.getDifference`.
 */
export async function differenceFrom(state, ask) {
  const events = []
  for (let slices = 0; ; ) {
    const answer = await ask(state)
    // `updates.DifferenceSlice` in gramjs, `updates.differenceSlice` in mtcute.
    const name = kind(answer).replace('updates.', '').toLowerCase()
    if (name === 'differencetoolong') throw new Error('the server calls the difference too long')
    if (name === 'differenceempty') return { events, slices }
    slices += 1
    for (const message of answer.newMessages.filter(isPrivate)) {
      events.push({ event: 'new_message', ...messageOf(message) })
    }
    events.push(...answer.otherUpdates.map(eventOf).filter(Boolean))
    if (name === 'difference') return { events, slices }
    state = stateOf(answer.intermediateState)
  }
}

/**
 * Everything in a channel since `pts`, slice by slice; `ask` calls `updates.getChannelDifference`.
 */
export async function channelDifferenceFrom(pts, ask) {
  const events = []
  for (let slices = 0; ; ) {
    const answer = await ask(pts)
    const name = kind(answer).replace('updates.', '').toLowerCase()
    if (name === 'channeldifferencetoolong') throw new Error('the server calls the difference too long')
    if (name === 'channeldifferenceempty') return { events, slices }
    slices += 1
    for (const message of answer.newMessages.filter(isPost)) events.push({ event: 'post', ...messageOf(message) })
    events.push(...answer.otherUpdates.map(eventOf).filter(Boolean))
    if (answer.final) return { events, slices }
    pts = answer.pts
  }
}

/**
 * Whether a message is one that a member wrote, in a channel or group.
 */
export const isPost = (message) => kind(message) === 'message' && message.peerId.channelId !== undefined

const isPrivate = (message) => kind(message) === 'message' && message.peerId.userId !== undefined

/**
 * The event for one update, or undefined where the scenarios do not look.
 */
export function eventOf(update) {
  switch (kind(update)) {
    case 'updateNewMessage':
      return isPrivate(update.message) ? { event: 'new_message', ...messageOf(update.message) } : undefined
    case 'updateEditMessage':
      return isPrivate(update.message) ? { event: 'edited', ...messageOf(update.message) } : undefined
    case 'updateNewChannelMessage':
      return isPost(update.message) ? { event: 'post', ...messageOf(update.message) } : undefined
    case 'updateEditChannelMessage':
      return isPost(update.message) ? { event: 'post_edited', ...messageOf(update.message) } : undefined
    case 'updateDeleteChannelMessages':
      return { event: 'posts_deleted', channel: number(update.channelId), ids: [...update.messages] }
    case 'updatePinnedChannelMessages': {
      const pinned = Boolean(update.pinned)
      return { event: 'posts_pinned', channel: number(update.channelId), ids: [...update.messages], pinned }
    }
    case 'updateReadChannelInbox':
      return { event: 'posts_read', channel: number(update.channelId), max_id: update.maxId }
    case 'updateReadChannelOutbox':
      return { event: 'posts_seen', channel: number(update.channelId), max_id: update.maxId }
    case 'updateChannelUserTyping':
      return { event: 'group_typing', channel: number(update.channelId), user: number(update.fromId.userId) }
    case 'updateShortMessage':
      return { event: 'new_message', ...messageOf({ ...update, replyTo: update.replyTo, peerId: update }) }
    case 'updateDeleteMessages':
      return { event: 'deleted', ids: [...update.messages] }
    case 'updateReadHistoryInbox':
      return { event: 'read_inbox', chat: number(update.peer.userId), max_id: update.maxId }
    case 'updateReadHistoryOutbox':
      return { event: 'read_outbox', chat: number(update.peer.userId), max_id: update.maxId }
    case 'updateUserTyping':
      return { event: 'typing', user: number(update.userId) }
    case 'updateUserStatus':
      return { event: 'status', user: number(update.userId), online: kind(update.status) === 'userStatusOnline' }
    case 'updateUserName':
      return {
        event: 'name',
        user: number(update.userId),
        first_name: update.firstName,
        last_name: update.lastName,
        username: update.usernames.find((name) => name.active)?.username ?? '',
      }
    case 'updateDraftMessage':
      return { event: 'draft', chat: number(update.peer.userId), text: update.draft.message ?? '' }
    case 'updateDialogPinned':
      return { event: 'pinned', chat: number(update.peer.peer.userId), pinned: Boolean(update.pinned) }
  }
}
