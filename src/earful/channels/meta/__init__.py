"""What the channels of Meta have in common: the Graph API, its webhooks, its errors. No channel of its own."""
