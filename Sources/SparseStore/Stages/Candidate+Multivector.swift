internal import LMDB
public import SparseFormat

extension Candidate {
    /// Returns a copy of the token vectors as their codec stored them; nil if there are none.
    ///
    /// - Throws: `corrupted`.
    public func multivector() throws(SparseStoreError) -> Multivector? {
        try SparseStoreError.wrap {
            try withMultivector { view, codebook in
                try view?.multivector(view.flatMap { $0.codebook == 0 ? nil : try codebook($0.codebook) })
            }
        }
    }

    /// Calls `body` with the token vectors in the memory map, or nil if there are none, and a function that returns a
    /// codebook by number.
    func withMultivector<R>(
        _ body: (MultivectorView?, _ codebook: (UInt32) throws -> TokenCodebook) throws -> R
    ) throws -> R {
        let documents = source.documents
        return try withValue(in: \.multivectors) { bytes in
            try body(try bytes.map { try MultivectorView($0, number: number) }) { codebook in
                try documents.withReader { reader in
                    try MultivectorTable(tables: documents.tables, reader: reader, codebooks: documents.codebooks)
                        .codebook(codebook)
                }
            }
        }
    }
}
