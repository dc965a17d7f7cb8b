internal import LMDB
internal import SparseFormat

/// Maps external identifiers to document numbers. A number is never reused.
struct IdentifierTable {
    let tables: Tables
    let reader: Reader

    func number(of id: String) throws -> UInt64? {
        guard !id.isEmpty, id.utf8.count <= Limits.maximumIdentifierBytes else { return nil }
        return try IdentifierRecord(from: tables.ids, .ids, key: Keys.identifier(id), reader)?.number
    }

    /// Returns the numbers of all documents whose identifier begins with a text, in the order of the identifiers.
    func numbers(beginningWith prefix: String) throws -> [UInt64] {
        let prefix = Array(prefix.utf8)
        var numbers: [UInt64] = []
        var cursor = try reader.cursor(tables.ids)
        var entry = try cursor.seek(atOrAfter: prefix)
        while let current = entry, current.key.starts(with: prefix) {
            numbers.append(try IdentifierRecord(sealed: current.value, in: .ids, key: current.key).number)
            entry = try cursor.next()
        }
        return numbers
    }

    static func put(_ id: String, number: UInt64, _ tables: Tables, _ writer: Writer) throws {
        try IdentifierRecord(number: number).put(into: tables.ids, .ids, key: Keys.identifier(id), writer)
    }

    static func remove(_ id: String, _ tables: Tables, _ writer: Writer) throws {
        _ = try writer.delete(tables.ids, Keys.identifier(id))
    }
}
