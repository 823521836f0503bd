"""Telegram: private chats with a bot, groups, and business accounts (Bot API)."""
