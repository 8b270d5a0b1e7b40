import { t, type Key } from '../i18n/i18n.js'
import type { Failure } from '../worker/protocol.js'

/** A request that failed, with the server's word for why. */
export class CallError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.text)
  }

  /** Whether this is the server's error of that name. */
  is(text: string): boolean {
    return this.failure.text === text
  }
}

/** Errors that people can do something about, each with the words that say what. */
const WORDS: Record<string, Key> = {
  CANCELLED: 'error.cancelled',
  CHANNEL_PRIVATE: 'error.private',
  CHAT_ADMIN_REQUIRED: 'error.admin',
  CHAT_WRITE_FORBIDDEN: 'error.write_forbidden',
  CHAT_GUEST_SEND_FORBIDDEN: 'error.join_to_send',
  CHAT_FORWARDS_RESTRICTED: 'error.forwards',
  CHANNELS_TOO_MUCH: 'error.too_many_channels',
  FILE_PARTS_INVALID: 'error.file_too_big',
  FIRSTNAME_INVALID: 'error.name',
  IMAGE_PROCESS_FAILED: 'error.picture',
  INPUT_USER_DEACTIVATED: 'error.account_gone',
  INVITE_HASH_EXPIRED: 'error.invite',
  INVITE_HASH_INVALID: 'error.invite',
  INVITE_REQUEST_SENT: 'error.request_sent',
  LASTNAME_INVALID: 'error.name',
  MESSAGE_EDIT_TIME_EXPIRED: 'error.edit_time',
  MESSAGE_NOT_MODIFIED: 'error.not_modified',
  MESSAGE_TOO_LONG: 'error.too_long',
  OFFLINE: 'error.offline',
  PASSWORD_HASH_INVALID: 'error.password_wrong',
  PEER_FLOOD: 'error.peer_flood',
  PHONE_CODE_EMPTY: 'error.code_wrong',
  PHONE_CODE_EXPIRED: 'error.code_expired',
  PHONE_CODE_INVALID: 'error.code_wrong',
  PHONE_NUMBER_BANNED: 'error.number_banned',
  PHONE_NUMBER_INVALID: 'error.number',
  PHOTO_INVALID_DIMENSIONS: 'error.picture',
  SRP_ID_INVALID: 'error.password_again',
  SRP_PASSWORD_CHANGED: 'error.password_again',
  STORAGE_FULL: 'error.storage_full',
  USERNAME_INVALID: 'error.username',
  USERNAME_NOT_OCCUPIED: 'error.nobody',
  USERNAME_OCCUPIED: 'error.username_taken',
  USER_BANNED_IN_CHANNEL: 'error.banned',
  USER_IS_BLOCKED: 'error.blocked',
  USER_PRIVACY_RESTRICTED: 'error.privacy',
  USER_RESTRICTED: 'error.peer_flood',
  YOU_BLOCKED_USER: 'error.you_blocked',
}

/** What to tell a person about an error: what happened and what they can do. */
export function inWords(error: unknown): string {
  if (!(error instanceof CallError)) return t('error.unknown')
  const { text, seconds } = error.failure
  if (text === 'FLOOD_WAIT_%d') return t('error.flood', { time: duration(seconds ?? 1) })
  if (text === 'SLOWMODE_WAIT_%d') return t('error.slow_mode', { time: duration(seconds ?? 1) })
  if (text === 'PHONE_NUMBER_APP_SIGNUP_FORBIDDEN') return t('error.not_invited')
  const key = WORDS[text]
  if (key) return t(key)
  return /^[A-Z0-9_%]+$/.test(text) && text !== 'UNKNOWN' ? t('error.other', { word: text }) : t('error.unknown')
}

/** A time to wait in the largest unit that says it well. */
export function duration(seconds: number): string {
  if (seconds < 90) return t('time.seconds', { n: String(seconds) })
  if (seconds < 90 * 60) return t('time.minutes', { n: String(Math.round(seconds / 60)) })
  return t('time.hours', { n: String(Math.round(seconds / 3600)) })
}
