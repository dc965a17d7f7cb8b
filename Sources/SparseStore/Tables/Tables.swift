internal import LMDB
internal import SparseFormat

/// The named tables of one store, opened once (FORMAT.md, "Tables").
struct Tables: Sendable {
    let meta: Table
    let ids: Table
    let documents: Table
    let multivectors: Table
    let vocabulary: Table
    let statistics: Table
    let segments: Table
    let tombstones: Table
    let dictionaries: Table
    let changes: Table

    init(_ table: (String) throws -> Table) rethrows {
        meta = try table(TableNumber.meta.name)
        ids = try table(TableNumber.ids.name)
        documents = try table(TableNumber.documents.name)
        multivectors = try table(TableNumber.multivectors.name)
        vocabulary = try table(TableNumber.vocabulary.name)
        statistics = try table(TableNumber.statistics.name)
        segments = try table(TableNumber.segments.name)
        tombstones = try table(TableNumber.tombstones.name)
        dictionaries = try table(TableNumber.dictionaries.name)
        changes = try table(TableNumber.changes.name)
    }

    /// The table with a number.
    subscript(number: TableNumber) -> Table {
        switch number {
        case .meta: meta
        case .ids: ids
        case .documents: documents
        case .multivectors: multivectors
        case .vocabulary: vocabulary
        case .statistics: statistics
        case .segments: segments
        case .tombstones: tombstones
        case .dictionaries: dictionaries
        case .changes: changes
        }
    }
}

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
