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


async def picture(update, context):
    """Fetches a photo and sends it back twice: as a file, and by the name that it has here."""
    photo = update.message.photo[-1]
    data = await (await photo.get_file()).download_as_bytearray()
    await update.message.reply_document(bytes(data), filename="copy.jpg", caption="<b>copied</b>", parse_mode="HTML")
    await update.message.reply_photo(photo.file_id, caption="again")


application = (
    Application.builder()
    .token(os.environ["TOKEN"])
    .base_url(os.environ["BASE_URL"] + "/bot")
    .base_file_url(os.environ["BASE_URL"] + "/file/bot")
    .build()
)
application.add_handler(MessageHandler(filters.PHOTO, picture))
application.add_handler(CommandHandler("start", start))
application.add_handler(CallbackQueryHandler(pressed))
application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, echo))
application.run_polling()
