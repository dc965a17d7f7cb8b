internal import LMDB
public import SparseFormat

/// Questions about documents that need no query: counts, facets, and ordered lists.
extension Snapshot {
    /// The names and types of all attributes that documents of the store have ever had.
    public var attributes: [String: AttributeType] {
        Dictionary(
            uniqueKeysWithValues: state.schema.record.attributes.map {
                (String(decoding: $0.name, as: UTF8.self), $0.type)
            })
    }

    /// Returns the number of documents that a filter matches; without a filter, the number of all documents.
    ///
    /// - Parameter filter: The filter, or nil for all documents.
    /// - Throws: `invalidArgument`, also for an attribute that no document has ever had; `limitExceeded`; `corrupted`.
    public func count(where filter: Filter? = nil) throws(SparseStoreError) -> Int {
        guard let filter else { return count }
        return try SparseStoreError.wrap {
            try filter.check()
            return try allowed(filter).reduce(0) { $0 + $1.count }
        }
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
        try SparseStoreError.wrap {
            try checkLimit(limit)
            var counter = FacetCounter(try state.schema.type(of: name))
            try forEachMember(where: filter) { member, documents in
                counter.add(try member.column(Array(name.utf8), self), documents)
            }
            return counter.most(limit)
        }
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
        try SparseStoreError.wrap {
            try checkLimit(limit)
            let list = DocumentList(order: order, type: try orderType(order))
            let question = DocumentList.question(filter, order)
            let begin = try cursor.map {
                try list.entry(try $0.position(of: .list, store: source.uuid, question: question))
            }
            var first = FirstEntries(of: list, count: limit + 1)
            try forEachEntry(of: list, where: filter) { entry in
                if begin.map({ list.precedes($0, entry) }) ?? true { first.take(entry) }
            }
            let entries = first.sorted()
            let page = entries.prefix(limit)
            return DocumentPage(
                documents: try documents(numbered: page.map(\.number)), positions: page.map(list.position),
                hasMore: entries.count > limit, store: source.uuid, question: question)
        }
    }

    /// The numbers of the documents of a list, in their order.
    func numbers(where filter: Filter?, order: ListOrder) throws -> [UInt64] {
        let list = DocumentList(order: order, type: try orderType(order))
        var entries: [DocumentList.Entry] = []
        try forEachEntry(of: list, where: filter) { entries.append($0) }
        return entries.sorted(by: list.precedes).map(\.number)
    }

    /// Stored documents, without their token vectors.
    func documents(numbered numbers: some Sequence<UInt64>) throws -> [Document] {
        try withReader { reader in
            let table = DocumentTable(tables: tables, reader: reader)
            let documents = documentReader(reader)
            return try numbers.map { try documents.document(table.existing($0)) }
        }
    }

    private func forEachEntry(
        of list: DocumentList, where filter: Filter?, _ body: (DocumentList.Entry) -> Void
    ) throws {
        try forEachMember(where: filter) { member, documents in
            let column = try list.order.attribute.map { try member.column(Array($0.utf8), self) }
            documents.forEach { body(list.entry(member.segment.number(of: $0), at: $0, column)) }
        }
    }

    private func orderType(_ order: ListOrder) throws -> AttributeType? {
        guard let name = order.attribute else { return nil }
        let type = try state.schema.type(of: name)
        guard !type.isList else {
            throw SparseStoreError(.invalidArgument, "the attribute '\(name)' is a \(type), which has no order")
        }
        return type
    }

    private func checkLimit(_ limit: Int) throws {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw SparseStoreError(
                .invalidArgument, "the limit is \(limit); ask for 1...\(Limits.maximumResults)")
        }
    }

    /// Calls `body` with each segment and the live documents in it that the filter matches.
    private func forEachMember(where filter: Filter?, _ body: (IndexView.Member, Bitmap) throws -> Void) throws {
        try filter?.check()
        let allowed = try filter.map(allowed)
        for (index, member) in state.index.members.enumerated() {
            if let allowed {
                if allowed[index].count > 0 { try body(member, allowed[index].bitmap) }
            } else {
                var live = Bitmap(allBelow: member.segment.documentCount)
                if let tombstones = member.tombstones { live.subtract(tombstones) }
                try body(member, live)
            }
        }
    }
}
