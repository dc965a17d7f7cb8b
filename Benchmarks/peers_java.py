"""Peers that run in a Java virtual machine, for peers.py: Lucene and ArcadeDB, both from the package arcadedb-embedded,
which has their classes and a Java runtime. JPype calls them; the cost of such a call is in the floor of the results.
The classes have the methods that peers_native.py describes."""

import importlib.metadata
import json
import os
import shutil

import numpy as np

from collection import CSR

WARM = 4000  # untimed calls after an index was loaded, so that the compiler of the machine is done


def machine():
    """Starts the virtual machine, and returns the module jpype."""
    import jpype
    import jpype.imports

    if not jpype.isJVMStarted():
        package = importlib.metadata.distribution("arcadedb-embedded").locate_file("arcadedb_embedded")
        jars = os.path.join(package, "jars")
        jpype.startJVM(
            os.path.join(package, "jre", "lib", "server", "libjvm.so"), "-Xmx" + os.environ.get("PEER_HEAP", "3g"),
            "-XX:+UseSerialGC", "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
            "-Dpolyglot.engine.WarnInterpreterOnly=false", classpath=[os.path.join(jars, name) for name in os.listdir(jars)])
    return jpype


class Lucene:
    """Lucene, with weights as term frequencies and the score weight x frequency, whose impacts are what block-max
    pruning uses. A build is the scale: a frequency is the weight times the scale, rounded. One segment, mapped."""

    package, warm = "arcadedb-embedded", WARM

    def __init__(self):
        self.java = machine()
        from org.apache.lucene.util import Version

        self.version = "Lucene " + str(Version.LATEST)

    def builds(self, rows: int, given):
        return given or [[100], [65536]]

    def file(self, base: str) -> str:
        return base

    def build(self, documents: CSR, build, base: str):
        from java.nio.file import Paths
        from org.apache.lucene.analysis.custom import CustomAnalyzer
        from org.apache.lucene.document import Document, Field, FieldType
        from org.apache.lucene.index import IndexOptions, IndexWriter, IndexWriterConfig, LogDocMergePolicy
        from org.apache.lucene.search.similarities import RawTFSimilarity
        from org.apache.lucene.store import MMapDirectory

        shutil.rmtree(base, ignore_errors=True)
        analyzer = (CustomAnalyzer.builder().withTokenizer("whitespace", []).addTokenFilter(
            "delimitedTermFrequency", []).build())
        kind = FieldType()
        kind.setIndexOptions(IndexOptions.DOCS_AND_FREQS)
        kind.setTokenized(True)
        kind.setOmitNorms(True)
        kind.freeze()
        # Merges only neighboring segments, so that a document keeps its number.
        config = IndexWriterConfig(analyzer).setMergePolicy(LogDocMergePolicy()).setSimilarity(RawTFSimilarity())
        config.setRAMBufferSizeMB(512.0)
        directory = MMapDirectory(Paths.get(base))
        writer = IndexWriter(directory, config)
        field = Field("v", "", kind)
        document = Document()
        document.add(field)
        for row in range(documents.rows):
            terms, weights = documents.row(row)
            counts = np.rint(weights * build[0]).astype(int)
            field.setStringValue(" ".join(
                f"{term}|{count}" for term, count in zip(terms.tolist(), counts.tolist()) if count > 0))
            writer.addDocument(document)
        writer.forceMerge(1)
        writer.close()
        directory.close()

    def load(self, base: str, build, documents):
        from java.nio.file import Paths
        from org.apache.lucene.index import DirectoryReader
        from org.apache.lucene.search import IndexSearcher
        from org.apache.lucene.search.similarities import RawTFSimilarity
        from org.apache.lucene.store import MMapDirectory

        searcher = IndexSearcher(DirectoryReader.open(MMapDirectory(Paths.get(base))))
        searcher.setSimilarity(RawTFSimilarity())
        searcher.setQueryCache(None)
        return searcher

    def prepare(self, number: int, terms, weights):
        from org.apache.lucene.index import Term
        from org.apache.lucene.search import BooleanClause, BooleanQuery, BoostQuery, TermQuery

        builder = BooleanQuery.Builder()
        for term, weight in zip(terms.tolist(), weights.tolist()):
            builder.add(BoostQuery(TermQuery(Term("v", str(term))), float(weight)), BooleanClause.Occur.SHOULD)
        return builder.build()

    def grid(self, k: int, build):
        return [{}]  # Lucene has no setting that trades recall for time

    def caller(self, index, k: int, setting):
        from org.apache.lucene.search import TopScoreDocCollectorManager

        # Pruning may start as soon as there are k hits; the default is to count a thousand first.
        collector = self.java.JClass(TopScoreDocCollectorManager)
        return lambda query: index.search(query, collector(k, None, k))

    def rows(self, answer):
        return [int(hit.doc) for hit in answer.scoreDocs]


class ArcadeDB:
    """ArcadeDB's sparse vector index, which is exact apart from the quantization of its weights. A build is the
    quantization: FP32, FP16 or INT8. Documents are in one bucket, and the index is compacted."""

    package, warm = "arcadedb-embedded", WARM

    def __init__(self):
        self.java = machine()
        self.ints, self.floats = self.java.JArray(self.java.JInt), self.java.JArray(self.java.JFloat)

    def builds(self, rows: int, given):
        return given or [["INT8"], ["FP32"]]

    def file(self, base: str) -> str:
        return base

    def index(self, database):
        """Returns the index of the only bucket."""
        indexes = database.getSchema().getIndexByName("D[t,w]").getIndexesOnBuckets()
        assert len(indexes) == 1
        return indexes[0]

    def build(self, documents: CSR, build, base: str):
        from com.arcadedb.database import DatabaseFactory

        shutil.rmtree(base, ignore_errors=True)
        database = DatabaseFactory(base).create()
        for line in ("create document type D buckets 1", "create property D.t array_of_integers",
                     "create property D.w array_of_floats"):
            database.command("sql", line)
        metadata = {"dimensions": documents.columns, "weightQuantization": build[0]}
        database.command("sql", f"create index on D (t, w) LSM_SPARSE_VECTOR metadata {json.dumps(metadata)}")
        positions = np.zeros(documents.rows, np.int64)  # of the records in the bucket, which are not consecutive
        for first in range(0, documents.rows, 2000):
            database.begin()
            for row in range(first, min(first + 2000, documents.rows)):
                terms, weights = documents.row(row)
                document = database.newDocument("D")
                document.set("t", self.ints(terms))
                document.set("w", self.floats(weights))
                document.save()
                positions[row] = document.getIdentity().getPosition()
            database.commit()
        engine = self.index(database).getEngine()
        engine.flush()
        engine.compactAll()
        database.close()
        np.save(base + "-positions.npy", positions)

    def load(self, base: str, build, documents):
        from com.arcadedb.database import DatabaseFactory

        database = DatabaseFactory(base).open()
        positions = np.load(base + "-positions.npy")
        self.order = np.argsort(positions)
        self.positions = positions[self.order]
        return database, self.index(database)

    def close(self, index) -> None:
        index[0].close()

    def prepare(self, number: int, terms, weights):
        return self.ints(terms), self.floats(weights)

    def grid(self, k: int, build):
        return [{}]

    def caller(self, index, k: int, setting):
        search = index[1].topK
        return lambda query: search(query[0], query[1], k, None)

    def rows(self, answer):
        positions = np.array([hit.rid().getPosition() for hit in answer], np.int64)
        return self.order[np.searchsorted(self.positions, positions)].tolist()
