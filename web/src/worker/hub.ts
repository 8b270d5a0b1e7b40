import { tl } from '@mtcute/tl'
import { download, upload } from './files.js'
import { failureOf } from './failure.js'
import { Link } from './link.js'
import { changePassword, checkPassword } from './password.js'
import type { FromTab, FromWorker } from './protocol.js'
import { sentMessage } from './sent.js'

/** The end of a channel to a tab. */
export interface Port {
  postMessage(message: FromWorker): void
}

/** Answers what tabs ask, and tells all of them what happens. */
export class Hub {
  private readonly ports = new Set<Port>()
  private readonly running = new Map<string, AbortController>()
  private readonly link = new Link((message) => this.tell(message))

  /** Handles one request of a tab. */
  async take(port: Port, ask: FromTab): Promise<void> {
    this.ports.add(port)
    try {
      port.postMessage({ id: ask.id, ok: await this.answer(port, ask) })
    } catch (error) {
      const failed = failureOf(error)
      port.postMessage({ id: ask.id, failed })
      if (failed.code === 401) await this.link.signedOutElsewhere(failed.text)
    }
  }

  private async answer(port: Port, ask: FromTab): Promise<unknown> {
    switch (ask.do) {
      case 'hello':
        for (const message of this.link.now()) port.postMessage(message)
        return undefined
      case 'again':
        return this.link.start()
      case 'call':
        return this.call(ask.request, ask.tells)
      case 'send':
        return this.send(ask.request)
      case 'signed-in':
        return this.link.signedIn(ask.authorization)
      case 'check-password':
        return this.link.signedIn(await checkPassword(this.link.client(), ask.password))
      case 'change-password':
        return changePassword(this.link.client(), ask.change)
      case 'sign-out':
        return this.link.signOut()
      case 'upload':
        return this.cancellable(ask.id, port, (progress, signal) =>
          upload(this.link.client(), ask.file, ask.name, progress, signal),
        )
      case 'download':
        return this.cancellable(ask.id, port, (progress, signal) =>
          download(this.link.client(), ask.location, ask.size, progress, signal),
        )
      case 'cancel':
        this.running.get(key(port, ask.of))?.abort()
        return undefined
    }
  }

  private async call(request: tl.RpcMethod, tells: tl.TypeUpdate | undefined): Promise<unknown> {
    const client = this.link.client()
    const answer = await client.call(request)
    if (isUpdates(answer)) client.handleClientUpdate(answer, false)
    else if (isAffected(answer)) client.handleClientUpdate(numbered(request, answer, tells), false)
    else if (tells) this.tell({ event: 'update', update: tells, peers: { users: [], chats: [] } })
    return answer
  }

  /** Sends a message; every tab sees it as an update, in its right place among the others. */
  private async send(request: tl.RpcMethod): Promise<void> {
    const client = this.link.client()
    const answer = await client.call(request)
    if (!isUpdates(answer)) return
    const self = this.link.self()
    const full =
      answer._ === 'updateShortSentMessage' && request._ === 'messages.sendMessage'
        ? sentMessage(request, answer, self)
        : answer
    client.handleClientUpdate(full, false)
  }

  private async cancellable<T>(
    id: number,
    port: Port,
    work: (progress: (done: number, of: number) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController()
    const place = key(port, id)
    this.running.set(place, controller)
    try {
      return await work((done, of) => port.postMessage({ id, done, of }), controller.signal)
    } finally {
      this.running.delete(place)
    }
  }

  private tell(message: FromWorker): void {
    for (const port of this.ports) port.postMessage(message)
  }
}

const numbers = new WeakMap<Port, number>()
let ports = 0

/** Requests are numbered by each tab for itself. */
function key(port: Port, id: number): string {
  let number = numbers.get(port)
  if (number === undefined) numbers.set(port, (number = ++ports))
  return `${number} ${id}`
}

const UPDATES = new Set([
  'updates',
  'updatesCombined',
  'updateShort',
  'updateShortMessage',
  'updateShortChatMessage',
  'updateShortSentMessage',
])

function isUpdates(answer: unknown): answer is tl.TypeUpdates {
  return UPDATES.has((answer as { _?: string } | null)?._ ?? '')
}

function isAffected(answer: unknown): answer is { pts: number; ptsCount: number } {
  const kind = (answer as { _?: string } | null)?._ ?? ''
  return kind === 'messages.affectedMessages' || kind === 'messages.affectedHistory'
}

/** Changes that a call made without saying them as updates still count in the numbering. */
function numbered(
  request: tl.RpcMethod,
  { pts, ptsCount }: { pts: number; ptsCount: number },
  tells: tl.TypeUpdate | undefined,
): tl.TypeUpdates {
  const channel = 'channel' in request && typeof request.channel === 'object' ? request.channel : undefined
  const channelId = channel && 'channelId' in channel ? channel.channelId : 0
  const told = tells ?? { _: 'mtcute.dummyUpdate', channelId }
  const update = { ...told, pts, ptsCount } as tl.TypeUpdate
  return { _: 'updates', updates: [update], users: [], chats: [], date: 0, seq: 0 }
}
