internal import LMDB
internal import SparseFormat

/// Maps document numbers to token vectors, and holds the codebooks of trained codecs.
struct MultivectorTable {
    let tables: Tables
    let reader: Reader
    let codebooks: CodebookCache

    /// Returns a view into the memory map; nil if the document has no multivector. Valid while the reader's transaction
    /// lives.
    func view(_ number: UInt64) throws -> MultivectorView? {
        guard let bytes = try reader.get(tables.multivectors, number) else { return nil }
        return try MultivectorView(bytes, number: number)
    }

    /// Returns the token vectors of a document as their codec stored them.
    func multivector(_ number: UInt64) throws -> Multivector? {
        guard let view = try view(number) else { return nil }
        return try view.multivector(try view.codebook == 0 ? nil : codebook(view.codebook))
    }

    func settings() throws -> MultivectorSettings? {
        try MultivectorSettings(from: tables.meta, .meta, key: Keys.multivectorSettings, reader)
    }

    func codebook(_ number: UInt32) throws -> TokenCodebook {
        try codebooks.codebook(number) {
            guard let record = try TokenCodebook(from: tables.meta, .meta, key: Keys.codebook(number), reader) else {
                throw SparseStoreError(
                    .corrupted, "codebook \(number) of the multivectors is missing; restore the store from a backup")
            }
            return record
        }
    }

    /// Calls `body` with each multivector, in ascending order of numbers starting at `first`, until it returns false.
    func forEach(from first: UInt64, _ body: (UInt64, MultivectorView) throws -> Bool) throws {
        var cursor = try reader.cursor(tables.multivectors)
        var entry = try cursor.seek(atOrAfter: first)
        while let current = entry {
            let number = try Keys.multivectorNumber(current.key)
            guard try body(number, MultivectorView(current.value, number: number)) else { return }
            entry = try cursor.next()
        }
    }
}
