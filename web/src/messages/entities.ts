import type { tl } from '@mtcute/tl'

/** A stretch of text and everything that holds for it, the outermost first. */
export interface Piece {
  text: string
  marks: tl.TypeMessageEntity[]
}

/**
 * Cuts a text where an entity begins or ends. Entities may lie inside each other; those that are out of the text's
 * bounds are the sender's mistake and are ignored.
 */
export function pieces(text: string, entities: readonly tl.TypeMessageEntity[] = []): Piece[] {
  const sound = entities
    .filter(({ offset, length }) => offset >= 0 && length > 0 && offset + length <= text.length)
    .toSorted((a, b) => a.offset - b.offset || b.length - a.length)
  const borders = new Set([0, text.length])
  for (const { offset, length } of sound) borders.add(offset).add(offset + length)
  const places = [...borders].sort((a, b) => a - b)
  const found: Piece[] = []
  let first = 0
  for (let at = 0; at + 1 < places.length; at++) {
    const from = places[at]!
    const to = places[at + 1]!
    while (first < sound.length && sound[first]!.offset + sound[first]!.length <= from) first++
    const marks: tl.TypeMessageEntity[] = []
    for (let index = first; index < sound.length && sound[index]!.offset <= from; index++) {
      const mark = sound[index]!
      if (mark.offset + mark.length >= to) marks.push(mark)
    }
    found.push({ text: text.slice(from, to), marks })
  }
  return found
}

/** The address behind a link, if it is one that a page may lead to. */
export function address(text: string): string | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`
  try {
    const url = new URL(whole)
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : undefined
  } catch {
    return undefined
  }
}
