import { useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { tokenOf } from '../session/Qr.js'
import { call } from '../session/session.js'
import { say, sayError } from '../ui/toast.js'

/** Lets another device in by the link that its QR code holds. */
export function AcceptDevice() {
  const [link, setLink] = useState('')
  const accept = async () => {
    const token = tokenOf(link)
    if (!token) return say(t('settings.accept_wrong'))
    try {
      await call({ _: 'auth.acceptLoginToken', token })
      setLink('')
      say(t('settings.accepted'))
    } catch (error) {
      sayError(error)
    }
  }
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault()
        void accept()
      }}
    >
      <h3>{t('settings.accept')}</h3>
      <p class="quiet small">{t('settings.accept_hint')}</p>
      <label class="field">
        {t('settings.accept_link')}
        <input type="text" dir="ltr" placeholder="tg://login?token=…" value={link} onInput={(event) => setLink(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" disabled={!link.trim()}>
        {t('settings.accept_button')}
      </button>
    </form>
  )
}
