"""The C2PA library, told never to use a network.

Heavy to import, 23 MB of it: whoever signs or reads does so at that moment.
"""

from __future__ import annotations

from c2pa import Context

_USAGES = "\n".join(
    (
        "1.3.6.1.4.1.62558.2.1",  # to sign claims of C2PA
        "1.3.6.1.5.5.7.3.36",  # to sign documents (RFC 9336)
        "1.3.6.1.5.5.7.3.4",  # to sign e-mail
    )
)
"""For what a signer's certificate must have been made, one of these; the library by itself knows the last alone."""

_SETTINGS = {
    "verify": {
        "remote_manifest_fetch": False,  # its default is True: a file could make its reader call an address
        "ocsp_fetch": False,
        "verify_after_sign": False,  # `signing` does so itself, more strictly
    },
    "core": {
        "allowed_network_hosts": [],
        "backing_store_memory_threshold_in_mb": 16,  # of 512: an hour's film is not to lie in memory
    },
    "builder": {
        "thumbnail": {"enabled": False},
        # Its default leaves `free` boxes, in which anything can be hidden, out of the digest.
        "bmff_hash_exclude_free_and_skip_boxes": False,
    },
}


def offline_context(anchors: str = "") -> Context:
    """What the library works by; the caller closes it.

    Args:
        anchors: Certificates of the authorities that are trusted, in PEM.
    """
    trust = {"trust_config": _USAGES, **({"user_anchors": anchors} if anchors else {})}
    return Context.from_dict({**_SETTINGS, "trust": trust})
