from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import typst
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alerts.reports import pdf
from alerts.reports.paper import Column, Table, number, words
from alerts.reports.printer import Order, Printer
from schemas.errors import StartError
from tests.unit.alerts.reports import pdf_text
from tests.unit.alerts.reports.made import paper, wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.reports.paper import Paper

AT = datetime(2026, 11, 20, 17, 30, 12, 345, tzinfo=UTC)

try:
    pdf._Fonts.found()
except pdf.NoFontError as exc:
    pytest.skip(str(exc), allow_module_level=True)


def pages(made: Paper, version: int = 1, changes: Sequence[str] = ()) -> list[str]:
    return pdf_text.words(pdf.document(made, version=version, made_at=AT, changes=changes))


def test_it_says_what_it_is_of_which_version_and_carries_its_digest_on_every_page() -> None:
    made = wide(hours=80)
    found = pages(made)
    assert len(found) > 1
    assert "监测日报2026-11-20第1版·2026-11-2101:30生成·依据注册表3" in found[0]
    for at, page in enumerate(found, 1):
        assert made.digest() in page
        assert f"第{at}页/共{len(found)}页" in page
        # The head of the table is repeated, and so is whose it is.
        assert "化学需氧量F0(mg/L)" in page
        assert "清泓示例水务便江污水处理厂" in page
    assert "编制：审核：签发：日期（盖章）：" in found[-1]


def test_a_day_of_eight_factors_fits_one_page() -> None:
    [page] = pages(wide())
    assert "23:00" in page
    assert "1,235D" in page


def test_a_revision_says_what_it_changed_at_the_top_or_where_it_is_much_at_the_end() -> None:
    [page] = pages(paper(), 2, ["表《小时均值》行 01 列 氨氮：1.2 → 1.3"])
    assert page.index("修订：代替第1版·表《小时均值》行01列氨氮：1.2→1.3") < page.index("小时均值时刻")
    many = [f"改动{n}" for n in range(20)]
    found = "".join(pages(paper(), 3, many))
    assert "修订：代替第2版，与其相比有20处不同，列于文末" in found
    assert found.index("改动19") > found.index("未判定：无")


def test_the_same_paper_gives_the_same_bytes_and_another_version_others() -> None:
    once, again, other = (pdf.document(paper(), version=n, made_at=AT, changes=[]) for n in (1, 1, 2))
    assert once == again
    assert once != other


_SIGNS = st.characters(codec="ascii", min_codepoint=33, max_codepoint=126) | st.sampled_from(
    "永兴县化学需氧量³℃μ—《》：，。（）"
)


@hypothesis_settings(max_examples=60)
@given(st.text(_SIGNS, min_size=1, max_size=60))
def test_whatever_a_county_wrote_appears_as_it_is_and_is_never_markup(said: str) -> None:
    made = paper(
        Table(said, (Column(said, said, said),), ((words(said),), (number(1, 0, mark=said),)), (said,)),
        title=said, scope_name=said, notes=(said,), versions=said,
    )  # fmt: skip
    found = "".join(pages(made, 2, [said]))
    # In the title block, the change, the table with its heads and notes, and the foot of the paper.
    assert found.count(said) >= 9


@hypothesis_settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_set(said: str) -> None:
    made = paper(Table(said, (Column(said),), ((words(said),),), (said,)), title=said, scope_name=said, notes=(said,))
    assert pdf.document(made, version=2, made_at=AT, changes=[said]).startswith(b"%PDF-")


def test_a_paper_without_tables_rows_or_columns_is_set() -> None:
    found = "".join(pages(paper(Table("空", (Column("一"),), ()), Table("无", (), ()))))
    assert "无记录" in found


class Bare:
    """A machine without Chinese fonts."""

    def families(self) -> list[str]:
        return ["DejaVu Sans", "Libertinus Serif"]


def test_a_machine_without_chinese_says_which_package_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf._Fonts, "_known", None)
    monkeypatch.setattr(typst, "Fonts", Bare)
    with pytest.raises(pdf.NoFontError, match="apt-get install fonts-noto-cjk"):
        pages(paper())


async def test_the_printer_prints_the_same_in_a_process_of_its_own() -> None:
    order = Order(paper=paper(), version=2, made_at=AT, changes=("改动",))
    assert await Printer().document(order) == pdf.document(paper(), version=2, made_at=AT, changes=["改动"])


async def test_the_printer_hands_on_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    order = Order(paper=paper(), version=1, made_at=AT)
    script = (
        'import sys; sys.stdin.read(); sys.stderr.write(\'{"sentence": "没有字体", "mend": "apt-get"}\'); sys.exit(3)'
    )
    monkeypatch.setattr("alerts.reports.printer._PROGRAM", ("-c", script))
    with pytest.raises(StartError, match="没有字体 apt-get"):
        await Printer().document(order)
