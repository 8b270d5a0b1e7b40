import type { tl } from '@mtcute/tl'

/**
 * The whole message behind the short answer `updateShortSentMessage`, which repeats nothing of what was sent.
 */
export function sentMessage(
  request: tl.messages.RawSendMessageRequest,
  answer: tl.RawUpdateShortSentMessage,
  self: number,
): tl.TypeUpdates {
  const message: tl.RawMessage = {
    _: 'message',
    out: true,
    id: answer.id,
    peerId: { _: 'peerUser', userId: receiver(request.peer, self) },
    date: answer.date,
    message: request.message,
    entities: answer.entities ?? request.entities,
    media: answer.media,
    ttlPeriod: answer.ttlPeriod,
  }
  if (request.peer._ === 'inputPeerSelf') message.fromId = { _: 'peerUser', userId: self }
  const replyTo = request.replyTo
  if (replyTo?._ === 'inputReplyToMessage') {
    message.replyTo = { _: 'messageReplyHeader', replyToMsgId: replyTo.replyToMsgId }
  }
  return {
    _: 'updates',
    updates: [{ _: 'updateNewMessage', message, pts: answer.pts, ptsCount: answer.ptsCount }],
    users: [],
    chats: [],
    date: answer.date,
    seq: 0,
  }
}

function receiver(peer: tl.TypeInputPeer, self: number): number {
  return peer._ === 'inputPeerUser' ? peer.userId : self
}
