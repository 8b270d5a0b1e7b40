import { t } from '../i18n/i18n.js'
import { Avatar } from '../peers/Avatar.js'
import { blocked, setBlocked } from '../peers/blocked.js'
import { Name } from '../peers/Name.js'
import { sayError } from '../ui/toast.js'

/** Those whom somebody has blocked, and the way back. */
export function Blocked() {
  const list = blocked.value
  return (
    <section class="card" aria-labelledby="blocked-title">
      <h3 id="blocked-title">{t('block.title')}</h3>
      <p class="quiet small">{list.length > 0 ? t('block.what') : t('block.nobody')}</p>
      {list.length > 0 && (
        <ul class="devices">
          {list.map((key) => (
            <li key={key}>
              <span class="person-words">
                <span class="with-face">
                  <Avatar of={key} size={36} />
                  <Name of={key} />
                </span>
              </span>
              <button type="button" class="button plain" onClick={() => void setBlocked(key, false).catch(sayError)}>
                {t('block.unblock')}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
