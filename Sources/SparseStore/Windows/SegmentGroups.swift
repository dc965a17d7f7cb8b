internal import LMDB
internal import Platform
internal import SparseFormat

/// The property by which documents are grouped. Strings are compared by their bytes.
enum GroupKey: Hashable, Sendable {
    /// The prefix of the identifier up to the first separator.
    case idPrefix(separator: TextKey)
    /// The value of an attribute.
    case attribute(TextKey)
}

/// The value of a group as a dictionary key. Strings are compared by their bytes.
struct GroupValue: Hashable, Sendable {
    private enum Content: Hashable, Sendable {
        case text(TextKey)
        /// The `AttributeKey` of a value of the type.
        case key(UInt64, AttributeType)
    }

    private let content: Content
    /// The hash of the content. Values are kept with a window and looked up by each search.
    private let contentHash: Int

    private init(_ content: Content) {
        self.content = content
        contentHash = content.hashValue
    }

    init(_ text: String) { self.init(.text(TextKey(text))) }

    /// - Parameter key: The `AttributeKey` of a value of the type.
    init(key: UInt64, _ type: AttributeType) { self.init(.key(key, type)) }

    /// - Parameter value: A value that is not a list.
    init(_ value: AttributeValue) {
        if case .string(let text) = value {
            self.init(text)
        } else {
            self.init(key: AttributeKey.of(value, in: value.type) ?? 0, value.type)
        }
    }

    static func == (a: GroupValue, b: GroupValue) -> Bool {
        a.contentHash == b.contentHash && a.content == b.content
    }

    func hash(into hasher: inout Hasher) { hasher.combine(contentHash) }

    /// The value as hits show it.
    var value: AttributeValue {
        switch content {
        case .text(let key): .string(key.text)
        case .key(let key, let type): AttributeKey.value(key, type)
        }
    }
}

/// The group of each document in one window.
final class SegmentGroups: Sendable {
    /// The code of a document that is in no group.
    static let none = UInt32.max

    /// The position in `values` of each ordinal's group, or `none`.
    let codes: [UInt32]
    /// The value of each group.
    let values: [GroupValue]
    private let known: [GroupValue: UInt32]
    /// The ordinals by group, and the start of each group.
    private let ordinals: [UInt16]
    private let begins: [UInt32]

    /// Collects the groups of a window.
    struct Builder {
        fileprivate var known: [GroupValue: UInt32] = [:]
        fileprivate var values: [GroupValue] = []
        fileprivate var codes: [UInt32]

        /// - Parameter documents: The number of documents in the window. At first they are in no group.
        init(documents: Int) { codes = [UInt32](repeating: SegmentGroups.none, count: documents) }

        /// Returns the code of the group with a value.
        mutating func code(of value: GroupValue) -> UInt32 {
            if let code = known[value] { return code }
            let code = UInt32(values.count)
            known[value] = code
            values.append(value)
            return code
        }

        /// Assigns a document to the group with a code, or to none.
        mutating func put(_ ordinal: Int, into code: UInt32) { codes[ordinal] = code }
    }

    init(_ builder: Builder) {
        let (codes, values, known) = (builder.codes, builder.values, builder.known)
        var begins = [UInt32](repeating: 0, count: values.count + 1)
        for code in codes where code != Self.none { begins[Int(code) + 1] += 1 }
        for code in values.indices { begins[code + 1] += begins[code] }
        var next = begins
        var ordinals = [UInt16](repeating: 0, count: Int(begins[values.count]))
        for (ordinal, code) in codes.enumerated() where code != Self.none {
            ordinals[Int(next[Int(code)])] = UInt16(truncatingIfNeeded: ordinal)
            next[Int(code)] += 1
        }
        self.codes = codes
        self.values = values
        self.known = known
        self.ordinals = ordinals
        self.begins = begins
    }

    /// Returns the ordinals of the documents that have a value; none if there are no such documents.
    func ordinals(of value: GroupValue) -> [Int] {
        guard let code = known[value] else { return [] }
        return ordinals[Int(begins[Int(code)])..<Int(begins[Int(code) + 1])].map(Int.init)
    }
}

/// Caches the groups of one open segment.
final class SegmentGroupCache: Sendable {
    /// The number of cached groups. Each takes about 6 bytes per document, plus the values.
    private static let capacity = 4

    /// Everything that determines the groups of a segment's documents.
    struct Request {
        var key: GroupKey
        /// The type of the attribute in the store's schema; nil for identifiers.
        var type: AttributeType?
        /// The last commit that changed attributes of the segment's documents; 0 for identifiers, which do not change.
        var changedAt: UInt64
        /// The number of removed documents as of the caller's snapshot. The groups may lack them.
        var deadCount: Int

        /// Returns whether the groups also answer another request. A snapshot held for a long time may see documents
        /// that were removed when the groups were computed.
        func answers(_ other: Request) -> Bool {
            key == other.key && type == other.type && changedAt == other.changedAt && deadCount <= other.deadCount
        }
    }

    private let known = Lock<[(request: Request, groups: SegmentGroups)]>([])

    /// Returns the groups of the segment's documents. Calls `make` if they are not cached.
    func groups(_ request: Request, _ make: () throws -> SegmentGroups) rethrows -> SegmentGroups {
        if let found = known.withLock({ known in known.first { $0.request.answers(request) }?.groups }) {
            return found
        }
        let groups = try make()
        known.withLock { known in
            known.removeAll { request.answers($0.request) }
            if known.count >= Self.capacity { known.removeFirst() }
            known.append((request, groups))
        }
        return groups
    }
}
