"""Lines that fit a terminal: wrapped text, aligned columns, headings; colour only where there is a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

NARROWEST, WIDEST, IN_A_FILE = 60, 140, 100
LEAST_TO_WRAP = 20

Paint = Callable[[str], str]


def plain(text: str) -> str:
    return text


@dataclass(frozen=True)
class Paints:
    """What makes text stand out; nothing does unless somebody says how."""

    heading: Paint = plain
    good: Paint = plain
    bad: Paint = plain
    warn: Paint = plain
    quiet: Paint = plain


def width_of(is_terminal: bool) -> int:
    """How wide lines may be; `COLUMNS` decides where there is no terminal."""
    fallback = (IN_A_FILE, 24)
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size(fallback).columns)) if is_terminal else IN_A_FILE


@dataclass
class Page:
    """Lines, at most `width` characters wide but for what must stay whole, such as commands."""

    width: int
    paints: Paints = field(default_factory=Paints)
    lines: list[str] = field(default_factory=list)

    def heading(self, text: str, more: str = "") -> None:
        if self.lines:
            self.lines.append("")
        self.lines.append(self.paints.heading(text) + (f"  {self.paints.quiet(more)}" if more else ""))

    def text(self, text: str, indent: int = 2, paint: Paint = plain, hang: int = 0) -> None:
        """Wrapped between words; a word that is wider than the page stays whole. `hang` indents what is wrapped."""
        first, others = " " * indent, " " * (indent + hang)
        for line in text.splitlines() or [""]:
            wrapped = textwrap.wrap(
                line,
                self.width,
                initial_indent=first,
                subsequent_indent=others,
                break_long_words=False,
                break_on_hyphens=False,
            )
            self.lines += [paint(part) for part in wrapped]

    def whole(self, text: str, indent: int = 2) -> None:
        """Something to copy: never wrapped."""
        self.lines.append(" " * indent + text)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Names on the left, what they are on the right, wrapped there."""
        known = [(name, value) for name, value in pairs if value]
        room = max(len(name) for name, _ in known)
        for name, value in known:
            self.text(f"{name:{room}}  {value}", hang=room + 2)

    def table(
        self, titles: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = (), *, wrap: bool = False
    ) -> None:
        """Aligned columns, those in `right` to the right. The last one is cut, or wrapped, where the page ends."""
        aligned = set(right)
        all_rows = [tuple(titles), *(tuple(row) for row in rows)]
        widths = [max(len(row[column]) for row in all_rows) for column in range(len(titles))]
        indent = 2 + sum(width + 2 for width in widths[:-1])
        for number, row in enumerate(all_rows):
            cells = [
                f"{cell:>{widths[column]}}" if column in aligned else f"{cell:{widths[column]}}"
                for column, cell in enumerate(row)
            ]
            line = f"  {'  '.join(cells)}".rstrip()
            if wrap and number and len(line) > self.width:
                self.lines += self._wrapped(line[:indent].rstrip(), row[-1], indent)
            else:
                line = cut(line, self.width)
                self.lines.append(self.paints.quiet(line) if number == 0 else line)

    def _wrapped(self, line: str, last: str, indent: int) -> list[str]:
        """The last cell beside the others, or below them where they leave too little room."""
        if self.width - indent < LEAST_TO_WRAP:
            return [line, *textwrap.wrap(last, self.width, initial_indent=" " * 6, subsequent_indent=" " * 6)]
        first, *others = textwrap.wrap(last, self.width - indent)
        return [f"{line:{indent}}{first}", *(" " * indent + part for part in others)]


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
