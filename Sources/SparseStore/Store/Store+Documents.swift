// Questions about documents that need no query, asked of the newest commit. In an asynchronous function Swift picks the
// calls that leave the task's thread.
extension Store {
    /// How many documents of the newest commit a filter lets through; all without one. See ``Snapshot/count(where:)``.
    public func count(where filter: Filter? = nil) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap { try source.snapshot() }.count(where: filter)
    }

    /// How many documents of the newest commit have each value of an attribute. See ``Snapshot/facets(_:where:limit:)``.
    ///
    /// - Parameters:
    ///   - name: the attribute.
    ///   - filter: counts only documents that it lets through.
    ///   - limit: the most values, 1 to `Limits.maximumResults`.
    public func facets(
        _ name: String, where filter: Filter? = nil, limit: Int = 20
    ) throws(SparseStoreError) -> [Facet] {
        try SparseStoreError.wrap { try source.snapshot() }.facets(name, where: filter, limit: limit)
    }

    /// Documents of the newest commit, a page at a time. See ``Snapshot/list(where:order:limit:after:)``.
    ///
    /// - Parameters:
    ///   - filter: nil lets all through.
    ///   - order: which documents come first.
    ///   - limit: the most documents of the page, 1 to `Limits.maximumResults`.
    ///   - cursor: where the page before ended.
    public func list(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), limit: Int = 20, after cursor: Cursor? = nil
    ) throws(SparseStoreError) -> DocumentPage {
        try SparseStoreError.wrap { try source.snapshot() }.list(
            where: filter, order: order, limit: limit, after: cursor)
    }

    /// How many documents a filter lets through, counted while other tasks run. See ``Snapshot/count(where:)``.
    public func count(where filter: Filter? = nil) async throws(SparseStoreError) -> Int {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).count(where: filter) }
    }

    /// How many documents have each value of an attribute, counted while other tasks run. See
    /// ``Snapshot/facets(_:where:limit:)``.
    ///
    /// - Parameters:
    ///   - name: the attribute.
    ///   - filter: counts only documents that it lets through.
    ///   - limit: the most values, 1 to `Limits.maximumResults`.
    public func facets(
        _ name: String, where filter: Filter? = nil, limit: Int = 20
    ) async throws(SparseStoreError) -> [Facet] {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).facets(name, where: filter, limit: limit) }
    }

    /// Documents of the newest commit, a page at a time, read while other tasks run. See
    /// ``Snapshot/list(where:order:limit:after:)``.
    ///
    /// - Parameters:
    ///   - filter: nil lets all through.
    ///   - order: which documents come first.
    ///   - limit: the most documents of the page, 1 to `Limits.maximumResults`.
    ///   - cursor: where the page before ended.
    public func list(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), limit: Int = 20, after cursor: Cursor? = nil
    ) async throws(SparseStoreError) -> DocumentPage {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).list(where: filter, order: order, limit: limit, after: cursor)
        }
    }
}

/// Documents of one snapshot by filter and order, one after the other.
///
///     for document in snapshot.documents(where: .tag("de"), order: ListOrder(by: "year")) {
///         print(try document.get().id)
///     }
///
/// Which documents, and their order, is found out before the first; each is read when it is its turn. A document that cannot
/// be read is the last element, with its error.
public struct DocumentSequence: Sequence {
    private let snapshot: Snapshot
    private let filter: Filter?
    private let order: ListOrder

    init(_ snapshot: Snapshot, _ filter: Filter?, _ order: ListOrder) {
        self.snapshot = snapshot
        self.filter = filter
        self.order = order
    }

    /// Begins with the first document.
    public func makeIterator() -> Iterator { Iterator(self) }

    /// Gives one document after the other.
    public struct Iterator: IteratorProtocol {
        private let sequence: DocumentSequence
        /// Of the documents that were not read yet; nil before the first.
        private var numbers: ArraySlice<UInt64>?
        private var read: ArraySlice<Document> = []

        /// Documents that are read together.
        private static let batch = 64

        fileprivate init(_ sequence: DocumentSequence) { self.sequence = sequence }

        /// The next document, or the error that ended the iteration; nil when there is none.
        public mutating func next() -> Result<Document, SparseStoreError>? {
            do throws(SparseStoreError) {
                if read.isEmpty { try fill() }
            } catch {
                numbers = []
                return .failure(error)
            }
            return read.popFirst().map { .success($0) }
        }

        private mutating func fill() throws(SparseStoreError) {
            let snapshot = sequence.snapshot
            var rest = try SparseStoreError.wrap {
                try numbers ?? snapshot.numbers(where: sequence.filter, order: sequence.order)[...]
            }
            let batch = rest.prefix(Self.batch)
            rest.removeFirst(batch.count)
            numbers = rest
            read = try SparseStoreError.wrap { try snapshot.documents(numbered: batch)[...] }
        }
    }
}

/// Documents of a store by filter and order, one after the other, read a page at a time while other tasks run.
///
///     for try await document in store.documents(where: .tag("de")) { print(document.id) }
///
/// Each page is of the commit that is the newest when it is read, and goes on behind the last document of the page before. It
/// takes a look at the order of all documents: read many at a time.
/// To go on later, keep ``Iterator/cursor``.
public struct AsyncDocumentSequence: AsyncSequence, Sendable {
    /// One document.
    public typealias Element = Document

    private let store: Store
    private let filter: Filter?
    private let order: ListOrder
    private let pageSize: Int
    private let cursor: Cursor?

    init(_ store: Store, _ filter: Filter?, _ order: ListOrder, pageSize: Int, after cursor: Cursor?) {
        self.store = store
        self.filter = filter
        self.order = order
        self.pageSize = pageSize
        self.cursor = cursor
    }

    /// Begins with the first document, or behind the cursor.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Gives one document after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let sequence: AsyncDocumentSequence
        private var page: DocumentPage?
        /// Documents of the page that were given.
        private var given = 0
        /// Where the page begins.
        private var before: Cursor?

        fileprivate init(_ sequence: AsyncDocumentSequence) {
            self.sequence = sequence
            before = sequence.cursor
        }

        /// Where the document stands that ``next()`` gave last, to go on behind it later; nil before the first.
        public var cursor: Cursor? { page?.cursor(behind: given) ?? before }

        /// The next document; nil when there is none.
        ///
        /// - Throws: what ``Snapshot/list(where:order:limit:after:)`` throws, and `cancelled`.
        public mutating func next() async throws(SparseStoreError) -> Document? {
            if page.map({ given == $0.documents.count && $0.hasMore }) ?? true {
                before = cursor
                given = 0
                page = nil
                page = try await sequence.store.list(
                    where: sequence.filter, order: sequence.order, limit: sequence.pageSize, after: before)
            }
            guard let page, given < page.documents.count else { return nil }
            given += 1
            return page.documents[given - 1]
        }
    }
}

extension Snapshot {
    /// Documents that a filter lets through, in an order. See ``DocumentSequence``.
    ///
    /// - Parameters:
    ///   - filter: nil lets all through.
    ///   - order: which documents come first.
    public func documents(where filter: Filter? = nil, order: ListOrder = ListOrder()) -> DocumentSequence {
        DocumentSequence(self, filter, order)
    }
}

extension Store {
    /// Documents that a filter lets through, in an order. See ``AsyncDocumentSequence``.
    ///
    /// - Parameters:
    ///   - filter: nil lets all through.
    ///   - order: which documents come first.
    ///   - pageSize: how many are read together, 1 to `Limits.maximumResults`.
    ///   - cursor: where an earlier iteration ended; nil for the beginning.
    public func documents(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), pageSize: Int = 1_000, after cursor: Cursor? = nil
    ) -> AsyncDocumentSequence {
        AsyncDocumentSequence(self, filter, order, pageSize: pageSize, after: cursor)
    }
}
