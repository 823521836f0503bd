"""Files that the brand hands to a simulated network, in a form (RFC 7578), as a body of their own, or at an address."""

from email.message import Message
from urllib.parse import unquote

import httpx2
from msgspec import Struct

from earful.channels.hooks import Asked
from earful.playground.networks.world import SentFile


class Form(Struct, frozen=True):
    """A form with files: words by name, files by name."""

    words: dict[str, str]
    files: dict[str, SentFile]


def is_form(asked: Asked) -> bool:
    """Whether a request is a form with files."""
    return asked.headers.get("content-type", "").startswith("multipart/form-data")


def form_of(asked: Asked) -> Form:
    """Read a form with files; empty when it is none."""
    told = Message()
    told["content-type"] = asked.headers.get("content-type", "")
    boundary = told.get_param("boundary")
    form = Form({}, {})
    for part in asked.body.split(b"--" + str(boundary).encode())[1:-1] if boundary else []:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        described = Message()
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            described[name] = value.strip()
        name = str(described.get_param("name", header="content-disposition"))
        file_name = described.get_param("filename", header="content-disposition")
        content = content.removesuffix(b"\r\n")
        if file_name is None:
            form.words[name] = content.decode()
        else:
            mime = described.get_content_type()
            form.files[name] = SentFile(name=str(file_name), mime=mime, content=content)
    return form


async def fetched(http: httpx2.AsyncClient, address: str) -> SentFile | None:
    """What is at an address of the brand, as a network fetches it; None where that is no file."""
    try:
        answer = await http.get(address, headers={"user-agent": "playground/1.0"})
    except httpx2.HTTPError:
        return None
    kind, named = answer.headers.get("content-type", ""), answer.headers.get("content-disposition", "")
    if answer.status_code != 200 or not answer.content:
        return None
    name = unquote(named.partition("filename*=UTF-8''")[2])
    return SentFile(name=name, mime=kind.partition(";")[0], content=answer.content)
