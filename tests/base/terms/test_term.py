"""What a term may be, and what it says when it may not."""

import pytest

from bastide.base.terms import Term


class TestTerm:
    def test_equal_terms_are_equal_however_they_were_written(self):
        assert Term("0.50", "H") == Term(0.5, "H") == Term("0.5", "H")
        assert Term(30, "D") == Term("30", "D")
        assert Term("--01-31", "DATE") == Term("01-31", "DATE")

    @pytest.mark.parametrize(
        ("value", "unit", "words"),
        [
            (1.5, "D", "only hours may have fractions"),
            ("soon", "H", "is no number"),
            ("NaN", "H", "is no number"),
            (1, "WEEK", "is no unit of a term"),
            ("31-01", "DATE", "write MM-DD"),
            ("02-30", "DATE", "write MM-DD"),
            (-1, "IMMEDIATE", "cannot be negative"),
        ],
    )
    def test_a_wrong_one_says_why(self, value, unit, words):
        with pytest.raises(ValueError, match=words):
            Term(value, unit)

    def test_terms_counted_alike_add_up(self):
        assert Term(30, "WD").plus(Term(15, "WD")) == Term(45, "WD")
        assert Term(1, "Y").plus(Term(3, "MO")) == Term(15, "MO")
        assert Term(1, "D").plus(Term(3, "WD")) is None
        assert Term("01-31", "DATE").plus(Term(3, "D")) is None
