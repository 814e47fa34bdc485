"""The registry as tables, for people who live in Excel: XLSX (one sheet a table) and CSV (one file, ``[table]`` lines).

Columns follow the model's fields, so a field added there appears here. Cells as Excel hands them over (numbers as
floats, dates as datetimes, trailing blanks) are taken for what they mean; what stays unclear is refused by the model.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl
from openpyxl.cell import WriteOnlyCell

from schemas.errors import Problem, RegistryError
from schemas.registry import cells, model
from schemas.registry.places import CONTROL, Fault, Loc, Places, Source, control_character, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Table = list[list[cells.Cell]]


class _Shape(NamedTuple):
    """What a table holds, and the columns that name the entry each row hangs on."""

    entry: type[model.Entry]
    parents: tuple[str, ...] = ()


class _Row(NamedTuple):
    """One written row and where it stands."""

    place: str
    cells: Sequence[object]


SHAPES = {
    "county": _Shape(model.County),
    "bureaus": _Shape(model.Bureau),
    "people": _Shape(model.Person),
    "duties": _Shape(model.Duty),
    "rotas": _Shape(model.Rota),
    "sites": _Shape(model.Site),
    "devices": _Shape(model.Device, ("site",)),
    "points": _Shape(model.Point, ("site", "device")),
    "outlets": _Shape(model.Outlet, ("site",)),
    "boilers": _Shape(model.Boiler, ("site",)),
    "checks": _Shape(model.Check, ("site", "boiler")),
    "stacks": _Shape(model.Stack, ("site",)),
    "permits": _Shape(model.Permit, ("site",)),
    "analyses": _Shape(model.Analysis, ("site",)),
    "meter_changes": _Shape(model.MeterChange, ("site",)),
    "budgets": _Shape(model.Budget, ("site",)),
}
#: A parent's fields that have a table of their own; a stack's ``boilers`` are ids and stay in its row.
_CHILDREN: dict[type[model.Entry], set[str]] = {
    model.Site: {name for name, shape in SHAPES.items() if shape.parents == ("site",)},
    model.Device: {"points"},
    model.Boiler: {"checks"},
}
_TABLE_OF = {"site": "sites", "device": "devices", "boiler": "boilers"}
_MAX_UNPACKED = 100_000_000


def columns(table: str) -> list[str]:
    """Return the header of *table*: the parents' ids, then the entry's own fields."""
    shape = SHAPES[table]
    own = [name for name in shape.entry.model_fields if name not in _CHILDREN.get(shape.entry, ())]
    # The county's first cell is its code: a name could look like a [table] line of the CSV.
    return [*shape.parents, *(sorted(own, key=lambda name: name != "code") if table == "county" else own)]


def to_tables(document: model.Document) -> dict[str, Table]:
    """Return *document* as header and rows by table; blank cells stand for defaults."""
    tables: dict[str, Table] = {name: [list(columns(name))] for name in SHAPES}
    for name, parents, entry in _entries(document):
        body = entry.model_dump(exclude_defaults=True)
        tables[name].append([*parents, *(cells.written(body.get(field)) for field in columns(name)[len(parents) :])])
    return tables


def to_xlsx(document: model.Document) -> bytes:
    """Return *document* as an Excel workbook, one sheet a table; numbers keep the fifteen digits Excel has."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in to_tables(document).items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append([_xlsx_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def to_csv(document: model.Document) -> bytes:
    """Return *document* as one CSV file in UTF-8 with BOM, so that Excel shows Chinese."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    for name, rows in to_tables(document).items():
        writer.writerow([f"[{name}]"])
        writer.writerows(rows)
        writer.writerow([])
    return stream.getvalue().encode("utf-8-sig")


def xlsx_source(content: bytes) -> Source:
    """Return what an Excel workbook spells. Raises RegistryError when it is no workbook."""
    try:
        _refuse_bomb(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of colours and validations it leaves out; we need neither
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            tables = {sheet.title.strip(): list(_sheet_rows(sheet)) for sheet in book.worksheets}
        book.close()
    except RegistryError:
        raise
    except Exception as exc:
        raise _refusal(
            f"不是可读的 Excel 工作簿 not a readable workbook: {exc!r:.80}", "另存为 .xlsx (save as .xlsx)"
        ) from exc
    return _Reader(tables).source()


def _refuse_bomb(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED:
            raise _refusal("文件解开后太大 too large when unpacked", "精简 (make it smaller)")


def csv_source(content: bytes) -> Source:
    """Return what a CSV file (UTF-8, with or without BOM, or GBK) spells. Raises RegistryError when it is not text."""
    tables: dict[str, list[_Row]] = {}
    name = ""
    reader = csv.reader(io.StringIO(_decode(content), newline=""))
    try:
        for row in reader:
            place = f"表 {name or '?'} 第 {reader.line_num} 行 line {reader.line_num}"
            texts = [cell.strip() for cell in row]
            if texts and re.fullmatch(r"\[\w+\]", texts[0]) and not any(texts[1:]):
                name = texts[0][1:-1]
                tables.setdefault(name, [])
            elif any(texts) and not name:
                raise _refusal("第一行应为 [county] 这样的表名 a table's name must come first", "加上 (add it)", place)
            elif any(texts):
                tables[name].append(_Row(place, texts))
    except csv.Error as exc:
        raise _refusal(f"不是合格的 CSV not CSV: {exc}", "检查引号 (check quotes)", f"第 {reader.line_num} 行") from exc
    return _Reader(tables).source()


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refusal("编码既非 UTF-8 也非 GBK neither UTF-8 nor GBK", "另存为“CSV UTF-8” (save as CSV UTF-8)")


def _sheet_rows(sheet: Any) -> Iterator[_Row]:
    sheet.reset_dimensions()  # the extent a file claims may be wrong, and rows beyond it would be lost
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if not all(map(cells.blank, row)):
            yield _Row(f"工作表 {sheet.title} 第 {number} 行 sheet {sheet.title} row {number}", row)


def _xlsx_cell(sheet: Any, value: cells.Cell) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with "=" is no formula
    return cell


def _entries(document: model.Document) -> Iterator[tuple[str, tuple[str, ...], model.Entry]]:
    yield "county", (), document.county
    for name in ("bureaus", "people", "duties", "rotas"):
        yield from ((name, (), entry) for entry in getattr(document, name))
    for site in document.sites:
        yield "sites", (), site
        for device in site.devices:
            yield "devices", (site.id,), device
            yield from (("points", (site.id, device.id), point) for point in device.points)
        yield from (("outlets", (site.id,), outlet) for outlet in site.outlets)
        for boiler in site.boilers:
            yield "boilers", (site.id,), boiler
            yield from (("checks", (site.id, boiler.id), page) for page in boiler.checks)
        for name in ("stacks", "permits", "analyses", "meter_changes", "budgets"):
            yield from ((name, (site.id,), entry) for entry in getattr(site, name))


class _Reader:
    """Puts rows of tables together to one tree, noting the place of each entry and what fits nowhere."""

    def __init__(self, tables: Mapping[str, Sequence[_Row]]) -> None:
        self._tables = tables
        self._tree: dict[str, Any] = {}
        self._places: Places = {}
        self._faults: list[Fault] = []
        self._entries: dict[tuple[str, ...], tuple[dict[str, Any], Loc]] = {}

    def source(self) -> Source:
        for name, rows in self._tables.items():
            if name not in SHAPES and rows:
                mend = f"改正表名 (correct it): {suggest(name, SHAPES)}"
                self._fault((name,), rows[0].place, "没有这个表 unknown table", mend)
        for name in SHAPES:
            written = self._tables.get(name)
            if written:
                self._table(name, written[0], written[1:])
        return Source(self._tree, self._places, self._faults)

    def _table(self, name: str, header: _Row, rows: Iterable[_Row]) -> None:
        if name != "county" and not SHAPES[name].parents:
            self._tree[name] = []
        heads = ["" if cells.blank(cell) else str(cell).strip() for cell in header.cells]
        known = columns(name)
        for head in dict.fromkeys(filter(None, heads)):
            if head not in known:
                mend = f"改正列名或删去该列 (correct or remove it): {suggest(head, known)}"
                self._fault((name, head), header.place, "没有这一列 unknown column", mend)
            elif heads.count(head) > 1:
                self._fault((name, head), header.place, "列重复 duplicate column", "只留一列 (keep one)")
        for number, row in enumerate(rows):
            written = {}
            for column, cell in enumerate(row.cells):
                if not cells.blank(cell):
                    written[heads[column] if column < len(heads) else ""] = cell
            if "" in written:
                self._fault(
                    (name, number),
                    row.place,
                    "有内容的列没有列名 a filled column has no name",
                    "补上列名或清空 (name or clear it)",
                )
            self._entry(name, number, row.place, written)

    def _entry(self, name: str, number: int, place: str, written: Mapping[str, object]) -> None:
        shape = SHAPES[name]
        ids = tuple(str(cells.text(written.get(parent, ""))) for parent in shape.parents)
        fields = shape.entry.model_fields
        body = {
            field: cells.meant(info.annotation, written[field]) for field, info in fields.items() if field in written
        }
        loc: Loc | None
        if name == "county":
            if "county" in self._tree:
                self._fault((name, number), place, "只能有一个县 more than one county", "只留一行 (keep one row)")
                return
            loc = ("county",)
            self._tree["county"] = body
        else:
            loc = self._attach(name, number, place, ids, body)
        if loc is None:
            return
        self._places.setdefault(loc, place)
        self._entries.setdefault((name, *ids, str(body.get("id"))), (body, loc))
        for field, value in body.items():
            if isinstance(value, str) and control_character(value):
                self._fault((*loc, field), place, *CONTROL)

    def _attach(self, name: str, number: int, place: str, ids: tuple[str, ...], body: dict[str, Any]) -> Loc | None:
        if not ids:
            self._tree[name].append(body)
            return (name, len(self._tree[name]) - 1)
        column = SHAPES[name].parents[-1]
        parent = self._entries.get((_TABLE_OF[column], *ids))
        if parent is None:
            said = f"{_TABLE_OF[column]} 表里没有 not in that table: {'/'.join(ids)}"
            self._fault((name, number, column), place, said, "改正编号，或先登记 (correct the id or add it there)")
            return None
        siblings = parent[0].setdefault(name, [])
        siblings.append(body)
        return (*parent[1], name, len(siblings) - 1)

    def _fault(self, loc: Loc, place: str, sentence: str, mend: str) -> None:
        self._places.setdefault(loc, place)
        self._faults.append(Fault(loc, sentence, mend))


def _refusal(sentence: str, mend: str, place: str = "文件 file") -> RegistryError:
    return RegistryError([Problem(place, "-", sentence, mend)])
