internal import SparseFormat

/// The start of a page of results: the number of earlier hits or groups, and the rank of the last one.
struct PageStart: Sendable, Hashable {
    var depth = 0
    /// The rank of the last earlier hit, or of the best hit of the last earlier group; nil for the first page.
    var last: HitRank?

    /// The maximum depth, larger than the number of documents in any store.
    private static let maximumDepth: UInt64 = 1 << 40

    /// The start as encoded in a cursor.
    var position: [UInt8] {
        var writer = ByteWriter()
        writer.varint(UInt64(depth))
        writer.f32(last?.score ?? 0)
        writer.append(Array((last?.id ?? "").utf8))
        return writer.bytes
    }

    /// Creates the start of the first page.
    init() {}

    init(depth: Int, last: HitRank) {
        self.depth = depth
        self.last = last
    }

    /// - Throws: `invalidCursor`.
    init(_ position: [UInt8]) throws(SparseStoreError) {
        let read: PageStart? = position.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let depth = try? reader.varint64(), depth <= PageStart.maximumDepth,
                let score = try? reader.f32(), score.isFinite, let id = try? reader.text(reader.remaining)
            else { return nil }
            return PageStart(depth: Int(depth), last: HitRank(score: score, id: id))
        }
        guard let read else { throw Cursor.unreadable }
        self = read
    }
}

/// The data for the cursor of a page. The cursor is created on demand.
struct Page: Sendable, Hashable {
    let store: StoreUUID
    let question: Question
    /// The number of hits or groups before the page.
    let depth: Int
    /// Whether the page has as many hits as requested, so that more may follow.
    var isFull: Bool

    /// Returns the cursor after the given first hits of the page. With groups, after the whole group of the last of
    /// them.
    func cursor(behind hits: ArraySlice<Hit>) -> Cursor? {
        var last: Hit?
        var count = 0
        for hit in hits {
            if question.options.grouping != nil, let group = hit.group, let before = last?.group,
                GroupValue(group) == GroupValue(before)
            {
                continue
            }
            last = hit
            count += 1
        }
        guard let last else { return nil }
        let next = PageStart(depth: depth + count, last: HitRank(score: last.score, id: last.id))
        return Cursor(.search, store: store, question: question.hash, position: next.position)
    }
}
