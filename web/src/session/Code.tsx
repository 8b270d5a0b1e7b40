import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { CallError, duration, inWords } from './errors.js'
import { focusOnce } from './Phone.js'
import { call, signedIn } from './session.js'
import type { Sent } from './SignIn.js'

/** Asks for the code, and says where it went. */
export function Code(props: {
  sent: Sent
  onSent: (sent: Sent) => void
  onBack: () => void
  onNew: (terms: tl.help.RawTermsOfService | undefined) => void
  onPassword: () => void
}) {
  const { sent } = props
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | undefined>(undefined)
  const wait = useSecondsLeft(sent)
  const length = 'length' in sent.code.type && typeof sent.code.type.length === 'number' ? sent.code.type.length : 5

  const submit = async (digits: string) => {
    if (busy) return
    setBusy(true)
    setFailed(undefined)
    try {
      const answer = await call({ _: 'auth.signIn', phoneNumber: sent.phone, phoneCodeHash: sent.hash, phoneCode: digits })
      if (answer._ === 'auth.authorization') await signedIn(answer)
      else props.onNew(answer.termsOfService)
    } catch (error) {
      if (error instanceof CallError && error.is('SESSION_PASSWORD_NEEDED')) return props.onPassword()
      setFailed(inWords(error))
      setCode('')
      if (error instanceof CallError && error.is('PHONE_CODE_EXPIRED')) setFailed(t('error.code_expired'))
    }
    setBusy(false)
  }
  const resend = async () => {
    setFailed(undefined)
    try {
      const code = await call({ _: 'auth.resendCode', phoneNumber: sent.phone, phoneCodeHash: sent.hash })
      if (code._ === 'auth.sentCode') props.onSent({ ...sent, hash: code.phoneCodeHash, code })
    } catch (error) {
      setFailed(inWords(error))
      // A code that ran out takes its hash with it: the number has to be asked for again.
      if (error instanceof CallError && error.is('PHONE_CODE_EXPIRED')) props.onBack()
    }
  }
  return (
    <form
      class="door-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(code)
      }}
    >
      <p>{where(sent)}</p>
      <label class="field">
        {t('session.code')}
        <input
          class="code"
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          dir="ltr"
          maxLength={length}
          value={code}
          aria-invalid={failed !== undefined}
          aria-describedby="code-error"
          onInput={(event) => {
            const digits = event.currentTarget.value.replace(/\D/g, '').slice(0, length)
            setCode(digits)
            if (digits.length === length) void submit(digits)
          }}
          ref={focusOnce}
        />
      </label>
      <p class="error" role="alert" id="code-error">{failed}</p>
      <button type="submit" class="button wide" disabled={busy || code.length < length}>
        {busy ? t('session.checking') : t('session.next')}
      </button>
      <div class="door-links">
        <button type="button" class="link" onClick={props.onBack}>{t('session.other_number')}</button>
        <button type="button" class="link" disabled={wait > 0} onClick={() => void resend()}>
          {wait > 0 ? t('session.resend_in', { time: duration(wait) }) : t('session.resend')}
        </button>
      </div>
    </form>
  )
}

function where({ code, phone }: Sent): string {
  const number = `+${phone}`
  return code.type._ === 'auth.sentCodeTypeApp' ? t('session.sent_to_app', { number }) : t('session.sent_out', { number })
}

/** The seconds until another code may be asked for. */
function useSecondsLeft(sent: Sent): number {
  const [left, setLeft] = useState(sent.code.timeout ?? 0)
  useEffect(() => {
    // Told by a clock that nobody sets, as the time of the day may jump.
    const until = performance.now() + (sent.code.timeout ?? 0) * 1000
    const tick = () => setLeft(Math.max(0, Math.ceil((until - performance.now()) / 1000)))
    tick()
    const timer = setInterval(tick, 1_000)
    return () => clearInterval(timer)
  }, [sent])
  return left
}
