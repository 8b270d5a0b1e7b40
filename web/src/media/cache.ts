import type { tl } from '@mtcute/tl'
import { download } from '../session/session.js'

/** How many files stay ready to be shown, and how many bytes they have in all; the one shown longest ago goes first. */
const KEPT = 200
const KEPT_BYTES = 300_000_000

const files = new Map<string, { url: Promise<string>; size: number }>()

/** An address under which the browser shows a file, fetched once. */
export function blobUrl(
  key: string,
  location: tl.TypeInputFileLocation,
  size: number,
  type: string,
  progress?: (done: number, of: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const known = files.get(key)
  files.delete(key)
  const url =
    known?.url ??
    download(location, size, { progress, signal }).then((bytes) => URL.createObjectURL(new Blob([bytes], { type })))
  files.set(key, { url, size })
  // What failed is asked for anew the next time.
  url.catch(() => files.delete(key))
  dropOldest()
  return url
}

function dropOldest(): void {
  let bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0)
  for (const [key, { url, size }] of files) {
    if (files.size <= KEPT && (bytes <= KEPT_BYTES || files.size === 1)) break
    files.delete(key)
    bytes -= size
    void url.then((address) => URL.revokeObjectURL(address), () => undefined)
  }
}
