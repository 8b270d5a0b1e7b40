import { signal } from '@preact/signals'
import { t } from '../i18n/i18n.js'
import { Modal } from './Modal.js'

interface Question {
  title: string
  text?: string
  answers: { label: string; grave?: boolean; value: string }[]
  resolve: (answer: string | undefined) => void
}

const asked = signal<Question | undefined>(undefined)

/** Asks before something that cannot be taken back; nothing when the question was closed. */
export function ask(question: Omit<Question, 'resolve'>): Promise<string | undefined> {
  return new Promise((resolve) => (asked.value = { ...question, resolve }))
}

export function QuestionPlace() {
  const question = asked.value
  if (!question) return null
  const answer = (value: string | undefined) => {
    asked.value = undefined
    question.resolve(value)
  }
  return (
    <Modal title={question.title} onClose={() => answer(undefined)}>
      {question.text && <p>{question.text}</p>}
      <div class="choices">
        {question.answers.map(({ label, grave, value }) => (
          <button type="button" key={value} class={grave ? 'button grave' : 'button'} onClick={() => answer(value)}>
            {label}
          </button>
        ))}
        <button type="button" class="button plain" onClick={() => answer(undefined)}>
          {t('action.cancel')}
        </button>
      </div>
    </Modal>
  )
}
