// An echo bot with grammY; takes its token and the base URL from the environment.

import { createRequire } from 'node:module'

// The packages are installed in a cache outside the repository.
const require = createRequire(`${process.env.CLIENT_PACKAGES}/package.json`)
const { Bot, InlineKeyboard, InputFile } = require('grammy')

const bot = new Bot(process.env.TOKEN, { client: { apiRoot: process.env.BASE_URL } })

bot.command('start', (context) =>
  context.reply(`Hello, <b>${context.from.first_name}</b>!`, {
    parse_mode: 'HTML',
    reply_markup: new InlineKeyboard().text('Press me', 'pressed'),
  }),
)
bot.callbackQuery('pressed', async (context) => {
  await context.answerCallbackQuery('Thank you')
  await context.editMessageText('It was pressed')
})
// Fetches a photo and sends it back twice: as a file, and by the name that it has here.
bot.on('message:photo', async (context) => {
  const photo = context.message.photo.at(-1)
  const { file_path } = await context.getFile()
  const fetched = await fetch(`${process.env.BASE_URL}/file/bot${process.env.TOKEN}/${file_path}`)
  const copy = new InputFile(new Uint8Array(await fetched.arrayBuffer()), 'copy.jpg')
  await context.replyWithDocument(copy, { caption: '<b>copied</b>', parse_mode: 'HTML' })
  await context.replyWithPhoto(photo.file_id, { caption: 'again' })
})
bot.on('message:text', (context) => context.reply(context.message.text))
bot.start()
