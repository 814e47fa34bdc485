"""Faults of form are named by line, field and mend; hostile text is refused, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import RegistryError, UseError
from schemas.registry.document import load_checked, parse_yaml, read, to_yaml
from schemas.registry.sheets import to_csv, to_xlsx

COUNTY = Path(__file__).parents[4] / "simulator" / "county" / "yongxing.yaml"
GOOD = """\
county: {name: 永兴县, code: "431023"}
bureaus:
  - {id: epb, name: 县环保局}
sites:
  - id: bj-wwtp
    name: 便江示例厂
    kind: sewage_plant
    town: 便江街道
    lead_bureau: epb
    devices:
      - id: outlet
        name: 总排口
        mn: YX4310230000000000000001
        points:
          - factor: w01018
            low: 0
            high: 500
            interval_s: 3600
    outlets:
      - {id: DW001, name: 总排口, device: outlet, eia_approved: 2009-06-18}
"""
POINT = "sites[bj-wwtp].devices[outlet].points[w01018]"


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(RegistryError) as caught:
        load_checked(text)
    assert all(problem.sentence and problem.mend for problem in caught.value.problems)
    return [(problem.place, problem.field) for problem in caught.value.problems]


def line(number: int) -> str:
    return f"第 {number} 行 line {number}"


def test_the_good_document_is_good() -> None:
    assert load_checked(GOOD).sites[0].devices[0].points[0].high == 500


@pytest.mark.parametrize(
    ("old", "new", "number", "field"),
    [
        ("high: 500", "high: 五百", 17, f"{POINT}.high"),
        ("high: 500", 'high: "500"', 17, f"{POINT}.high"),
        ("high: 500", "high: yes", 17, f"{POINT}.high"),
        ("high: 500", "high: .inf", 17, f"{POINT}.high"),
        ("high: 500", "high: .nan", 17, f"{POINT}.high"),
        ("high: 500", "hihg: 500", 17, f"{POINT}.hihg"),
        ("high: 500", "low: 500", 16, f"{POINT}.low"),
        ("high: 500", "high: 5000000", 17, f"{POINT}.high"),
        ("interval_s: 3600", "interval_s: 0", 18, f"{POINT}.interval_s"),
        ("interval_s: 3600", "interval_s: 1.5", 18, f"{POINT}.interval_s"),
        ("factor: w01018", "factor: 1", 15, "sites[bj-wwtp].devices[outlet].points[#1].factor"),
        ("    kind: sewage_plant", "    kind: sewage", 7, "sites[bj-wwtp].kind"),
        ("    town: 便江街道\n", "", 5, "sites[bj-wwtp].town"),
        ("  - id: bj-wwtp\n    name: 便江示例厂", "  - name: 便江示例厂", 5, "sites[#1].id"),
        ("id: bj-wwtp", "id: bj wwtp", 5, "sites[bj wwtp].id"),
        ("mn: YX4310230000000000000001", "mn: 43102300000001", 13, "sites[bj-wwtp].devices[outlet].mn"),
        ("2009-06-18", "2009-13-18", 20, "sites[bj-wwtp].outlets[DW001].eia_approved"),
        ("2009-06-18", "2009", 20, "sites[bj-wwtp].outlets[DW001].eia_approved"),
        ("2009-06-18", '"20090618"', 20, "sites[bj-wwtp].outlets[DW001].eia_approved"),
        ("2009-06-18", "2009-6-18", 20, "sites[bj-wwtp].outlets[DW001].eia_approved"),
        ("2009-06-18", "去年", 20, "sites[bj-wwtp].outlets[DW001].eia_approved"),
        ('"431023"', "431023", 1, "county.code"),
        ("name: 永兴县", 'name: "永\\n兴"', 1, "county.name"),
        ("name: 永兴县", "name: !!binary aGk=", 1, "county.name"),
        ("name: 永兴县", "name: !!bool maybe", 1, "county.name"),
        ("bureaus:", "bureau:", 1, "bureaus"),
    ],
)
def test_a_fault_is_named_by_line_and_field(old: str, new: str, number: int, field: str) -> None:
    assert old in GOOD
    assert (line(number), field) in refused(GOOD.replace(old, new, 1))


def test_all_faults_are_named_at_once_in_the_order_of_the_document() -> None:
    text = GOOD.replace("high: 500", "high: x").replace("town: 便江街道", "town: 1").replace("2009-06-18", "x")

    assert [place for place, _ in refused(text)] == [line(8), line(17), line(20)]


def test_faults_of_reference_carry_their_line_too() -> None:
    text = GOOD.replace("lead_bureau: epb", "lead_bureau: ebp").replace("device: outlet", "device: outlte")

    assert refused(text) == [
        (line(9), "sites[bj-wwtp].lead_bureau"),
        (line(20), "sites[bj-wwtp].outlets[DW001].device"),
    ]


def test_the_mend_of_a_misspelt_field_is_the_right_spelling() -> None:
    with pytest.raises(RegistryError) as caught:
        parse_yaml(GOOD.replace("high: 500", "hihg: 500"))
    assert caught.value.problems[0].mend.endswith("high")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("# nothing\n", 1),
        ("- 1\n", 1),
        ("hello", 1),
        ("county:\n\tname: x\n", 2),
        ("county: {name: a\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("x: 1\na: &a [1, 1]\nb: &b [*a, *a]\n", 3),
        ("[" * 100_000, 1),
        ("- " * 100_000, 1),
        ("x" * 10_000_000, 1),
        ("county:\n  name: \x00\n", 2),
        ("county: \ud800\n", 1),
        ("county: !!python/object/apply:os.system [x]\n", 1),
        ("? {a: b}\n: c\n", 1),
        ("a: `x`\n", 1),
        ("county: {name: " + "9" * 5000 + "}", 1),
        ("county: {<<: {name: a}}", 1),
    ],
)
def test_hostile_text_is_refused(text: str, number: int) -> None:
    assert refused(text)[0][0] == line(number)


def test_read_takes_every_format(tmp_path: Path) -> None:
    document = load_checked(COUNTY)
    for name, content in (
        ("a.yaml", to_yaml(document).encode()),
        ("a.yml", b"\xef\xbb\xbf" + to_yaml(document).encode()),
        ("a.csv", to_csv(document)),
        ("a.XLSX", to_xlsx(document)),
    ):
        (tmp_path / name).write_bytes(content)
        assert read(tmp_path / name) == document
        assert load_checked(tmp_path / name) == document


@pytest.mark.parametrize("name", ["none.yaml", "folder.yaml", "some.txt"])
def test_a_missing_file_or_unknown_suffix_is_wrong_use(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "some.txt").touch()
    with pytest.raises(UseError) as caught:
        read(tmp_path / name)
    assert not isinstance(caught.value, RegistryError)
    assert caught.value.mend


def test_a_file_that_is_not_utf8_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gbk.yaml").write_bytes(b"# ok\n" + "name: 永兴".encode("gbk"))
    with pytest.raises(RegistryError, match=r"line 2.*UTF-8"):
        read(tmp_path / "gbk.yaml")
    (tmp_path / "big.yaml").write_bytes(b"x" * 5_000_001)
    with pytest.raises(RegistryError, match="too large"):
        read(tmp_path / "big.yaml")


def test_the_example_county_is_in_order() -> None:
    document = load_checked(COUNTY)
    kinds = [site.kind.value for site in document.sites]

    assert (kinds.count("sewage_plant"), kinds.count("boiler_house"), kinds.count("energy_unit")) == (3, 4, 5)
    carriers = {point.carrier for site in document.sites for device in site.devices for point in device.points}
    assert carriers >= {"electricity", "raw_coal", "natural_gas", "steam"}
    assert document.county.energy_cap_tce is not None
    assert sum(budget.annual_tce for site in document.sites for budget in site.budgets) < document.county.energy_cap_tce
