internal import LMDB
internal import SparseFormat

/// The property by which documents are grouped.
enum GroupKey: Hashable, Sendable {
    /// The prefix of the identifier up to the first separator.
    case idPrefix(separator: String)
}

/// The value of a group as a dictionary key. Strings are compared by their bytes.
enum GroupValue: Hashable, Sendable {
    case text(TextKey)

    init(_ text: String) { self = .text(TextKey(text)) }
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
    /// The number of removed documents in the window when the groups were computed. Removed documents may be missing.
    let deadCount: Int

    /// - Parameters:
    ///   - given: The group value of each ordinal; nil for a document without one.
    ///   - deadCount: The number of removed documents in the window.
    init(_ given: [GroupValue?], deadCount: Int) {
        var known: [GroupValue: UInt32] = [:]
        var values: [GroupValue] = []
        let codes = given.map { value -> UInt32 in
            guard let value else { return Self.none }
            if let code = known[value] { return code }
            let code = UInt32(values.count)
            known[value] = code
            values.append(value)
            return code
        }
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
        self.deadCount = deadCount
    }

    /// Returns the ordinals of the documents that have a value; none if there are no such documents.
    func ordinals(of value: GroupValue) -> [Int] {
        guard let code = known[value] else { return [] }
        return ordinals[Int(begins[Int(code)])..<Int(begins[Int(code) + 1])].map(Int.init)
    }
}

/// Caches the groups of one open segment. Its identifiers do not change, so groups are computed once.
final class SegmentGroupCache: Sendable {
    /// The number of cached groups. Each takes about 6 bytes per document, plus the values.
    private static let capacity = 4

    private let known = Lock<[(key: GroupKey, groups: SegmentGroups)]>([])

    /// Returns the groups of the segment's documents. Calls `make` if they are not cached.
    ///
    /// - Parameter deadCount: The number of removed documents in the segment as of the caller's snapshot.
    func groups(by key: GroupKey, deadCount: Int, _ make: () throws -> SegmentGroups) rethrows -> SegmentGroups {
        // A snapshot held for long may see documents that were removed when the segment was looked through.
        let found = known.withLock { known in
            known.first { $0.key == key && $0.groups.deadCount <= deadCount }?.groups
        }
        if let found { return found }
        let groups = try make()
        known.withLock { known in
            known.removeAll { $0.key == key }
            if known.count >= Self.capacity { known.removeFirst() }
            known.append((key, groups))
        }
        return groups
    }
}
