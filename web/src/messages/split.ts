/** The longest text of a message, in UTF-16 units, and of a caption. */
export const MESSAGE_MAX = 4096
export const CAPTION_MAX = 1024

/** How far back from the limit a line end or a space is looked for. */
const LOOK_BACK = 1024

/** Cuts a text into messages at line ends, else at spaces, and never inside a character. */
export function split(text: string, max = MESSAGE_MAX): string[] {
  const pieces: string[] = []
  let rest = text.trim()
  while (rest.length > max) {
    const end = cut(rest, max)
    const piece = rest.slice(0, end).trimEnd()
    if (piece) pieces.push(piece)
    rest = rest.slice(end).trimStart()
  }
  if (rest) pieces.push(rest)
  return pieces
}

function cut(text: string, max: number): number {
  const least = max - Math.min(LOOK_BACK, max / 2)
  for (const mark of ['\n', ' ']) {
    const at = text.lastIndexOf(mark, max)
    if (at >= least) return at
  }
  // Half a surrogate pair is no character.
  const code = text.charCodeAt(max - 1)
  return code >= 0xd800 && code < 0xdc00 ? max - 1 : max
}
