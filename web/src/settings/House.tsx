import { t } from '../i18n/i18n.js'
import { facts } from '../session/session.js'

/** What this server is, who runs it, and how far others vouch for that: before anybody signs in, and after. */
export function House() {
  const known = facts.value
  if (!known) return null
  return (
    <section class="house-facts" aria-labelledby="house-title">
      {known.demonstration && <p class="notice">{t('house.demonstration')}</p>}
      <h2 id="house-title">{t('house.trust', { level: known.trust })}</h2>
      <p lang="en">{known.trust_meaning}</p>
      <p>{t('house.can_read')}</p>
      <p>
        {known.operator ? t('house.run_by', { who: known.operator }) : t('house.run_by_nobody')}
        {known.contact && ` ${t('house.contact', { contact: known.contact })}`}
      </p>
      <nav aria-label={t('house.title')}>
        {known.log && (
          <>
            <a href="/terms">{t('house.terms')}</a>
            <a href="/privacy">{t('house.privacy')}</a>
            <a href="/transparency">{t('house.transparency')}</a>
          </>
        )}
        <a href="/connect">{t('house.connect')}</a>
      </nav>
    </section>
  )
}
