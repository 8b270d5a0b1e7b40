// Drives gramjs (npm `telegram`), over TCP or over WebSocket.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { emit, serve } from './lines.mjs'
import { channelDifferenceFrom, dialogOf, differenceFrom, eventOf, messageOf, stateOf, userOf } from './plain.mjs'

// The packages are installed in a cache outside the repository.
const require = createRequire(`${process.env.CLIENT_PACKAGES}/package.json`)
const { Api, Logger, TelegramClient } = require('telegram')
const { ConnectionTCPFull, ConnectionTCPObfuscated } = require('telegram/network/connection')
const { CustomFile } = require('telegram/client/uploads')
const { LAYER } = require('telegram/tl/AllTLObjects')
const { PromisedWebSockets } = require('telegram/extensions/PromisedWebSockets')
const { Raw } = require('telegram/events')
const { StringSession } = require('telegram/sessions')
const { _serverKeys } = require('telegram/crypto/RSA')
const { version } = require('telegram/package.json')
const bigInt = require('big-integer')

/**
 * The options of a transport. The main connection of gramjs dials port 80 or 443 whatever its session
 * says, so the connection class, which is an option, is told the port.
 */
function optionsFor(transport, port) {
  const to = (Connection) =>
    class extends Connection {
      constructor(options) {
        super({ ...options, port })
      }
    }
  return {
    full: { connection: to(ConnectionTCPFull) },
    websocket: { connection: to(ConnectionTCPObfuscated), networkSocket: PromisedWebSockets, useWSS: false },
  }[transport]
}

const CREDENTIALS = { apiId: 1, apiHash: 'a'.repeat(32) }

/**
 * What the library takes for `@username`, or for the number of a channel or group.
 */
const place = (peer) => (typeof peer === 'number' ? new Api.PeerChannel({ channelId: bigInt(peer) }) : peer)

let client
let sessionFile
let codeHash

function remember() {
  writeFileSync(sessionFile, client.session.save())
}

const signIn = (phone, code) =>
  client.invoke(new Api.auth.SignIn({ phoneNumber: phone, phoneCodeHash: codeHash, phoneCode: code }))

await serve({
  async connect({ host, port, key, session: folder, transport }) {
    _serverKeys.set(key.fingerprint, { n: bigInt(key.modulus, 16), e: 65537 })
    sessionFile = `${folder}/gramjs`
    const session = new StringSession(existsSync(sessionFile) ? readFileSync(sessionFile, 'ascii') : '')
    // The port of a session is not the one that is dialled, and is written as a signed 16-bit number.
    session.setDC(2, host, 80)
    client = new TelegramClient(session, CREDENTIALS.apiId, CREDENTIALS.apiHash, {
      connectionRetries: 2,
      baseLogger: new Logger('info'),
      ...optionsFor(transport, port),
    })
    client.addEventHandler((update) => {
      const event = eventOf(update)
      if (event) emit(event)
    }, new Raw({}))
    await client.connect()
    return { authorized: await client.checkAuthorization(), layer: LAYER, version }
  },

  async send_code({ phone }) {
    codeHash = (await client.sendCode(CREDENTIALS, phone)).phoneCodeHash
  },

  async sign_in({ phone, code }) {
    const done = await signIn(phone, code)
    remember()
    return userOf(done.user)
  },

  async set_password({ new: newPassword, hint }) {
    await client.updateTwoFaSettings({ isCheckPassword: false, newPassword, hint })
  },

  async change_password({ current: currentPassword, new: newPassword }) {
    await client.updateTwoFaSettings({ isCheckPassword: false, currentPassword, newPassword })
  },

  async remove_password({ current: currentPassword }) {
    await client.updateTwoFaSettings({ isCheckPassword: false, currentPassword })
  },

  async sign_in_with_password({ phone, code, wrong, password }) {
    try {
      await signIn(phone, code)
    } catch (error) {
      if (error.errorMessage !== 'SESSION_PASSWORD_NEEDED') throw error
    }
    const given = []
    let hint
    const user = await client.signInWithPassword(CREDENTIALS, {
      password: async (shown) => {
        hint = shown
        given.push(given.length ? password : wrong)
        return given.at(-1)
      },
      // Anything but the refusal of the first one ends it.
      onError: async (error) => given.length > 1 || error.errorMessage !== 'PASSWORD_HASH_INVALID',
    })
    if (given.length !== 2) throw new Error('a wrong password signed in')
    remember()
    return { hint, ...userOf(user) }
  },

  async sign_up({ phone, code, first_name, last_name }) {
    const found = await signIn(phone, code)
    if (!(found instanceof Api.auth.AuthorizationSignUpRequired)) {
      throw new Error('a fresh number was signed in without signing up')
    }
    const done = await client.invoke(
      new Api.auth.SignUp({
        phoneNumber: phone,
        phoneCodeHash: codeHash,
        firstName: first_name,
        lastName: last_name,
      }),
    )
    remember()
    return userOf(done.user)
  },

  me: async () => userOf(await client.getMe()),
  user: async ({ peer }) => userOf((await client.invoke(new Api.users.GetUsers({ id: [peer] })))[0]),

  async add_contact({ phone, first_name }) {
    const contact = new Api.InputPhoneContact({
      clientId: bigInt(0),
      phone,
      firstName: first_name,
      lastName: '',
    })
    const found = await client.invoke(new Api.contacts.ImportContacts({ contacts: [contact] }))
    return userOf(found.users[0])
  },

  async resolve({ username }) {
    return userOf((await client.invoke(new Api.contacts.ResolveUsername({ username }))).users[0])
  },

  async send({ peer, text, reply_to }) {
    return { id: (await client.sendMessage(place(peer), { message: text, replyTo: reply_to })).id }
  },

  async send_file({ peer, path, photo, caption }) {
    return { id: (await client.sendFile(place(peer), { file: path, caption, forceDocument: !photo })).id }
  },

  async fetch({ peer, id, path }) {
    const [message] = await client.getMessages(place(peer), { ids: id })
    writeFileSync(path, await client.downloadMedia(message))
  },

  async wear({ path }) {
    const picture = new CustomFile('face.png', statSync(path).size, path)
    const file = await client.uploadFile({ file: picture, workers: 1 })
    await client.invoke(new Api.photos.UploadProfilePhoto({ file }))
  },

  async face({ peer, path }) {
    writeFileSync(path, await client.downloadProfilePhoto(place(peer), { isBig: true }))
  },

  async edit({ peer, id, text }) {
    await client.editMessage(place(peer), { message: id, text })
  },

  async delete({ peer, ids }) {
    await client.deleteMessages(place(peer), ids, { revoke: true })
  },

  async read({ peer, max_id }) {
    await client.markAsRead(place(peer), max_id)
  },

  async typing({ peer }) {
    await client.invoke(new Api.messages.SetTyping({ peer: place(peer), action: new Api.SendMessageTypingAction() }))
  },

  async online({ online }) {
    await client.invoke(new Api.account.UpdateStatus({ offline: !online }))
  },

  async history({ peer, limit }) {
    const found = [...(await client.getMessages(place(peer), { limit }))]
    return { messages: found.filter((message) => message.className === 'Message').map(messageOf) }
  },

  async dialogs() {
    return { dialogs: [...(await client.getDialogs())].map((item) => dialogOf(item.dialog)) }
  },

  state: async () => stateOf(await client.invoke(new Api.updates.GetState())),
  difference: ({ state }) =>
    differenceFrom(state, (known) => client.invoke(new Api.updates.GetDifference(known))),

  async make_channel({ title, broadcast }) {
    const kind = broadcast ? { broadcast: true } : { megagroup: true }
    const made = await client.invoke(new Api.channels.CreateChannel({ title, about: '', ...kind }))
    return { channel: Number(made.chats[0].id) }
  },

  async publish({ peer, username }) {
    await client.invoke(new Api.channels.UpdateUsername({ channel: place(peer), username }))
  },

  async search({ text }) {
    const found = await client.invoke(new Api.contacts.Search({ q: text, limit: 50 }))
    return { channels: found.chats.map((chat) => Number(chat.id)) }
  },

  async search_posts({ text }) {
    const page = { offsetRate: 0, offsetPeer: new Api.InputPeerEmpty(), offsetId: 0, limit: 50 }
    const found = await client.invoke(new Api.channels.SearchPosts({ hashtag: text.slice(1), ...page }))
    return { channels: found.messages.map((message) => Number(message.peerId.channelId)) }
  },

  /**
   * Walks through the questions of the menu, choosing the answers by what they say.
   */
  async report({ peer, answers }) {
    let option = Buffer.alloc(0)
    let message = ''
    for (;;) {
      const said = await client.invoke(new Api.messages.Report({ peer: place(peer), id: [], option, message }))
      if (said instanceof Api.ReportResultReported) return
      if (said instanceof Api.ReportResultAddComment) {
        message = 'as the post says'
      } else {
        const wanted = answers.shift()
        option = said.options.find((one) => one.text === wanted)?.option
        if (!option) throw new Error(`no answer "${wanted}" among ${said.options.map((one) => one.text)}`)
      }
    }
  },

  async join({ to }) {
    const [, hash] = to.split('+')
    const request = hash ? new Api.messages.ImportChatInvite({ hash }) : new Api.channels.JoinChannel({ channel: to })
    return { channel: Number((await client.invoke(request)).chats[0].id) }
  },

  async leave({ peer }) {
    await client.invoke(new Api.channels.LeaveChannel({ channel: place(peer) }))
  },

  async pin_message({ peer, id }) {
    await client.pinMessage(place(peer), id, { notify: true })
  },

  async mute({ peer, user, muted }) {
    const bannedRights = new Api.ChatBannedRights({ untilDate: 0, sendMessages: muted })
    await client.invoke(new Api.channels.EditBanned({ channel: place(peer), participant: user, bannedRights }))
  },

  async invite_link({ peer }) {
    return { link: (await client.invoke(new Api.messages.ExportChatInvite({ peer: place(peer) }))).link }
  },

  async discuss({ peer, group }) {
    const pair = { broadcast: place(peer), group: place(group) }
    await client.invoke(new Api.channels.SetDiscussionGroup(pair))
  },

  async comment({ peer, id, text }) {
    await client.sendMessage(place(peer), { message: text, commentTo: id })
  },

  async channel_state({ peer }) {
    const full = await client.invoke(new Api.channels.GetFullChannel({ channel: place(peer) }))
    return { pts: full.fullChat.pts }
  },

  async channel_difference({ peer, pts: since }) {
    const about = { channel: place(peer), filter: new Api.ChannelMessagesFilterEmpty(), limit: 20 }
    return channelDifferenceFrom(since, (pts) =>
      client.invoke(new Api.updates.GetChannelDifference({ ...about, pts })),
    )
  },

  async save_draft({ peer, text }) {
    await client.invoke(new Api.messages.SaveDraft({ peer, message: text }))
  },

  async pin({ peer, pinned }) {
    const dialog = new Api.InputDialogPeer({ peer: await client.getInputEntity(peer) })
    await client.invoke(new Api.messages.ToggleDialogPin({ peer: dialog, pinned }))
  },

  async set_name({ first_name, last_name }) {
    await client.invoke(new Api.account.UpdateProfile({ firstName: first_name, lastName: last_name }))
  },

  async set_username({ username }) {
    await client.invoke(new Api.account.UpdateUsername({ username }))
  },

  async disconnect() {
    remember()
    await client.destroy()
  },

  async log_out() {
    await client.invoke(new Api.auth.LogOut())
  },
})
