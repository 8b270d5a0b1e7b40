import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { ago } from '../chats/subtitle.js'
import { now } from '../chats/now.js'
import { call } from '../session/session.js'
import { sayError } from '../ui/toast.js'

/** The devices that are signed in, and the way to end one. */
export function Devices() {
  const [list, setList] = useState<tl.RawAuthorization[]>([])
  const load = () =>
    call({ _: 'account.getAuthorizations' }).then(({ authorizations }) => setList(authorizations), sayError)
  useEffect(() => void load(), [])
  const end = async (hash: tl.Long) => {
    try {
      await call({ _: 'account.resetAuthorization', hash })
    } catch (error) {
      sayError(error)
    }
    await load()
  }
  return (
    <div class="card">
      <h3>{t('settings.devices')}</h3>
      <ul class="devices">
        {list.map((one) => (
          <li key={`${one.hash.low} ${one.hash.high}`}>
            <span class="person-words">
              <strong><bdi class="name">{one.deviceModel}</bdi></strong>
              <span class="quiet">
                <bdi class="name">{[one.systemVersion, one.appName].filter(Boolean).join(' · ')}</bdi>
                {' · '}
                {one.current ? t('settings.this_device') : ago(one.dateActive, now.value)}
              </span>
            </span>
            {!one.current && (
              <button type="button" class="button plain" onClick={() => void end(one.hash)}>
                {t('settings.end_device')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
