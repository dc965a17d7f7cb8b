internal import LMDB
public import SparseFormat

/// A document that a stage may score, as the stage before ranked it.
///
/// What is stored of it is read when it is asked for, from the snapshot that is searched. A candidate that is kept keeps
/// that snapshot.
public struct Candidate: Sendable {
    /// The document's identifier.
    public let id: String
    /// Its place in the ranking of the stage before, from 0.
    public let rank: Int
    /// What the last stage that scored it gave it; after the first stage the inner product.
    public let score: Float
    /// The document's number in the store. A document that is replaced gets a new one.
    public let number: UInt64

    let place: DocumentPlace
    let source: CandidateSource

    /// The payload, nil when there is none.
    ///
    /// - Throws: `corrupted`.
    public func payload() throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap { try source.withDocument(number) { try $0.payload($1) } }
    }

    /// The tags, in ascending order.
    ///
    /// - Throws: `corrupted`.
    public func tags() throws(SparseStoreError) -> [String] {
        try SparseStoreError.wrap { try source.withDocument(number) { view, _ in try view.tags() } }
    }

    /// Calls `body` with each term and its exact weight, ascending by term, read where they lie in the index.
    ///
    /// - Throws: `corrupted`, and what `body` throws.
    public func forEachComponent(_ body: (TermID, Float) throws -> Void) throws {
        try SparseStoreError.translate {
            try source.documents.index.forEachComponent(of: place, body)
        }
    }

    /// The exact vector, copied.
    ///
    /// - Throws: `corrupted`.
    public func vector() throws(SparseStoreError) -> SparseVector {
        try SparseStoreError.wrap {
            var components: [(TermID, Float)] = []
            try forEachComponent { components.append(($0, $1)) }
            return try SparseVector(components)
        }
    }

    /// Calls `body` with the bytes that a table has under the document's number, where they lie in the map; nil when
    /// there are none.
    func withValue<R>(
        in table: KeyPath<Tables, Table>, _ body: (UnsafeRawBufferPointer?) throws -> R
    ) throws -> R {
        try source.withValue(of: number, in: table, body)
    }
}
