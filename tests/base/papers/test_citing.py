"""Citations of the pack, written out as a letter cites them."""

from typing import Any

import pytest

from bastide.base import packs
from bastide.base.papers.citing import chinese, cited

PACK = packs.pack("cn-telecom")


class TestCited:
    def test_an_article_is_counted_in_chinese(self) -> None:
        said: Any = cited({"basis": ["CIIR 26"]}, PACK)
        assert said["basis"][0]["zh"] == f"《{PACK.instrument('CIIR').name.zh}》第二十六条"
        assert said["basis"][0]["en"].endswith(", article 26")

    def test_several_in_one_text_are_all_written_out(self) -> None:
        said: Any = cited({"findings": [{"clause": "CIIR 18(1); O11 15"}]}, PACK)
        assert said["findings"][0]["clause"]["zh"].count("《") == 2
        assert "第十八条（1）" in said["findings"][0]["clause"]["zh"]

    @pytest.mark.parametrize("text", ["internal rule 7", "XYZ 3", "《某办法》第三条"])
    def test_what_the_pack_does_not_know_stays(self, text: str) -> None:
        assert cited({"basis": text}, PACK) == {"basis": text}

    def test_only_citations_are_touched(self) -> None:
        assert cited({"reason": "CIIR 26"}, PACK) == {"reason": "CIIR 26"}

    def test_a_marked_basis_keeps_its_mark(self) -> None:
        said: Any = cited({"basis": [{"text": "CIIR 26", "mark": "seen"}]}, PACK)
        assert said["basis"][0]["mark"] == "seen"
        assert "第二十六条" in said["basis"][0]["text"]["zh"]


class TestChinese:
    @pytest.mark.parametrize(
        ("number", "said"),
        [(1, "一"), (10, "十"), (15, "十五"), (20, "二十"), (22, "二十二"), (105, "一百零五"), (110, "一百一十")],
    )
    def test_numbers_as_articles_are_counted(self, number: int, said: str) -> None:
        assert chinese(number) == said


def test_a_number_of_a_standard_is_no_article() -> None:
    from bastide.base import packs

    law = packs.pack("cn-telecom")
    found = cited({"clause": f"{law.instruments[0].id} 1728"}, law)["clause"]
    assert "1728" in found["zh"]
    assert "条" not in found["zh"].rsplit("》", 1)[1]
