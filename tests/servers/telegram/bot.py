"""What python-telegram-bot, a client that knows nothing of Earful, says and understands.

usage: bot.py API TOKEN, with a request as JSON on each line of the standard input and an answer on each of the output.
"""

import asyncio
import json
import sys
from typing import Any

from telegram import Bot, ReplyParameters, Update
from telegram.request import HTTPXRequest


async def do(bot: Bot, asked: dict[str, Any]) -> object:
    """One request."""
    match asked:
        case {"set_webhook": fields}:
            return await bot.set_webhook(**fields)
        case {"webhook": _}:
            return (await bot.get_webhook_info()).url
        case {"answer": text, "chat": chat, "to": message}:
            to = ReplyParameters(message_id=message, allow_sending_without_reply=True)
            return (await bot.send_message(chat, text, reply_parameters=to)).message_id
        case {"read": update}:
            found = Update.de_json(update, bot)
            message, user = found.effective_message, found.effective_user
            return {
                "id": found.update_id, "chat": message.chat_id, "message": message.message_id, "text": message.text,
                "at": int(message.date.timestamp()), "by": user.id, "name": user.full_name,
                "private": message.chat.type == "private",
            }  # fmt: skip
    raise ValueError(f"unknown: {asked}")


async def main(api: str, token: str) -> None:
    """All requests, in order."""
    # Five seconds are little on a busy machine.
    patient = HTTPXRequest(connect_timeout=60, read_timeout=60, write_timeout=60, pool_timeout=60)
    bot = Bot(token, base_url=f"{api}/bot", request=patient)
    async with bot:
        for line in sys.stdin:
            print(json.dumps(await do(bot, json.loads(line))))  # noqa: T201  # the output of a program


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
