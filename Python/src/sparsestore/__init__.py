"""An embedded, transactional, on-disk store for sparse vectors.

>>> import sparsestore
>>> with sparsestore.open("wiki.sparse") as store:
...     store.upsert(
...         ["d1", "d2"], [{"swift": 1.9, "engine": 0.7}, {"storage": 1.1, "engine": 1.4}],
...         attributes={"year": [2019, 2024]})
...     ids, scores = store.search([{"storage": 0.4, "engine": 1.0}], k=10, filter="year >= 2020")
"""

from ._errors import SparseStoreError
from ._store import Document, Hits, Page, Statistics, Store, open, to_run
from ._version import __version__

__all__ = ["Document", "Hits", "Page", "SparseStoreError", "Statistics", "Store", "__version__", "open", "to_run"]
