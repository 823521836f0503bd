"""Mail: IMAP in, SMTP out, threaded by Message-ID."""
