"""Loading the norms: once, again, and in a later version."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bastide.base import packs
from bastide.base.flow.refusals import Forbidden
from bastide.base.packs import Pack, Text
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry, Fact
from bastide.norms import criteria, flows, reads
from bastide.norms.models import Clause, Instrument, PackLoad

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack() -> Pack:
    return packs.pack("cn-telecom")


def revised(pack: Pack) -> Pack:
    """A later version: one clause says something else, one is gone."""
    first, *rest = pack.clause_lists
    changed = first.clauses[0].model_copy(update={"text": Text(zh="新的文字", en="New words")})
    lists = (first.model_copy(update={"clauses": (changed, *first.clauses[2:])}), *rest)
    later = pack.model_copy(
        update={"clause_lists": lists, "manifest": pack.manifest.model_copy(update={"version": "2027.01"})}
    )
    later._digest = "f" * 64
    return later


class TestLoadPack:
    def test_every_clause_of_the_pack_is_there(self, pack: Pack, at: datetime) -> None:
        load = flows.load_pack(pack, by=Account.objects.house(), at=at)
        told = [clause for one in pack.clause_lists for clause in one.clauses]
        assert (load.pack, load.version, load.digest) == ("cn-telecom", pack.version, pack.digest)
        assert Instrument.objects.count() == len(pack.instruments)
        assert reads.clauses().count() == len(told)
        assert Entry.objects.filter(act="norms.pack.load").count() == 1

    def test_again_it_changes_nothing(self, pack: Pack, at: datetime) -> None:
        house = Account.objects.house()
        first = flows.load_pack(pack, by=house, at=at)
        before = list(Clause.objects.values_list("pk", "valid_from"))
        assert flows.load_pack(pack, by=house, at=at + timedelta(days=1)) == first
        assert list(Clause.objects.values_list("pk", "valid_from")) == before
        assert PackLoad.objects.count() == 1

    def test_a_changed_text_is_a_new_wording_and_nothing_is_lost(self, pack: Pack, at: datetime) -> None:
        house, later = Account.objects.house(), at + timedelta(days=1)
        flows.load_pack(pack, by=house, at=at)
        count = Clause.objects.count()
        load = flows.load_pack(revised(pack), by=house, at=later)
        listed = pack.clause_lists[0]
        changed = f"{listed.instrument} {listed.clauses[0].article}"
        gone = f"{listed.instrument} {listed.clauses[1].article}"
        now = reads.clause(changed)
        assert now is not None
        assert (now.text_en, now.valid_from) == ("New words", later)
        assert [one.valid_to for one in reads.wordings(now)] == [None, later]
        assert reads.clause(gone) is None
        assert Clause.objects.count() == count + 1
        assert (load.counts["changed"], load.counts["gone"], load.counts["added"]) == (1, 1, 0)
        assert Fact.objects.get().values["changed"] == [changed]

    def test_it_is_not_for_everybody(self, pack: Pack, operator: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            flows.load_pack(pack, by=operator, at=at)

    def test_the_other_regime_loads_too(self, at: datetime) -> None:
        other = packs.pack("eu-nis2")
        flows.load_pack(other, by=Account.objects.house(), at=at)
        assert Clause.objects.count() == sum(len(one.clauses) for one in other.clause_lists)


class TestOrder:
    def test_articles_count_as_people_count(self) -> None:
        articles = ["10", "4(2)", "4", "4(10)", "4(1)", "3.2", "附则"]
        assert sorted(articles, key=criteria.article_order) == ["3.2", "4", "4(1)", "4(2)", "4(10)", "10", "附则"]

    def test_parts_stand_under_their_article(self) -> None:
        assert criteria.tree([("4(2)", "b"), ("10", "c"), ("4(1)", "a")]) == [("4", ["a", "b"]), ("10", ["c"])]
