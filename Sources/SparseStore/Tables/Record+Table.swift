internal import LMDB
internal import SparseFormat

/// Reading and writing whole records: the one way a small record gets from a table or into one.
extension Record {
    init?(from table: Table, _ number: TableNumber, key: [UInt8], _ reader: Reader) throws {
        guard let bytes = try reader.get(table, key) else { return nil }
        try self.init(sealed: bytes, in: number, key: key)
    }

    func put(into table: Table, _ number: TableNumber, key: [UInt8], _ writer: Writer) throws {
        try writer.put(table, key, sealed(in: number, key: key), mode: .upsert)
    }
}
