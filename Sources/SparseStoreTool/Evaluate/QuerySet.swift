internal import SparseInterchange
internal import SparseStore

/// The queries of a file in the form a store takes them.
struct QuerySet {
    let records: [QueryRecord]
    let queries: [Query?]

    /// Brings `file` into the form of `store`, whose terms are strings or numbers: JSON gives strings, and where the store
    /// has numbers and every string is one, the numbers are meant.
    init(_ file: QueryFile, for store: Store) throws {
        records = file.queries
        let given = file.queries.map(\.query)
        guard let first = given.lazy.compactMap({ $0 }).first else {
            queries = given
            return
        }
        let adapted = try Self.adapt(first, to: store)
        queries = adapted == first ? given : given.map { $0.map { Self.numbers($0) ?? $0 } }
    }

    /// `query` in numbers if that is what `store` has, else as it is.
    static func adapt(_ query: Query, to store: Store) throws -> Query {
        guard let numbers = numbers(query) else { return query }
        do throws(SparseStoreError) {
            _ = try store.search(query, limit: 1)
            return query
        } catch {
            guard error.code == .termSpaceMismatch else { throw error }
            return numbers
        }
    }

    private static func numbers(_ query: Query) -> Query? {
        guard case .terms(let terms) = query.content else { return nil }
        return TermsText.numbers(terms).map { Query(vector: $0) }
    }
}
