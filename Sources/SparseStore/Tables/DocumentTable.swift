internal import LMDB
internal import SparseFormat

/// Maps document numbers to exact vectors, tags, and payloads. Everything else is derived from this table.
struct DocumentTable {
    let tables: Tables
    let reader: Reader

    /// Returns a view into the memory map. Valid while the reader's transaction lives.
    func view(_ number: UInt64) throws -> DocumentView? {
        guard let bytes = try reader.get(tables.documents, number) else { return nil }
        return try DocumentView(bytes, number: number)
    }

    /// Returns a document that the index refers to.
    func existing(_ number: UInt64) throws -> DocumentView {
        guard let view = try view(number) else {
            throw SparseStoreError(
                .corrupted, "document number \(number) is indexed but not stored; restore the store from a backup")
        }
        return view
    }

    /// Calls `body` with each live document, in ascending order of numbers starting at `first`, until it returns false.
    func forEach(from first: UInt64 = 0, _ body: (UInt64, DocumentView) throws -> Bool) throws {
        var cursor = try reader.cursor(tables.documents)
        var entry = try cursor.seek(atOrAfter: first)
        while let current = entry {
            let number = try Keys.documentNumber(current.key)
            guard try body(number, DocumentView(current.value, number: number)) else { return }
            entry = try cursor.next()
        }
    }
}
