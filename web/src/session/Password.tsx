import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { inWords } from './errors.js'
import { PasswordField } from './PasswordField.js'
import { call, checkPassword } from './session.js'

/** Asks for the cloud password, after the code or the QR code was right. */
export function Password({ onBack }: { onBack: () => void }) {
  const [password, setPassword] = useState('')
  const [hint, setHint] = useState('')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | undefined>(undefined)
  const [forgotten, setForgotten] = useState(false)
  useEffect(() => {
    // Without the hint the password can be typed all the same.
    call({ _: 'account.getPassword' }).then((known) => setHint(known.hint ?? ''), () => undefined)
  }, [])
  const submit = async () => {
    setBusy(true)
    setFailed(undefined)
    try {
      await checkPassword(password)
    } catch (error) {
      setFailed(inWords(error))
    }
    setBusy(false)
  }
  return (
    <form
      class="door-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <p>{t('password.needed')}</p>
      <PasswordField
        label={t('password.label')}
        value={password}
        onInput={setPassword}
        fills="current-password"
        invalid={failed !== undefined}
        describedBy="password-hint password-error"
        focus
      />
      <p class="quiet small" id="password-hint">
        {hint && (
          <>
            {t('password.hint_is')} <bdi>{hint}</bdi>
          </>
        )}
      </p>
      <p class="error" role="alert" id="password-error">{failed}</p>
      <button type="submit" class="button wide" disabled={busy || !password}>
        {busy ? t('session.checking') : t('session.next')}
      </button>
      {forgotten && <p class="notice" role="status">{t('password.forgotten_outside')}</p>}
      <div class="door-links">
        <button type="button" class="link" onClick={onBack}>{t('session.other_number')}</button>
        {!forgotten && (
          <button type="button" class="link" onClick={() => setForgotten(true)}>{t('password.forgotten')}</button>
        )}
      </div>
    </form>
  )
}
