"""An echo bot with python-telegram-bot; takes its token and the base URL from the environment."""

import os

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, MessageHandler, filters


async def start(update, context):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Press me", callback_data="pressed")]])
    await update.message.reply_html(f"Hello, {update.effective_user.mention_html()}!", reply_markup=keyboard)


async def pressed(update, context):
    await update.callback_query.answer("Thank you")
    await update.callback_query.edit_message_text("It was pressed")


async def echo(update, context):
    await update.message.reply_text(update.message.text)


application = Application.builder().token(os.environ["TOKEN"]).base_url(os.environ["BASE_URL"] + "/bot").build()
application.add_handler(CommandHandler("start", start))
application.add_handler(CallbackQueryHandler(pressed))
application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, echo))
application.run_polling()
