internal import SparseFormat

extension Filter {
    private struct Tally {
        var parts = 0
        var identifiers = 0
    }

    /// Checks the limits of the filter before anything is looked up.
    func check() throws(SparseStoreError) {
        var tally = Tally()
        try count(&tally, depth: 1)
    }

    private func check(_ tally: Tally) throws(SparseStoreError) {
        guard tally.identifiers <= Self.maximumIdentifiers else {
            throw SparseStoreError(
                .limitExceeded,
                "the filter has more than \(Self.maximumIdentifiers) identifiers and values; tag the documents instead")
        }
    }

    private func count(_ tally: inout Tally, depth: Int) throws(SparseStoreError) {
        // First the depth: it bounds this recursion and every later one.
        guard depth <= Self.maximumDepth else {
            throw SparseStoreError(
                .limitExceeded, "the filter is nested deeper than \(Self.maximumDepth) levels; simplify it")
        }
        tally.parts += 1
        guard tally.parts <= Self.maximumParts else {
            throw SparseStoreError(
                .limitExceeded,
                "the filter has more than \(Self.maximumParts) parts; combine identifiers into one set")
        }
        switch self {
        case .tag(let tag):
            guard (1...Limits.maximumTagBytes).contains(tag.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument,
                    "a tag in the filter has \(tag.utf8.count) bytes; use 1...\(Limits.maximumTagBytes)")
            }
        case .idPrefix(let prefix):
            guard (1...Limits.maximumIdentifierBytes).contains(prefix.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument,
                    "an identifier prefix has \(prefix.utf8.count) bytes; use 1...\(Limits.maximumIdentifierBytes)")
            }
        case .term(let term):
            guard (1...Limits.maximumTermBytes).contains(term.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument,
                    "a term of the filter has \(term.utf8.count) bytes; terms have 1...\(Limits.maximumTermBytes)")
            }
        case .condition(_, .exists), .condition(_, .isBetween): break
        case .condition(_, .isIn(let values)):
            tally.identifiers += values.count
            try check(tally)
        case .ids(let ids):
            tally.identifiers += ids.count
            try check(tally)
        case .all(let parts), .any(let parts):
            for part in parts { try part.count(&tally, depth: depth + 1) }
        case .not(let part):
            try part.count(&tally, depth: depth + 1)
        }
    }
}
