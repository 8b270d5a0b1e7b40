import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { back, go } from '../app/route.js'
import { Avatar } from '../peers/Avatar.js'
import { channelKey, userKey, type PeerKey } from '../peers/key.js'
import { Name } from '../peers/Name.js'
import { learn, peer, resolve } from '../peers/peers.js'
import { digits } from '../session/Phone.js'
import { call } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { say, sayError } from '../ui/toast.js'
import { presence } from './subtitle.js'

/** Somebody new to write to, an invite link, or a channel or group of one's own. */
export function NewPane() {
  return (
    <section class="pane" aria-labelledby="new-title">
      <header class="chat-head">
        <button type="button" class="round" aria-label={t('action.back')} onClick={back}>
          <Icon name="back" />
        </button>
        <h2 id="new-title">{t('list.new')}</h2>
      </header>
      <div class="pane-body">
        <FindSomebody />
        <MakeChannel />
        <Contacts />
      </div>
    </section>
  )
}

function FindSomebody() {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const find = async () => {
    setBusy(true)
    try {
      go({ chat: await whomItMeans(text.trim()) })
    } catch (error) {
      sayError(error)
    }
    setBusy(false)
  }
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault()
        void find()
      }}
    >
      <h3>{t('new.find')}</h3>
      <label class="field">
        {t('new.who')}
        <input type="text" dir="ltr" autocapitalize="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <p class="quiet small">{t('new.who_hint')}</p>
      <button type="submit" class="button" disabled={busy || text.trim().length < 3}>
        {t('new.open')}
      </button>
    </form>
  )
}

/** Finds whom a text means: an invite link, a number, or a name. */
async function whomItMeans(text: string): Promise<PeerKey> {
  const invite = /(?:\/\+|joinchat\/|^\+(?=\D))([\w-]{10,})$/.exec(text)?.[1]
  if (invite) return join(invite)
  if (/^\+?[\d\s()-]{7,}$/.test(text)) {
    const found = await call({ _: 'contacts.resolvePhone', phone: digits(text) })
    learn(found)
    const [one] = found.users
    if (one) return userKey(one.id)
  }
  return resolve(text.replace(/^.*[/@]/, ''))
}

async function join(hash: string): Promise<PeerKey> {
  const checked = await call({ _: 'messages.checkChatInvite', hash })
  if (checked._ !== 'chatInvite') {
    learn({ users: [], chats: [checked.chat] })
    return channelKey(checked.chat.id)
  }
  const joined = await call({ _: 'messages.importChatInvite', hash })
  const [chat] = 'chats' in joined ? joined.chats : []
  if (!chat) throw new Error('no chat came back')
  learn({ users: [], chats: [chat] })
  return channelKey(chat.id)
}

function MakeChannel() {
  const [title, setTitle] = useState('')
  const [about, setAbout] = useState('')
  const [broadcast, setBroadcast] = useState(true)
  const [username, setUsername] = useState('')
  const [busy, setBusy] = useState(false)
  const make = async () => {
    setBusy(true)
    try {
      const made = await call({ _: 'channels.createChannel', broadcast, megagroup: !broadcast, title: title.trim(), about: about.trim() })
      const [chat] = 'chats' in made ? made.chats : []
      if (chat?._ !== 'channel') throw new Error('no channel came back')
      learn({ users: [], chats: [chat] })
      if (username.trim()) {
        const channel = { _: 'inputChannel', channelId: chat.id, accessHash: chat.accessHash! } as const
        await call({ _: 'channels.updateUsername', channel, username: username.trim() })
        learn({ users: [], chats: [{ ...chat, username: username.trim() }] })
      }
      go({ chat: channelKey(chat.id) })
      say(t('new.made'))
    } catch (error) {
      sayError(error)
    }
    setBusy(false)
  }
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <h3>{t('new.make')}</h3>
      <fieldset class="segments">
        <legend>{t('new.kind')}</legend>
        <label>
          <input type="radio" name="kind" checked={broadcast} onChange={() => setBroadcast(true)} />
          <span>{t('chat.channel')}</span>
        </label>
        <label>
          <input type="radio" name="kind" checked={!broadcast} onChange={() => setBroadcast(false)} />
          <span>{t('chat.group')}</span>
        </label>
      </fieldset>
      <p class="quiet small">{broadcast ? t('new.channel_hint') : t('new.group_hint')}</p>
      <label class="field">
        {t('new.title')}
        <input type="text" dir="auto" maxLength={128} required value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
      </label>
      <label class="field">
        {t('new.about')}
        <input type="text" dir="auto" maxLength={255} value={about} onInput={(event) => setAbout(event.currentTarget.value)} />
      </label>
      <label class="field">
        {t('new.username')}
        <input type="text" dir="ltr" maxLength={32} pattern="[a-zA-Z0-9_]*" value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
      </label>
      <p class="quiet small">{t('new.username_hint')}</p>
      <button type="submit" class="button" disabled={busy || !title.trim()}>
        {t('new.make')}
      </button>
    </form>
  )
}

function Contacts() {
  const [list, setList] = useState<PeerKey[]>([])
  useEffect(() => {
    call({ _: 'contacts.getContacts', hash: { low: 0, high: 0, unsigned: false } as never }).then((answer) => {
      if (answer._ !== 'contacts.contacts') return
      learn({ users: answer.users, chats: [] })
      setList(answer.contacts.map(({ userId }) => userKey(userId)))
    }, sayError)
  }, [])
  if (list.length === 0) return null
  return (
    <div class="card">
      <h3>{t('new.contacts')}</h3>
      <ul class="people">
        {list.map((key) => (
          <li key={key}>
            <button type="button" class="person" onClick={() => go({ chat: key })}>
              <Avatar of={key} size={42} />
              <span class="person-words">
                <Name of={key} />
                <span class="quiet line">{presenceOf(key)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function presenceOf(key: PeerKey): string {
  const found = peer(key).value
  return found?._ === 'user' ? presence(found) : ''
}
