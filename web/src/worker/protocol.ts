/**
 * What a tab and the worker say to each other. The worker holds the one connection of this browser; every open tab
 * talks through it.
 */
import type { tl } from '@mtcute/tl'
import type { Facts } from './facts.js'
import type { PasswordChange } from './password.js'

/** How the connection is, as far as the worker knows. */
export type Connection = 'connecting' | 'updating' | 'connected' | 'offline'

/** Whether somebody is signed in here. */
export type Standing =
  | { is: 'starting' }
  | { is: 'signed-out'; because?: 'elsewhere' }
  | { is: 'signed-in'; self: number }
  | { is: 'broken'; why: 'unreachable' | 'insecure' | 'unknown' }

/** What a tab asks of the worker. */
export type Ask =
  | { do: 'hello' }
  | { do: 'call'; request: tl.RpcMethod; tells?: tl.TypeUpdate | undefined }
  | { do: 'send'; request: tl.RpcMethod }
  | { do: 'signed-in'; authorization: tl.auth.RawAuthorization }
  | { do: 'check-password'; password: string }
  | { do: 'change-password'; change: PasswordChange }
  | { do: 'sign-out' }
  | { do: 'upload'; file: Blob; name: string }
  | { do: 'download'; location: tl.TypeInputFileLocation; size: number }
  | { do: 'cancel'; of: number }
  | { do: 'again' }

export type FromTab = Ask & { id: number }

/** Why a request failed: the server's word for it, or `OFFLINE` and the like of our own. */
export interface Failure {
  text: string
  code: number
  /** How long to wait, for `FLOOD_WAIT_n` and its relatives. */
  seconds?: number
}

/** People and chats that an update speaks of. */
export interface Peers {
  users: tl.TypeUser[]
  chats: tl.TypeChat[]
}

export type FromWorker =
  | { id: number; ok: unknown }
  | { id: number; failed: Failure }
  | { id: number; done: number; of: number }
  | { event: 'standing'; standing: Standing; persistent: boolean }
  | { event: 'connection'; connection: Connection }
  /** People and chats as the server described them just now. */
  | { event: 'peers'; peers: Peers }
  /** A change, with those it speaks of as they were known before. */
  | { event: 'update'; update: tl.TypeUpdate; peers: Peers }
  | { event: 'lost'; channel?: number }
  | { event: 'facts'; facts: Facts; behindMs: number }
