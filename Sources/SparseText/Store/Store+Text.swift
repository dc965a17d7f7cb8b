public import SparseStore

extension Store {
    /// The best documents of the newest commit for a question in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    public func search(
        text: String, limit: Int = 10, recall: Recall = .target(0.95), encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        try search(text: text, options: SearchOptions(limit: limit, recall: recall), encoder: encoder)
    }

    /// The best documents of the newest commit for a question in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    public func search(
        text: String, options: SearchOptions, encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        try read { try $0.search(text: text, options: options, encoder: encoder) }
    }

    /// The best documents of the newest commit for a question in plain words, for tasks. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(
        text: String, limit: Int = 10, recall: Recall = .target(0.95), encoder: (any TextEncoder)? = nil
    ) async throws -> SearchResult {
        try await search(text: text, options: SearchOptions(limit: limit, recall: recall), encoder: encoder)
    }

    /// The best documents of the newest commit for a question in plain words, for tasks. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(
        text: String, options: SearchOptions, encoder: (any TextEncoder)? = nil
    ) async throws -> SearchResult {
        try await read { try $0.search(text: text, options: options, encoder: encoder) }
    }
}

extension Snapshot {
    /// The best documents for a question in plain words, which is encoded as the documents were.
    ///
    ///     let hits = try store.search(text: "running engine", limit: 5)
    ///
    /// - Parameters:
    ///   - text: the question; one without a term finds nothing.
    ///   - options: of the search; its weighting is the encoder's unless it says one.
    ///   - encoder: the one that the store was filled by; nil for the one that the store's description is enough to make
    ///     (`StoreEncoders`).
    /// - Throws: `encoderMismatch`, naming both, for another encoder than the store's; what
    ///   `StoreEncoders.encoder(for:)` and the search throw.
    public func search(
        text: String, options: SearchOptions = SearchOptions(), encoder: (any TextEncoder)? = nil
    ) throws(SparseStoreError) -> SearchResult {
        let used = try textEncoder(encoder)
        var options = options
        if options.weighting == .none { options.weighting = used.weighting }
        return try search(Query(terms: used.encode(query: text)), options: options)
    }

    /// The encoder to ask this store with.
    ///
    /// - Parameter given: the caller's; nil for the one that the store's description is enough to make.
    /// - Throws: as ``search(text:options:encoder:)``.
    public func textEncoder(_ given: (any TextEncoder)? = nil) throws(SparseStoreError) -> any TextEncoder {
        try StoreEncoders.encoder(for: encoder, given: given)
    }
}

extension ShardedSnapshot {
    /// The best documents of all shards for a question in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: what that throws; `PartialAnswer` when a shard could not answer.
    public func search(
        text: String, options: SearchOptions = SearchOptions(), encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        let used = try textEncoder(encoder)
        var options = options
        if options.weighting == .none { options.weighting = used.weighting }
        return try search(Query(terms: used.encode(query: text)), options: options)
    }

    /// The encoder to ask the shards with. See ``SparseStore/Snapshot/textEncoder(_:)``.
    public func textEncoder(_ given: (any TextEncoder)? = nil) throws(SparseStoreError) -> any TextEncoder {
        try StoreEncoders.encoder(for: encoder, given: given)
    }
}

extension WriteTransaction {
    /// Puts a text in as a document: its vector is what the encoder makes of it, its payload the text.
    ///
    ///     try store.write { transaction in
    ///         try transaction.setEncoder(BM25(language: .english).description)
    ///         try transaction.upsert(id: "1", text: "Small engines are running")
    ///     }
    ///
    /// - Parameters:
    ///   - id: the document's identifier.
    ///   - text: what it says.
    ///   - tags: labels to filter by.
    ///   - encoder: the one that the store was filled by; nil for the one that the store's description is enough to make
    ///     (`StoreEncoders`).
    /// - Throws: `invalidVector` for a text without a term; `encoderMismatch`, naming both, for another encoder than the
    ///   store's; what `StoreEncoders.encoder(for:)` and `upsert` throw.
    public mutating func upsert(
        id: String, text: String, tags: [String] = [], encoder: (any TextEncoder)? = nil
    ) throws(SparseStoreError) {
        let used: any TextEncoder
        if let encoder {
            if let known = self.encoder {
                try known.check(encoder.description)
            } else {
                try setEncoder(encoder.description)
            }
            used = encoder
        } else {
            used = try StoreEncoders.encoder(for: self.encoder)
        }
        let terms = try used.encode(document: text)
        guard !terms.isEmpty else {
            throw SparseStoreError(.invalidVector, "the text of '\(id)' has no term; leave the document out")
        }
        try upsert(Document(id: id, terms: terms, payload: Array(text.utf8), tags: tags))
    }
}
