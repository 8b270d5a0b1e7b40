import { t } from '../i18n/i18n.js'
import { back } from '../app/route.js'
import { appeal } from '../chats/actions.js'
import { facts } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { Mark } from '../ui/Mark.js'
import { House } from './House.js'

/** What this server is, and what people can do about what it decides. */
export function AboutPane() {
  return (
    <section class="pane" aria-labelledby="about-title">
      <header class="chat-head">
        <button type="button" class="round" aria-label={t('action.back')} onClick={back}>
          <Icon name="back" />
        </button>
        <h2 id="about-title">{t('house.title')}</h2>
      </header>
      <div class="pane-body">
        <div class="card center">
          <Mark />
        </div>
        <House />
        <div class="card">
          <h3>{t('report.appeal')}</h3>
          <p>{t('report.appeal_text')}</p>
          <button type="button" class="button" onClick={() => void appeal()}>
            {t('report.appeal')}
          </button>
        </div>
        <div class="card">
          <h3>{t('house.key')}</h3>
          <p class="quiet">{t('house.key_hint')}</p>
          <code>{facts.value?.fingerprint}</code>
        </div>
      </div>
    </section>
  )
}
