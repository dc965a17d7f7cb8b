@testable import LMDB
@testable import SparseFormat
@testable import SparseStore

/// Segments that the tables of a store hold parts or tombstones of, and neither its manifest nor the list
/// of retired ones nor the block index names. FORMAT.md, I111.
func leftovers(_ store: Store) throws -> Set<UInt32> {
    try store.file.read { reader in
        var found: Set<UInt32> = []
        for table in [TableNumber.segments, .tombstones] {
            var cursor = try reader.cursor(table)
            while let entry = try cursor.next() {
                found.insert(UInt32(bigEndian: entry.key.loadUnaligned(as: UInt32.self)))
            }
        }
        let blocks = try reader.meta.blocks().map { [$0.number] } ?? []
        return found.subtracting(try reader.meta.manifest().segments.map(\.id))
            .subtracting(try reader.meta.retired()).subtracting(blocks)
    }
}
