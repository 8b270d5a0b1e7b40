import type { BaseTelegramClient } from '@mtcute/web'
import { tl } from '@mtcute/tl'
import { makeClient } from './client.js'
import { Offline } from './failure.js'
import { correctClock, keepFacts, keptFacts, loadFacts, type Facts, type Told } from './facts.js'
import type { Connection, FromWorker, Standing } from './protocol.js'

/** How long after a failed start it is tried again, in milliseconds. */
const AGAIN_MS = 2_000

/** The connection to the server, and who is signed in over it. */
export class Link {
  private standing: Standing = { is: 'starting' }
  private connection: Connection = 'connecting'
  private facts: Facts | undefined
  /** Whether the facts are those of last time, as the server is away. */
  private stale = false
  private behindMs = 0
  private own: BaseTelegramClient | undefined
  private persistent = true
  private starting: Promise<void> | undefined

  constructor(private readonly tell: (message: FromWorker) => void) {
    void this.start()
  }

  /** The client; there is none before the server told its facts. */
  client(): BaseTelegramClient {
    if (!this.own) throw new Offline()
    return this.own
  }

  /** Who is signed in; 0 for nobody. */
  self(): number {
    return this.standing.is === 'signed-in' ? this.standing.self : 0
  }

  /** What a tab that comes has to know. */
  now(): FromWorker[] {
    const known: FromWorker[] = [
      { event: 'standing', standing: this.standing, persistent: this.persistent },
      { event: 'connection', connection: this.connection },
    ]
    if (!this.facts) return known
    return [{ event: 'facts', facts: this.facts, behindMs: this.behindMs }, ...known]
  }

  /** Connects and finds out whether the keys here are of somebody who is signed in. */
  start(): Promise<void> {
    this.starting ??= this.begin().finally(() => (this.starting = undefined))
    return this.starting
  }

  private async begin(): Promise<void> {
    if (!globalThis.isSecureContext) return this.stand({ is: 'broken', why: 'insecure' })
    try {
      const facts = (this.facts ??= await this.learnFacts())
      this.tell({ event: 'facts', facts, behindMs: this.behindMs })
      if (!this.own) {
        const { client, persistent } = await makeClient(facts)
        this.persistent = persistent
        this.listen(client)
        this.own = client
        await client.connect()
      }
      await this.whoIsThis()
    } catch (error) {
      console.warn(error)
      // A known person sees their chats meanwhile, as they were.
      const known = await this.own?.storage.self.fetch().catch(() => null)
      if (known) this.stand({ is: 'signed-in', self: known.userId })
      else this.stand({ is: 'broken', why: 'unreachable' })
      setTimeout(() => void this.start(), AGAIN_MS)
    }
  }

  /** What the server says of itself. While it is away, what it said last time: a known person sees their chats. */
  private async learnFacts(): Promise<Facts> {
    try {
      return this.takeFacts(await loadFacts())
    } catch (error) {
      const kept = await keptFacts()
      if (!kept) throw error
      this.stale = true
      setTimeout(() => void this.refreshFacts(), AGAIN_MS)
      return kept
    }
  }

  private async refreshFacts(): Promise<void> {
    const told = await loadFacts().catch(() => undefined)
    if (!told) return void setTimeout(() => void this.refreshFacts(), AGAIN_MS)
    const another = told.facts.fingerprint !== this.facts?.fingerprint
    this.facts = this.takeFacts(told)
    this.tell({ event: 'facts', facts: this.facts, behindMs: this.behindMs })
    if (!another) return
    // Another server answers at this address now, and knows nobody whom the one before knew.
    await this.own?.destroy()
    this.own = undefined
    await this.start()
  }

  private takeFacts(told: Told): Facts {
    correctClock(told.behindMs)
    this.behindMs = told.behindMs
    this.stale = false
    void keepFacts(told)
    return told.facts
  }

  private async whoIsThis(): Promise<void> {
    const client = this.client()
    // Nobody has signed in with these keys yet: there is no need to ask.
    const known = await client.storage.self.fetch()
    if (!known && this.stale) throw new Offline()
    if (!known) return this.stand({ is: 'signed-out' })
    // What was seen last time can be shown before the server has answered.
    this.stand({ is: 'signed-in', self: known.userId })
    try {
      await client.call({ _: 'users.getUsers', id: [{ _: 'inputUserSelf' }] })
    } catch (error) {
      if (error instanceof tl.RpcError && error.code === 401) return this.signedOutElsewhere(error.text)
      throw error
    }
    await client.startUpdatesLoop()
    this.tell({ event: 'lost' })
  }

  private async stillKnown(): Promise<void> {
    try {
      await this.client().call({ _: 'users.getUsers', id: [{ _: 'inputUserSelf' }] })
      // What happened meanwhile is asked for, whether or not the server says that something did.
      this.client().handleClientUpdate({ _: 'updatesTooLong' }, false)
    } catch (error) {
      if (error instanceof tl.RpcError && error.code === 401) await this.signedOutElsewhere(error.text)
    }
  }

  private listen(client: BaseTelegramClient): void {
    client.onConnectionState.add((state) => {
      const returns = state === 'connected' && this.connection !== 'connected' && this.connection !== 'updating'
      this.connection = state
      this.tell({ event: 'connection', connection: state })
      // A session that was ended elsewhere loses its connection, and learns why when it asks for something.
      if (returns && this.standing.is === 'signed-in') void this.stillKnown()
    })
    client.onRawUpdate.add(({ update, peers }) => {
      const users = [...peers.users.values()]
      const chats = [...peers.chats.values()]
      this.tell({ event: 'update', update, peers: { users, chats } })
    })
    // With an update the library hands out people and chats as it remembers them, which may be a while ago; as the
    // server describes them now, they stand in what it sent.
    client.onServerUpdate.add((update) => this.tellPeers(update))
    // Before anybody is signed in no updates are put in order; this one says that a QR code was read.
    client.onServerUpdate.add((update) => {
      const read = update._ === 'updateShort' && update.update._ === 'updateLoginToken'
      if (read) this.tell({ event: 'update', update: update.update, peers: { users: [], chats: [] } })
    })
    client.onError.add((error) => {
      if (error instanceof tl.RpcError && error.code === 401) void this.signedOutElsewhere(error.text)
    })
    // A gap too wide to be told change by change: tabs load anew what they show.
    const call = client.call.bind(client)
    client.call = async (request, parameters) => {
      const answer = await call(request, parameters)
      const kind = (answer as { _?: string })._
      if (kind?.startsWith('updates')) this.tellPeers(answer)
      if (kind === 'updates.differenceTooLong') this.tell({ event: 'lost' })
      if (kind === 'updates.channelDifferenceTooLong' && 'channel' in request) {
        const channel = request.channel as tl.RawInputChannel
        this.tell({ event: 'lost', channel: channel.channelId })
      }
      return answer
    }
  }

  private tellPeers(answer: unknown): void {
    const { users = [], chats = [] } = answer as { users?: tl.TypeUser[]; chats?: tl.TypeChat[] }
    if (users.length + chats.length > 0) this.tell({ event: 'peers', peers: { users, chats } })
  }

  /** Somebody has signed in by a call of their tab. */
  async signedIn(authorization: tl.auth.RawAuthorization): Promise<void> {
    const client = this.client()
    const user = await client.notifyLoggedIn(authorization)
    await client.startUpdatesLoop()
    await client.mt.storage.save()
    this.stand({ is: 'signed-in', self: user.id })
  }

  async signOut(): Promise<void> {
    await this.client().call({ _: 'auth.logOut' })
    await this.forget()
    this.stand({ is: 'signed-out' })
  }

  /** The server says that these keys are nobody's: they were ended on another device. */
  async signedOutElsewhere(text: string): Promise<void> {
    if (this.standing.is !== 'signed-in' || text === 'SESSION_PASSWORD_NEEDED') return
    this.stand({ is: 'signed-out', because: 'elsewhere' })
    await this.forget()
  }

  private async forget(): Promise<void> {
    await this.client().notifyLoggedOut()
    await this.client().mt.storage.save()
  }

  private stand(standing: Standing): void {
    this.standing = standing
    this.tell({ event: 'standing', standing, persistent: this.persistent })
  }
}
