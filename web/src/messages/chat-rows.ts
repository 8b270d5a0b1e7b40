import { albumAt } from './album.js'
import { beginsDay, continues, type AnyMessage } from './message.js'
import type { Outgoing } from './outbox.js'

/** What stands in an open chat: a message (or the album that begins with it), or one on its way. */
export type Row =
  | {
      is: 'message'
      key: string
      message: AnyMessage
      album: readonly AnyMessage[] | undefined
      /** It goes on with what the one above it said. */
      joined: boolean
      /** It is the first of its day, and the first that is unread. */
      day: boolean
      unread: boolean
    }
  | { is: 'pending'; key: string; one: Outgoing }

type MessageRow = Extract<Row, { is: 'message' }>
/** Rows that were made for messages: in a long chat nearly all stay the same when some are added. */
const made = new WeakMap<AnyMessage, { before: AnyMessage | undefined; row: MessageRow }>()

/** The rows of a chat as `self` sees it, who has read up to a message; nothing where all is read. */
export function rowsOf(
  messages: readonly AnyMessage[],
  waiting: readonly Outgoing[],
  readUpTo: number | undefined,
  self: number,
): Row[] {
  const rows: Row[] = []
  let before: AnyMessage | undefined
  let told = readUpTo === undefined
  for (let at = 0; at < messages.length; ) {
    const message = messages[at]!
    const album = message._ === 'message' && message.groupedId ? albumAt(messages, at) : undefined
    at += album?.length ?? 1
    const unread = !told && message.id > readUpTo! && !message.out
    if (unread) told = true
    const known = made.get(message)
    if (known && known.before === before && known.row.unread === unread && same(known.row.album, album)) rows.push(known.row)
    else {
      const day = beginsDay(message, before)
      const joined = !unread && continues(message, before, self)
      const row: MessageRow = { is: 'message', key: String(message.id), message, album, day, unread, joined }
      made.set(message, { before, row })
      rows.push(row)
    }
    before = album?.at(-1) ?? message
  }
  for (const one of waiting) rows.push({ is: 'pending', key: one.key, one })
  return rows
}

function same(one: readonly AnyMessage[] | undefined, other: readonly AnyMessage[] | undefined): boolean {
  if (!one || !other) return one === other
  return one.length === other.length && one.every((message, at) => message === other[at])
}
