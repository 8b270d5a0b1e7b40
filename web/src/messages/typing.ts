import { signal } from '@preact/signals'
import { inputPeer } from '../peers/peers.js'
import type { PeerKey } from '../peers/key.js'
import { call } from '../session/session.js'

/** How long somebody counts as typing after they were last heard of; the protocol repeats every 5 s. */
const SHOWN_MS = 6_000
/** How often others are told that somebody types here. */
const TOLD_MS = 5_000

/** Who types where. */
export const typing = signal<ReadonlyMap<PeerKey, ReadonlySet<PeerKey>>>(new Map())
const timers = new Map<string, ReturnType<typeof setTimeout>>()

/** Somebody types in a chat, or stopped. */
export function heard(chat: PeerKey, who: PeerKey, goesOn: boolean): void {
  const key = `${chat} ${who}`
  clearTimeout(timers.get(key))
  timers.delete(key)
  if (goesOn) timers.set(key, setTimeout(() => heard(chat, who, false), SHOWN_MS))
  const there = new Set(typing.peek().get(chat))
  if (goesOn) there.add(who)
  else there.delete(who)
  const next = new Map(typing.peek())
  if (there.size > 0) next.set(chat, there)
  else next.delete(chat)
  typing.value = next
}

let told = { chat: '', at: 0 }

/** Tells the others in a chat that somebody types here. */
export function tell(chat: PeerKey): void {
  const now = performance.now()
  if (told.chat === chat && now - told.at < TOLD_MS) return
  told = { chat, at: now }
  // A hint that is lost is not worth a word.
  void call({ _: 'messages.setTyping', peer: inputPeer(chat), action: { _: 'sendMessageTypingAction' } }).catch(
    () => undefined,
  )
}

export function sent(): void {
  told = { chat: '', at: 0 }
}
