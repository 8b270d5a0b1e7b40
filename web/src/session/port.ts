import type { Ask, FromTab, FromWorker } from '../worker/protocol.js'
import { CallError } from './errors.js'

/** The lock that lets one tab alone run a worker of its own, where tabs cannot share one. */
const ONLY_ONE = 'heliograph worker'
/** How long a free lock may take, in milliseconds, before the page says that another tab has it. */
const BUSY_AFTER_MS = 500

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: CallError) => void
  progress: ((done: number, of: number) => void) | undefined
}

type Event = Extract<FromWorker, { event: string }>

/** This tab's line to the worker with the connection. */
export class WorkerPort {
  private readonly waiting = new Map<number, Waiting>()
  private next = 1
  private port: { postMessage(message: FromTab): void } | undefined
  private readonly queued: FromTab[] = []

  /** `listen` hears what happens; `busy` is called when another tab keeps this one from running. */
  constructor(
    private readonly listen: (event: Event) => void,
    private readonly busy: (busy: boolean) => void,
  ) {
    void this.open()
  }

  /** Asks the worker for something and waits for its answer. */
  ask<T>(ask: Ask, options: { progress?: (done: number, of: number) => void; signal?: AbortSignal } = {}): Promise<T> {
    const id = this.next++
    options.signal?.addEventListener('abort', () => void this.ask({ do: 'cancel', of: id }))
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, progress: options.progress })
      const message: FromTab = { ...ask, id }
      if (this.port) this.port.postMessage(message)
      else this.queued.push(message)
    })
  }

  private async open(): Promise<void> {
    try {
      const worker = new SharedWorker(new URL('../worker/worker.ts', import.meta.url), {
        type: 'module',
        name: 'heliograph',
      })
      worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data)
      return this.begin(worker.port)
    } catch {
      // There are none, or they are blocked with everything else that tabs share.
      await this.alone()
    }
    const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data)
    this.begin(worker)
  }

  /** Returns once no other tab runs a worker; the lock is held until this tab closes. */
  private alone(): Promise<void> {
    return new Promise((resolve) => {
      const waits = setTimeout(() => this.busy(true), BUSY_AFTER_MS)
      const begin = () => {
        clearTimeout(waits)
        this.busy(false)
        resolve()
      }
      navigator.locks
        .request(ONLY_ONE, () => {
          begin()
          return new Promise(() => undefined)
        })
        // Without locks two tabs are two devices with one key; the server bears it.
        .catch(begin)
    })
  }

  private begin(port: { postMessage(message: FromTab): void }): void {
    this.port = port
    void this.ask({ do: 'hello' })
    for (const message of this.queued.splice(0)) port.postMessage(message)
  }

  private hear(message: FromWorker): void {
    if ('event' in message) return this.listen(message)
    const waiting = this.waiting.get(message.id)
    if (!waiting) return
    if ('done' in message) return waiting.progress?.(message.done, message.of)
    this.waiting.delete(message.id)
    if ('failed' in message) waiting.reject(new CallError(message.failed))
    else waiting.resolve(message.ok)
  }
}
