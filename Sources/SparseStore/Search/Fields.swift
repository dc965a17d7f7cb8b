// Documents of several fields, such as a title and a body. The fields share one vocabulary: the term "swift" of the
// field "title" is stored as "title:swift". A query names its terms once and gives each field a weight.

/// The names of terms in fields.
enum FieldTerms {
    /// The separator between the name of a field and a term.
    static let separator: Character = ":"

    /// Returns the stored name of a term in a field.
    static func name(_ term: String, in field: String) -> String { field + String(separator) + term }

    /// - Throws: `invalidArgument` for a field name that is empty or contains the separator.
    static func check(_ fields: some Sequence<String>) throws(SparseStoreError) {
        for field in fields where field.isEmpty || field.contains(separator) {
            throw SparseStoreError(
                .invalidArgument,
                "the field name '\(field)' is not valid; use at least one character and no '\(separator)'")
        }
    }
}

extension Document {
    /// Creates a document with several fields, each with its own terms.
    ///
    ///     try Document(id: "d1", fields: ["title": ["swift": 2.1], "body": ["swift": 0.7, "storage": 1.4]])
    ///
    /// The term "swift" of the field "title" is stored as the term "title:swift". Search with `Query(terms:fields:)`.
    ///
    /// - Throws: `invalidArgument` for a field name that is empty or contains a colon.
    public init(
        id: String, fields: [String: [String: Float]], payload: [UInt8]? = nil, tags: [String] = []
    ) throws(SparseStoreError) {
        try FieldTerms.check(fields.keys)
        let terms = fields.flatMap { field, terms in
            terms.map { WeightedTerm(FieldTerms.name($0.key, in: field), $0.value) }
        }
        self.init(id: id, terms: terms, payload: payload, tags: tags)
    }
}

extension Query {
    /// Creates a query for the same terms in several fields, each with its own weight.
    ///
    ///     try Query(terms: ["swift": 1.2, "storage": 0.4], fields: ["title": 2, "body": 1])
    ///
    /// The score of a document is the sum over the fields of the field's weight times the inner product of the terms
    /// with the document's terms in that field.
    ///
    /// - Throws: `invalidArgument` for a field name that is empty or contains a colon.
    public init(terms: [String: Float], fields: [String: Float]) throws(SparseStoreError) {
        try self.init(terms: terms.map { WeightedTerm($0.key, $0.value) }, fields: fields)
    }

    /// Creates a query for the same terms in several fields, each with its own weight. Searching with duplicate terms
    /// throws an error.
    ///
    /// - Throws: `invalidArgument` for a field name that is empty or contains a colon.
    public init(terms: [WeightedTerm], fields: [String: Float]) throws(SparseStoreError) {
        try FieldTerms.check(fields.keys)
        self.init(
            terms: fields.filter { $0.value != 0 }.flatMap { field, weight in
                terms.map { WeightedTerm(FieldTerms.name($0.term, in: field), $0.weight * weight) }
            })
    }
}
