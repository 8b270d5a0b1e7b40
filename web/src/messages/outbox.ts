import { signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { inputPeer } from '../peers/peers.js'
import type { PeerKey } from '../peers/key.js'
import { CallError } from '../session/errors.js'
import { connection, self, sendCall, upload } from '../session/session.js'
import { shelf } from '../storage/shelf.js'
import { placeKey, type Place } from './history.js'

/** A file on its way out. */
export interface OutgoingFile {
  blob: Blob
  name: string
  asPhoto: boolean
  width?: number
  height?: number
}

/**
 * The number by which the server knows a message that it was sent twice: it is drawn once, and kept, so that trying
 * again never doubles anything.
 */
export interface Random {
  low: number
  high: number
}

/** Something on its way out. It stays in this browser until the server has it, also when the tab is closed. */
export interface Outgoing {
  /** Sorts by time of writing; the key under which it is kept. */
  key: string
  /** Whose it is: another account that signs in here must not send it. */
  owner: number
  chat: PeerKey
  thread?: number
  text: string
  replyTo?: number
  file?: OutgoingFile
  /** Pictures that go together, each a message of its own to the server. */
  album?: { file: OutgoingFile; random: Random }[]
  random: Random
  at: number
  /** Why it was refused; it waits for somebody to try again or to drop it. */
  failed?: { text: string; seconds?: number }
}

/** What is on its way, oldest first. */
export const outgoing = signal<readonly Outgoing[]>([])
/** How much of a file has gone up, from 0 to 1. */
export const progress = signal<ReadonlyMap<string, number>>(new Map())

const cancels = new Map<string, AbortController>()
const news = new BroadcastChannel('heliograph outbox')
const LOCK = 'heliograph outbox'
let wake: () => void = () => undefined

/** The messages on their way to a place. */
export function waitingFor(place: Place): Outgoing[] {
  const key = placeKey(place)
  return outgoing.value.filter((one) => placeKey(one) === key)
}

let last = 0

/** Writes a message into the outbox; it goes as soon as it can. */
export async function enqueue(message: Omit<Outgoing, 'key' | 'owner' | 'random' | 'at'>): Promise<void> {
  // Two in one millisecond keep their order.
  last = Math.max(Date.now(), last + 1)
  const random = draw()
  const key = `${String(last).padStart(15, '0')} ${random.high}`
  const one: Outgoing = { ...message, key, owner: self(), random, at: Math.floor(last / 1000) }
  outgoing.value = [...outgoing.value, one]
  await shelf.put('outbox', key, one)
  news.postMessage('changed')
  wake()
}

/** Draws the number of a message. */
export function draw(): Random {
  const [low = 0, high = 0] = crypto.getRandomValues(new Int32Array(2))
  return { low, high }
}

/** Tries a refused one again. */
export async function retry(one: Outgoing): Promise<void> {
  await shelf.put('outbox', one.key, { ...one, failed: undefined })
  await refresh()
  news.postMessage('changed')
  wake()
}

/** Gives one up; a file that is on its way stops. */
export async function drop(one: Outgoing): Promise<void> {
  cancels.get(one.key)?.abort()
  await settle(one)
}

/** The server told the number of a message that it took. */
export function accepted({ low, high }: Random, _id: number): void {
  const is = (random: Random) => random.low === low && random.high === high
  const one = outgoing.peek().find((known) => is(known.random) || known.album?.some(({ random }) => is(random)))
  if (one) outgoing.value = outgoing.peek().filter((other) => other !== one)
}

async function settle(one: Outgoing): Promise<void> {
  await shelf.delete('outbox', one.key)
  outgoing.value = outgoing.peek().filter(({ key }) => key !== one.key)
  progress.value = new Map([...progress.peek()].filter(([key]) => key !== one.key))
  news.postMessage('changed')
}

async function refresh(): Promise<void> {
  const owner = self()
  outgoing.value = (await shelf.all<Outgoing>('outbox')).filter((one) => one.owner === owner)
}

/** Keeps sending what waits, from one of the open tabs at a time. Called once. */
export function run(): void {
  news.onmessage = () => void refresh().then(() => wake())
  void refresh()
  // Where locks are blocked so is what tabs share: this one has an outbox of its own.
  navigator.locks.request(LOCK, keepSending).catch(keepSending)
}

async function keepSending(): Promise<never> {
  for (;;) {
    await refresh()
    const next = connection.peek() === 'connected' && self() ? outgoing.peek().find(({ failed }) => !failed) : undefined
    if (next) await send(next)
    else await something()
  }
}

/** Waits for a new message, for the connection, or a moment. */
function something(): Promise<void> {
  return new Promise((resolve) => {
    const stop = connection.subscribe((state) => {
      if (state === 'connected' && outgoing.peek().some(({ failed }) => !failed)) wake()
    })
    const timer = setTimeout(() => wake(), 2_000)
    wake = () => {
      clearTimeout(timer)
      queueMicrotask(() => stop())
      resolve()
    }
  })
}

async function send(one: Outgoing): Promise<void> {
  try {
    await sendCall(await requestFor(one))
    await settle(one)
  } catch (error) {
    const failure = error instanceof CallError ? error.failure : { text: 'UNKNOWN', code: 0 }
    // The server has it already: the answer to the first try was lost.
    if (failure.text === 'RANDOM_ID_DUPLICATE') return settle(one)
    if (failure.text === 'CANCELLED' || !outgoing.peek().some(({ key }) => key === one.key)) return
    if (failure.text === 'FLOOD_WAIT_%d' && (failure.seconds ?? 0) <= 30) return pause((failure.seconds ?? 1) * 1_000)
    if (failure.text === 'OFFLINE' || connection.peek() !== 'connected' || failure.code >= 500) return pause(1_000)
    await shelf.put('outbox', one.key, { ...one, failed: { text: failure.text, seconds: failure.seconds } })
    await refresh()
    news.postMessage('changed')
  } finally {
    cancels.delete(one.key)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function requestFor(one: Outgoing): Promise<tl.RpcMethod> {
  const place = { peer: inputPeer(one.chat), replyTo: replyTo(one), clearDraft: true }
  const common = { ...place, randomId: long(one.random), message: one.text }
  const controller = new AbortController()
  cancels.set(one.key, controller)
  const tell = (part: number) => (progress.value = new Map(progress.peek()).set(one.key, part))
  if (one.album) {
    const { album } = one
    const multiMedia: tl.RawInputSingleMedia[] = []
    for (const [at, { file, random }] of album.entries()) {
      const media = await uploaded(file, controller.signal, (part) => tell((at + part) / album.length))
      // The words of an album stand with its first picture.
      multiMedia.push({ _: 'inputSingleMedia', media, randomId: long(random), message: at === 0 ? one.text : '' })
    }
    return { _: 'messages.sendMultiMedia', ...place, multiMedia }
  }
  if (!one.file) return { _: 'messages.sendMessage', ...common }
  return { _: 'messages.sendMedia', ...common, media: await uploaded(one.file, controller.signal, tell) }
}

const long = (random: Random): tl.Long => ({ ...random, unsigned: false }) as unknown as tl.Long

/** Sends a file up; what comes back stands for it in a message. */
async function uploaded(out: OutgoingFile, signal: AbortSignal, tell: (part: number) => void): Promise<tl.TypeInputMedia> {
  const { blob, name, asPhoto, width, height } = out
  const file = await upload(blob, name, { signal, progress: (done, of) => tell(done / of) })
  if (asPhoto) return { _: 'inputMediaUploadedPhoto', file }
  const attributes: tl.TypeDocumentAttribute[] = [{ _: 'documentAttributeFilename', fileName: name }]
  if (width && height) attributes.push({ _: 'documentAttributeImageSize', w: width, h: height })
  return {
    _: 'inputMediaUploadedDocument',
    file,
    mimeType: blob.type || 'application/octet-stream',
    attributes,
    forceFile: true,
  }
}

function replyTo({ replyTo, thread }: Outgoing): tl.RawInputReplyToMessage | undefined {
  const id = replyTo ?? thread
  if (!id) return undefined
  return { _: 'inputReplyToMessage', replyToMsgId: id, topMsgId: thread }
}
