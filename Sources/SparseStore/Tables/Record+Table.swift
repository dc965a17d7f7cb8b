internal import LMDB
internal import SparseFormat

/// Reads and writes whole records. All small records are read from and written to tables this way.
extension Record {
    init?(from table: Table, _ number: TableNumber, key: [UInt8], _ reader: Reader) throws {
        guard let bytes = try reader.get(table, key) else { return nil }
        try self.init(sealed: bytes, in: number, key: key)
    }

    func put(into table: Table, _ number: TableNumber, key: [UInt8], _ writer: Writer) throws {
        try writer.put(table, key, sealed(in: number, key: key), mode: .upsert)
    }
}
