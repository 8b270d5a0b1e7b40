import type { tl } from '@mtcute/tl'
import { useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { inWords } from './errors.js'
import { focusOnce } from './Phone.js'
import { call, signedIn } from './session.js'
import type { Sent } from './SignIn.js'

/** Asks who is new for a name, and shows the terms. */
export function SignUp({ sent, terms, onBack }: { sent: Sent; terms: tl.help.RawTermsOfService | undefined; onBack: () => void }) {
  const [first, setFirst] = useState('')
  const [last, setLast] = useState('')
  const [accepted, setAccepted] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | undefined>(undefined)
  const submit = async () => {
    setBusy(true)
    setFailed(undefined)
    try {
      const answer = await call({
        _: 'auth.signUp',
        phoneNumber: sent.phone,
        phoneCodeHash: sent.hash,
        firstName: first.trim(),
        lastName: last.trim(),
      })
      if (answer._ === 'auth.authorization') await signedIn(answer)
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
      <p>{t('session.new_here')}</p>
      <label class="field">
        {t('session.first_name')}
        <input type="text" autocomplete="given-name" dir="auto" maxLength={64} required value={first} onInput={(event) => setFirst(event.currentTarget.value)} ref={focusOnce} />
      </label>
      <label class="field">
        {t('session.last_name')}
        <input type="text" autocomplete="family-name" dir="auto" maxLength={64} value={last} onInput={(event) => setLast(event.currentTarget.value)} />
      </label>
      {terms && (
        <>
          <div class="terms" tabIndex={0} role="region" aria-label={t('session.terms')} dir="auto">
            {terms.text}
          </div>
          <label class="option">
            <input type="checkbox" checked={accepted} onChange={(event) => setAccepted(event.currentTarget.checked)} />
            {terms.minAgeConfirm ? t('session.accept_age', { n: String(terms.minAgeConfirm) }) : t('session.accept')}
          </label>
        </>
      )}
      <p class="error" role="alert">{failed}</p>
      <button type="submit" class="button wide" disabled={busy || !first.trim() || (terms !== undefined && !accepted)}>
        {busy ? t('session.checking') : t('session.begin')}
      </button>
      <button type="button" class="link" onClick={onBack}>{t('session.other_number')}</button>
    </form>
  )
}
