internal import LMDB
internal import SparseFormat

/// A cache of decoded codebooks, shared by the threads of a process. The codebook of a number never changes.
final class CodebookCache: Sendable {
    /// The number of cached codebooks. More than one at a time are in use only while multivectors are re-encoded.
    private static let capacity = 2
    private let known = Lock<[(number: UInt32, codebook: TokenCodebook)]>([])

    /// Forgets everything, for a file whose numbers may be others.
    func clear() { known.withLock { $0 = [] } }

    /// Returns the codebook of a number. Calls `read` to get it from the table if it is not cached.
    func codebook(_ number: UInt32, _ read: () throws -> TokenCodebook) throws -> TokenCodebook {
        try known.withLock { known in
            if let found = known.first(where: { $0.number == number }) { return found.codebook }
            let codebook = try read()
            if known.count == Self.capacity { known.removeFirst() }
            known.append((number, codebook))
            return codebook
        }
    }
}
