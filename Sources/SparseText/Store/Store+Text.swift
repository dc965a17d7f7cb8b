public import SparseStore
internal import Synchronization

extension Store {
    /// Returns the best documents of the newest commit for a query in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    public func search(
        text: String, limit: Int = 10, recall: Recall = .target(0.95), encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        try search(text: text, options: SearchOptions(limit: limit, recall: recall), encoder: encoder)
    }

    /// Returns the best documents of the newest commit for a query in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    public func search(
        text: String, options: SearchOptions, encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        try read { try $0.search(text: text, options: options, encoder: encoder) }
    }

    /// Returns the best documents of the newest commit for a query in plain words, without blocking the task. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(
        text: String, limit: Int = 10, recall: Recall = .target(0.95), encoder: (any TextEncoder)? = nil
    ) async throws -> SearchResult {
        try await search(text: text, options: SearchOptions(limit: limit, recall: recall), encoder: encoder)
    }

    /// Returns the best documents of the newest commit for a query in plain words, without blocking the task. See
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
    ///   - text: The query. A query without terms has no hits.
    ///   - options: The options of the search. `Weighting.automatic` stands for the weighting of the encoder.
    ///   - encoder: The encoder to use; nil to create one from the store's description (`StoreEncoders`).
    /// - Throws: `encoderMismatch`, which names both encoders, if the encoder is not that of the store; the errors of
    ///   `StoreEncoders.encoder(for:)` and of the search.
    public func search(
        text: String, options: SearchOptions = SearchOptions(), encoder: (any TextEncoder)? = nil
    ) throws(SparseStoreError) -> SearchResult {
        let used = try textEncoder(encoder)
        return try search(Query(terms: used.encode(query: text)), options: options.forText(encodedBy: used))
    }

    /// Returns the encoder for queries to this store.
    ///
    /// - Parameter given: The encoder to use; nil to create one from the store's description.
    /// - Throws: The errors of ``search(text:options:encoder:)``.
    public func textEncoder(_ given: (any TextEncoder)? = nil) throws(SparseStoreError) -> any TextEncoder {
        try StoreEncoders.encoder(for: encoder, given: given)
    }
}

extension ShardedSnapshot {
    /// Returns the best documents of all shards for a query in plain words. See
    /// ``SparseStore/Snapshot/search(text:options:encoder:)``.
    ///
    /// - Throws: The errors of that method; `PartialAnswer` if a shard could not answer.
    public func search(
        text: String, options: SearchOptions = SearchOptions(), encoder: (any TextEncoder)? = nil
    ) throws -> SearchResult {
        let used = try textEncoder(encoder)
        return try search(Query(terms: used.encode(query: text)), options: options.forText(encodedBy: used))
    }

    /// Returns the encoder for queries to the shards. See ``SparseStore/Snapshot/textEncoder(_:)``.
    public func textEncoder(_ given: (any TextEncoder)? = nil) throws(SparseStoreError) -> any TextEncoder {
        try StoreEncoders.encoder(for: encoder, given: given)
    }
}

extension SearchOptions {
    /// Returns the options for a query in plain words: an automatic weighting becomes that of the encoder.
    package func forText(encodedBy encoder: any TextEncoder) -> SearchOptions {
        guard weighting == .automatic else { return self }
        var options = self
        options.weighting = encoder.weighting
        return options
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
    ///   - id: The identifier of the document.
    ///   - text: The text of the document.
    ///   - tags: The tags of the document, for filters.
    ///   - attributes: The attributes of the document, for filters, groups and facets.
    ///   - encoder: The encoder to use; nil to create one from the store's description (`StoreEncoders`).
    /// - Throws: `invalidVector` if the text has no terms; `encoderMismatch`, which names both encoders, if the encoder
    ///   is not that of the store; the errors of `StoreEncoders.encoder(for:)` and `upsert`.
    public mutating func upsert(
        id: String, text: String, tags: [String] = [], attributes: [String: AttributeValue] = [:],
        encoder: (any TextEncoder)? = nil
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
            throw SparseStoreError(
                .invalidVector, problem: "the text of '\(id)' has no terms",
                remedy: "leave the document out, or store it without a vector")
        }
        try upsert(Document(id: id, terms: terms, payload: Array(text.utf8), tags: tags, attributes: attributes))
    }
}

/// Creates encoders from the description in a store. This works for encoders with the usual analyzers.
enum StoreEncoders {
    private struct Key: Hashable {
        let name: String
        let scoring: Scoring
    }

    /// Computing the fingerprint of an analyzer takes a millisecond.
    private static let known = Mutex<[Key: any TextEncoder]>([:])

    /// Returns the encoder that a store describes.
    ///
    /// - Throws: `invalidArgument` if the store has no description of an encoder, or if the encoder needs files;
    ///   `encoderMismatch` if this system's analyzer of that name produces other terms.
    static func encoder(for description: EncoderDescription?) throws(SparseStoreError) -> any TextEncoder {
        guard let description else {
            throw SparseStoreError(
                .invalidArgument, problem: "the store does not record which encoder made its vectors",
                remedy: "pass the encoder, or query with weighted terms")
        }
        let key = Key(name: description.name, scoring: description.scoring)
        let encoder: any TextEncoder
        if let found = known.withLock({ $0[key] }) {
            encoder = found
        } else {
            encoder = try make(description)
            known.withLock { $0[key] = encoder }
        }
        try description.check(encoder.description)
        return encoder
    }

    /// Returns the encoder for queries to a store.
    ///
    /// - Parameters:
    ///   - description: The description of the encoder that filled the store; nil if the store has none, so that the
    ///     caller must choose.
    ///   - given: The encoder to use; nil to create one from the description.
    static func encoder(
        for description: EncoderDescription?, given: (any TextEncoder)?
    ) throws(SparseStoreError) -> any TextEncoder {
        guard let given else { return try encoder(for: description) }
        if let description { try description.check(given.description) }
        return given
    }

    private static func make(_ description: EncoderDescription) throws(SparseStoreError) -> any TextEncoder {
        let parts = description.name.split(separator: ":", maxSplits: 1).map(String.init)
        let language = parts.count == 2 && parts[1] != "none" ? try Language(parts[1]) : nil
        switch (parts[0], description.scoring) {
        case ("bm25", .bm25(let k1, let b)) where parts.count == 2: return BM25(language: language, k1: k1, b: b)
        case ("analyzer", .innerProduct) where parts.count == 2: return CountEncoder(Analyzer(language: language))
        default:
            throw SparseStoreError(
                .invalidArgument, problem: "the encoder \(description) of the store cannot be created from its name",
                remedy: "pass the encoder")
        }
    }
}
