import type { tl } from '@mtcute/tl'
import { keyOf, type PeerKey } from '../peers/key.js'

/** A message with a text or a file, or one that tells what happened in a chat. */
export type AnyMessage = tl.RawMessage | tl.RawMessageService

export function isMessage(message: tl.TypeMessage): message is AnyMessage {
  return message._ !== 'messageEmpty'
}

/** Who a message is from; a channel's posts are the channel's. */
export function senderOf(message: AnyMessage, self: number): PeerKey {
  if (message.fromId) return keyOf(message.fromId)
  if (message.peerId._ === 'peerUser') return message.out ? `u${self}` : keyOf(message.peerId)
  return keyOf(message.peerId)
}

/** The number of the message that this one answers, in the same chat. */
export function replyIdOf(message: AnyMessage): number | undefined {
  const reply = message.replyTo
  if (reply?._ !== 'messageReplyHeader' || reply.replyToPeerId) return undefined
  return reply.replyToMsgId
}

/** Whether a message begins another day than the one before it, for people in this time zone. */
export function beginsDay(message: AnyMessage, before: AnyMessage | undefined): boolean {
  return !before || new Date(message.date * 1000).toDateString() !== new Date(before.date * 1000).toDateString()
}

/** How long messages of one sender belong together, in seconds. */
const TOGETHER_S = 10 * 60

/** Whether a message goes on with what the one before said. */
export function continues(message: AnyMessage, before: AnyMessage | undefined, self: number): boolean {
  return (
    before?._ === 'message' &&
    message._ === 'message' &&
    senderOf(message, self) === senderOf(before, self) &&
    message.date - before.date < TOGETHER_S &&
    !beginsDay(message, before)
  )
}
