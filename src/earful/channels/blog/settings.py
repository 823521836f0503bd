"""What an admin fills in to connect the comments of a blog."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Page = Annotated[str, Meta(pattern=r"^/\S{0,500}$")]


class BlogSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One blog."""

    system: Annotated[
        Literal["wordpress", "isso"],
        Meta(title="Comments are kept by", description="WordPress, or an isso server beside the blog."),
    ] = "wordpress"
    url: Annotated[
        str,
        Meta(
            title="Address",
            description="WordPress: of the blog, https://blog.example.com, or with ?rest_route=/ at the end where it "
            "has no pretty links. isso: of the isso server.",
            pattern=r"^https?://[^\s#]+$",
        ),
    ]
    name: Annotated[
        str,
        Meta(
            title="Name",
            description="WordPress: the user name of an editor. isso: what is written above our replies.",
            min_length=1,
            max_length=60,
        ),
    ]
    pages: Annotated[
        list[Page],
        Meta(
            title="Pages",
            description="isso: the pages to follow, as it knows them: /first-post/, with commas between. WordPress: "
            "none, all are followed.",
            max_length=200,
        ),
    ] = []
    site: Annotated[
        str,
        Meta(
            title="Address of the blog",
            description="isso: where the pages are, https://blog.example.com.",
            pattern=r"^(https?://[^\s?#]{1,120})?$",
        ),
    ] = ""
    poll_seconds: Annotated[int, Meta(title="Look every (seconds)", ge=5, le=86_400)] = 60
    look_again_minutes: Annotated[
        int,
        Meta(
            title="Look for deleted comments every (minutes)",
            description="WordPress. With isso every look finds them.",
            ge=1,
            le=10_080,
        ),
    ] = 30


class BlogSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    password: Annotated[
        str,
        Meta(
            title="Password",
            description="WordPress: an application password of the user. isso: anything long; with it our replies are "
            "signed, so that nobody else's pass for ours.",
            min_length=8,
            max_length=500,
        ),
    ]
