"""What the browser is told never to do on our pages.

No inline script, no inline style, no evaluation, nothing from another host. Pages keep to it because there
is nothing to allow: widths come from SVG attributes or classes, behaviour from modules.
"""

from collections.abc import Mapping
from types import MappingProxyType

POLICY: Mapping[str, str] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
)

CONTENT_SECURITY_POLICY = "; ".join(f"{name} {value}" for name, value in POLICY.items())

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # A customer's profile must not learn which case was open; our own forms still need their origin.
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
)

PAGE_CACHE = "private, no-store"
"""For pages: they hold customers' words, and a shared or restored cache must not."""

STATIC_CACHE = "public, max-age=31536000, immutable"
"""For files whose address names their content."""
