// An echo bot with grammY; takes its token and the base URL from the environment.

import { createRequire } from 'node:module'

// The packages are installed in a cache outside the repository.
const require = createRequire(`${process.env.CLIENT_PACKAGES}/package.json`)
const { Bot, InlineKeyboard } = require('grammy')

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
bot.on('message:text', (context) => context.reply(context.message.text))
bot.start()
