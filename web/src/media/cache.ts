import type { tl } from '@mtcute/tl'
import { download } from '../session/session.js'

/** How many files stay ready to be shown; the one that was shown longest ago goes first. */
const KEPT = 200

const urls = new Map<string, Promise<string>>()

/** An address under which the browser shows a file, fetched once. */
export function blobUrl(
  key: string,
  location: tl.TypeInputFileLocation,
  size: number,
  type: string,
  progress?: (done: number, of: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  let url = urls.get(key)
  urls.delete(key)
  url ??= download(location, size, { progress, signal }).then((bytes) => URL.createObjectURL(new Blob([bytes], { type })))
  urls.set(key, url)
  // What failed is asked for anew the next time.
  url.catch(() => urls.delete(key))
  for (const [oldest, gone] of urls) {
    if (urls.size <= KEPT) break
    urls.delete(oldest)
    void gone.then((address) => URL.revokeObjectURL(address), () => undefined)
  }
  return url
}
