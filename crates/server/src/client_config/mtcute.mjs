// Signs in to the Heliograph server at {{address}} with mtcute: npm install @mtcute/node @mtcute/core
import { addPublicKey } from '@mtcute/core/utils.js'
import { TelegramClient } from '@mtcute/node'
import { NodeCryptoProvider } from '@mtcute/node/utils.js'

const crypto = new NodeCryptoProvider()
await crypto.initialize?.()
addPublicKey(crypto, `{{pem}}
`)

const here = { id: 2, ipAddress: '{{host}}', port: {{port}} }
const client = new TelegramClient({
  apiId: 1, // any id and hash will do
  apiHash: 'a'.repeat(32),
  storage: 'heliograph.session', // keeps you signed in
  defaultDcs: { main: here, media: { ...here, mediaOnly: true } },
})

async function signIn() {
  const phone = (await client.input('Phone number with country code: ')).replace(/\D/g, '')
  const { phoneCodeHash } = await client.sendCode({ phone })
  const phoneCode = await client.input("Code (on the server's console): ")
  let done = await client.call({ _: 'auth.signIn', phoneNumber: phone, phoneCodeHash, phoneCode })
  if (done._ === 'auth.authorizationSignUpRequired') {
    const firstName = await client.input('A new number. First name: ')
    done = await client.call({ _: 'auth.signUp', phoneNumber: phone, phoneCodeHash, firstName, lastName: '' })
  }
  // mtcute has no method of its own for signing up; this is how its sign-in methods end.
  await client.notifyLoggedIn(done)
}

await client.connect()
const me = await client.getMe().catch(async () => {
  await signIn()
  return client.getMe()
})
await client.sendText('me', `Hello from ${me.firstName}!`)
for (const message of await client.getHistory('me', { limit: 3 })) {
  console.log(message.date, message.text)
}
await client.destroy()
process.exit(0)
