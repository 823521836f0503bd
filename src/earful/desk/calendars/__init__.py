"""Calendars: when a desk is there, by zone, weekday, holiday and exception."""
