internal import LMDB
internal import SparseFormat

/// What stages may read of the snapshot they run in.
protocol StoredDocuments: AnyObject, Sendable {
    var tables: Tables { get }
    var index: IndexView { get }
    var codebooks: CodebookCache { get }
    /// Runs `body` while no other thread uses the transaction; it must not call this again, nor run a caller's closure.
    func withReader<R>(_ body: (Reader) throws -> R) throws -> R
}
