import { useEffect, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { t } from '../i18n/i18n.js'
import { say } from '../ui/toast.js'
import { CallError, inWords } from './errors.js'
import { exportLoginTokenRequest } from './requests.js'
import { call, onUpdate, signedIn } from './session.js'

/** A QR code that a device which is signed in already reads, to let this one in. */
export function Qr({ onBack, onPassword }: { onBack: () => void; onPassword: () => void }) {
  const [link, setLink] = useState<string | undefined>(undefined)
  const [failed, setFailed] = useState<string | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      clearTimeout(timer)
      try {
        const answer = await call(exportLoginTokenRequest())
        if (!wanted) return
        if (answer._ === 'auth.loginToken') {
          setLink(`tg://login?token=${base64url(answer.token)}`)
          // A minute, whatever the clock of this device says.
          timer = setTimeout(() => void ask(), 50_000)
        } else if (answer._ === 'auth.loginTokenSuccess' && answer.authorization._ === 'auth.authorization') {
          await signedIn(answer.authorization)
        }
      } catch (error) {
        if (!wanted) return
        if (error instanceof CallError && error.is('SESSION_PASSWORD_NEEDED')) onPassword()
        else setFailed(inWords(error))
      }
    }
    void ask()
    const stop = onUpdate((update) => {
      if (update._ === 'updateLoginToken') void ask()
    })
    return () => {
      wanted = false
      clearTimeout(timer)
      stop()
    }
  }, [])
  return (
    <div class="door-form">
      <div class="qr">{link ? <Code text={link} /> : <p class="quiet" role="status">{t('chat.loading')}</p>}</div>
      <ol class="quiet">
        <li>{t('session.qr_1')}</li>
        <li>{t('session.qr_2')}</li>
        <li>{t('session.qr_3')}</li>
      </ol>
      <p class="error" role="alert">{failed}</p>
      <div class="door-links">
        <button type="button" class="link" onClick={onBack}>{t('session.by_phone')}</button>
        <button
          type="button"
          class="link"
          disabled={!link}
          onClick={() => void navigator.clipboard.writeText(link ?? '').then(() => say(t('message.copied')))}
        >
          {t('session.copy_login')}
        </button>
      </div>
    </div>
  )
}

function Code({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t('session.qr_label')} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#14171f" />
    </svg>
  )
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** The token in a link that a QR code holds; nothing for other texts. */
export function tokenOf(link: string): Uint8Array | undefined {
  const token = /^tg:\/\/login\?token=([\w-]+)$/.exec(link.trim())?.[1]
  if (!token) return undefined
  const text = atob(token.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}
