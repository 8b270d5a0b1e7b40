/**
 * Names as strangers choose them, made safe to stand in a line with other text. What a name shows is not changed
 * otherwise: `<script>` is five letters between brackets.
 */

/** Characters that turn the direction of what follows them, also beyond the name's end. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** Control characters and line ends have no place in a name. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu
/** More marks on one letter than any language writes: they would cover the lines above and below. */
const PILES = /(\p{M}{3})\p{M}+/gu

/** A name without what would spill out of its place. */
export function calm(name: string): string {
  return name.replace(TURNS, '').replace(CONTROLS, ' ').replace(PILES, '$1').trim()
}

/** Up to two letters that stand for a name where there is no picture. */
export function initials(name: string): string {
  const words = calm(name).split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .filter((word) => word !== undefined)
    .map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? '')
  return letters.join('').toUpperCase()
}
