import { useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { call, facts } from './session.js'
import { inWords } from './errors.js'
import { sendCodeRequest } from './requests.js'
import type { Sent } from './SignIn.js'

/** Asks for a number, and has a code sent to it. */
export function Phone(props: { phone: string; onPhone: (phone: string) => void; onSent: (sent: Sent) => void; onQr: () => void }) {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | undefined>(undefined)
  const send = async () => {
    const phone = digits(props.phone)
    if (phone.length < 7) return setFailed(t('error.number'))
    setBusy(true)
    setFailed(undefined)
    try {
      const code = await call(sendCodeRequest(phone))
      if (code._ === 'auth.sentCode') props.onSent({ phone, hash: code.phoneCodeHash, code })
      else setFailed(t('error.unknown'))
    } catch (error) {
      setFailed(inWords(error))
    }
    setBusy(false)
  }
  const registration = facts.value?.registration
  return (
    <form
      class="door-form"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <label class="field">
        {t('session.phone')}
        <input
          type="tel"
          inputMode="tel"
          autocomplete="tel"
          dir="ltr"
          placeholder="+49 30 1234567"
          value={props.phone}
          aria-invalid={failed !== undefined}
          aria-describedby="phone-hint phone-error"
          onInput={(event) => props.onPhone(event.currentTarget.value)}
          ref={focusOnce}
        />
      </label>
      <p class="quiet small" id="phone-hint">
        {t('session.phone_hint')}{' '}
        {registration === 'invite' && t('session.invite_only')}
        {registration === 'closed' && t('session.closed')}
      </p>
      <p class="error" role="alert" id="phone-error">{failed}</p>
      <button type="submit" class="button wide" disabled={busy || !facts.value}>
        {busy ? t('session.sending') : t('session.next')}
      </button>
      <button type="button" class="link" onClick={props.onQr}>
        {t('session.by_qr')}
      </button>
    </form>
  )
}

/** The digits of a number; a `00` in front means the same as a `+`. */
export function digits(phone: string): string {
  return phone.replace(/\D/g, '').replace(/^00/, '')
}

const focused = new WeakSet<HTMLElement>()

/** Puts the cursor into a field when it first appears. */
export function focusOnce(element: HTMLInputElement | null): void {
  if (!element || focused.has(element)) return
  focused.add(element)
  element.focus()
}
