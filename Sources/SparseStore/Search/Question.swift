internal import SparseFormat

/// Everything that determines which documents a result has, and in which order. Excludes the number of hits and the
/// recall.
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
    mutating func text(_ text: String) {
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
        case .automatic, .none: writer.u8(0)
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
            writer.text(separator.text)
        case .attribute(let name):
            writer.u8(1)
            writer.text(name.text)
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
    func encode(into writer: inout ByteWriter) {
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
