internal import SparseFormat

/// Checks a document before any byte of it is written.
enum DocumentValidation {
    /// Runs `body` and adds the document's identifier to the errors it throws.
    static func naming(_ id: String, _ body: () throws(SparseStoreError) -> Void) throws(SparseStoreError) {
        do {
            try body()
        } catch {
            // An invalid identifier does not help to find the document.
            guard (1...Limits.maximumIdentifierBytes).contains(id.utf8.count) else { throw error }
            throw error.inDocument(id)
        }
    }

    static func check(_ document: Document) throws(SparseStoreError) {
        guard (1...Limits.maximumIdentifierBytes).contains(document.id.utf8.count) else {
            throw SparseStoreError(
                .invalidArgument, problem: "a document identifier has \(document.id.utf8.count) bytes",
                remedy: "use 1...\(Limits.maximumIdentifierBytes) bytes of UTF-8")
        }
        if let payload = document.payload, payload.count > Limits.maximumPayloadBytes {
            throw SparseStoreError(
                .limitExceeded, problem: "the payload has \(payload.count) bytes",
                remedy: "use at most \(Limits.maximumPayloadBytes)")
        }
        try check(tags: document.tags)
        try check(attributes: document.attributes)
        if case .terms(let terms) = document.content { try check(terms: terms) }
    }

    static func check(tags: [String]) throws(SparseStoreError) {
        guard tags.count <= Limits.maximumTagsPerDocument else {
            throw SparseStoreError(
                .limitExceeded, problem: "the document has \(tags.count) tags",
                remedy: "use at most \(Limits.maximumTagsPerDocument)")
        }
        for tag in tags where !(1...Limits.maximumTagBytes).contains(tag.utf8.count) {
            throw SparseStoreError(
                .invalidArgument, problem: "the tag '\(tag.prefix(60))' has \(tag.utf8.count) bytes",
                remedy: "use 1...\(Limits.maximumTagBytes) bytes of UTF-8")
        }
    }

    static func check(attributes: [String: AttributeValue]) throws(SparseStoreError) {
        guard attributes.count <= Limits.maximumAttributesPerDocument else {
            throw SparseStoreError(
                .limitExceeded, problem: "the document has \(attributes.count) attributes",
                remedy: "use at most \(Limits.maximumAttributesPerDocument)")
        }
        for (name, value) in attributes {
            guard (1...Limits.maximumAttributeNameBytes).contains(name.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "an attribute name has \(name.utf8.count) bytes",
                    remedy: "use 1...\(Limits.maximumAttributeNameBytes) bytes of UTF-8")
            }
            try check(value, of: name)
        }
    }

    private static func check(_ value: AttributeValue, of name: String) throws(SparseStoreError) {
        func check(_ string: String) throws(SparseStoreError) {
            guard string.utf8.count <= Limits.maximumAttributeStringBytes else {
                throw SparseStoreError(
                    .limitExceeded,
                    problem: "a string of the attribute '\(name)' has \(string.utf8.count) bytes, "
                        + "but the limit is \(Limits.maximumAttributeStringBytes)",
                    remedy: "put long text in the payload")
            }
        }
        func check(count: Int) throws(SparseStoreError) {
            guard count <= Limits.maximumAttributeListCount else {
                throw SparseStoreError(
                    .limitExceeded, problem: "the attribute '\(name)' has \(count) elements",
                    remedy: "use at most \(Limits.maximumAttributeListCount)")
            }
        }
        switch value {
        case .number(let number):
            guard number.isFinite else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the attribute '\(name)' is \(number)",
                    remedy: "use a finite number, or leave it out")
            }
        case .string(let string): try check(string)
        case .integers(let list): try check(count: list.count)
        case .strings(let list):
            try check(count: list.count)
            for string in list { try check(string) }
        case .integer, .boolean, .date: break
        }
    }

    static func check(term: String) throws(SparseStoreError) {
        guard (1...Limits.maximumTermBytes).contains(term.utf8.count) else {
            throw SparseStoreError(
                .invalidVector, problem: "the term '\(term.prefix(60))' has \(term.utf8.count) bytes",
                remedy: "use 1...\(Limits.maximumTermBytes) bytes of UTF-8"
            ).about(term: term)
        }
    }

    private static func check(terms: [WeightedTerm]) throws(SparseStoreError) {
        guard !terms.isEmpty else {
            throw SparseStoreError(
                .invalidVector, problem: "the vector has no terms",
                remedy: "add a term, or store the document without a vector")
        }
        guard terms.count <= Limits.maximumTermsPerVector else {
            throw SparseStoreError(
                .invalidVector, problem: "the document has \(terms.count) terms",
                remedy: "use at most \(Limits.maximumTermsPerVector)")
        }
        var seen = Set<TextKey>(minimumCapacity: terms.count)
        for term in terms {
            try check(term: term.term)
            guard term.weight.isFinite, Limits.weights.contains(term.weight) else {
                throw SparseStoreError(
                    .invalidVector, problem: "the weight of term '\(term.term)' is \(term.weight)",
                    remedy: "use a finite weight in \(Limits.weights)"
                ).about(term: term.term)
            }
            guard seen.insert(TextKey(term.term)).inserted else {
                throw SparseStoreError(
                    .invalidVector, problem: "the term '\(term.term)' appears twice",
                    remedy: "add up its weights"
                ).about(term: term.term)
            }
        }
    }
}
