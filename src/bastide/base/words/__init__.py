"""Finding words, Chinese ones too, in the texts of many rows without reading all of them."""

from bastide.base.words.keeping import index
from bastide.base.words.looking import keys

__all__ = ["index", "keys"]
