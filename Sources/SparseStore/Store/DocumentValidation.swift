internal import SparseFormat

/// What must hold of a caller's document before a byte of it is written.
enum DocumentValidation {
    /// Runs `body`; what it throws then names the document.
    static func naming(_ id: String, _ body: () throws(SparseStoreError) -> Void) throws(SparseStoreError) {
        do {
            try body()
        } catch {
            // An identifier that is none does not help to find the document.
            guard (1...Limits.maximumIdentifierBytes).contains(id.utf8.count) else { throw error }
            throw error.inDocument(id)
        }
    }

    static func check(_ document: Document) throws(SparseStoreError) {
        guard (1...Limits.maximumIdentifierBytes).contains(document.id.utf8.count) else {
            throw SparseStoreError(
                .invalidArgument,
                "a document identifier has \(document.id.utf8.count) bytes; "
                    + "give 1...\(Limits.maximumIdentifierBytes) bytes of UTF-8")
        }
        if let payload = document.payload, payload.count > Limits.maximumPayloadBytes {
            throw SparseStoreError(
                .limitExceeded,
                "the payload has \(payload.count) bytes; the limit is \(Limits.maximumPayloadBytes)")
        }
        try check(tags: document.tags)
        if case .terms(let terms) = document.content { try check(terms: terms) }
    }

    private static func check(tags: [String]) throws(SparseStoreError) {
        guard tags.count <= Limits.maximumTagsPerDocument else {
            throw SparseStoreError(
                .limitExceeded,
                "the document has \(tags.count) tags; the limit is \(Limits.maximumTagsPerDocument)")
        }
        for tag in tags where !(1...Limits.maximumTagBytes).contains(tag.utf8.count) {
            throw SparseStoreError(
                .invalidArgument,
                "the tag '\(tag.prefix(60))' has \(tag.utf8.count) bytes; give 1...\(Limits.maximumTagBytes) bytes of UTF-8"
            )
        }
    }

    private static func check(terms: [WeightedTerm]) throws(SparseStoreError) {
        guard (1...Limits.maximumTermsPerVector).contains(terms.count) else {
            throw SparseStoreError(
                .invalidVector,
                "the document has \(terms.count) terms; give 1...\(Limits.maximumTermsPerVector)")
        }
        var seen = Set<TextKey>(minimumCapacity: terms.count)
        for term in terms {
            guard (1...Limits.maximumTermBytes).contains(term.term.utf8.count) else {
                throw SparseStoreError(
                    .invalidVector,
                    "the term '\(term.term.prefix(60))' has \(term.term.utf8.count) bytes; give 1...\(Limits.maximumTermBytes) bytes of UTF-8"
                ).about(term: term.term)
            }
            guard term.weight.isFinite, Limits.weights.contains(term.weight) else {
                throw SparseStoreError(
                    .invalidVector,
                    "the weight of term '\(term.term)' is \(term.weight); weights are finite and in \(Limits.weights)"
                ).about(term: term.term)
            }
            guard seen.insert(TextKey(term.term)).inserted else {
                throw SparseStoreError(
                    .invalidVector, "the term '\(term.term)' stands twice; add its weights together"
                ).about(term: term.term)
            }
        }
    }
}
