internal import SparseFormat

/// The documents of one snapshot, or of the snapshots of several shards, which are asked as one.
struct DocumentScope {
    let snapshots: [Snapshot]
    /// The attributes of all of them.
    let schema: AttributeSchema
    /// The identity of the store or set of shards that cursors belong to.
    let identity: StoreUUID

    /// In a list, a document's number has the position of its snapshot above these bits.
    private static let numberBits: UInt64 = 48

    func count(where filter: Filter?) throws(SparseStoreError) -> Int {
        guard let filter else { return snapshots.reduce(0) { $0 + $1.count } }
        return try SparseStoreError.wrap {
            try filter.check()
            return try snapshots.reduce(0) { sum, snapshot in
                try snapshot.allowed(filter, schema).reduce(sum) { $0 + $1.count }
            }
        }
    }

    func facets(_ name: String, where filter: Filter?, limit: Int) throws(SparseStoreError) -> [Facet] {
        try SparseStoreError.wrap {
            try checkLimit(limit)
            var counter = FacetCounter(try schema.type(of: name))
            try forEachMember(where: filter) { position, member, documents in
                counter.add(try member.column(Array(name.utf8), snapshots[position].view), documents)
            }
            return counter.most(limit)
        }
    }

    func list(
        where filter: Filter?, order: ListOrder, limit: Int, after cursor: Cursor?
    ) throws(SparseStoreError) -> DocumentPage {
        try SparseStoreError.wrap {
            try checkLimit(limit)
            let list = DocumentList(order: order, type: try orderType(order))
            let question = DocumentList.question(filter, order)
            let begin = try cursor.map {
                try list.entry(try $0.position(of: .list, store: identity, question: question))
            }
            var first = FirstElements(count: limit + 1, by: list.precedes)
            try forEachEntry(of: list, where: filter) { entry in
                if begin.map({ list.precedes($0, entry) }) ?? true { first.take(entry) }
            }
            let entries = first.sorted()
            let page = entries.prefix(limit)
            return DocumentPage(
                documents: try page.map { try document($0.number) }, positions: page.map(list.position),
                hasMore: entries.count > limit, store: identity, question: question)
        }
    }

    /// Returns the numbers of the documents of a list, in their order.
    func numbers(where filter: Filter?, order: ListOrder) throws -> [UInt64] {
        let list = DocumentList(order: order, type: try orderType(order))
        var entries: [DocumentList.Entry] = []
        try forEachEntry(of: list, where: filter) { entries.append($0) }
        return entries.sorted(by: list.precedes).map(\.number)
    }

    private func forEachEntry(
        of list: DocumentList, where filter: Filter?, _ body: (DocumentList.Entry) -> Void
    ) throws {
        try forEachMember(where: filter) { position, member, documents in
            let column = try list.order.attribute.map { try member.column(Array($0.utf8), snapshots[position].view) }
            let base = UInt64(position) << Self.numberBits
            documents.forEach { body(list.entry(base | member.segment.number(of: $0), at: $0, column)) }
        }
    }

    private func document(_ number: UInt64) throws -> Document {
        let snapshot = snapshots[Int(number >> Self.numberBits)]
        return try snapshot.view.read { reader in
            let table = reader.documents
            return try snapshot.documentAssembler(reader)
                .document(table.existing(number & (1 << Self.numberBits - 1)))
        }
    }

    private func orderType(_ order: ListOrder) throws -> AttributeType? {
        guard let name = order.attribute else { return nil }
        let type = try schema.type(of: name)
        guard !type.isList else {
            throw SparseStoreError(
                .invalidArgument, problem: "the attribute '\(name)' is a \(type), which has no order")
        }
        return type
    }

    private func checkLimit(_ limit: Int) throws {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the limit is \(limit)",
                remedy: "ask for 1...\(Limits.maximumResults)")
        }
    }

    /// Calls `body` with each segment, the position of its snapshot, and its live documents that a filter lets through.
    private func forEachMember(
        where filter: Filter?, _ body: (Int, CommitIndex.Member, Bitmap) throws -> Void
    ) throws {
        try filter?.check()
        for (position, snapshot) in snapshots.enumerated() {
            let allowed = try filter.map { try snapshot.allowed($0, schema) }
            for (index, member) in snapshot.index.members.enumerated() {
                if let allowed {
                    if allowed[index].count > 0 { try body(position, member, allowed[index].bitmap) }
                } else {
                    var live = Bitmap(allBelow: member.segment.documentCount)
                    if let tombstones = member.tombstones { live.subtract(tombstones) }
                    try body(position, member, live)
                }
            }
        }
    }
}
