import type { BaseTelegramClient } from '@mtcute/web'
import type { tl } from '@mtcute/tl'
import { randomLong } from '@mtcute/core/utils.js'

/** A part of a file: the largest that the protocol allows. */
const PART_BYTES = 512 * 1024
/** Above this size the protocol counts parts in another way, without a checksum. */
const BIG_BYTES = 10 * 1024 * 1024
/** Parts under way at a time: enough to fill the line, few enough that messages get through between them. */
const AT_ONCE = 3

type Progress = (done: number, of: number) => void

/** Sends a file up in parts. What comes back stands for it in `messages.sendMedia`. */
export async function upload(
  client: BaseTelegramClient,
  file: Blob,
  name: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<tl.TypeInputFile> {
  const id = randomLong()
  const parts = Math.max(1, Math.ceil(file.size / PART_BYTES))
  const big = file.size > BIG_BYTES
  let sent = 0
  await inParallel(parts, signal, async (part) => {
    const bytes = new Uint8Array(await file.slice(part * PART_BYTES, (part + 1) * PART_BYTES).arrayBuffer())
    await client.call(
      big
        ? { _: 'upload.saveBigFilePart', fileId: id, filePart: part, fileTotalParts: parts, bytes }
        : { _: 'upload.saveFilePart', fileId: id, filePart: part, bytes },
    )
    sent += bytes.length
    progress(sent, file.size)
  })
  return big
    ? { _: 'inputFileBig', id, parts, name }
    : { _: 'inputFile', id, parts, name, md5Checksum: '' }
}

/** Fetches a file of a known size. */
export async function download(
  client: BaseTelegramClient,
  location: tl.TypeInputFileLocation,
  size: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const parts = Math.max(1, Math.ceil(size / PART_BYTES))
  const pieces: Uint8Array[] = []
  let fetched = 0
  await inParallel(parts, signal, async (part) => {
    const answer = await client.call({
      _: 'upload.getFile',
      location,
      offset: part * PART_BYTES,
      limit: PART_BYTES,
    })
    // The server keeps its files itself and sends nobody elsewhere.
    if (answer._ !== 'upload.file') throw new Error('a file that lies elsewhere')
    pieces[part] = answer.bytes
    fetched += answer.bytes.length
    progress(fetched, size)
  })
  const whole = new Uint8Array(fetched)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

async function inParallel(count: number, signal: AbortSignal, work: (part: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) {
      signal.throwIfAborted()
      await work(next++)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker))
}
