import { tl } from '@mtcute/tl'
import type { Failure } from './protocol.js'

/** What a tab is told about an error: the server's own word where there is one. */
export function failureOf(error: unknown): Failure {
  if (error instanceof tl.RpcError) {
    const seconds = (error as { seconds?: number }).seconds
    return { text: error.text, code: error.code, ...(seconds === undefined ? {} : { seconds }) }
  }
  if (error instanceof DOMException && error.name === 'AbortError') return { text: 'CANCELLED', code: 0 }
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return { text: 'STORAGE_FULL', code: 0 }
  if (error instanceof Offline) return { text: 'OFFLINE', code: 0 }
  // What it says is for whoever develops; people read the words for UNKNOWN.
  console.warn(error)
  return { text: 'UNKNOWN', code: 0 }
}

/** There is no connection to send a request over. */
export class Offline extends Error {}
