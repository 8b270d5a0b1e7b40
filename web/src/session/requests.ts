import type { tl } from '@mtcute/tl'

/** What clients name themselves by. This server takes any. */
const API = { apiId: 1, apiHash: 'heliograph' }

export function sendCodeRequest(phoneNumber: string): tl.auth.RawSendCodeRequest {
  return { _: 'auth.sendCode', phoneNumber, ...API, settings: { _: 'codeSettings' } }
}

export function exportLoginTokenRequest(): tl.auth.RawExportLoginTokenRequest {
  return { _: 'auth.exportLoginToken', ...API, exceptIds: [] }
}
