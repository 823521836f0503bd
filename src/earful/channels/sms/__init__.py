"""SMS and MMS of one number: by Twilio or who speaks as it does, or by a Kannel of one's own."""
