import { signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { inputChannel, inputPeer, learn, noteSeen } from '../peers/peers.js'
import { isUser, type PeerKey } from '../peers/key.js'
import { call, self } from '../session/session.js'
import { shelf } from '../storage/shelf.js'
import { isMessage, type AnyMessage } from './message.js'

/** How many messages are fetched at a time: more than a screen shows, quick to come. */
const PAGE = 60
/** How many of a chat's newest messages this browser keeps for when it is offline. */
const KEPT = 60
/** How long after a change they are written, in milliseconds: many changes come together. */
const KEEP_AFTER_MS = 500

/** A chat, or the comments under one post (whose copy in the group has the number `thread`). */
export interface Place {
  chat: PeerKey
  thread?: number
}

export const placeKey = ({ chat, thread }: Place): string => (thread ? `${chat}/${thread}` : chat)

/** An unbroken stretch of a chat's messages, oldest first. */
export class History {
  readonly messages = signal<readonly AnyMessage[]>([])
  /** Whether there is nothing older, or nothing newer, than the stretch. */
  readonly atTop = signal(false)
  readonly atBottom = signal(false)
  readonly failed = signal<unknown>(undefined)
  private readonly loading = new Set<'older' | 'newer'>()
  /** Counts the stretches: what was asked for to go on with an earlier one does not fit the next. */
  private generation = 0
  private replacing = false
  private keeping: ReturnType<typeof setTimeout> | undefined

  constructor(readonly place: Place) {}

  /** Loads the newest messages, in place of what is there. */
  async loadNewest(): Promise<void> {
    await this.replace({ offsetId: 0, addOffset: 0 }, true)
  }

  /** Loads the messages around one of them, in place of what is there. */
  async loadAround(id: number): Promise<void> {
    if (this.messages.peek().some((message) => message.id === id)) return
    await this.replace({ offsetId: id, addOffset: -PAGE / 2 }, false)
  }

  private async replace(at: { offsetId: number; addOffset: number }, newest: boolean): Promise<void> {
    const generation = ++this.generation
    this.loading.clear()
    this.failed.value = undefined
    this.replacing = true
    try {
      const found = await this.fetch(at)
      const whole = found.length < PAGE && at.addOffset === 0
      const post = whole ? await this.post() : []
      if (generation !== this.generation) return
      this.messages.value = ascending([...post, ...found])
      this.atTop.value = whole
      this.atBottom.value = newest
      this.keepSoon()
    } catch (error) {
      if (generation === this.generation) this.failed.value = error
    } finally {
      if (generation === this.generation) this.replacing = false
    }
  }

  async loadOlder(): Promise<void> {
    const [oldest] = this.messages.peek()
    if (this.atTop.peek() || !oldest) return
    await this.once('older', async () => {
      const found = await this.fetch({ offsetId: oldest.id, addOffset: 0 })
      const older = ascending(found).filter(({ id }) => id < oldest.id)
      const atTop = found.length < PAGE || older.length === 0
      if (atTop) older.unshift(...(await this.post()))
      return () => {
        if (atTop) this.atTop.value = true
        this.messages.value = [...older, ...this.messages.peek()]
      }
    })
  }

  async loadNewer(): Promise<void> {
    const newest = this.messages.peek().at(-1)
    if (this.atBottom.peek() || !newest) return
    await this.once('newer', async () => {
      const found = await this.fetch({ offsetId: newest.id + 1, addOffset: -PAGE })
      const newer = ascending(found).filter(({ id }) => id > newest.id)
      return () => {
        if (newer.length === 0) this.atBottom.value = true
        this.messages.value = [...this.messages.peek(), ...newer]
      }
    })
  }

  private async once(what: 'older' | 'newer', work: () => Promise<() => void>): Promise<void> {
    // What is there is about to go: nothing can go on with it.
    if (this.replacing || this.loading.has(what)) return
    this.loading.add(what)
    const generation = this.generation
    try {
      const apply = await work()
      if (generation === this.generation) apply()
    } catch (error) {
      if (generation === this.generation) this.failed.value = error
    } finally {
      if (generation === this.generation) this.loading.delete(what)
    }
  }

  private async fetch({ offsetId, addOffset }: { offsetId: number; addOffset: number }): Promise<AnyMessage[]> {
    const { chat, thread } = this.place
    const range = { offsetId, addOffset, offsetDate: 0, limit: PAGE, maxId: 0, minId: 0, hash: ZERO }
    const peer = inputPeer(chat)
    const found = thread
      ? await call({ _: 'messages.getReplies', peer, msgId: thread, ...range })
      : await call({ _: 'messages.getHistory', peer, ...range })
    if (found._ === 'messages.messagesNotModified') return []
    learn(found)
    found.messages.forEach(noteSeen)
    return found.messages.filter(isMessage)
  }

  /** The post that comments are about; it stands above the first of them. */
  private async post(): Promise<AnyMessage[]> {
    const { chat, thread } = this.place
    if (!thread) return []
    const id = [{ _: 'inputMessageID', id: thread }] as const
    const found = await call({ _: 'channels.getMessages', channel: inputChannel(chat), id: [...id] })
    if (found._ === 'messages.messagesNotModified') return []
    learn(found)
    return found.messages.filter(isMessage)
  }

  /** A new message: shown if what is shown reaches to the end of the chat. */
  add(message: AnyMessage): void {
    const list = this.messages.peek()
    if (!this.atBottom.peek() && message.id > (list.at(-1)?.id ?? 0)) return
    this.messages.value = inserted(list, message)
    this.keepSoon()
  }

  /** A message that changed. */
  edit(message: AnyMessage): void {
    const list = this.messages.peek()
    const at = list.findIndex(({ id }) => id === message.id)
    if (at < 0) return
    this.messages.value = list.with(at, message)
    this.keepSoon()
  }

  delete(ids: ReadonlySet<number>): void {
    const list = this.messages.peek()
    if (!list.some(({ id }) => ids.has(id))) return
    this.messages.value = list.filter(({ id }) => !ids.has(id))
    this.keepSoon()
  }

  /** Shows what this browser kept, until the server answers. */
  async recall(): Promise<void> {
    if (this.place.thread) return
    const kept = await shelf.get<AnyMessage[]>('messages', this.keptAs())
    if (kept && this.messages.peek().length === 0) this.messages.value = kept
  }

  /** Writes the newest messages into this browser, for when there is no connection. */
  private keepSoon(): void {
    if (this.place.thread || !this.atBottom.peek()) return
    this.keeping ??= setTimeout(() => {
      this.keeping = undefined
      // Nothing is written for who has signed out meanwhile.
      if (self() && this.atBottom.peek()) void shelf.put('messages', this.keptAs(), this.messages.peek().slice(-KEPT))
    }, KEEP_AFTER_MS)
  }

  private keptAs(): string {
    return `${self()} ${this.place.chat}`
  }
}

const ZERO = { low: 0, high: 0, unsigned: false } as unknown as tl.Long

function ascending(messages: AnyMessage[]): AnyMessage[] {
  return messages.toSorted((a, b) => a.id - b.id)
}

/** The list with one more message in its place; one that is there already is replaced. */
export function inserted(list: readonly AnyMessage[], message: AnyMessage): readonly AnyMessage[] {
  const at = list.findLastIndex(({ id }) => id <= message.id)
  if (list[at]?.id === message.id) return list.with(at, message)
  return [...list.slice(0, at + 1), message, ...list.slice(at + 1)]
}

const histories = new Map<string, History>()
/** How many chats' messages stay in memory. */
const OPEN_MAX = 12

/** The messages of a place; the same object as long as it is in use. */
export function history(place: Place): History {
  const key = placeKey(place)
  const found = histories.get(key) ?? new History(place)
  // The last one asked for is the last to go.
  histories.delete(key)
  histories.set(key, found)
  for (const oldest of histories.keys()) {
    if (histories.size <= OPEN_MAX) break
    histories.delete(oldest)
  }
  return found
}

/** Those in memory that a change in a chat concerns: the chat, and threads in it. */
export function* historiesOf(chat: PeerKey | 'private'): Generator<History> {
  for (const one of histories.values()) {
    if (chat === 'private' ? isUser(one.place.chat) : one.place.chat === chat) yield one
  }
}

/** The history of a place if it is in memory. */
export function openHistory(place: Place): History | undefined {
  return histories.get(placeKey(place))
}

export function forget(): void {
  histories.clear()
}
