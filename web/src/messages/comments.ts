import { go } from '../app/route.js'
import { channelKey, type PeerKey } from '../peers/key.js'
import { inputPeer, learn, noteSeen } from '../peers/peers.js'
import { call } from '../session/session.js'
import { sayError } from '../ui/toast.js'

/** Opens the comments under a post: they are a thread in the group that belongs to the channel. */
export async function openComments(chat: PeerKey, post: number): Promise<void> {
  try {
    const found = await call({ _: 'messages.getDiscussionMessage', peer: inputPeer(chat), msgId: post })
    learn(found)
    found.messages.forEach(noteSeen)
    const copy = found.messages.find(
      (one) => one._ === 'message' && one.peerId._ === 'peerChannel' && channelKey(one.peerId.channelId) !== chat,
    )
    if (copy?._ === 'message' && copy.peerId._ === 'peerChannel') {
      go({ chat: channelKey(copy.peerId.channelId), thread: copy.id })
    }
  } catch (error) {
    sayError(error)
  }
}
