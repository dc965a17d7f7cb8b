/// A sequence of the hits of a search, read one page at a time.
///
///     for hit in snapshot.hits(query, options: SearchOptions(limit: 100, filter: .tag("de"))) {
///         print(try hit.get().id)
///     }
///
/// All pages come from the snapshot's commit, so an exact search returns each matching document once.
/// ``SearchOptions/limit`` is the page size. If a page cannot be read, its error is the last element.
public struct HitSequence: Sequence {
    private let snapshot: Snapshot
    private let query: Query
    private let options: SearchOptions

    init(_ snapshot: Snapshot, _ query: Query, _ options: SearchOptions) {
        self.snapshot = snapshot
        self.query = query
        self.options = options
    }

    /// Creates an iterator that starts at the first page, or after ``SearchOptions/after``.
    public func makeIterator() -> Iterator {
        Iterator(options) { [snapshot, query] options throws(SparseStoreError) in
            try snapshot.search(query, options: options)
        }
    }

    /// An iterator over the hits of successive pages.
    public struct Iterator: IteratorProtocol {
        private var pages: PageQueue
        private let search: (SearchOptions) throws(SparseStoreError) -> SearchResult

        fileprivate init(
            _ options: SearchOptions, _ search: @escaping (SearchOptions) throws(SparseStoreError) -> SearchResult
        ) {
            self.search = search
            pages = PageQueue(options)
        }

        /// Returns the next hit, or the error that ended the search; nil at the end.
        public mutating func next() -> Result<Hit, SparseStoreError>? {
            do throws(SparseStoreError) {
                while let options = pages.wanted { pages.add(try search(options)) }
            } catch {
                pages.end()
                return .failure(error)
            }
            return pages.next().map { .success($0) }
        }
    }
}

/// An asynchronous sequence of the hits of a search, read one page at a time.
///
///     for try await hit in store.hits(query, options: SearchOptions(limit: 100)) { print(hit.id) }
///
/// Each page is read from the newest commit at that time and continues after the last hit of the previous page. No
/// snapshot is held between pages, and a document is returned twice only if it was rewritten meanwhile.
/// ``SearchOptions/limit`` is the page size. To continue later, keep ``Iterator/cursor`` and pass it as
/// ``SearchOptions/after``.
public struct AsyncHitSequence: AsyncSequence, Sendable {
    /// The element type, a hit.
    public typealias Element = Hit

    private let store: Store
    private let query: Query
    private let options: SearchOptions

    init(_ store: Store, _ query: Query, _ options: SearchOptions) {
        self.store = store
        self.query = query
        self.options = options
    }

    /// Creates an iterator that starts at the first page, or after ``SearchOptions/after``.
    public func makeAsyncIterator() -> Iterator { Iterator(store, query, options) }

    /// An asynchronous iterator over the hits of successive pages.
    public struct Iterator: AsyncIteratorProtocol {
        private let store: Store
        private let query: Query
        private var pages: PageQueue

        fileprivate init(_ store: Store, _ query: Query, _ options: SearchOptions) {
            self.store = store
            self.query = query
            pages = PageQueue(options)
        }

        /// The position of the hit that ``next()`` returned last, for continuing after it. With
        /// ``SearchOptions/grouping``, the search continues after the hit's group. Nil before the first hit.
        public var cursor: Cursor? { pages.cursor }

        /// Returns the next hit, or nil at the end.
        ///
        /// - Throws: The errors of a search, and `cancelled`.
        public mutating func next() async throws(SparseStoreError) -> Hit? {
            while let options = pages.wanted { pages.add(try await store.search(query, options: options)) }
            return pages.next()
        }
    }
}

/// The hits that were found but not yet returned, and the options for the next page.
private struct PageQueue {
    private var options: SearchOptions
    private var result: SearchResult?
    /// The number of hits of the result that were returned.
    private var given = 0
    private var isEnded = false

    init(_ options: SearchOptions) { self.options = options }

    /// The position of the last hit that was returned.
    var cursor: Cursor? { given > 0 ? result?.page?.cursor(behind: result?.hits.prefix(given) ?? []) : options.after }

    /// The options of the next search; nil when hits are left or the search has ended.
    var wanted: SearchOptions? { given < result?.count ?? 0 || isEnded ? nil : options }

    mutating func add(_ page: SearchResult) {
        options.after = page.cursor ?? cursor
        options.offset = 0
        isEnded = page.cursor == nil
        // After an empty page, the cursor stays that of the last hit.
        guard !page.isEmpty else { return }
        result = page
        given = 0
    }

    mutating func end() { isEnded = true }

    mutating func next() -> Hit? {
        guard let result, given < result.count else { return nil }
        given += 1
        return result[given - 1]
    }
}

extension Snapshot {
    /// Returns the hits of a search as a sequence that reads one page at a time. See ``HitSequence``.
    ///
    /// Unless the recall is ``Recall/exact``, each page is approximate to the degree that its recall allows.
    public func hits(_ query: Query, options: SearchOptions = SearchOptions(limit: 100)) -> HitSequence {
        HitSequence(self, query, options)
    }
}

extension Store {
    /// Returns the hits of a search as an asynchronous sequence that reads one page at a time. See
    /// ``AsyncHitSequence``.
    ///
    /// Unless the recall is ``Recall/exact``, each page is approximate to the degree that its recall allows.
    public func hits(_ query: Query, options: SearchOptions = SearchOptions(limit: 100)) -> AsyncHitSequence {
        AsyncHitSequence(self, query, options)
    }
}
