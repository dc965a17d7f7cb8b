internal import LMDB
internal import SparseFormat

/// The parts of a snapshot that stages may read.
protocol StoredDocuments: AnyObject, Sendable {
    var tables: Tables { get }
    var index: IndexView { get }
    var codebooks: CodebookCache { get }
    /// Runs `body` while no other thread uses the transaction. `body` must not call this method again or run a caller's
    /// closure.
    func withReader<R>(_ body: (Reader) throws -> R) throws -> R
}
