internal import LMDB
public import SparseFormat

/// Questions about documents that need no query: counts, facets, and ordered lists.
extension Snapshot {
    /// The names and types of all attributes that documents of the store have ever had.
    public var attributes: [String: AttributeType] {
        state.schema.types
    }

    /// Returns the number of documents that a filter matches; without a filter, the number of all documents.
    ///
    /// - Parameter filter: The filter, or nil for all documents.
    /// - Throws: `invalidArgument`, also for an attribute that no document has ever had; `limitExceeded`; `corrupted`.
    public func count(where filter: Filter? = nil) throws(SparseStoreError) -> Int {
        try documents.count(where: filter)
    }

    /// Counts the documents for each value of an attribute. The most frequent values come first; values with equal
    /// counts are ordered by value. If the value is a list, the document counts once for each distinct element.
    ///
    /// - Parameters:
    ///   - name: The name of the attribute.
    ///   - filter: The filter that counted documents must match, or nil for all documents.
    ///   - limit: The maximum number of values, 1 to `Limits.maximumResults`.
    /// - Throws: `invalidArgument` for an attribute that no document has ever had, and the errors of ``count(where:)``.
    public func facets(
        _ name: String, where filter: Filter? = nil, limit: Int = 20
    ) throws(SparseStoreError) -> [Facet] {
        try documents.facets(name, where: filter, limit: limit)
    }

    /// Lists the documents that a filter matches, one page at a time.
    ///
    /// - Parameters:
    ///   - filter: The filter, or nil for all documents.
    ///   - order: The order of the documents. See ``ListOrder``.
    ///   - limit: The maximum number of documents in the page, 1 to `Limits.maximumResults`.
    ///   - cursor: The end of the previous page. A page shows the snapshot's commit, so it includes documents written
    ///     since the previous page if they come after the cursor.
    /// - Throws: `invalidArgument` for an order by an attribute that no document has ever had or whose values are
    ///   lists; `invalidCursor` for a cursor of another store, filter, or order; and the errors of ``count(where:)``.
    public func list(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), limit: Int = 20, after cursor: Cursor? = nil
    ) throws(SparseStoreError) -> DocumentPage {
        try documents.list(where: filter, order: order, limit: limit, after: cursor)
    }

    /// Returns the numbers of the documents of a list, in their order.
    func numbers(where filter: Filter?, order: ListOrder) throws -> [UInt64] {
        try documents.numbers(where: filter, order: order)
    }

    /// Returns stored documents, without their token vectors.
    func documents(numbered numbers: some Sequence<UInt64>) throws -> [Document] {
        try view.read { reader in
            let table = reader.documents
            let documents = documentAssembler(reader)
            return try numbers.map { try documents.document(table.existing($0)) }
        }
    }

    private var documents: DocumentScope {
        DocumentScope(snapshots: [self], schema: state.schema, identity: source.uuid)
    }
}
