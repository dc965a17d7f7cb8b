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
