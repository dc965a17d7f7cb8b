/// The hits of a search, one after the other, sought a page at a time.
///
///     for hit in snapshot.hits(query, options: SearchOptions(limit: 100, filter: .tag("de"))) {
///         print(try hit.get().id)
///     }
///
/// All pages are of the snapshot's commit, so an exact search gives each document that matches once.
/// ``SearchOptions/limit`` is the size of a page. A page that cannot be read is the last element, with its error.
public struct HitSequence: Sequence {
    private let snapshot: Snapshot
    private let query: Query
    private let options: SearchOptions

    init(_ snapshot: Snapshot, _ query: Query, _ options: SearchOptions) {
        self.snapshot = snapshot
        self.query = query
        self.options = options
    }

    /// Begins with the first page, or where ``SearchOptions/after`` says.
    public func makeIterator() -> Iterator {
        Iterator(options) { [snapshot, query] options throws(SparseStoreError) in
            try snapshot.search(query, options: options)
        }
    }

    /// Gives the hits of one page after the other.
    public struct Iterator: IteratorProtocol {
        private var pages: PageQueue
        private let search: (SearchOptions) throws(SparseStoreError) -> SearchResult

        fileprivate init(
            _ options: SearchOptions, _ search: @escaping (SearchOptions) throws(SparseStoreError) -> SearchResult
        ) {
            self.search = search
            pages = PageQueue(options)
        }

        /// The next hit, or the error that ended the search; nil when there is none.
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

/// The hits of a search, one after the other, sought a page at a time while other tasks run.
///
///     for try await hit in store.hits(query, options: SearchOptions(limit: 100)) { print(hit.id) }
///
/// Each page is of the commit that is the newest when it is asked for, and goes on behind the last hit of the page before:
/// no snapshot is held between pages, and no document comes twice unless it was written again.
/// ``SearchOptions/limit`` is the size of a page. To go on later, keep ``Iterator/cursor`` and give it in
/// ``SearchOptions/after``.
public struct AsyncHitSequence: AsyncSequence, Sendable {
    /// One hit.
    public typealias Element = Hit

    private let store: Store
    private let query: Query
    private let options: SearchOptions

    init(_ store: Store, _ query: Query, _ options: SearchOptions) {
        self.store = store
        self.query = query
        self.options = options
    }

    /// Begins with the first page, or where ``SearchOptions/after`` says.
    public func makeAsyncIterator() -> Iterator { Iterator(store, query, options) }

    /// Gives the hits of one page after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let store: Store
        private let query: Query
        private var pages: PageQueue

        fileprivate init(_ store: Store, _ query: Query, _ options: SearchOptions) {
            self.store = store
            self.query = query
            pages = PageQueue(options)
        }

        /// Where the hit stands that ``next()`` gave last, to go on behind it later; with ``SearchOptions/grouping`` one goes
        /// on behind its group. Nil before the first hit.
        public var cursor: Cursor? { pages.cursor }

        /// The next hit; nil when there is none.
        ///
        /// - Throws: what a search throws, and `cancelled`.
        public mutating func next() async throws(SparseStoreError) -> Hit? {
            while let options = pages.wanted { pages.add(try await store.search(query, options: options)) }
            return pages.next()
        }
    }
}

/// Hits that were found and not given yet, and what the page behind them is asked with.
private struct PageQueue {
    private var options: SearchOptions
    private var result: SearchResult?
    /// Hits of the result that were given.
    private var given = 0
    private var isEnded = false

    init(_ options: SearchOptions) { self.options = options }

    /// Where the last hit stands that was given.
    var cursor: Cursor? { given > 0 ? result?.page?.cursor(behind: result?.hits.prefix(given) ?? []) : options.after }

    /// What to search for before there is a next hit; nil when there is one already, or none at all.
    var wanted: SearchOptions? { given < result?.count ?? 0 || isEnded ? nil : options }

    mutating func add(_ page: SearchResult) {
        options.after = page.cursor ?? cursor
        options.offset = 0
        isEnded = page.cursor == nil
        // Behind an empty page stands what stood behind the one before.
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
    /// The hits of a search, one after the other, sought a page at a time. See ``HitSequence``.
    ///
    /// Without ``Recall/exact`` each page comes as close to the exact answer as its recall says.
    public func hits(_ query: Query, options: SearchOptions = SearchOptions(limit: 100)) -> HitSequence {
        HitSequence(self, query, options)
    }
}

extension Store {
    /// The hits of a search, one after the other, sought a page at a time. See ``AsyncHitSequence``.
    ///
    /// Without ``Recall/exact`` each page comes as close to the exact answer as its recall says.
    public func hits(_ query: Query, options: SearchOptions = SearchOptions(limit: 100)) -> AsyncHitSequence {
        AsyncHitSequence(self, query, options)
    }
}
