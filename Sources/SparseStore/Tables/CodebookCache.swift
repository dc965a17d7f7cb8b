internal import LMDB
internal import SparseFormat

/// Decoded codebooks, shared by the threads of a process. A number always means the same codebook.
final class CodebookCache: Sendable {
    /// More than one at a time are in use only while multivectors are encoded anew.
    private static let capacity = 2
    private let known = Lock<[(number: UInt32, codebook: TokenCodebook)]>([])

    /// The codebook of a number, which `read` gets from the table when it is not here.
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
