"""What every connector needs, written once: text counting, HTML, HTTP, streams, back-off, signatures."""
