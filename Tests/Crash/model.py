"""Documents, and what a store must hold after each transaction."""

import json
import random

TERMS = [f"term{number}" for number in range(40)]


class Document:
    """Weights are multiples of 1/8: the sums of an inner product are exact, whatever their order."""

    def __init__(self, id: str, seed: int, payload_bytes: int = 0):
        # Payloads that do not compress: they are to take room.
        chance = random.Random(f"{id} {seed}")
        self.id = id
        self.terms = {term: chance.randint(1, 64) / 8 for term in chance.sample(TERMS, 8)} | {f"only-{id}": 1.0}
        self.tags = sorted(chance.sample(["red", "green", "blue"], chance.randint(0, 2)))
        self.payload = f"{id} {seed} " + "".join(chance.choices("0123456789abcdef", k=2 * payload_bytes))

    def json(self) -> str:
        return json.dumps({"id": self.id, "content": self.payload, "vector": self.terms, "tags": self.tags})

    def line(self) -> str:
        """As `crash-driver check` says it."""
        terms = " ".join(f"{term}={weight}" for term, weight in sorted(self.terms.items()))
        return "\t".join([self.id, self.payload, terms, " ".join(self.tags)])


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
