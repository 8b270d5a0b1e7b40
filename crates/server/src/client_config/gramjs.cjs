// Signs in to the Heliograph server at {{address}} with gramjs: npm install telegram
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { createInterface } = require('node:readline/promises')
const bigInt = require('big-integer')
const { Api, TelegramClient } = require('telegram')
const { ConnectionTCPFull } = require('telegram/network/connection')
const { _serverKeys } = require('telegram/crypto/RSA')
const { StringSession } = require('telegram/sessions')

_serverKeys.set('{{fingerprint}}', {
  n: bigInt('{{modulus}}', 16),
  e: 65537,
})

// gramjs dials port 80 or 443 whatever its session says, so the connection is told the port.
class Here extends ConnectionTCPFull {
  constructor(options) {
    super({ ...options, port: {{port}} })
  }
}

const FILE = 'heliograph.session' // keeps you signed in
const CREDENTIALS = { apiId: 1, apiHash: 'a'.repeat(32) } // any id and hash will do

async function signIn(client) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const phoneNumber = await terminal.question('Phone number with country code: ')
  const { phoneCodeHash } = await client.sendCode(CREDENTIALS, phoneNumber)
  const phoneCode = await terminal.question('Code (on the server\'s console): ')
  const done = await client.invoke(new Api.auth.SignIn({ phoneNumber, phoneCodeHash, phoneCode }))
  if (done instanceof Api.auth.AuthorizationSignUpRequired) {
    const firstName = await terminal.question('A new number. First name: ')
    await client.invoke(new Api.auth.SignUp({ phoneNumber, phoneCodeHash, firstName, lastName: '' }))
  }
  terminal.close()
}

async function main() {
  const session = new StringSession(existsSync(FILE) ? readFileSync(FILE, 'ascii') : '')
  session.setDC(2, '{{host}}', 80)
  const client = new TelegramClient(session, CREDENTIALS.apiId, CREDENTIALS.apiHash, {
    connection: Here,
    connectionRetries: 2,
  })
  await client.connect()
  if (!(await client.checkAuthorization())) await signIn(client)
  writeFileSync(FILE, client.session.save(), { mode: 0o600 })

  const me = await client.getMe()
  await client.sendMessage('me', { message: `Hello from ${me.firstName}!` })
  for (const message of await client.getMessages('me', { limit: 3 })) {
    console.log(new Date(message.date * 1000), message.message)
  }
  await client.destroy()
}

main().then(() => process.exit(0))
