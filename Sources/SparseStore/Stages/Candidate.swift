internal import LMDB
public import SparseFormat

/// A document that a stage may score, with its rank in the previous stage.
///
/// Stored data is read on demand from the searched snapshot. Keeping a candidate keeps that snapshot.
public struct Candidate: Sendable {
    /// The identifier of the document.
    public let id: String
    /// The 0-based rank in the previous stage.
    public let rank: Int
    /// The score of the last stage that scored the document; after the first stage, the inner product.
    public let score: Float
    /// The number of the document in the store. Replacing a document gives it a new number.
    public let number: UInt64

    let ranked: RankedPlace
    let source: CandidateSource

    var place: DocumentPlace { ranked.place }

    /// Returns the payload, or nil if there is none.
    ///
    /// - Throws: `corrupted`.
    public func payload() throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap { try source.withDocument(number) { try $0.payload($1) } }
    }

    /// Returns the tags, in ascending order.
    ///
    /// - Throws: `corrupted`.
    public func tags() throws(SparseStoreError) -> [String] {
        try SparseStoreError.wrap { try source.withDocument(number) { view, _ in try view.tags() } }
    }

    /// Calls `body` with each term and its exact weight, in ascending order of terms. The data is read from the index
    /// without a copy.
    ///
    /// - Throws: `corrupted`, and the errors of `body`.
    public func forEachComponent(_ body: (TermID, Float) throws -> Void) throws {
        try SparseStoreError.translate {
            try source.documents.index.forEachComponent(of: place, body)
        }
    }

    /// Returns a copy of the exact vector.
    ///
    /// - Throws: `corrupted`.
    public func vector() throws(SparseStoreError) -> SparseVector {
        try SparseStoreError.wrap {
            var components: [(TermID, Float)] = []
            try forEachComponent { components.append(($0, $1)) }
            return try SparseVector(components)
        }
    }

    /// Calls `body` with the bytes that a table has for the document's number, in the memory map, or nil if there are
    /// none.
    func withValue<R>(
        in table: KeyPath<Tables, Table>, _ body: (UnsafeRawBufferPointer?) throws -> R
    ) throws -> R {
        try source.withValue(of: number, in: table, body)
    }
}
