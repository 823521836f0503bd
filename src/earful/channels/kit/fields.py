"""What the forms of many networks ask for in the same words."""

from typing import Annotated

from msgspec import Meta

ADDRESS = r"^https?://[^\s?#]+$"
ApiServer = Annotated[
    str, Meta(title="API server", description="Only for a simulated network.", pattern=ADDRESS)
]
TokenAddress = Annotated[
    str, Meta(title="Token address", description="Only for a simulated network.", pattern=ADDRESS)
]
