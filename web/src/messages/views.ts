import { call } from '../session/session.js'
import type { PeerKey } from '../peers/key.js'
import { inputPeer, learn } from '../peers/peers.js'
import { historiesOf } from './history.js'

/** How long posts are in sight before they count as seen, in milliseconds: many that come at once are counted at once. */
const COUNT_AFTER_MS = 1_000
/** How often the numbers of what is in sight are fetched again, in milliseconds: others read and comment meanwhile. */
const AGAIN_AFTER_MS = 20_000
/** How many posts one request counts. */
const AT_ONCE = 100

/** Counts the posts of a channel as seen, and keeps their numbers of views and comments fresh while they are in sight. */
export class Views {
  private inSight: readonly number[] = []
  private readonly counted = new Set<number>()
  private soon: ReturnType<typeof setTimeout> | undefined
  private readonly again = setInterval(() => void this.fetch(), AGAIN_AFTER_MS)

  constructor(private readonly chat: PeerKey) {}

  /** Takes which posts are in sight now. */
  see(ids: readonly number[]): void {
    this.inSight = ids
    if (ids.every((id) => this.counted.has(id))) return
    this.soon ??= setTimeout(() => {
      this.soon = undefined
      void this.fetch()
    }, COUNT_AFTER_MS)
  }

  /** Asks no more. */
  stop(): void {
    clearTimeout(this.soon)
    clearInterval(this.again)
  }

  private async fetch(): Promise<void> {
    const id = this.inSight.slice(-AT_ONCE)
    if (id.length === 0 || document.visibilityState !== 'visible') return
    const increment = id.some((one) => !this.counted.has(one))
    try {
      const answer = await call({ _: 'messages.getMessagesViews', peer: inputPeer(this.chat), id, increment })
      learn(answer)
      answer.views.forEach(({ views, forwards, replies }, at) => {
        this.counted.add(id[at]!)
        for (const history of historiesOf(this.chat)) {
          const message = history.messages.peek().find((known) => known.id === id[at])
          if (message?._ !== 'message') continue
          const same = message.views === views && message.forwards === forwards && message.replies?.replies === replies?.replies
          if (!same) history.edit({ ...message, views, forwards, replies: replies ?? message.replies })
        }
      })
    } catch {
      // Without a connection the numbers stay as they are; they are asked for again.
    }
  }
}
