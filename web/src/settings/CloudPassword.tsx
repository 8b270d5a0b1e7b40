import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { language, t } from '../i18n/i18n.js'
import { inWords } from '../session/errors.js'
import { PasswordField } from '../session/PasswordField.js'
import { call, changePassword } from '../session/session.js'
import { ask } from '../ui/confirm.js'
import { say, sayError } from '../ui/toast.js'

/** The shortest password that this page sets: shorter ones are guessed. */
const SHORTEST = 8

type Doing = 'nothing' | 'set' | 'change' | 'remove'

/** The cloud password: what it is for, and the ways to set, change, remove and forget it. */
export function CloudPassword() {
  const [known, setKnown] = useState<tl.account.RawPassword | undefined>(undefined)
  const [doing, setDoing] = useState<Doing>('nothing')
  const load = () => call({ _: 'account.getPassword' }).then(setKnown, sayError)
  useEffect(() => void load(), [])
  const done = (word: string) => {
    setDoing('nothing')
    say(word)
    void load()
  }
  return (
    <section class="card" aria-labelledby="cloud-password">
      <h3 id="cloud-password">{t('password.title')}</h3>
      <p class="quiet small">{t('password.what_for')}</p>
      {known?.pendingResetDate !== undefined && <Pending until={known.pendingResetDate} onDone={load} />}
      {known && doing === 'nothing' && (
        <>
          <p>{known.hasPassword ? t('password.is_on') : t('password.is_off')}</p>
          <div class="choices">
            {known.hasPassword ? (
              <>
                <button type="button" class="button" onClick={() => setDoing('change')}>{t('password.change')}</button>
                <button type="button" class="button plain" onClick={() => setDoing('remove')}>{t('password.remove')}</button>
                {known.pendingResetDate === undefined && (
                  <button type="button" class="link" onClick={() => void askForReset(load)}>{t('password.forgotten')}</button>
                )}
              </>
            ) : (
              <button type="button" class="button" onClick={() => setDoing('set')}>{t('password.set')}</button>
            )}
          </div>
        </>
      )}
      {known && doing !== 'nothing' && (
        <Form key={doing} doing={doing} hint={known.hint ?? ''} onDone={done} onCancel={() => setDoing('nothing')} />
      )}
    </section>
  )
}

/** Asks for the current password where there is one, and twice for the new one. */
function Form(props: { doing: Exclude<Doing, 'nothing'>; hint: string; onDone: (word: string) => void; onCancel: () => void }) {
  const { doing } = props
  const [current, setCurrent] = useState('')
  const [fresh, setFresh] = useState('')
  const [again, setAgain] = useState('')
  const [hint, setHint] = useState(doing === 'change' ? props.hint : '')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | undefined>(undefined)

  const submit = async () => {
    const wrong = doing === 'remove' ? undefined : wrongIn(fresh, again, hint)
    setFailed(wrong)
    if (wrong) return
    setBusy(true)
    try {
      if (doing === 'set') await changePassword({ is: 'set', fresh, hint: hint.trim() })
      else if (doing === 'change') await changePassword({ is: 'change', current, fresh, hint: hint.trim() })
      else await changePassword({ is: 'remove', current })
      props.onDone(doing === 'remove' ? t('password.removed') : t('password.saved'))
    } catch (error) {
      setFailed(inWords(error))
      setBusy(false)
    }
  }
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {doing !== 'set' && (
        <PasswordField label={t('password.current')} value={current} onInput={setCurrent} fills="current-password" describedBy="cloud-error" focus />
      )}
      {doing !== 'remove' && (
        <>
          <PasswordField label={t('password.new')} value={fresh} onInput={setFresh} fills="new-password" describedBy="cloud-error" focus={doing === 'set'} />
          <PasswordField label={t('password.again')} value={again} onInput={setAgain} fills="new-password" describedBy="cloud-error" />
          <label class="field">
            {t('password.hint')}
            <input type="text" dir="auto" autocomplete="off" maxLength={100} value={hint} onInput={(event) => setHint(event.currentTarget.value)} />
          </label>
          <p class="quiet small">{t('password.hint_hint')}</p>
        </>
      )}
      <p class="error" role="alert" id="cloud-error">{failed}</p>
      <div class="choices">
        <button type="submit" class={doing === 'remove' ? 'button grave' : 'button'} disabled={busy}>
          {busy ? t('session.checking') : doing === 'remove' ? t('password.remove') : t('action.save')}
        </button>
        <button type="button" class="button plain" onClick={props.onCancel}>{t('action.cancel')}</button>
      </div>
    </form>
  )
}

/** What keeps a new password from being taken, in words. */
export function wrongIn(fresh: string, again: string, hint: string): string | undefined {
  if (fresh.length < SHORTEST) return t('password.too_short', { n: String(SHORTEST) })
  if (fresh !== again) return t('password.not_same')
  if (hint.toLowerCase().includes(fresh.toLowerCase())) return t('password.hint_tells')
  return undefined
}

/** A password that was forgotten ends at this moment, unless somebody objects. */
function Pending({ until, onDone }: { until: number; onDone: () => Promise<void> }) {
  const ended = until * 1000 <= Date.now()
  const decline = () => call({ _: 'account.declinePasswordReset' }).then(onDone, sayError)
  return (
    <div class="notice" role="status">
      <p>{t('password.reset_pending', { when: moment(until) })}</p>
      <div class="choices small">
        <button type="button" class="link" onClick={() => void decline()}>{t('password.reset_decline')}</button>
        {ended && (
          <button type="button" class="link" onClick={() => void reset(onDone)}>{t('password.reset_now')}</button>
        )}
      </div>
    </div>
  )
}

async function askForReset(onDone: () => Promise<void>): Promise<void> {
  const answer = await ask({
    title: t('password.forgotten_title'),
    text: t('password.forgotten_text'),
    answers: [{ label: t('password.forgotten_ask'), value: 'yes', grave: true }],
  })
  if (answer) await reset(onDone)
}

async function reset(onDone: () => Promise<void>): Promise<void> {
  try {
    const answer = await call({ _: 'account.resetPassword' })
    if (answer._ === 'account.resetPasswordOk') say(t('password.removed'))
    else if (answer._ === 'account.resetPasswordFailedWait') say(t('password.reset_later', { when: moment(answer.retryDate) }))
    await onDone()
  } catch (error) {
    sayError(error)
  }
}

function moment(at: number): string {
  return new Date(at * 1000).toLocaleString(language.value, { dateStyle: 'long', timeStyle: 'short' })
}
