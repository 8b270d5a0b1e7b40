"""An echo bot with aiogram; takes its token and the base URL from the environment."""

import asyncio
import os

from aiogram import Bot, Dispatcher, F, html
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.filters import CommandStart
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

dispatcher = Dispatcher()


@dispatcher.message(CommandStart())
async def start(message):
    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Press me", callback_data="pressed")]]
    )
    await message.answer(f"Hello, {html.bold(message.from_user.full_name)}!", reply_markup=keyboard)


@dispatcher.callback_query(F.data == "pressed")
async def pressed(query):
    await query.answer("Thank you")
    await query.message.edit_text("It was pressed")


@dispatcher.message(F.photo)
async def picture(message):
    """Fetches a photo and sends it back twice: as a file, and by the name that it has here."""
    photo = message.photo[-1]
    data = await message.bot.download(photo)
    await message.answer_document(BufferedInputFile(data.read(), "copy.jpg"), caption=html.bold("copied"))
    await message.answer_photo(photo.file_id, caption="again")


@dispatcher.message(F.text)
async def echo(message):
    await message.send_copy(chat_id=message.chat.id)


async def main():
    server = TelegramAPIServer.from_base(os.environ["BASE_URL"])
    session = AiohttpSession(api=server)
    bot = Bot(os.environ["TOKEN"], session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))
    await dispatcher.start_polling(bot)


asyncio.run(main())
