internal import LMDB
internal import SparseFormat

/// The changes of one commit. Valid inside the closure of `Store/write(_:)` alone.
///
/// A call that throws a validation error has changed nothing, and the transaction can go on.
public struct WriteTransaction: ~Copyable {
    var session: WriteSession

    /// The number this commit will have. Who has asked for it gets a commit with this number, even when the transaction
    /// changes nothing, so that waiting for it has an end.
    public var generation: UInt64 { mutating get { session.promiseGeneration() } }
    /// Documents in the store, this transaction's changes included.
    public var count: Int { Int(session.manifest.documents) }

    /// Puts a document in, in place of the one with the same identifier if there is one.
    ///
    /// - Throws: `invalidArgument` for the identifier or the tags, `invalidVector`, `limitExceeded` for the payload,
    ///   `termSpaceMismatch`, `dimensionMismatch` and `codecNotTrained` for the multivector; and what writing can throw (`diskFull`, `io`, `corrupted`).
    public mutating func upsert(_ document: Document) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.upsert(document) }
    }

    /// Changes the tags and attributes of a document, and leaves its vector, its payload and its token vectors as they are.
    /// False when there is no such document.
    ///
    /// It writes the document's record and no posting lists: much less than ``upsert(_:)`` does.
    ///
    ///     try transaction.update("d1") { $0.tags = ["sold"]; $0.attributes["stock"] = 0 }
    ///
    /// - Throws: what ``upsert(_:)`` throws for tags and attributes, and what `change` throws; then nothing has changed.
    @discardableResult
    public mutating func update(
        _ id: String, _ change: (inout DocumentFields) throws -> Void
    ) throws -> Bool {
        try SparseStoreError.translate { try session.update(id, change) }
    }

    /// Takes a document out; false when there is none.
    @discardableResult
    public mutating func remove(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try session.remove(id) }
    }

    /// Takes out all documents that a filter lets through, as this transaction has left them; returns how many they were.
    /// ``Snapshot/count(where:)`` says beforehand how many they are.
    ///
    ///     try transaction.remove(where: .attribute("year") < 2020 && !.tag("keep"))
    ///
    /// - Throws: `invalidArgument`, also for an attribute that no document has had, `limitExceeded`, `corrupted`; and what
    ///   writing can throw.
    @discardableResult
    public mutating func remove(where filter: Filter) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap { try session.remove(where: filter) }
    }

    /// For long closures: throws `cancelled` when the task that waits for this write was cancelled, so that the write ends
    /// early. The commit asks by itself. Never throws in a synchronous write.
    public func checkCancellation() throws(SparseStoreError) { try session.checkCancellation() }

    /// Whether there is a document with an identifier, this transaction's changes included.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try session.number(of: id) != nil }
    }

    /// The document with an identifier, this transaction's changes included. See
    /// ``Snapshot/document(_:includingMultivector:)``.
    public func document(_ id: String, includingMultivector: Bool = false) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap { try session.document(id, includingMultivector: includingMultivector) }
    }

    /// What made the store's vectors; nil where nobody has said.
    public var encoder: EncoderDescription? { session.encoderRecord?.description }

    /// Says what makes the store's vectors, so that queries of another encoder can be refused. Nothing changes when the store
    /// knows the same encoder already.
    ///
    /// - Throws: `encoderMismatch`, naming both, when the store has documents of another encoder; `invalidArgument` for
    ///   BM25 in a store that has documents already, and for a name or parameters outside their ranges.
    public mutating func setEncoder(_ encoder: EncoderDescription) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.setEncoder(encoder) }
    }

    /// Bytes left under a name, nil when there are none.
    public func bookmark(_ name: String) throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap { try session.meta.bookmark(name) }
    }

    /// Leaves bytes under a name, to be committed with the documents: where a source was read to, for instance. Nil
    /// removes them.
    ///
    /// - Parameters:
    ///   - name: 1...`Limits.maximumBookmarkNameBytes` bytes of UTF-8.
    ///   - bytes: at most `Limits.maximumBookmarkBytes`.
    public mutating func setBookmark(_ name: String, _ bytes: [UInt8]?) throws(SparseStoreError) {
        try SparseStoreError.wrap { try session.setBookmark(name, bytes) }
    }
}
