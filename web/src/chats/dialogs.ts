import { computed, signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { inputPeer, learn, noteSeen, peer } from '../peers/peers.js'
import { keyOf, type PeerKey } from '../peers/key.js'
import { nowS } from '../session/clock.js'
import { call, self } from '../session/session.js'
import { shelf } from '../storage/shelf.js'
import type { AnyMessage } from '../messages/message.js'
import { isMessage } from '../messages/message.js'

/** How many chats one page of the list has. */
const PAGE = 100
/** How long the list is written to this browser after a change, in milliseconds. */
const KEEP_AFTER_MS = 1_000

/** A chat in the list. */
export interface Dialog {
  key: PeerKey
  top: AnyMessage | undefined
  unread: number
  mentions: number
  /** Marked as unread by hand. */
  marked: boolean
  readInbox: number
  readOutbox: number
  /** Its place among those pinned, the first is 0. */
  pinned: number | undefined
  draft: tl.RawDraftMessage | undefined
  /** Until when nothing is announced, in Unix seconds. */
  mutedUntil: number
}

const dialogs = signal<ReadonlyMap<PeerKey, Dialog>>(new Map())
/** Whether the list was loaded from the server, or is the one of last time. */
export const fresh = signal(false)

/** The list as people see it: pinned ones, then by their newest message or draft. */
export const chatList = computed(() => sorted([...dialogs.value.values()]))

/** All unread messages of chats that are not muted. */
export const unreadTotal = computed(() => {
  const loud = [...dialogs.value.values()].filter((dialog) => !isMuted(dialog))
  return loud.reduce((sum, { unread, marked }) => sum + (unread || (marked ? 1 : 0)), 0)
})

export function sorted(list: Dialog[]): Dialog[] {
  return list.sort((a, b) => {
    if (a.pinned !== undefined || b.pinned !== undefined) return (a.pinned ?? Infinity) - (b.pinned ?? Infinity)
    return moment(b) - moment(a) || (b.top?.id ?? 0) - (a.top?.id ?? 0)
  })
}

const moment = ({ top, draft }: Dialog): number => Math.max(top?.date ?? 0, draft?.date ?? 0)

export function isMuted({ mutedUntil }: Dialog, now = nowS()): boolean {
  return mutedUntil > now
}

export function dialog(key: PeerKey): Dialog | undefined {
  return dialogs.value.get(key)
}

/** Changes a chat of the list; one that is not there is left alone. */
export function patch(key: PeerKey, changed: Partial<Dialog> | ((old: Dialog) => Partial<Dialog>)): void {
  const old = dialogs.peek().get(key)
  if (!old) return
  set({ ...old, ...(typeof changed === 'function' ? changed(old) : changed) })
}

function set(...changed: Dialog[]): void {
  const next = new Map(dialogs.peek())
  for (const one of changed) next.set(one.key, one)
  dialogs.value = next
  keepSoon()
}

export function remove(key: PeerKey): void {
  const next = new Map(dialogs.peek())
  if (next.delete(key)) dialogs.value = next
  keepSoon()
}

/** Puts a new message into the list. A chat that is new there is fetched. */
export function arrived(message: AnyMessage): void {
  const key = keyOf(message.peerId)
  const old = dialogs.peek().get(key)
  if (!old) return void fetchDialog(key)
  const newer = !old.top || message.id > old.top.id
  const counts = newer && !message.out && message.id > old.readInbox
  set({
    ...old,
    top: newer ? message : old.top,
    unread: old.unread + (counts ? 1 : 0),
    mentions: old.mentions + (counts && message.mentioned ? 1 : 0),
  })
}

/** After a message went, another one is the newest. */
export function topWasDeleted(key: PeerKey, ids: ReadonlySet<number>): void {
  const old = dialogs.peek().get(key)
  if (old?.top && ids.has(old.top.id)) void fetchDialog(key)
}

export function edited(message: AnyMessage): void {
  patch(keyOf(message.peerId), ({ top }) => (top?.id === message.id ? { top: message } : {}))
}

/** Asks the server how one chat stands. */
export async function fetchDialog(key: PeerKey): Promise<void> {
  const found = await call({
    _: 'messages.getPeerDialogs',
    peers: [{ _: 'inputDialogPeer', peer: inputPeer(key) }],
  }).catch(() => undefined)
  if (found) take(found)
}

/** Loads the list, the newest first; the rest follows while people look at it. */
export async function load(): Promise<void> {
  let offset = { date: 0, id: 0, peer: { _: 'inputPeerEmpty' } as tl.TypeInputPeer }
  const seen = new Set<PeerKey>()
  for (let first = true; ; first = false) {
    const page = await call({
      _: 'messages.getDialogs',
      excludePinned: !first,
      offsetDate: offset.date,
      offsetId: offset.id,
      offsetPeer: offset.peer,
      limit: PAGE,
      hash: { low: 0, high: 0, unsigned: false } as unknown as tl.Long,
    })
    if (page._ === 'messages.dialogsNotModified') break
    const taken = take(page)
    for (const { key } of taken) seen.add(key)
    const last = taken.findLast(({ pinned, top }) => pinned === undefined && top)
    if (page._ === 'messages.dialogs' || taken.length < PAGE || !last?.top) break
    offset = { date: last.top.date, id: last.top.id, peer: inputPeer(last.key) }
  }
  // What the server did not name is no longer there.
  dialogs.value = new Map([...dialogs.peek()].filter(([key]) => seen.has(key)))
  fresh.value = true
}

function take(page: tl.messages.RawDialogs | tl.messages.RawDialogsSlice | tl.messages.RawPeerDialogs): Dialog[] {
  learn(page)
  page.messages.forEach(noteSeen)
  const tops = new Map(page.messages.filter(isMessage).map((message) => [place(message), message]))
  let pins = 0
  const taken = page.dialogs
    .filter((one): one is tl.RawDialog => one._ === 'dialog')
    .map((raw): Dialog => {
      const key = keyOf(raw.peer)
      return {
        key,
        top: tops.get(`${key} ${raw.topMessage}`),
        unread: raw.unreadCount,
        mentions: raw.unreadMentionsCount,
        marked: raw.unreadMark ?? false,
        readInbox: raw.readInboxMaxId,
        readOutbox: raw.readOutboxMaxId,
        pinned: raw.pinned ? pins++ : undefined,
        draft: raw.draft?._ === 'draftMessage' ? raw.draft : undefined,
        mutedUntil: raw.notifySettings.muteUntil ?? 0,
      }
    })
  if (page._ === 'messages.peerDialogs') {
    for (const one of taken) {
      if (one.pinned !== undefined) one.pinned = dialogs.peek().get(one.key)?.pinned ?? 0
    }
  }
  set(...taken.filter(isThere))
  for (const gone of taken.filter((one) => !isThere(one))) remove(gone.key)
  return taken
}

/** A channel that somebody looks at without being in it, or a person never written with, is not in the list. */
function isThere({ key, top }: Dialog): boolean {
  const found = peer(key).peek()
  if (found?._ === 'channel') return !found.left
  return top !== undefined
}

const place = (message: AnyMessage): string => `${keyOf(message.peerId)} ${message.id}`

/** New pins, in their order. */
export function setPinned(order: PeerKey[]): void {
  const next = [...dialogs.peek().values()].map((one) => {
    const at = order.indexOf(one.key)
    return { ...one, pinned: at < 0 ? undefined : at }
  })
  set(...next)
}

export function pinnedKeys(): PeerKey[] {
  return chatList.peek().filter(({ pinned }) => pinned !== undefined).map(({ key }) => key)
}

/** Shows the list of last time, until the server answers. */
export async function recall(): Promise<void> {
  const kept = await shelf.get<Dialog[]>('dialogs', `u${self()}`)
  if (kept && !fresh.peek()) set(...kept)
}

export function forget(): void {
  dialogs.value = new Map()
  fresh.value = false
}

let timer: ReturnType<typeof setTimeout> | undefined
function keepSoon(): void {
  timer ??= setTimeout(() => {
    timer = undefined
    if (self()) void shelf.put('dialogs', `u${self()}`, chatList.peek().slice(0, PAGE))
  }, KEEP_AFTER_MS)
}
