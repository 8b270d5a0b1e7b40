// Drives mtcute for Node.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { deserialize, serialize } from 'node:v8'

import { emit, serve } from './lines.mjs'
import { channelDifferenceFrom, dialogOf, differenceFrom, eventOf, messageOf, stateOf, userOf } from './plain.mjs'

// The packages are installed in a cache outside the repository, so their files are named in full.
const packages = `${process.env.CLIENT_PACKAGES}/node_modules/@mtcute`
const load = (path) => import(pathToFileURL(`${packages}/${path}`))
const {
  MemoryAuthKeysRepository,
  MemoryKeyValueRepository,
  MemoryPeersRepository,
  MemoryRefMessagesRepository,
  MemoryStorageDriver,
  TelegramClient,
  tl,
} = await load('node/index.js')
const { NodeCryptoProvider } = await load('node/utils.js')
const { addPublicKey } = await load('core/utils.js')
const { version } = JSON.parse(readFileSync(`${packages}/node/package.json`, 'utf8'))

/**
 * mtcute's own storage in memory, kept in a file between runs: keys, known peers and update state.
 */
class FileStorage {
  constructor(path) {
    this.path = path
    this.driver = new MemoryStorageDriver()
    if (existsSync(path)) this.driver.states = deserialize(readFileSync(path))
    this.kv = new MemoryKeyValueRepository(this.driver)
    this.authKeys = new MemoryAuthKeysRepository(this.driver)
    this.peers = new MemoryPeersRepository(this.driver)
    this.refMessages = new MemoryRefMessagesRepository(this.driver)
  }

  write() {
    writeFileSync(this.path, serialize(this.driver.states))
  }
}

/**
 * What the library takes for `@username`, or for the number of a channel or group.
 */
const place = (peer) => (typeof peer === 'number' ? -1000000000000 - peer : peer)

let client
let storage
let codeHash

/**
 * Begins to receive updates if the session is signed in. This is the first half of mtcute's `start`,
 * whose second half would ask on the terminal.
 */
async function resume() {
  try {
    await client.notifyLoggedIn((await client.getMe()).raw)
    return true
  } catch (error) {
    if (error.text !== 'AUTH_KEY_UNREGISTERED') throw error
    return false
  }
}

/**
 * Waits for an answer that must be this error.
 */
async function refused(text, answer) {
  try {
    await answer
  } catch (error) {
    if (error.text !== text) throw error
    return
  }
  throw new Error(`this should have been refused with ${text}`)
}

await serve({
  async connect({ host, port, key, session, transport }) {
    const crypto = new NodeCryptoProvider()
    await crypto.initialize?.()
    addPublicKey(crypto, readFileSync(key.pem, 'ascii'))
    const path = `${session}/mtcute`
    const returning = existsSync(path)
    storage = new FileStorage(path)
    const here = { id: 2, ipAddress: host, port }
    client = new TelegramClient({
      apiId: 1,
      apiHash: 'a'.repeat(32),
      storage,
      defaultDcs: { main: here, media: { ...here, mediaOnly: true } },
      // There is nothing to catch up with before the first sign-in.
      updates: { catchUp: returning },
      logLevel: 3,
      network: { usePfs: transport === 'temporary keys' },
    })
    client.onError.add((error) => console.error('background', error))
    client.onRawUpdate.add(({ update }) => {
      const event = eventOf(update)
      if (event) emit(event)
    })
    await client.connect()
    return { authorized: await resume(), layer: tl.LAYER, version }
  },

  async send_code({ phone }) {
    codeHash = (await client.sendCode({ phone })).phoneCodeHash
  },

  async sign_in({ phone, code }) {
    return userOf((await client.signIn({ phone, phoneCodeHash: codeHash, phoneCode: code })).raw)
  },

  async set_password({ new: password, hint }) {
    await client.enableCloudPassword({ password, hint })
  },

  async change_password({ current, new: password }) {
    // Without a hint the library cannot write the call.
    await client.changeCloudPassword({ currentPassword: current, newPassword: password, hint: '' })
  },

  async remove_password({ current }) {
    await client.removeCloudPassword(current)
  },

  async sign_in_with_password({ phone, code, wrong, password }) {
    await refused('SESSION_PASSWORD_NEEDED', client.signIn({ phone, phoneCodeHash: codeHash, phoneCode: code }))
    const hint = await client.getPasswordHint()
    await refused('PASSWORD_HASH_INVALID', client.checkPassword(wrong))
    return { hint, ...userOf((await client.checkPassword(password)).raw) }
  },

  async sign_up({ phone, code, first_name, last_name }) {
    const found = await client.call({
      _: 'auth.signIn',
      phoneNumber: phone.slice(1),
      phoneCodeHash: codeHash,
      phoneCode: code,
    })
    if (found._ !== 'auth.authorizationSignUpRequired') {
      throw new Error('a fresh number was signed in without signing up')
    }
    const done = await client.call({
      _: 'auth.signUp',
      phoneNumber: phone.slice(1),
      phoneCodeHash: codeHash,
      firstName: first_name,
      lastName: last_name,
    })
    // mtcute has no method for signing up; this is how its own sign-in methods end.
    return userOf(await client.notifyLoggedIn(done))
  },

  me: async () => userOf((await client.getMe()).raw),
  user: async ({ peer }) => userOf((await client.getUser(peer)).raw),

  async add_contact({ phone, first_name }) {
    const found = await client.importContacts([{ phone, firstName: first_name, lastName: '' }])
    return userOf(found.users[0])
  },

  async resolve({ username }) {
    return userOf((await client.call({ _: 'contacts.resolveUsername', username })).users[0])
  },

  async send({ peer, text, reply_to }) {
    return { id: (await client.sendText(place(peer), text, { replyTo: reply_to })).id }
  },

  async send_file({ peer, path, photo, caption }) {
    const file = new Uint8Array(readFileSync(path))
    const fileName = path.split('/').pop()
    const media = { type: photo ? 'photo' : 'document', file, fileName, caption }
    return { id: (await client.sendMedia(place(peer), media)).id }
  },

  async fetch({ peer, id, path }) {
    const [message] = await client.getMessages(place(peer), id)
    writeFileSync(path, await client.downloadAsBuffer(message.media))
  },

  async wear({ path }) {
    await client.setMyProfilePhoto({ type: 'photo', media: new Uint8Array(readFileSync(path)) })
  },

  async face({ peer, path }) {
    const { photo } = await client.getUser(place(peer))
    writeFileSync(path, await client.downloadAsBuffer(photo.big))
  },

  async edit({ peer, id, text }) {
    await client.editMessage({ chatId: place(peer), message: id, text })
  },

  async delete({ peer, ids }) {
    await client.deleteMessagesById(place(peer), ids, { revoke: true })
  },

  async read({ peer, max_id }) {
    await client.readHistory(place(peer), { maxId: max_id })
  },

  async typing({ peer }) {
    await client.sendTyping(place(peer))
  },

  async online({ online }) {
    await client.setOnline(online)
  },

  async history({ peer, limit }) {
    const messages = []
    for await (const { raw } of client.iterHistory(place(peer), { limit })) {
      if (raw._ === 'message') messages.push(messageOf(raw))
    }
    return { messages }
  },

  async dialogs() {
    const dialogs = []
    for await (const dialog of client.iterDialogs()) dialogs.push(dialogOf(dialog.raw))
    return { dialogs }
  },

  state: async () => stateOf(await client.call({ _: 'updates.getState' })),
  difference: ({ state }) =>
    differenceFrom(state, (known) => client.call({ _: 'updates.getDifference', ...known })),

  async make_channel({ title, broadcast }) {
    const made = await (broadcast ? client.createChannel({ title }) : client.createSupergroup({ title }))
    return { channel: made.raw.id }
  },

  async publish({ peer, username }) {
    await client.setChatUsername(place(peer), username)
  },

  async search({ text }) {
    const found = await client.call({ _: 'contacts.search', q: text, limit: 50 })
    return { channels: found.chats.map((chat) => chat.id) }
  },

  async search_posts({ text }) {
    const kind = text.startsWith('#') ? { hashtag: text.slice(1) } : { query: text }
    const page = { offsetRate: 0, offsetPeer: { _: 'inputPeerEmpty' }, offsetId: 0, limit: 50 }
    const found = await client.call({ _: 'channels.searchPosts', ...kind, ...page })
    return { channels: found.messages.map((message) => message.peerId.channelId) }
  },

  join: async ({ to }) => ({ channel: (await client.joinChat(to)).chat.raw.id }),

  async leave({ peer }) {
    await client.leaveChat(place(peer))
  },

  async pin_message({ peer, id }) {
    await client.pinMessage({ chatId: place(peer), message: id, notify: true })
  },

  async mute({ peer, user, muted }) {
    const restrictions = { sendMessages: muted }
    await client.restrictChatMember({ chatId: place(peer), userId: user, restrictions })
  },

  invite_link: async ({ peer }) => ({ link: (await client.exportInviteLink(place(peer))).link }),

  async discuss({ peer, group }) {
    const [broadcast, discussion] = await Promise.all([peer, group].map((id) => client.resolveChannel(place(id))))
    await client.call({ _: 'channels.setDiscussionGroup', broadcast, group: discussion })
  },

  async comment({ peer, id, text }) {
    const [post] = await client.getMessages(place(peer), id)
    await client.commentText(post, text)
  },

  async channel_state({ peer }) {
    const channel = await client.resolveChannel(place(peer))
    return { pts: (await client.call({ _: 'channels.getFullChannel', channel })).fullChat.pts }
  },

  async channel_difference({ peer, pts: since }) {
    const channel = await client.resolveChannel(place(peer))
    const filter = { _: 'channelMessagesFilterEmpty' }
    return channelDifferenceFrom(since, (pts) =>
      client.call({ _: 'updates.getChannelDifference', channel, filter, pts, limit: 20 }),
    )
  },

  async save_draft({ peer, text }) {
    await client.call({ _: 'messages.saveDraft', peer: await client.resolvePeer(peer), message: text })
  },

  async pin({ peer, pinned }) {
    const dialog = { _: 'inputDialogPeer', peer: await client.resolvePeer(peer) }
    await client.call({ _: 'messages.toggleDialogPin', peer: dialog, pinned })
  },

  async set_name({ first_name, last_name }) {
    await client.updateProfile({ firstName: first_name, lastName: last_name })
  },

  async set_username({ username }) {
    await client.setMyUsername(username)
  },

  async disconnect() {
    await client.destroy()
    storage.write()
  },

  async log_out() {
    await client.logOut()
  },
})
