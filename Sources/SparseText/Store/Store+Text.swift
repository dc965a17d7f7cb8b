public import SparseStore

extension Store {
    /// Returns the best documents of the last commit for a query in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    public func search(
        text: String, limit: Int = 10, recall: Recall = .target(0.95), encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        try search(text: text, options: SearchOptions(limit: limit, recall: recall), encoder: encoder)
    }

    /// Returns the best documents of the last commit for a query in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    public func search(
        text: String, options: SearchOptions, encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        try read { try $0.search(text: text, options: options, encoder: encoder) }
    }

    /// Returns the best documents of the last commit for a query in plain words, without blocking the task. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(
        text: String, limit: Int = 10, recall: Recall = .target(0.95), encoder: (any TextEncoder)? = nil
    ) async throws -> SearchResult {
        try await search(text: text, options: SearchOptions(limit: limit, recall: recall), encoder: encoder)
    }

    /// Returns the best documents of the last commit for a query in plain words, without blocking the task. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(
        text: String, options: SearchOptions, encoder: (any TextEncoder)? = nil
    ) async throws -> SearchResult {
        try await read { try $0.search(text: text, options: options, encoder: encoder) }
    }
}

extension Snapshot {
    /// Returns the best documents for a query in plain words, which is encoded like the documents.
    ///
    ///     let hits = try store.search(text: "running engine", limit: 5)
    ///
    /// - Parameters:
    /// - text: The query. A query without terms has no hits.
    /// - options: The options of the search. The weighting of the encoder applies unless the options have one.
    /// - encoder: The encoder of the store's documents; nil for the one that can be created from the store's
    ///   description (`StoreEncoders`).
    /// - Throws: `encoderMismatch`, which names both encoders, if the encoder is not that of the store; the errors of
    ///   `StoreEncoders.encoder(for:)` and of the search.
    public func search(
        text: String, options: SearchOptions = SearchOptions(), encoder: (any TextEncoder)? = nil
    ) throws(SparseStoreError) -> SearchResult {
        let used = try textEncoder(encoder)
        var options = options
        if options.weighting == .none { options.weighting = used.weighting }
        return try search(Query(terms: used.encode(query: text)), options: options)
    }

    /// Returns the encoder for queries to this store.
    ///
    /// - Parameter given: The encoder of the caller; nil for the one that can be created from the store's description.
    /// - Throws: The errors of ``search(text:options:encoder:)``.
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
    /// Stores a text as a document: the encoder makes its vector, and the text becomes its payload.
    ///
    ///     try store.write { transaction in
    ///         try transaction.setEncoder(BM25(language: .english).description)
    ///         try transaction.upsert(id: "1", text: "Small engines are running")
    ///     }
    ///
    /// - Parameters:
    /// - id: The identifier of the document.
    /// - text: The text of the document.
    /// - tags: The tags of the document, for filters.
    /// - encoder: The encoder of the store's documents; nil for the one that can be created from the store's
    ///   description (`StoreEncoders`).
    /// - Throws: `invalidVector` if the text has no terms; `encoderMismatch`, which names both encoders, if the encoder
    ///   is not that of the store; the errors of `StoreEncoders.encoder(for:)` and `upsert`.
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
            throw SparseStoreError(.invalidVector, "the text of '\(id)' has no terms; leave the document out")
        }
        try upsert(Document(id: id, terms: terms, payload: Array(text.utf8), tags: tags))
    }
}
