import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { AboutPane } from '../settings/AboutPane.js'
import { SettingsPane } from '../settings/SettingsPane.js'
import { ChatList } from '../chats/ChatList.js'
import { EditPlace } from '../chats/edit/EditChannel.js'
import { NewPane } from '../chats/NewPane.js'
import { unreadTotal } from '../chats/dialogs.js'
import { ChatPane } from '../messages/ChatPane.js'
import { ForwardPlace } from '../messages/Forward.js'
import { placeKey, type Place } from '../messages/history.js'
import { ViewerPlace } from '../media/Viewer.js'
import { ReportPlace } from '../report/Report.js'
import { SignIn } from '../session/SignIn.js'
import { again, otherTab, standing } from '../session/session.js'
import { QuestionPlace } from '../ui/confirm.js'
import { Mark } from '../ui/Mark.js'
import { MenuPlace } from '../ui/Menu.js'
import { ToastPlace } from '../ui/toast.js'
import { route } from './route.js'
import { useShortcuts } from './shortcuts.js'

/** The whole page. */
export function App() {
  return (
    <>
      <Screen />
      <QuestionPlace />
      <MenuPlace />
      <ToastPlace />
    </>
  )
}

function Screen() {
  const state = standing.value
  if (otherTab.value) return <Word title={t('start.other_tab')} text={t('start.other_tab_text')} />
  switch (state.is) {
    case 'starting':
      return <Word title="Heliograph" text={t('start.connecting')} />
    case 'signed-out':
      return <SignIn />
    case 'signed-in':
      return <House />
    case 'broken':
      return state.why === 'insecure' ? (
        <Word title={t('start.insecure')} text={t('start.insecure_text')} />
      ) : (
        <Word title={t('start.unreachable')} text={t('start.unreachable_text')} action={{ label: t('action.again'), do: again }} />
      )
  }
}

function Word({ title, text, action }: { title: string; text: string; action?: { label: string; do: () => void } }) {
  return (
    <main class="door">
      <div class="door-card center" role="status">
        <Mark />
        <h1>{title}</h1>
        <p class="quiet">{text}</p>
        {action && (
          <button type="button" class="button" onClick={action.do}>
            {action.label}
          </button>
        )}
      </div>
    </main>
  )
}

/** The list on one side and what is open on the other; on a narrow screen one of the two. */
function House() {
  const at = route.value
  useShortcuts()
  useEffect(() => {
    const count = unreadTotal.value
    document.title = count > 0 ? `(${count}) Heliograph` : 'Heliograph'
  }, [unreadTotal.value])
  const place: Place | undefined = at.chat && { chat: at.chat, ...(at.thread ? { thread: at.thread } : {}) }
  return (
    <div class={at.chat || at.page ? 'home with-pane' : 'home'}>
      <ChatList />
      <main class="main">
        {at.page === 'settings' ? (
          <SettingsPane />
        ) : at.page === 'new' ? (
          <NewPane />
        ) : at.page === 'about' ? (
          <AboutPane />
        ) : place ? (
          <ChatPane key={placeKey(place)} place={place} />
        ) : (
          <div class="nothing-open">
            <Mark size={72} />
            <p class="lead">{t('start.choose')}</p>
            <p class="quiet">{t('start.shortcuts')}</p>
          </div>
        )}
      </main>
      <ForwardPlace />
      <EditPlace />
      <ReportPlace />
      <ViewerPlace />
    </div>
  )
}
