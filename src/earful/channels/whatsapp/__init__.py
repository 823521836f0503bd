"""WhatsApp: messages of a business number (Cloud API)."""
