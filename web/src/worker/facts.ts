import { shelf } from '../storage/shelf.js'

/** What the server says of itself at `/web/facts.json`; see `crates/server/src/http/web/facts.rs`. */
export interface Facts {
  /** Who runs this installation, and how to write to them. Empty when they did not say. */
  operator: string
  contact: string
  /** Who may sign up. */
  registration: 'invite' | 'open' | 'closed'
  /** How far others vouch for this installation, and what that means in words. */
  trust: string
  trust_meaning: string
  /** Whether the keys are thrown away and the people invented. */
  demonstration: boolean
  /** Whether the public log and its pages are there. */
  log: boolean
  /** The number of the data centre that the server answers as. */
  dc: number
  /** The server's public key, PKCS#1 PEM, and its fingerprint. */
  public_key: string
  fingerprint: string
}

/** What the server said of itself, and how much this device's clock is behind it, in milliseconds. */
export interface Told {
  facts: Facts
  behindMs: number
}

/** A difference that a clock may have before it is taken for wrong, in milliseconds: roads are slow at times. */
const TOLERATED_MS = 60_000

/** Asks the server for its facts. */
export async function loadFacts(): Promise<Told> {
  const answer = await fetch('/web/facts.json', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) })
  if (!answer.ok) throw new Error(`facts: ${answer.status}`)
  const facts = (await answer.json()) as Facts
  return { facts, behindMs: behind(answer.headers.get('date'), realNow()) }
}

/** How long the server may take to tell them, in milliseconds: behind a dead line nothing answers at all. */
const ANSWER_MS = 5_000

/** Where the facts of last time lie in this browser. */
const KEY = 'facts'

export function keepFacts({ facts }: Told): Promise<void> {
  return shelf.put('facts', KEY, facts)
}

/** What the server said last time, if this browser was here before. */
export function keptFacts(): Promise<Facts | undefined> {
  return shelf.get<Facts>('facts', KEY)
}

const realNow = Date.now.bind(Date)

/** How much a clock is behind the moment that an answer tells; nothing for what nobody notices. */
export function behind(told: string | null, nowMs: number): number {
  const difference = Date.parse(told ?? '') - nowMs
  return Math.abs(difference) > TOLERATED_MS ? difference : 0
}

/**
 * Sets the clock of this worker, and of nothing else. mtcute chooses salts by it, and on a clock that is a day fast it
 * would choose one that the server does not know yet, again and again.
 */
export function correctClock(behindMs: number): void {
  Date.now = () => realNow() + behindMs
}
