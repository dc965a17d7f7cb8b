@testable import LMDB
@testable import SparseFormat
@testable import SparseStore

/// Segments that the tables of a store hold parts or tombstones of, and neither its manifest nor the list
/// of retired ones nor the block index names. FORMAT.md, I111.
func leftovers(_ store: Store) throws -> Set<UInt32> {
    let transaction = try store.environment.beginRead()
    let tables = store.source.tables
    let manifest = try MetaTable(tables: tables, reader: transaction.reader).manifest()
    var found: Set<UInt32> = []
    for table in [tables.segments, tables.tombstones] {
        var cursor = try transaction.reader.cursor(table)
        while let entry = try cursor.next() {
            found.insert(UInt32(bigEndian: entry.key.loadUnaligned(as: UInt32.self)))
        }
    }
    let meta = MetaTable(tables: tables, reader: transaction.reader)
    let blocks = try meta.blocks().map { [$0.number] } ?? []
    return found.subtracting(manifest.segments.map(\.id)).subtracting(try meta.retired()).subtracting(blocks)
}
