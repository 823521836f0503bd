"""Calls to one number: recorded by Twilio, told by any telephone system, or written down by hand."""
