import type { tl } from '@mtcute/tl'
import type { AnyMessage } from './message.js'

/** The messages from one on that were sent together with it as an album; only itself if there are no others. */
export function albumAt(messages: readonly AnyMessage[], at: number): readonly AnyMessage[] {
  const first = messages[at]!
  let end = at + 1
  while (end < messages.length && together(first, messages[end]!)) end++
  return messages.slice(at, end)
}

/** The number of the message that an album begins with, for any message in it. */
export function headOf(messages: readonly AnyMessage[], id: number): number {
  let at = messages.findIndex((message) => message.id === id)
  while (at > 0 && together(messages[at - 1]!, messages[at]!)) at--
  return messages[at]?.id ?? id
}

function together(a: AnyMessage, b: AnyMessage): boolean {
  if (a._ !== 'message' || b._ !== 'message' || !a.groupedId || !b.groupedId) return false
  return a.groupedId.low === b.groupedId.low && a.groupedId.high === b.groupedId.high
}

/** The message of an album that carries its words: the only one with any. */
export function captionOf(album: readonly tl.RawMessage[]): tl.RawMessage | undefined {
  const worded = album.filter(({ message }) => message !== '')
  return worded.length === 1 ? worded[0] : undefined
}

/** How many pictures stand in each line of an album: two or three, so that all lines are full. */
export function linesOf(count: number): number[] {
  if (count < 2) return [1]
  if (count === 3) return [1, 2]
  const twos = { 0: 0, 1: 2, 2: 1 }[count % 3 as 0 | 1 | 2]
  return [...Array<number>(twos).fill(2), ...Array<number>((count - 2 * twos) / 3).fill(3)]
}
