internal import LMDB
public import SparseFormat

extension Snapshot {
    /// Returns the token vectors of a document as its codec stored them, or nil when the document does not exist or has
    /// none.
    public func multivector(_ id: String) throws(SparseStoreError) -> Multivector? {
        try SparseStoreError.wrap {
            try withReader { reader in
                let number = try IdentifierTable(tables: tables, reader: reader).number(of: id)
                return try number.flatMap(multivectors(reader).multivector)
            }
        }
    }

    var codebooks: CodebookCache { source.codebooks }

    func multivectors(_ reader: Reader) -> MultivectorTable {
        MultivectorTable(tables: tables, reader: reader, codebooks: codebooks)
    }
}
