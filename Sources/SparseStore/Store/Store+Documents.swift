// Questions about documents that need no query, asked of the newest commit. In an asynchronous function Swift picks the
// calls that leave the task's thread.
extension Store {
    /// Returns the number of documents of the newest commit that a filter matches. See ``Snapshot/count(where:)``.
    public func count(where filter: Filter? = nil) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap { try source.snapshot() }.count(where: filter)
    }

    /// Counts the documents of the newest commit for each value of an attribute. See
    /// ``Snapshot/facets(_:where:limit:)``.
    ///
    /// - Parameters:
    ///   - name: The name of the attribute.
    ///   - filter: The documents to count; nil for all.
    ///   - limit: The maximum number of values to return, 1 to `Limits.maximumResults`.
    public func facets(
        _ name: String, where filter: Filter? = nil, limit: Int = 20
    ) throws(SparseStoreError) -> [Facet] {
        try SparseStoreError.wrap { try source.snapshot() }.facets(name, where: filter, limit: limit)
    }

    /// Lists documents of the newest commit, one page at a time. See ``Snapshot/list(where:order:limit:after:)``.
    ///
    /// - Parameters:
    ///   - filter: The documents to list; nil for all.
    ///   - order: The order of the documents.
    ///   - limit: The maximum number of documents in the page, 1 to `Limits.maximumResults`.
    ///   - cursor: The cursor of the previous page; nil for the first page.
    public func list(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), limit: Int = 20, after cursor: Cursor? = nil
    ) throws(SparseStoreError) -> DocumentPage {
        try SparseStoreError.wrap { try source.snapshot() }.list(
            where: filter, order: order, limit: limit, after: cursor)
    }

    /// Returns the number of documents that a filter matches, without blocking other tasks. See
    /// ``Snapshot/count(where:)``.
    public func count(where filter: Filter? = nil) async throws(SparseStoreError) -> Int {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).count(where: filter) }
    }

    /// Counts the documents for each value of an attribute, without blocking other tasks. See
    /// ``Snapshot/facets(_:where:limit:)``.
    ///
    /// - Parameters:
    ///   - name: The name of the attribute.
    ///   - filter: The documents to count; nil for all.
    ///   - limit: The maximum number of values to return, 1 to `Limits.maximumResults`.
    public func facets(
        _ name: String, where filter: Filter? = nil, limit: Int = 20
    ) async throws(SparseStoreError) -> [Facet] {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).facets(name, where: filter, limit: limit) }
    }

    /// Lists documents of the newest commit, one page at a time, without blocking other tasks. See
    /// ``Snapshot/list(where:order:limit:after:)``.
    ///
    /// - Parameters:
    ///   - filter: The documents to list; nil for all.
    ///   - order: The order of the documents.
    ///   - limit: The maximum number of documents in the page, 1 to `Limits.maximumResults`.
    ///   - cursor: The cursor of the previous page; nil for the first page.
    public func list(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), limit: Int = 20, after cursor: Cursor? = nil
    ) async throws(SparseStoreError) -> DocumentPage {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).list(where: filter, order: order, limit: limit, after: cursor)
        }
    }
}

/// The documents of a snapshot that a filter matches, in an order.
///
///     for document in snapshot.documents(where: .tag("de"), order: ListOrder(by: "year")) {
///         print(try document.get().id)
///     }
///
/// The documents and their order are determined before the first element; each document is read when it is requested.
/// If a document cannot be read, its error is the last element.
public struct DocumentSequence: Sequence {
    private let snapshot: Snapshot
    private let filter: Filter?
    private let order: ListOrder

    init(_ snapshot: Snapshot, _ filter: Filter?, _ order: ListOrder) {
        self.snapshot = snapshot
        self.filter = filter
        self.order = order
    }

    /// Returns an iterator that starts with the first document.
    public func makeIterator() -> Iterator { Iterator(self) }

    /// Iterates over the documents.
    public struct Iterator: IteratorProtocol {
        private let sequence: DocumentSequence
        /// Of the documents that were not read yet; nil before the first.
        private var numbers: ArraySlice<UInt64>?
        private var read: ArraySlice<Document> = []

        /// Documents that are read together.
        private static let batch = 64

        fileprivate init(_ sequence: DocumentSequence) { self.sequence = sequence }

        /// Returns the next document, or the error that ends the iteration; nil after the last.
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

/// The documents of a store that a filter matches, in an order, read one page at a time without blocking other tasks.
///
///     for try await document in store.documents(where: .tag("de")) { print(document.id) }
///
/// Each page is read from the commit that is newest then, and continues after the last document of the previous page. A
/// page costs a pass over all documents, so use large pages. To continue later, keep ``Iterator/cursor``.
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

    /// Returns an iterator that starts with the first document or after the cursor.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Iterates over the documents.
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

        /// The cursor after the last document that ``next()`` returned; nil before the first.
        public var cursor: Cursor? { page?.cursor(behind: given) ?? before }

        /// Returns the next document; nil after the last.
        ///
        /// - Throws: The errors of ``Snapshot/list(where:order:limit:after:)``, and `cancelled`.
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
    /// Returns the documents that a filter matches, in an order. See ``DocumentSequence``.
    ///
    /// - Parameters:
    ///   - filter: The documents to list; nil for all.
    ///   - order: The order of the documents.
    public func documents(where filter: Filter? = nil, order: ListOrder = ListOrder()) -> DocumentSequence {
        DocumentSequence(self, filter, order)
    }
}

extension Store {
    /// Returns the documents that a filter matches, in the given order. See ``AsyncDocumentSequence``.
    ///
    /// - Parameters:
    ///   - filter: The filter; nil for all documents.
    ///   - order: The order of the documents.
    ///   - pageSize: The number of documents to read at once, 1 to `Limits.maximumResults`.
    ///   - cursor: The cursor of an earlier iteration; nil to start with the first document.
    public func documents(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), pageSize: Int = 1_000, after cursor: Cursor? = nil
    ) -> AsyncDocumentSequence {
        AsyncDocumentSequence(self, filter, order, pageSize: pageSize, after: cursor)
    }
}
