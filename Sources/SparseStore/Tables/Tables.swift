internal import LMDB
internal import SparseFormat

/// The named tables of one store, opened once (FORMAT.md, "Tables").
final class Tables: Sendable {
    /// In the order of their numbers, which begin with 1.
    private let tables: [Table]

    init(_ table: (String) throws -> Table) rethrows {
        tables = try TableNumber.allCases.map { try table($0.name) }
    }

    /// The table with a number.
    subscript(number: TableNumber) -> Table { tables[Int(number.rawValue) - 1] }
}

/// The file of a store and its tables: what every transaction begins with.
struct StoreFile: Sendable {
    let environment: Environment
    let tables: Tables

    /// Runs `body` in a read transaction of the newest commit. What it reads must not leave the closure uncopied.
    func read<R>(_ body: (StoreReader) throws -> R) throws -> R {
        let transaction = try environment.beginRead()
        return try body(StoreReader(tables, transaction.reader))
    }

    /// Runs `body` in the write transaction and commits. See `Environment.write`.
    func write<R>(isCancelled: () -> Bool = { false }, _ body: (StoreWriter) throws -> R) throws -> R {
        try environment.write(isCancelled: isCancelled) { try body(StoreWriter(tables, $0.writer)) }
    }
}

/// One transaction's view of the tables of a store. Valid while the transaction lives, for one thread at a time. In a
/// write transaction it sees what was written so far.
struct StoreReader {
    private let tables: Tables
    private let transaction: Reader

    init(_ tables: Tables, _ transaction: Reader) {
        self.tables = tables
        self.transaction = transaction
    }

    var meta: MetaTable { MetaTable(reader: self) }
    var ids: IdentifierTable { IdentifierTable(reader: self) }
    var documents: DocumentTable { DocumentTable(reader: self) }
    var vocabulary: VocabularyTable { VocabularyTable(reader: self) }
    var statistics: StatisticsTable { StatisticsTable(reader: self) }
    var segments: SegmentTable { SegmentTable(reader: self) }
    var dictionaries: DictionaryTable { DictionaryTable(reader: self) }
    var tombstones: MarkTable { marks(.removed) }
    var changes: MarkTable { marks(.changed) }

    func marks(_ mark: Mark) -> MarkTable { MarkTable(mark: mark, reader: self) }

    func multivectors(_ codebooks: CodebookCache) -> MultivectorTable {
        MultivectorTable(reader: self, codebooks: codebooks)
    }

    /// Returns the value of a key in the memory map; nil if the table does not have the key.
    func get(_ table: TableNumber, _ key: some LMDBKey) throws(LMDBError) -> UnsafeRawBufferPointer? {
        try transaction.get(tables[table], key)
    }

    func cursor(_ table: TableNumber) throws(LMDBError) -> LMDBCursor { try transaction.cursor(tables[table]) }

    func size(of table: TableNumber) throws(LMDBError) -> TableStatistics {
        try transaction.statistics(tables[table])
    }
}

/// The changes of one write transaction to the tables of a store. Each file of a table extends it with the writes of
/// that table.
struct StoreWriter {
    private let tables: Tables
    private let transaction: Writer

    init(_ tables: Tables, _ transaction: Writer) {
        self.tables = tables
        self.transaction = transaction
    }

    /// Reads see what this transaction has written so far.
    var reader: StoreReader { StoreReader(tables, transaction.reader) }

    func put(
        _ table: TableNumber, _ key: some LMDBKey, _ value: [UInt8], mode: PutMode = .upsert
    ) throws(LMDBError) {
        try transaction.put(tables[table], key, value, mode: mode)
    }

    /// Writes a value in place. See `Writer.reserve`.
    func reserve(
        _ table: TableNumber, _ key: some LMDBKey, count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        try transaction.reserve(tables[table], key, count: count, fill)
    }

    /// Returns whether the key existed.
    @discardableResult
    func delete(_ table: TableNumber, _ key: some LMDBKey) throws(LMDBError) -> Bool {
        try transaction.delete(tables[table], key)
    }
}

/// Reads and writes whole records. All small records are read from and written to tables this way.
extension Record {
    init?(from table: TableNumber, key: [UInt8], _ reader: StoreReader) throws {
        guard let bytes = try reader.get(table, key) else { return nil }
        try self.init(sealed: bytes, in: table, key: key)
    }

    func put(into table: TableNumber, key: [UInt8], _ writer: StoreWriter) throws {
        try writer.put(table, key, sealed(in: table, key: key))
    }
}

/// Maps external identifiers to document numbers. A number is never reused.
struct IdentifierTable {
    let reader: StoreReader

    func number(of id: String) throws -> UInt64? {
        guard !id.isEmpty, id.utf8.count <= Limits.maximumIdentifierBytes else { return nil }
        return try IdentifierRecord(from: .ids, key: Keys.identifier(id), reader)?.number
    }

    /// Returns the numbers of all documents whose identifier begins with a text, in the order of the identifiers.
    func numbers(beginningWith prefix: String) throws -> [UInt64] {
        let prefix = Array(prefix.utf8)
        var numbers: [UInt64] = []
        var cursor = try reader.cursor(.ids)
        var entry = try cursor.seek(atOrAfter: prefix)
        while let current = entry, current.key.starts(with: prefix) {
            numbers.append(try IdentifierRecord(sealed: current.value, in: .ids, key: current.key).number)
            entry = try cursor.next()
        }
        return numbers
    }
}

extension StoreWriter {
    func putIdentifier(_ id: String, number: UInt64) throws {
        try IdentifierRecord(number: number).put(into: .ids, key: Keys.identifier(id), self)
    }

    func removeIdentifier(_ id: String) throws { try delete(.ids, Keys.identifier(id)) }
}
