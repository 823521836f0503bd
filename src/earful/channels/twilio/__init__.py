"""What the channels of Twilio, and of who speaks as Twilio does, have in common: signatures, REST, settings."""
