internal import LMDB
internal import SparseFormat

/// The changes of one commit. A transaction is valid only inside the closure of `Store/write(_:)`.
///
/// A call that throws a validation error has changed nothing, and the transaction can continue.
public struct WriteTransaction: ~Copyable {
    var session: WriteSession

    /// The number that this commit will have. Reading it makes the transaction commit even if it changes nothing, so
    /// that a reader that waits for this number always succeeds.
    public var generation: UInt64 { mutating get { session.promiseGeneration() } }
    /// The number of documents in the store, including this transaction's changes.
    public var count: Int { Int(session.manifest.documents) }

    /// Adds a document, or replaces the one with the same identifier.
    ///
    /// - Throws: `invalidArgument` for the identifier or the tags; `invalidVector`; `limitExceeded` for the payload;
    ///   `termSpaceMismatch`; `dimensionMismatch` and `codecNotTrained` for the multivector; and the errors of writing
    ///   (`diskFull`, `io`, `corrupted`).
    public mutating func upsert(_ document: Document) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.upsert(document) }
    }

    /// Changes the tags and attributes of a document, and keeps its vector, payload, and token vectors. Returns false
    /// if there is no such document.
    ///
    /// It writes only the document's record and no posting lists, so it is much cheaper than ``upsert(_:)``.
    ///
    ///     try transaction.update("d1") { $0.tags = ["sold"]; $0.attributes["stock"] = 0 }
    ///
    /// - Throws: The errors of ``upsert(_:)`` for tags and attributes, and the errors of `change`. If it throws,
    ///   nothing has changed.
    @discardableResult
    public mutating func update(
        _ id: String, _ change: (inout DocumentFields) throws -> Void
    ) throws -> Bool {
        try SparseStoreError.translate { try session.update(id, change) }
    }

    /// Gives strings numbers in this order, unless they have some. Stores that get the same terms in the same order
    /// number them alike.
    ///
    /// - Throws: `termSpaceMismatch`, `invalidVector` for a string that is no term, and what writing can throw.
    package mutating func reserve(terms: [String]) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.reserve(terms: terms) }
    }

    /// Removes a document. Returns false if no document has the identifier.
    @discardableResult
    public mutating func remove(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try session.remove(id) }
    }

    /// Removes all documents that a filter matches, including changes of this transaction, and returns their number. To
    /// get the number of matching documents first, use ``Snapshot/count(where:)``.
    ///
    ///     try transaction.remove(where: .attribute("year") < 2020 && !.tag("keep"))
    ///
    /// - Throws: `invalidArgument`, also for an attribute that no document has ever had; `limitExceeded`; `corrupted`;
    ///   and the errors of writing.
    @discardableResult
    public mutating func remove(where filter: Filter) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap { try session.remove(where: filter) }
    }

    /// Throws `cancelled` if the task that awaits this write was canceled. Call it in long closures to end the write
    /// early; the commit checks by itself. It never throws in a synchronous write.
    public func checkCancellation() throws(SparseStoreError) { try session.checkCancellation() }

    /// Returns whether the store has a document with an identifier, including this transaction's changes.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try session.number(of: id) != nil }
    }

    /// Returns the document with an identifier, including this transaction's changes, or nil if there is none. See
    /// ``Snapshot/document(_:includingMultivector:)``.
    public func document(_ id: String, includingMultivector: Bool = false) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap { try session.document(id, includingMultivector: includingMultivector) }
    }

    /// The encoder that made the store's vectors; nil if it has not been set.
    public var encoder: EncoderDescription? { session.encoderRecord?.description }

    /// Sets the encoder of the store's vectors, so that queries of another encoder can be refused. Does nothing if the
    /// store already has the same encoder.
    ///
    /// - Throws: `encoderMismatch`, naming both encoders, if the store has documents of another one; `invalidArgument`
    ///   for BM25 in a store that already has documents, and for a name or parameters outside their ranges.
    public mutating func setEncoder(_ encoder: EncoderDescription) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.setEncoder(encoder) }
    }

    /// Returns the bytes stored under a name, or nil if there are none.
    public func bookmark(_ name: String) throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap { try session.meta.bookmark(name) }
    }

    /// Stores bytes under a name, to be committed with the documents; for example, the position up to which a source
    /// was read. Nil removes them.
    ///
    /// - Parameters:
    ///   - name: The name: 1...`Limits.maximumBookmarkNameBytes` bytes of UTF-8.
    ///   - bytes: The bytes, at most `Limits.maximumBookmarkBytes`, or nil to remove them.
    public mutating func setBookmark(_ name: String, to bytes: [UInt8]?) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.setBookmark(name, to: bytes) }
    }
}
