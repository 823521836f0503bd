"""Which hosts Earful may call: an admin's typo or a customer's link must not reach the private network."""

import asyncio
import ipaddress
import socket

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The host is, or resolves to, an address that is not on the public internet."""


async def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of `host`, in the resolver's order.

    Raises AddressRefused when any of them is not public (a name with one good and one private address is how
    such guards are walked around), and OSError when the name is unknown.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if allow_private:
        return addresses
    for address in addresses:
        if not is_public(address):
            raise AddressRefused(
                f"{host} leads to {address}, which is not a public address; nothing was sent there. If this "
                "server is really inside your network, allow private addresses for the channel."
            )
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet (IANA special-purpose registries, RFC 6890).

    IPv4 addresses wrapped into IPv6 (mapped, 6to4, NAT64) are judged by what is inside.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast
