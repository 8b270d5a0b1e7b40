import { useEffect, useState } from 'preact/hooks'
import { LANGUAGES, t, type Language } from '../i18n/i18n.js'
import { back } from '../app/route.js'
import { askToAnnounce } from '../notifications/announce.js'
import { learn, user } from '../peers/peers.js'
import { call, self } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { say, sayError } from '../ui/toast.js'
import { AcceptDevice } from './AcceptDevice.js'
import { Blocked } from './Blocked.js'
import { CloudPassword } from './CloudPassword.js'
import { Devices } from './Devices.js'
import { change, settings, type Theme } from './settings.js'

/** One's name, how the page looks, and the devices that are signed in. */
export function SettingsPane() {
  return (
    <section class="pane" aria-labelledby="settings-title">
      <header class="chat-head">
        <button type="button" class="round" aria-label={t('action.back')} onClick={back}>
          <Icon name="back" />
        </button>
        <h2 id="settings-title">{t('settings.title')}</h2>
      </header>
      <div class="pane-body">
        <Profile />
        <Look />
        <CloudPassword />
        <Devices />
        <AcceptDevice />
        <Blocked />
      </div>
    </section>
  )
}

function Profile() {
  const me = user(self())
  const [first, setFirst] = useState(me?.firstName ?? '')
  const [last, setLast] = useState(me?.lastName ?? '')
  const [name, setName] = useState(me?.username ?? '')
  const [about, setAbout] = useState('')
  // What somebody types is not to be overwritten by what comes from the server.
  const [busy, setBusy] = useState(true)
  useEffect(() => {
    call({ _: 'users.getFullUser', id: { _: 'inputUserSelf' } }).then((full) => {
      learn(full)
      const known = user(self())
      setFirst(known?.firstName ?? '')
      setLast(known?.lastName ?? '')
      setName(known?.username ?? '')
      setAbout(full.fullUser.about ?? '')
      setBusy(false)
    }, sayError)
  }, [])
  const save = async () => {
    setBusy(true)
    try {
      const changed = await call({ _: 'account.updateProfile', firstName: first.trim(), lastName: last.trim(), about: about.trim() })
      learn({ users: [changed], chats: [] })
      if (name !== (me?.username ?? '')) {
        learn({ users: [await call({ _: 'account.updateUsername', username: name })], chats: [] })
      }
      say(t('settings.saved'))
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
        void save()
      }}
    >
      <h3>{t('settings.profile')}</h3>
      <label class="field">
        {t('session.first_name')}
        <input disabled={busy} type="text" dir="auto" maxLength={64} required value={first} onInput={(event) => setFirst(event.currentTarget.value)} />
      </label>
      <label class="field">
        {t('session.last_name')}
        <input disabled={busy} type="text" dir="auto" maxLength={64} value={last} onInput={(event) => setLast(event.currentTarget.value)} />
      </label>
      <label class="field">
        {t('settings.username')}
        <input disabled={busy} type="text" dir="ltr" maxLength={32} pattern="[a-zA-Z0-9_]*" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <p class="quiet small">{t('settings.username_hint')}</p>
      <label class="field">
        {t('settings.about')}
        <input disabled={busy} type="text" dir="auto" maxLength={70} value={about} onInput={(event) => setAbout(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" disabled={busy || !first.trim()}>
        {t('action.save')}
      </button>
    </form>
  )
}

const THEMES: Theme[] = ['system', 'light', 'dark']

function Look() {
  const notify = async (wanted: boolean) => {
    const refused = wanted ? await askToAnnounce() : undefined
    if (refused) say(refused)
    change({ notifications: wanted && !refused })
  }
  return (
    <div class="card">
      <h3>{t('settings.page')}</h3>
      <fieldset class="segments">
        <legend>{t('settings.theme')}</legend>
        {THEMES.map((theme) => (
          <label key={theme}>
            <input type="radio" name="theme" checked={settings.value.theme === theme} onChange={() => change({ theme })} />
            <span>{t(`settings.theme_${theme}` as 'settings.theme_dark')}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        {t('settings.language')}
        <select value={settings.value.language} onChange={(event) => change({ language: event.currentTarget.value as Language | 'system' })}>
          <option value="system">{t('settings.language_system')}</option>
          {Object.entries(LANGUAGES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>{name}</option>
          ))}
        </select>
      </label>
      <label class="option">
        <input type="checkbox" checked={settings.value.notifications} onChange={(event) => void notify(event.currentTarget.checked)} />
        {t('settings.notifications')}
      </label>
    </div>
  )
}
