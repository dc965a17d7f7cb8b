internal import LMDB
internal import Platform
internal import SparseFormat

/// A commit that is open for reading: its transaction, its tables, and its index. Everything that is read through a
/// view stays in the memory map while the view exists.
final class ReadView: Sendable {
    let index: CommitIndex
    private let tables: Tables
    private let transaction: LMDBReadTransaction
    // A read transaction may be used by only one thread at a time, but a view may be shared.
    private let gate = Lock(())
    private let registration: OpenSnapshots.Registration?

    /// - Parameters:
    ///   - transaction: The transaction that sees the commit.
    ///   - index: The index of the same commit.
    ///   - registration: What the store remembers the view by while it exists; nil for short internal reads.
    init(
        _ transaction: consuming LMDBReadTransaction, tables: Tables, index: CommitIndex,
        registration: OpenSnapshots.Registration? = nil
    ) {
        self.transaction = transaction
        self.tables = tables
        self.index = index
        self.registration = registration
    }

    /// Runs `body` while no other thread uses the transaction. `body` must not call this method again, or run a
    /// caller's closure.
    func read<R>(_ body: (StoreReader) throws -> R) throws -> R {
        try gate.withLock { _ in try body(StoreReader(tables, transaction.reader)) }
    }

    /// Returns a document that the index refers to.
    func document(_ number: UInt64) throws -> DocumentView { try read { try $0.documents.existing(number) } }

    /// Returns the exact vector of a live document.
    func vector(of place: DocumentPlace) throws -> ExactVector {
        try vector(of: place, in: index.members[place.window].segment)
    }

    /// The same for a document whose segment is at hand.
    func vector(of place: DocumentPlace, in segment: WindowSegment) throws -> ExactVector {
        guard segment.isCompact else { return .record(try segment.record(at: place.ordinal)) }
        return .document(try document(segment.number(of: place.ordinal)))
    }

    /// Calls `body` with each term and exact weight of a live document, in ascending order of terms.
    func forEachComponent(of place: DocumentPlace, _ body: (TermID, Float) throws -> Void) throws {
        switch try vector(of: place) {
        case .record(let record):
            let directory = index.members[place.window].segment.directory
            for index in 0..<record.count {
                // Positions in records are not verified.
                let position = record.position(index)
                guard position < directory.count else {
                    throw FormatError(.forwardRecords, "the position of a term is past the last term")
                }
                try body(directory.term(at: position), record.weight(index))
            }
        case .document(let document):
            let vector = try document.vector()
            for (term, weight) in zip(vector.terms, vector.weights) { try body(term, weight) }
        }
    }
}
