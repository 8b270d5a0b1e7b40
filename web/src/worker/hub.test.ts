import { tl } from '@mtcute/tl'
import { describe, expect, it } from 'vitest'
import { failureOf, Offline } from './failure.js'
import { sentMessage } from './sent.js'

const answer: tl.RawUpdateShortSentMessage = {
  _: 'updateShortSentMessage',
  out: true,
  id: 9,
  pts: 20,
  ptsCount: 1,
  date: 1_000,
}

describe('a short answer to a sent message', () => {
  it('becomes the whole message', () => {
    const made = sentMessage(
      {
        _: 'messages.sendMessage',
        peer: { _: 'inputPeerUser', userId: 5, accessHash: {} as tl.Long },
        message: 'hello',
        randomId: {} as tl.Long,
        replyTo: { _: 'inputReplyToMessage', replyToMsgId: 4 },
      },
      answer,
      1,
    )
    const [update] = (made as tl.RawUpdates).updates
    expect(update).toMatchObject({ _: 'updateNewMessage', pts: 20, ptsCount: 1 })
    expect((update as tl.RawUpdateNewMessage).message).toMatchObject({
      id: 9,
      message: 'hello',
      peerId: { _: 'peerUser', userId: 5 },
      replyTo: { replyToMsgId: 4 },
    })
  })

  it('lies in Saved Messages when it went to oneself', () => {
    const request = { _: 'messages.sendMessage', peer: { _: 'inputPeerSelf' }, message: 'x', randomId: {} as tl.Long } as const
    const [update] = (sentMessage(request, answer, 1) as tl.RawUpdates).updates
    expect((update as tl.RawUpdateNewMessage).message).toMatchObject({ peerId: { userId: 1 }, fromId: { userId: 1 } })
  })
})

describe('what a tab is told of an error', () => {
  it("is the server's word and how long to wait", () => {
    const error = tl.RpcError.fromTl({ _: 'mt_rpc_error', errorCode: 420, errorMessage: 'FLOOD_WAIT_7' })
    expect(failureOf(error)).toEqual({ text: 'FLOOD_WAIT_%d', code: 420, seconds: 7 })
  })

  it('is OFFLINE without a connection', () => {
    expect(failureOf(new Offline())).toEqual({ text: 'OFFLINE', code: 0 })
  })
})
