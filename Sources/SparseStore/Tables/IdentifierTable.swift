internal import LMDB
internal import SparseFormat

/// External identifier -> document number. A number is never used again.
struct IdentifierTable {
    let tables: Tables
    let reader: Reader

    func number(of id: String) throws -> UInt64? {
        guard !id.isEmpty, id.utf8.count <= Limits.maximumIdentifierBytes else { return nil }
        return try IdentifierRecord(from: tables.ids, .ids, key: Keys.identifier(id), reader)?.number
    }

    static func put(_ id: String, number: UInt64, _ tables: Tables, _ writer: Writer) throws {
        try IdentifierRecord(number: number).put(into: tables.ids, .ids, key: Keys.identifier(id), writer)
    }

    static func remove(_ id: String, _ tables: Tables, _ writer: Writer) throws {
        _ = try writer.delete(tables.ids, Keys.identifier(id))
    }
}
