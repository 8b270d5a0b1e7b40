import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { LANGUAGES, type Language } from '../i18n/i18n.js'
import { change, settings } from '../settings/settings.js'
import { House } from '../settings/House.js'
import { Mark } from '../ui/Mark.js'
import { Code } from './Code.js'
import { Password } from './Password.js'
import { Phone } from './Phone.js'
import { Qr } from './Qr.js'
import { SignUp } from './SignUp.js'
import { standing } from './session.js'

/** A number that waits for its code. */
export interface Sent {
  phone: string
  hash: string
  code: tl.auth.RawSentCode
}

type Step =
  | { is: 'phone' }
  | { is: 'code'; sent: Sent }
  | { is: 'sign-up'; sent: Sent; terms: tl.help.RawTermsOfService | undefined }
  | { is: 'qr' }
  | { is: 'password' }

/** The way in: a number, the code that was sent to it, the password where there is one, and for who is new a name. */
export function SignIn() {
  const [step, setStep] = useState<Step>({ is: 'phone' })
  const [phone, setPhone] = useState('')
  const elsewhere = standing.value.is === 'signed-out' && standing.value.because === 'elsewhere'
  useEffect(() => {
    document.title = `${t('session.sign_in')} · Heliograph`
  })
  return (
    <main class="door">
      <div class="door-card">
        <header class="door-head">
          <Mark />
          <h1>{t('session.welcome')}</h1>
          <p class="lead">{t('session.welcome_text')}</p>
        </header>
        {elsewhere && step.is === 'phone' && <p class="notice" role="alert">{t('session.ended_elsewhere')}</p>}
        {step.is === 'phone' && (
          <Phone
            phone={phone}
            onPhone={setPhone}
            onSent={(sent) => setStep({ is: 'code', sent })}
            onQr={() => setStep({ is: 'qr' })}
          />
        )}
        {step.is === 'code' && (
          <Code
            sent={step.sent}
            onSent={(sent) => setStep({ is: 'code', sent })}
            onBack={() => setStep({ is: 'phone' })}
            onNew={(terms) => setStep({ is: 'sign-up', sent: step.sent, terms })}
            onPassword={() => setStep({ is: 'password' })}
          />
        )}
        {step.is === 'sign-up' && <SignUp sent={step.sent} terms={step.terms} onBack={() => setStep({ is: 'phone' })} />}
        {step.is === 'qr' && <Qr onBack={() => setStep({ is: 'phone' })} onPassword={() => setStep({ is: 'password' })} />}
        {step.is === 'password' && <Password onBack={() => setStep({ is: 'phone' })} />}
      </div>
      <House />
      <label class="door-language">
        <span class="unseen">{t('settings.language')}</span>
        <select
          value={settings.value.language}
          onChange={(event) => change({ language: event.currentTarget.value as Language | 'system' })}
        >
          <option value="system">{t('settings.language_system')}</option>
          {Object.entries(LANGUAGES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>{name}</option>
          ))}
        </select>
      </label>
    </main>
  )
}
