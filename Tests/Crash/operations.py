"""What is interrupted: each operation with the store it starts from and the states it may leave."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from faults import STOPPED
from model import Document, State, after, states

FOLDER = "{folder}"  # stands for a point's own folder in a command


@dataclass
class Operation:
    name: str
    command: list[str]
    states: list[State]  # of `target`: before, and after each transaction
    base: Path  # a folder that is copied for each point
    retry: list[str] = field(default_factory=list)  # to finish after a stop; the same command by default
    target: str = "store.sparse"
    is_new: bool = False  # `target` is made by the operation
    source: str | None = None  # another store beside it, which must not change
    acknowledges: bool = False  # says so after each transaction
    is_weak: bool = False  # a power cut may take back the last commits
    is_published: bool = False  # `target` is a folder of publications: the states are those of the newest
    is_copy: bool = False  # `target` is a follower's: looking at it must not write to it

    def arguments(self, command: list[str], folder: Path) -> list[str]:
        return [word.replace(FOLDER, str(folder)) for word in command]


class Workshop:
    """Makes the stores that operations start from, with the tools at hand and without faults."""

    def __init__(self, work: Path, sparsestore: Path, driver: Path):
        self.work, self.sparsestore, self.driver = work, str(sparsestore), str(driver)

    def run(self, *command: str):
        subprocess.run(command, check=True, capture_output=True)

    def file(self, name: str, documents: list[Document]) -> str:
        path = self.work / f"{name}.jsonl"
        path.write_text("".join(document.json() + "\n" for document in documents))
        return str(path)

    def base(self, name: str, documents: list[Document] = [], removed: list[str] = []) -> tuple[Path, State]:
        """A store in a folder of its own, written one document a commit, so that it has segments to merge."""
        folder = self.work / f"base-{name}"
        folder.mkdir()
        if documents:
            store = str(folder / "store.sparse")
            self.run(self.driver, "write", store, self.file(f"base-{name}", documents), "0", str(len(documents)))
            if removed:
                self.run(self.sparsestore, "remove", store, *removed)
        return folder, after({}, documents, removed)

    def published(self, documents: list[Document], later: list[Document]) -> tuple[Path, State, State]:
        """A store that was published, written again, and published a second time, with a copy of the first state."""
        folder, before = self.base("published", documents)
        store, target = str(folder / "store.sparse"), str(folder / "published")
        self.run(self.sparsestore, "publish", store, target)
        self.run(self.sparsestore, "follow", target, str(folder / "copy.sparse"), "--once")
        self.run(self.driver, "write", store, self.file("published", later), "0", str(len(later)))
        earlier = self.work / "base-unpublished"
        copy_folder(folder, earlier)
        self.run(self.sparsestore, "publish", store, target)
        return folder, before, after(before, later)

    def retired(self, documents: list[Document]) -> tuple[Path, State]:
        """A store with segments that a merge has retired: large enough for that."""
        folder, _ = self.base("retired")
        self.add(folder, "retired", documents)
        self.run(self.driver, "merge", str(folder / "store.sparse"))
        return folder, after({}, documents)

    def dead_merge(self, retired: Path, state: State, documents: list[Document]) -> tuple[Path, State]:
        """The same with more documents, and with what a merge has staged that died."""
        folder = self.work / "base-dead-merge"
        copy_folder(retired, folder)
        self.add(folder, "dead-merge", documents)
        command = [self.driver, "merge", str(folder / "store.sparse"), "--die"]
        if subprocess.run(command, capture_output=True).returncode != STOPPED:
            raise RuntimeError("the merge that was to die did not come so far")
        return folder, after(state, documents)

    def covered(self, documents: list[Document], later: list[Document]) -> tuple[Path, State]:
        """A store with a block index, and later documents in segments that it does not cover."""
        folder, _ = self.base("covered")
        self.add(folder, "covered", documents)
        self.run(self.driver, "blocks", str(folder / "store.sparse"))
        self.add(folder, "later", later)
        return folder, after({}, documents + later)

    def add(self, folder: Path, name: str, documents: list[Document]):
        """Adds documents in two segments."""
        self.run(
            self.sparsestore, "load", str(folder / "store.sparse"), self.file(name, documents), "--no-build", "--batch",
            str(len(documents) // 2))

    def operations(self) -> list[Operation]:
        first = [Document(f"old{number}", 1, tokens=number % 3) for number in range(20)]
        # Every third replaces a document that is there: with other token vectors, or none.
        more = [
            Document(f"old{n}" if n % 3 == 0 else f"new{n}", 2, 1500 if n % 4 == 0 else 0, tokens=3 if n % 2 else 0)
            for n in range(12)]
        wide = [Document(f"wide{number}", 7, tokens=number % 2, terms=80) for number in range(260)]
        wider = [Document(f"wide{2 * number}", 8, tokens=number % 3, terms=80) for number in range(260)]
        large = [Document(f"large{number}", 3, 60_000) for number in range(10)]
        many = [Document(f"many{number}", 4, 100) for number in range(60)]
        store = f"{FOLDER}/store.sparse"
        nothing, _ = self.base("nothing")
        some, before = self.base("some", first)
        unmerged, merged = self.base("unmerged", first + more, ["old1", "new1", "new2"])
        single = states(before, more, 1)
        removed = [f"old{number}" for number in range(2, 12)]
        learned = [Document(f"text{number}", 5, words=60) for number in range(1_060)]
        untaught, before_learning = self.base("untaught", learned[:1_000])
        tokens = [Document(f"token{number}", 6, tokens=5) for number in range(40)]
        encoded, plain = self.base("tokens", tokens)
        retired, kept = self.retired(wide)
        covered, outgrown = self.covered(wide, many)
        dead, outlived = self.dead_merge(retired, kept, wider)
        queries = self.file("queries", first[:5])

        def write(documents: list[Document], name: str, *options: str) -> list[str]:
            return [self.driver, "write", store, self.file(name, documents), "0", str(len(documents)), *options]

        def load(name: str, documents: list[Document], batch: str) -> list[str]:
            return [self.sparsestore, "load", store, self.file(name, documents), "--batch", batch, "--quiet"]

        all_of = load("many", many, "10")
        all = [
            Operation("create", write([], "none"), [{}], nothing, is_new=True),
            Operation("commit", write(more, "more"), single, some, acknowledges=True),
            Operation("weak commit", write(more, "more", "--weak"), single, some, acknowledges=True, is_weak=True),
            Operation(
                "map growth", write(large, "large", "--map", "1048576"), states(before, large, 1), some,
                acknowledges=True),
            Operation("beside compaction", write(more, "more", "--compact"), single, some, acknowledges=True),
            # Segments merge on another thread meanwhile: which call is the N-th is another one each time.
            Operation("beside merges", write(more, "more", "--merge"), single, some, acknowledges=True),
            Operation("load", all_of, states({}, many, 10), nothing, retry=all_of + ["--resume"], is_new=True),
            Operation("load more", all_of, states(before, many, 10), some, retry=all_of + ["--resume"]),
            Operation("merge", [self.sparsestore, "build", store], [merged], unmerged),
            # Staged in many transactions, as a large merge is.
            Operation("merge in pieces", [self.driver, "merge", store], [merged], unmerged),
            Operation("blocks", [self.driver, "blocks", store], [merged], unmerged),
            Operation("extend blocks", [self.driver, "extend", store], [outgrown], covered),
            Operation("dead merge", [self.driver, "merge", store], [outlived], dead),
            Operation("compact", [self.sparsestore, "compact", store], [kept], retired),
            Operation("tune", [self.sparsestore, "tune", store, "--queries", queries], [merged], unmerged),
            Operation(
                "remove", [self.sparsestore, "remove", store, *removed], [before, after(before, [], removed)], some),
            # The commit that passes 1,024 documents trains a dictionary for payloads.
            Operation(
                "dictionary", load("taught", learned[1_000:], "30"), states(before_learning, learned[1_000:], 30),
                untaught),
            Operation("encode", [*load("one", tokens[:1], "1"), "--codec", "int8"], [plain], encoded),
            Operation("codebook", [*load("one", tokens[:1], "1"), "--codec", "pq32"], [plain], encoded),
        ]
        two, at_first, at_last = self.published(first, more)
        unpublished = self.work / "base-unpublished"
        publish = [self.sparsestore, "publish", store, f"{FOLDER}/published"]
        follow = [self.sparsestore, "follow", f"{FOLDER}/published"]
        whole = {"target": "published", "is_published": True}
        all += [
            Operation("first publish", publish, [merged], unmerged, is_new=True, **whole),
            Operation("publish", publish, [at_first, at_last], unpublished, **whole),
            Operation("publish and remove", [*publish, "--keep", "1"], [at_first, at_last], unpublished, **whole),
            Operation(
                "remove publications", [self.sparsestore, "publications", f"{FOLDER}/published", "--keep", "1"], [at_last],
                two, **whole),
            Operation(
                "follow", [*follow, f"{FOLDER}/copy.sparse", "--once"], [at_first, at_last], two, target="copy.sparse",
                is_copy=True),
            Operation(
                "first follow", [*follow, f"{FOLDER}/new.sparse", "--once"], [at_last], two, target="new.sparse",
                is_new=True, is_copy=True),
        ]
        copy = {"target": "copy.sparse", "is_new": True, "source": "store.sparse"}
        for name, words in {
            "backup": ["backup", store, f"{FOLDER}/copy.sparse"],
            "plain backup": ["backup", store, f"{FOLDER}/copy.sparse", "--plain"],
            "restore": ["restore", store, f"{FOLDER}/copy.sparse"],
            # As the child does it that the command starts: the shim does not follow into children.
            "repair": ["repair", store, "--to", f"{FOLDER}/copy.sparse", "--progress-descriptor", "2"],
        }.items():
            all.append(Operation(name, [self.sparsestore, *words], [merged], unmerged, **copy))
        return all


def copy_folder(source: Path, target: Path):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
