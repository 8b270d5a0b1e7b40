import { signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t, type Key } from '../i18n/i18n.js'
import type { PeerKey } from '../peers/key.js'
import { inputPeer } from '../peers/peers.js'
import { call } from '../session/session.js'
import { inWords } from '../session/errors.js'
import { Modal } from '../ui/Modal.js'
import { say } from '../ui/toast.js'

const reported = signal<{ chat: PeerKey; ids: number[] } | undefined>(undefined)

/** Begins a report of messages. */
export function reportMessage(chat: PeerKey, ids: number[]): void {
  reported.value = { chat, ids }
}

/** Begins a report of a person or a channel as a whole. */
export function reportPeer(chat: PeerKey): void {
  reported.value = { chat, ids: [] }
}

export function ReportPlace() {
  const what = reported.value
  if (!what) return null
  const close = () => (reported.value = undefined)
  return what.ids.length > 0 ? <ReportMessages {...what} onClose={close} /> : <ReportPeer chat={what.chat} onClose={close} />
}

/** The server asks one question after the other, until it knows which rule is meant. */
function ReportMessages({ chat, ids, onClose }: { chat: PeerKey; ids: number[]; onClose: () => void }) {
  const [asked, setAsked] = useState<tl.TypeReportResult | undefined>(undefined)
  const [failed, setFailed] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const [text, setText] = useState('')
  const answer = async (option: Uint8Array, message: string) => {
    setBusy(true)
    setFailed(undefined)
    try {
      const next = await call({ _: 'messages.report', peer: inputPeer(chat), id: ids, option, message })
      if (next._ === 'reportResultReported') {
        say(t('report.thanks'))
        onClose()
      } else setAsked(next)
    } catch (error) {
      setFailed(error)
    }
    setBusy(false)
  }
  useEffect(() => void answer(new Uint8Array(), ''), [])
  return (
    <Modal title={t('report.title')} onClose={onClose}>
      {asked?._ === 'reportResultChooseOption' && (
        <>
          <p>{asked.title}</p>
          <div class="choices column">
            {asked.options.map((one) => (
              <button type="button" class="button plain" key={one.text} disabled={busy} onClick={() => void answer(one.option, '')}>
                {one.text}
              </button>
            ))}
          </div>
        </>
      )}
      {asked?._ === 'reportResultAddComment' && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void answer(asked.option, text.trim())
          }}
        >
          <Comment text={text} onChange={setText} optional={asked.optional ?? false} />
          <button type="submit" class="button" disabled={busy || (!asked.optional && !text.trim())}>
            {t('report.send')}
          </button>
        </form>
      )}
      {!asked && !failed && <p class="quiet" role="status">{t('chat.loading')}</p>}
      {failed ? <p class="error" role="alert">{inWords(failed)}</p> : null}
      <p class="quiet small">{t('report.who_reads')}</p>
    </Modal>
  )
}

const REASONS: [tl.TypeReportReason['_'], Key][] = [
  ['inputReportReasonSpam', 'report.spam'],
  ['inputReportReasonFake', 'report.fake'],
  ['inputReportReasonViolence', 'report.violence'],
  ['inputReportReasonChildAbuse', 'report.child'],
  ['inputReportReasonIllegalDrugs', 'report.drugs'],
  ['inputReportReasonPersonalDetails', 'report.private'],
  ['inputReportReasonOther', 'report.other'],
]

function ReportPeer({ chat, onClose }: { chat: PeerKey; onClose: () => void }) {
  const [reason, setReason] = useState<tl.TypeReportReason['_']>('inputReportReasonSpam')
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>(undefined)
  const send = async () => {
    setBusy(true)
    try {
      await call({ _: 'account.reportPeer', peer: inputPeer(chat), reason: { _: reason }, message: text.trim() })
      say(t('report.thanks'))
      onClose()
    } catch (error) {
      setFailed(error)
      setBusy(false)
    }
  }
  return (
    <Modal title={t('report.title')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <fieldset>
          <legend>{t('report.why')}</legend>
          {REASONS.map(([value, label]) => (
            <label class="option" key={value}>
              <input type="radio" name="reason" checked={reason === value} onChange={() => setReason(value)} />
              {t(label)}
            </label>
          ))}
        </fieldset>
        <Comment text={text} onChange={setText} optional />
        <button type="submit" class="button" disabled={busy}>
          {t('report.send')}
        </button>
        {failed ? <p class="error" role="alert">{inWords(failed)}</p> : null}
      </form>
      <p class="quiet small">{t('report.who_reads')}</p>
    </Modal>
  )
}

function Comment({ text, onChange, optional }: { text: string; onChange: (text: string) => void; optional: boolean }) {
  return (
    <label class="field">
      {optional ? t('report.comment_optional') : t('report.comment')}
      <textarea rows={4} maxLength={512} dir="auto" value={text} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  )
}
