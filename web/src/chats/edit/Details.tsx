import type { tl } from '@mtcute/tl'
import { useRef, useState } from 'preact/hooks'
import { t } from '../../i18n/i18n.js'
import { Avatar } from '../../peers/Avatar.js'
import type { PeerKey } from '../../peers/key.js'
import { inputChannel, inputPeer, update, usernameOf } from '../../peers/peers.js'
import { call, upload } from '../../session/session.js'
import { say, sayError } from '../../ui/toast.js'

/** The picture, title, description and public name of a channel or group. */
export function Details({ chat, channel, full }: { chat: PeerKey; channel: tl.RawChannel; full: tl.RawChannelFull }) {
  const known = { title: channel.title, about: full.about, username: usernameOf(channel) ?? '' }
  const [saved, setSaved] = useState(known)
  const [title, setTitle] = useState(known.title)
  const [about, setAbout] = useState(known.about)
  const [username, setUsername] = useState(known.username)
  const [busy, setBusy] = useState(false)
  const changed = title.trim() !== saved.title || about.trim() !== saved.about || username !== saved.username

  const save = async () => {
    setBusy(true)
    // What was taken is not sent again when what comes after it is refused.
    const now = { ...saved }
    try {
      if (title.trim() !== saved.title) {
        await call({ _: 'channels.editTitle', channel: inputChannel(chat), title: title.trim() })
        now.title = title.trim()
      }
      if (about.trim() !== saved.about) {
        await call({ _: 'messages.editChatAbout', peer: inputPeer(chat), about: about.trim() })
        now.about = about.trim()
      }
      if (username !== saved.username) {
        await call({ _: 'channels.updateUsername', channel: inputChannel(chat), username })
        update(chat, { username: username || undefined, usernames: undefined })
        now.username = username
      }
      say(t('settings.saved'))
    } catch (error) {
      sayError(error)
    }
    setSaved(now)
    setBusy(false)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Face chat={chat} worn={channel.photo._ === 'chatPhoto'} />
      <label class="field">
        {t('new.title')}
        <input type="text" dir="auto" maxLength={128} required value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
      </label>
      <label class="field">
        {t('new.about')}
        <textarea rows={3} dir="auto" maxLength={255} value={about} onInput={(event) => setAbout(event.currentTarget.value)} />
      </label>
      {channel.creator && (
        <>
          <label class="field">
            {t('new.username')}
            <input type="text" dir="ltr" maxLength={32} pattern="[a-zA-Z0-9_]*" value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
          </label>
          <p class="quiet small">{t('new.username_hint')}</p>
        </>
      )}
      <button type="submit" class="button" disabled={busy || !changed || !title.trim()}>
        {t('action.save')}
      </button>
    </form>
  )
}

/** The picture, and the ways to another or none. */
function Face({ chat, worn }: { chat: PeerKey; worn: boolean }) {
  const field = useRef<HTMLInputElement>(null)
  const [part, setPart] = useState<number | undefined>(undefined)
  const wear = async (photo: tl.TypeInputChatPhoto) => {
    await call({ _: 'channels.editPhoto', channel: inputChannel(chat), photo })
  }
  const take = async (file: File | undefined) => {
    if (!file) return
    setPart(0)
    try {
      const progress = (done: number, of: number) => setPart(done / of)
      const sent = await upload(file, file.name, { progress, signal: new AbortController().signal })
      await wear({ _: 'inputChatUploadedPhoto', file: sent })
    } catch (error) {
      sayError(error)
    }
    setPart(undefined)
  }
  return (
    <div class="edit-face">
      <Avatar of={chat} size={72} />
      <input
        ref={field}
        type="file"
        accept="image/jpeg,image/png,image/webp"
        hidden
        aria-label={t('edit.photo')}
        onChange={(event) => {
          void take(event.currentTarget.files?.[0])
          event.currentTarget.value = ''
        }}
      />
      <button type="button" class="button plain" disabled={part !== undefined} onClick={() => field.current?.click()}>
        {t('edit.photo')}
      </button>
      {worn && (
        <button type="button" class="link" onClick={() => void wear({ _: 'inputChatPhotoEmpty' }).catch(sayError)}>
          {t('edit.photo_remove')}
        </button>
      )}
      {part !== undefined && <progress value={part} max={1} aria-label={t('media.sending')} />}
    </div>
  )
}
