internal import LMDB
internal import SparseFormat

/// Turns a filter's identifiers into document numbers, as of one snapshot.
struct FilterResolver {
    let tables: Tables
    let reader: Reader

    /// - Parameter filter: one that has passed `check`.
    func resolve(_ filter: Filter) throws -> ResolvedFilter {
        switch filter {
        case .tag(let tag): return .tag(tag)
        case .ids(let ids):
            let table = IdentifierTable(tables: tables, reader: reader)
            return .documents(try ids.compactMap { try table.number(of: $0) }.sorted())
        case .all(let parts): return .all(try parts.map(resolve))
        case .any(let parts): return .any(try parts.map(resolve))
        case .not(let part): return .not(try resolve(part))
        }
    }
}
