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
                TextKey(group) == TextKey(before)
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

/// Everything that determines the members of a result and their order. Excludes the number of hits and the recall.
struct Question: Sendable, Hashable {
    let query: Query
    let options: SearchOptions
    /// The names and candidate counts of the stages after the first.
    var stages: [String] = []

    /// A hash that is the same for the same question in every process.
    var hash: UInt64 {
        var writer = ByteWriter()
        query.encode(into: &writer)
        options.weighting.encode(into: &writer)
        options.filter.encode(into: &writer) { $0.encode(into: &$1) }
        options.minimumScore.encode(into: &writer) { $1.f32($0) }
        options.grouping.encode(into: &writer) { $0.encode(into: &$1) }
        writer.texts(stages)
        return XXH64.hash(writer.bytes, seed: 0x5155_4553)
    }

    /// Returns the start of the page that the options request.
    ///
    /// - Throws: `invalidCursor`.
    func start(in store: StoreUUID) throws(SparseStoreError) -> PageStart {
        guard let cursor = options.after else { return PageStart() }
        return try PageStart(cursor.position(of: .search, store: store, question: hash))
    }
}

// What follows encodes values so that equal ones give equal bytes, and different ones different bytes.

extension ByteWriter {
    fileprivate mutating func text(_ text: String) {
        varint(UInt64(text.utf8.count))
        append(Array(text.utf8))
    }

    fileprivate mutating func texts(_ texts: [String]) {
        varint(UInt64(texts.count))
        for text in texts { self.text(text) }
    }
}

extension Optional {
    fileprivate func encode(into writer: inout ByteWriter, _ body: (Wrapped, inout ByteWriter) -> Void) {
        writer.u8(self == nil ? 0 : 1)
        if let self { body(self, &writer) }
    }
}

extension Query {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch content {
        case .terms(let terms):
            writer.u8(0)
            // A dictionary has no order, and the order of terms changes no score.
            for term in terms.sorted(by: { $0.term.utf8.lexicographicallyPrecedes($1.term.utf8) }) {
                writer.text(term.term)
                writer.f32(term.weight)
            }
        case .vector(let vector):
            writer.u8(1)
            writer.numbers(zip(vector.terms, vector.weights))
        case .numbers(let numbers):
            writer.u8(1)
            writer.numbers(numbers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        writer.texts(like)
        writer.texts(unlike)
    }
}

extension ByteWriter {
    fileprivate mutating func numbers(_ components: some Sequence<(TermID, Float)>) {
        for (term, weight) in components {
            u32(term)
            f32(weight)
        }
    }
}

extension Weighting {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .none: writer.u8(0)
        case .corpusIDF: writer.u8(1)
        case .table(let table):
            switch table.entries {
            case .byNumber(let weights):
                writer.u8(2)
                writer.varint(UInt64(weights.count))
                writer.f32s(weights)
            case .byName(let weights):
                writer.u8(4)
                writer.varint(UInt64(weights.count))
                for (term, weight) in weights.sorted(by: { $0.key < $1.key }) {
                    writer.text(term.text)
                    writer.f32(weight)
                }
            }
        case .filteredIDF(let filter):
            writer.u8(3)
            filter.encode(into: &writer)
        }
    }
}

extension Grouping {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch key {
        case .idPrefix(let separator):
            writer.u8(0)
            writer.text(separator)
        }
        writer.varint(UInt64(best))
    }
}

extension Filter {
    /// Encodes the filter so that equal filters give equal bytes.
    func encode(into writer: inout ByteWriter) {
        func encode(_ kind: UInt8, _ parts: [Filter]) {
            writer.u8(kind)
            writer.varint(UInt64(parts.count))
            for part in parts { part.encode(into: &writer) }
        }
        switch self {
        case .tag(let tag):
            writer.u8(0)
            writer.text(tag)
        case .ids(let ids):
            writer.u8(1)
            writer.texts(ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        case .all(let parts): encode(2, parts)
        case .any(let parts): encode(3, parts)
        case .not(let part): encode(4, [part])
        case .idPrefix(let prefix):
            writer.u8(5)
            writer.text(prefix)
        case .term(let term):
            writer.u8(6)
            writer.text(term)
        case .condition(let attribute, let condition):
            writer.u8(7)
            writer.text(attribute.name)
            condition.encode(into: &writer)
        }
    }
}

extension Attribute.Condition {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .exists: writer.u8(0)
        case .isIn(let values):
            writer.u8(1)
            writer.varint(UInt64(values.count))
            for value in values { value.encode(into: &writer) }
        case .isBetween(let low, let high):
            writer.u8(2)
            for end in [low, high] {
                end.encode(into: &writer) { end, writer in
                    writer.u8(end.isIncluded ? 1 : 0)
                    end.value.encode(into: &writer)
                }
            }
        }
    }
}

extension AttributeValue {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.u8(type.rawValue)
        switch self {
        case .integer(let integer), .date(let integer): writer.u64(UInt64(bitPattern: integer))
        case .number(let number): writer.u64(number.bitPattern)
        case .boolean(let boolean): writer.u8(boolean ? 1 : 0)
        case .string(let string): writer.text(string)
        case .integers(let list):
            writer.varint(UInt64(list.count))
            for integer in list { writer.u64(UInt64(bitPattern: integer)) }
        case .strings(let list): writer.texts(list)
        }
    }
}
