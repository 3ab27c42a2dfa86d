"""What an API key looks like: `ips_<id>_<secret><checksum>`.

    ips_ + 12 letters and digits that name its row + _ + 32 that are secret (190 bits) + 6 of a checksum

The checksum tells a mistyped key from a wrong one before anything is hashed or asked, and lets scanners of
repositories find leaked ones: ips_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from dataclasses import dataclass

PREFIX = "ips_"
LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORM = re.compile(r"ips_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")


@dataclass(frozen=True)
class KeyText:
    key_id: str
    secret: str

    @classmethod
    def new(cls) -> KeyText:
        return cls(_random(12), _random(32))

    @classmethod
    def read(cls, text: str) -> KeyText | None:
        """None when it has not the form of a key, or a letter of it is wrong."""
        found = FORM.fullmatch(text)
        if found is None:
            return None
        key = cls(found[1], found[2])
        return key if key.checksum == found[3] else None

    @property
    def text(self) -> str:
        return f"{self._without_checksum}{self.checksum}"

    @property
    def checksum(self) -> str:
        """CRC-32 in base 62, six digits."""
        number = zlib.crc32(self._without_checksum.encode())
        digits = []
        for _ in range(6):
            number, digit = divmod(number, len(LETTERS))
            digits.append(LETTERS[digit])
        return "".join(reversed(digits))

    @property
    def _without_checksum(self) -> str:
        return f"{PREFIX}{self.key_id}_{self.secret}"


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
