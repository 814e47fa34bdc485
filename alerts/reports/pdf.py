"""A paper as PDF, set by Typst, which comes as a wheel with its compiler. The only importer of typst."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
import typst

from alerts.reports.typeset import sheet, stamp
from schemas.errors import MonitorError, StartError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.reports.paper import Paper

#: Families that have Chinese, the better first; Debian's packages fonts-noto-cjk, fonts-wqy-zenhei, fonts-droid-fallback.
CHINESE = (
    "Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
    "Droid Sans Fallback", "SimSun", "SimHei",
)  # fmt: skip
#: For signs that the Chinese family lacks.
_OTHERS = ("DejaVu Sans", "Libertinus Serif")
_TEMPLATE = files("alerts.reports").joinpath("paper.typ").read_bytes()


class NoFontError(StartError):
    """No Chinese font is installed on the machine."""


def document(paper: Paper, *, version: int, made_at: datetime, changes: Sequence[str]) -> bytes:
    """Return *paper* as the bytes of a PDF on A4, the same for the same arguments. Takes a part of a second: call it in a thread.

    Raises:
        NoFontError: no Chinese font is installed; the workbook does without.
        MonitorError: the compiler refuses, which is a defect of the template.

    """
    [made] = _compiled(paper, version=version, made_at=made_at, changes=changes, kind="pdf")
    return made


def pages(
    paper: Paper, *, version: int, made_at: datetime, changes: Sequence[str], dots_per_inch: float = 110
) -> list[bytes]:
    """Return the same pages as PNG pictures, to be looked at. Raises as `document` does."""
    return _compiled(paper, version=version, made_at=made_at, changes=changes, kind="png", dots_per_inch=dots_per_inch)


def _compiled(
    paper: Paper,
    *,
    version: int,
    made_at: datetime,
    changes: Sequence[str],
    kind: typst.OutputFormat,
    dots_per_inch: float = 144,
) -> list[bytes]:
    fonts = _Fonts.found()
    content = sheet(paper, version=version, made_at=made_at, changes=changes, fonts=fonts.families)
    try:
        made = typst.compile(
            _TEMPLATE,
            format=kind,
            ppi=dots_per_inch,
            font_paths=fonts.fonts,
            sys_inputs={"paper": msgspec.json.encode(content).decode()},
            timestamp=stamp(made_at),
        )
    except typst.TypstError as exc:
        raise MonitorError(f"PDF 排版失败 (the PDF was not set): {exc.message}.", "请下载 XLSX，并报告此问题") from exc
    return made if isinstance(made, list) else [made]


class _Fonts:
    """The machine's fonts, read once there is a Chinese one among them: it takes time."""

    _known: _Fonts | None = None

    def __init__(self, fonts: typst.Fonts, families: tuple[str, ...]) -> None:
        self.fonts = fonts
        self.families = families

    @classmethod
    def found(cls) -> _Fonts:
        """Return them; looked for anew after none was found, since somebody may have installed one.

        Raises:
            NoFontError: there is no Chinese one.

        """
        if cls._known is None:
            cls._known = cls._read()
        return cls._known

    @classmethod
    def _read(cls) -> _Fonts:
        fonts = typst.Fonts()
        installed = set(fonts.families())
        chinese = [family for family in CHINESE if family in installed]
        if not chinese:
            raise NoFontError(
                "本机没有中文字体，无法生成 PDF；XLSX 不受影响 (no Chinese font on this machine).",
                "apt-get install fonts-noto-cjk",
            )
        return cls(fonts, (chinese[0], *(one for one in _OTHERS if one in installed)))


__all__ = ["CHINESE", "NoFontError", "document", "pages"]
