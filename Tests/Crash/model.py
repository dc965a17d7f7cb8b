"""Documents, and what a store must hold after each transaction."""

import json
import random

WORDS = "a store keeps what it has acknowledged whatever becomes of the process the disk and the power".split()
DIMENSION = 4
TERMS = [f"term{number}" for number in range(400)]
COMMON = 40  # of them


class Document:
    """Weights are multiples of 1/8: the sums of an inner product are exact, whatever their order."""

    def __init__(
        self, id: str, seed: int, payload_bytes: int = 0, words: int = 0, tokens: int = 0, terms: int = 8
    ):
        """With a payload that takes room whatever compresses it, one of words, with token vectors, or many terms."""
        chance = random.Random(f"{id} {seed}")
        self.id = id
        self.terms = {term: chance.randint(1, 64) / 8 for term in chance.sample(TERMS[: max(COMMON, 2 * terms)], terms)} | {f"only-{id}": 1.0}
        self.tags = sorted(chance.sample(["red", "green", "blue"], chance.randint(0, 2)))
        self.payload = f"{id} {seed} " + "".join(chance.choices("0123456789abcdef", k=2 * payload_bytes))
        self.payload += " ".join(chance.choices(WORDS, k=words))
        self.multivector = [[chance.randint(-8, 8) / 8 for _ in range(DIMENSION)] for _ in range(tokens)]

    def json(self) -> str:
        fields = {"id": self.id, "content": self.payload, "vector": self.terms, "tags": self.tags}
        return json.dumps(fields | ({"multivector": self.multivector} if self.multivector else {}))

    def line(self) -> str:
        """As `crash-driver check` says it."""
        terms = " ".join(f"{term}={weight}" for term, weight in sorted(self.terms.items()))
        return "\t".join([self.id, self.payload, terms, " ".join(self.tags), f"{len(self.multivector)} tokens"])


State = dict[str, str]  # id -> line


def after(state: State, documents: list[Document], removed: list[str] = []) -> State:
    """The state that a transaction makes of another."""
    state = state | {document.id: document.line() for document in documents}
    return {id: line for id, line in state.items() if id not in removed}


def states(before: State, documents: list[Document], batch: int) -> list[State]:
    """The states that writing documents in batches goes through, the one before included."""
    all = [before]
    for start in range(0, len(documents), batch):
        all.append(after(all[-1], documents[start : start + batch]))
    return all
