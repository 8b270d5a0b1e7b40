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

/** Asks the server for its facts. */
export async function loadFacts(): Promise<Facts> {
  const answer = await fetch('/web/facts.json', { cache: 'no-store' })
  if (!answer.ok) throw new Error(`facts: ${answer.status}`)
  return (await answer.json()) as Facts
}
